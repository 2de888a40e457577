#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

#include <aisle/base/counted.hpp>
#include <aisle/base/number.hpp>
#include <aisle/base/process.hpp>
#include <aisle/io/pickle.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Calls and types a checkpoint may name beside storages and element types.
inline constexpr std::array<std::string_view, 38> pickle_globals = {
    "collections.OrderedDict",
    "collections.defaultdict",
    "collections.Counter",
    "argparse.Namespace",
    "_codecs.encode",
    "builtins.set",
    "builtins.frozenset",
    "builtins.list",
    "builtins.dict",
    "builtins.tuple",
    "builtins.int",
    "builtins.float",
    "builtins.bool",
    "builtins.str",
    "builtins.complex",
    "builtins.bytearray",
    "__builtin__.set",
    "__builtin__.frozenset",
    "__builtin__.list",
    "__builtin__.dict",
    "__builtin__.complex",
    // What training scripts keep beside the weights: scores, paths, Lightning's hyper_parameters.
    "numpy.core.multiarray.scalar",
    "numpy._core.multiarray.scalar",
    "numpy.dtype",
    "pathlib.PosixPath",
    "pytorch_lightning.utilities.parsing.AttributeDict",
    "lightning.pytorch.utilities.parsing.AttributeDict",
    "lightning_fabric.utilities.data.AttributeDict",
    "lightning.fabric.utilities.data.AttributeDict",
    "torch.Size",
    "torch.Tensor",
    "torch.device",
    "torch.nn.parameter.Parameter",
    "torch._utils._rebuild_tensor",
    "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_tensor_v3",
    "torch._utils._rebuild_parameter",
    "torch._utils._rebuild_parameter_with_state",
};
/// Bytes of a name or of a storage's key: both are copied for every tensor that refers to them. PyTorch's
/// keys are numbers.
inline constexpr std::size_t max_name = 200;
/// Dimensions of a tensor: the most that PyTorch makes.
inline constexpr std::size_t max_dimensions = 64;
inline constexpr std::string_view rebuild_from_type = "torch._tensor._rebuild_from_type_v2";

/// "torch.FloatStorage", "torch.cuda.HalfStorage", "torch.storage.UntypedStorage", or an element type
/// "torch.float32".
AISLE_API bool is_torch_type(std::string_view name) {
  if (!name.starts_with("torch.")) return false;
  const std::string_view last = name.substr(name.find_last_of('.') + 1);
  if (last.ends_with("Storage"))
    return name.size() == 6 + last.size() || name.starts_with("torch.cuda.") ||
           name.starts_with("torch.storage.");
  if (name.size() != 6 + last.size()) return false;
  constexpr std::array<std::string_view, 12> starts = {"float", "bfloat16", "half",  "double",
                                                       "int",   "uint",     "long",  "short",
                                                       "bool",  "complex",  "quint", "qint"};
  return std::any_of(starts.begin(), starts.end(), [&](std::string_view s) { return last.starts_with(s); });
}

AISLE_API void unpickler::fail(const std::string& what) const {
  throw format_error(where_, "byte " + std::to_string(at_) + " of the pickle: " + what);
}

AISLE_API std::string_view unpickler::take(std::uint64_t n) {
  if (n > data_.size() - at_) fail("is cut off");
  const std::string_view out = data_.substr(at_, static_cast<std::size_t>(n));
  at_ += out.size();
  return out;
}
AISLE_API std::string_view unpickler::line() {
  const std::size_t end = data_.find('\n', at_);
  if (end == std::string_view::npos) fail("is cut off");
  const std::string_view out = data_.substr(at_, end - at_);
  at_ = end + 1;
  return out;
}
template <class T>
T unpickler::fixed() {
  T v;
  std::memcpy(&v, take(sizeof v).data(), sizeof v);
  return v;
}

AISLE_API void unpickler::spend(std::size_t items) {
  // Far above any checkpoint (a tensor takes about 20 values); it bounds memory at some hundred MB, also
  // where few instructions copy a long list again and again.
  throw_if_interrupted();
  spent_ += items;
  if (spent_ > (std::size_t{1} << 24)) fail("holds more than 16777216 items");
}
AISLE_API std::uint32_t unpickler::add(pickled v) {
  spend(8 + v.items.size());
  values_.push_back(std::move(v));
  return static_cast<std::uint32_t>(values_.size() - 1);
}
// A value on the stack a second time, a mark and an entry of the memo take few bytes of the file and more of
// memory: they count too. A memo entry takes about four times the memory of a place on the stack.
AISLE_API void unpickler::push_again(std::uint32_t id) {
  spend(1);
  stack_.push_back(id);
}
AISLE_API void unpickler::remember(std::uint64_t key) {
  spend(4);
  memo_[key] = top();
}
AISLE_API void unpickler::recall(std::uint64_t key) {
  const auto found = memo_.find(key);
  if (found == memo_.end()) fail("recalls a value that it has not stored");
  push_again(found->second);
}
AISLE_API std::uint32_t unpickler::top() const {
  if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) fail("takes a value from an empty stack");
  return stack_.back();
}
AISLE_API std::uint32_t unpickler::pop() {
  const std::uint32_t out = top();
  stack_.pop_back();
  return out;
}
AISLE_API std::vector<std::uint32_t> unpickler::pop_mark() {
  if (marks_.empty()) fail("has no mark where it needs one");
  const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
  std::vector<std::uint32_t> out(first, stack_.end());
  stack_.erase(first, stack_.end());
  marks_.pop_back();
  return out;
}

AISLE_API void unpickler::push_integer(std::string_view bytes) {
  if (bytes.size() > 8) return push({.type = kind::big, .text = bytes});
  std::uint64_t v = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    v |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  if (!bytes.empty() && bytes.size() < 8 && (bytes.back() & '\x80') != 0)
    v |= ~std::uint64_t{0} << (8 * bytes.size());
  push({.type = kind::integer, .integer = static_cast<std::int64_t>(v)});
}
AISLE_API void unpickler::push_text_integer(std::string_view digits) {
  if (digits.ends_with('L')) digits.remove_suffix(1);
  if (digits == "00" || digits == "01") return push({.type = kind::boolean, .integer = digits == "01"});
  std::int64_t v = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), v);
  if (code == std::errc::result_out_of_range) return push({.type = kind::opaque});
  if (code != std::errc() || end != digits.data() + digits.size()) fail("has no integer where it needs one");
  push({.type = kind::integer, .integer = v});
}
AISLE_API void unpickler::push_quoted(std::string_view literal) {
  if (literal.size() < 2 || (literal.front() != '\'' && literal.front() != '"') ||
      literal.back() != literal.front())
    fail("has a string without quotes");
  literal = literal.substr(1, literal.size() - 2);
  if (literal.find('\\') != std::string_view::npos) return push({.type = kind::opaque});
  push({.type = kind::string, .text = literal});
}

AISLE_API void unpickler::push_global(std::string_view module, std::string_view name) {
  if (module.size() + name.size() > max_name) fail("names something by more than 200 bytes");
  made_.push_back(std::string(module) + "." + std::string(name));
  const std::string_view full = made_.back();
  if (std::find(pickle_globals.begin(), pickle_globals.end(), full) == pickle_globals.end() &&
      full != rebuild_from_type && !is_torch_type(full))
    fail("names '" + made_.back() +
         "', which is no part of a tensor and is never run; save the weights alone (model.state_dict())");
  push({.type = kind::global, .text = full});
}

AISLE_API void unpickler::append(std::uint32_t target, std::vector<std::uint32_t> items) {
  pickled& v = values_[target];
  if (v.type == kind::opaque) return;
  if (v.type != kind::list) fail("appends to something that is no list");
  spend(items.size());
  v.items.insert(v.items.end(), items.begin(), items.end());
}
AISLE_API void unpickler::set_items(std::uint32_t target, std::vector<std::uint32_t> items) {
  pickled& v = values_[target];
  if (v.type == kind::opaque) return;
  if (v.type != kind::dict) fail("sets an item of something that is no dict");
  if (items.size() % 2 != 0) fail("has a key without a value");
  add_pairs(v, items);
}
AISLE_API void unpickler::add_pairs(pickled& dict, std::span<const std::uint32_t> items) {
  spend(items.size());
  for (std::size_t i = 1; i < items.size(); i += 2)
    dict.holds_tensors = dict.holds_tensors || values_[items[i]].type == kind::tensor;
  dict.items.insert(dict.items.end(), items.begin(), items.end());
}

AISLE_API void unpickler::build() {
  pop();  // attributes: a state_dict's _metadata, a tensor's extra fields
  const kind type = values_[top()].type;
  if (type != kind::dict && type != kind::opaque && type != kind::tensor)
    fail("sets attributes of something that has none");
}

AISLE_API void unpickler::persistent() {
  const pickled& id = values_[pop()];
  const auto part = [&](std::size_t i) -> const pickled& { return values_[id.items[i]]; };
  if (id.type != kind::tuple || id.items.empty() || part(0).type != kind::string)
    fail("has a persistent id that is no tuple");
  if (part(0).text != "storage" || id.items.size() < 5)
    fail("has a persistent id '" + std::string(part(0).text.substr(0, 100)) + "', expected a storage");
  if (part(1).type != kind::global || !part(1).text.ends_with("Storage") || part(2).type != kind::string ||
      part(4).type != kind::integer)
    fail("has a storage without type, key or size");
  if (part(2).text.size() > max_name) fail("has a storage whose key has more than 200 bytes");
  push({.type = kind::storage, .items = std::vector<std::uint32_t>(id.items)});
}

AISLE_API std::uint32_t unpickler::make_tensor(const std::vector<std::uint32_t>& arguments, bool typed) {
  constexpr std::array<kind, 4> expected = {kind::storage, kind::integer, kind::tuple, kind::tuple};
  if (arguments.size() < (typed ? 7u : 4u)) fail("builds a tensor of too few arguments");
  for (std::size_t i = 0; i < expected.size(); ++i)
    if (values_[arguments[i]].type != expected[i]) fail("builds a tensor of arguments of the wrong types");
  for (const std::size_t i : {std::size_t{2}, std::size_t{3}}) {
    const auto& sizes = values_[arguments[i]].items;
    if (sizes.size() > max_dimensions)
      fail("builds a tensor of " + counted(sizes.size(), "dimension") + ", more than PyTorch's 64");
    for (const std::uint32_t d : sizes)
      if (values_[d].type != kind::integer) fail("builds a tensor whose sizes are no integers");
  }
  pickled out{.type = kind::tensor,
              .items = std::vector<std::uint32_t>(arguments.begin(), arguments.begin() + 4)};
  if (typed) {
    const pickled& type = values_[arguments[6]];
    if (type.type != kind::global) fail("builds a tensor without an element type");
    out.text = type.text;
  }
  return add(std::move(out));
}

AISLE_API std::uint32_t unpickler::make_dict(const std::vector<std::uint32_t>& arguments) {
  pickled out{.type = kind::dict};
  // Python 2 passes the pairs as a list of lists.
  for (const std::uint32_t a : arguments) {
    if (values_[a].type != kind::list) continue;
    for (const std::uint32_t pair : values_[a].items) {
      const pickled& p = values_[pair];
      if ((p.type != kind::list && p.type != kind::tuple) || p.items.size() != 2)
        fail("builds a dict of no pairs");
      add_pairs(out, p.items);
    }
  }
  return add(std::move(out));
}

AISLE_API std::uint32_t unpickler::call(std::uint32_t callable, std::uint32_t arguments, int depth) {
  if (values_[callable].type != kind::global) fail("calls something that is no name");
  if (values_[arguments].type != kind::tuple) fail("calls without a tuple of arguments");
  const std::string_view name = values_[callable].text;
  spend(values_[arguments].items.size());
  const std::vector<std::uint32_t> given = values_[arguments].items;
  if (name == "torch._utils._rebuild_tensor" || name == "torch._utils._rebuild_tensor_v2")
    return make_tensor(given, false);
  if (name == "torch._utils._rebuild_tensor_v3") return make_tensor(given, true);
  if (name.starts_with("torch._utils._rebuild_parameter")) {
    if (given.empty() || values_[given[0]].type != kind::tensor) fail("builds a parameter of no tensor");
    return given[0];
  }
  if (name == rebuild_from_type) {
    if (given.size() < 3 || depth > 4) fail("builds a tensor of too few arguments");
    return call(given[0], given[2], depth + 1);
  }
  if (name == "torch.Size") {
    if (given.size() != 1 || (values_[given[0]].type != kind::tuple && values_[given[0]].type != kind::list))
      fail("builds a torch.Size of no tuple");
    return add({.type = kind::tuple, .items = std::vector<std::uint32_t>(values_[given[0]].items)});
  }
  if (name == "collections.OrderedDict" || name == "collections.defaultdict") return make_dict(given);
  if (is_torch_type(name) || name.starts_with("torch.nn.") || name == "torch.Tensor")
    fail("calls '" + std::string(name) + "', which is no tensor's");
  return add({.type = kind::opaque});
}

AISLE_API bool unpickler::text_opcode(char code) {
  switch (code) {
    case 'I':
    case 'L':
      push_text_integer(line());
      return true;
    case 'F': {
      const std::string_view digits = line();
      double v = 0;
      parse_number(digits.data(), digits.data() + digits.size(), v);
      push({.type = kind::number, .number = v});
      return true;
    }
    case 'S':
      push_quoted(line());
      return true;
    case 'V': {
      const std::string_view text = line();
      push(text.find('\\') == std::string_view::npos ? pickled{.type = kind::string, .text = text}
                                                     : pickled{.type = kind::opaque});
      return true;
    }
    case 'p':
    case 'g': {
      const std::string_view digits = line();
      std::uint64_t key = 0;
      if (std::from_chars(digits.data(), digits.data() + digits.size(), key).ec != std::errc())
        fail("has no integer where it needs one");
      if (code == 'p')
        remember(key);
      else
        recall(key);
      return true;
    }
    case 'c': {
      const std::string_view module = line();
      push_global(module, line());
      return true;
    }
    default:
      return false;
  }
}

AISLE_API bool unpickler::step(std::uint8_t code) {
  const auto tuple_of = [&](std::size_t n) {
    std::vector<std::uint32_t> items(n);
    for (std::size_t i = n; i-- > 0;) items[i] = pop();
    push({.type = kind::tuple, .items = std::move(items)});
  };
  switch (code) {
    case 0x80:
      byte();
      break;  // PROTO
    case 0x95:
      take(8);
      break;  // FRAME
    case '(':
      spend(1);
      marks_.push_back(stack_.size());
      break;   // MARK
    case '0':  // POP, of a mark too
      if (!marks_.empty() && stack_.size() == marks_.back())
        marks_.pop_back();
      else
        pop();
      break;
    case '1':
      pop_mark();
      break;  // POP_MARK
    case '2':
      push_again(top());
      break;  // DUP
    case 'N':
      push({.type = kind::none});
      break;  // NONE
    case 0x88:
      push({.type = kind::boolean, .integer = 1});
      break;
    case 0x89:
      push({.type = kind::boolean, .integer = 0});
      break;
    case 'J':
      push({.type = kind::integer, .integer = fixed<std::int32_t>()});
      break;  // BININT
    case 'K':
      push({.type = kind::integer, .integer = byte()});
      break;  // BININT1
    case 'M':
      push({.type = kind::integer, .integer = fixed<std::uint16_t>()});
      break;  // BININT2
    case 0x8A:
      push_integer(take(byte()));
      break;  // LONG1
    case 0x8B:
      push_integer(take(fixed<std::uint32_t>()));
      break;     // LONG4
    case 'G': {  // BINFLOAT
      const std::string_view big_endian = take(8);
      std::uint64_t bits = 0;
      for (const char c : big_endian) bits = bits << 8 | static_cast<unsigned char>(c);
      double v;
      std::memcpy(&v, &bits, sizeof v);
      push({.type = kind::number, .number = v});
      break;
    }
    case 'U':
      push({.type = kind::string, .text = take(byte())});
      break;  // SHORT_BINSTRING
    case 'T':
      push({.type = kind::string, .text = take(fixed<std::uint32_t>())});
      break;  // BINSTRING
    case 0x8C:
      push({.type = kind::string, .text = take(byte())});
      break;  // SHORT_BINUNICODE
    case 'X':
      push({.type = kind::string, .text = take(fixed<std::uint32_t>())});
      break;  // BINUNICODE
    case 0x8D:
      push({.type = kind::string, .text = take(fixed<std::uint64_t>())});
      break;  // BINUNICODE8
    case 'C':
      push({.type = kind::bytes, .text = take(byte())});
      break;  // SHORT_BINBYTES
    case 'B':
      push({.type = kind::bytes, .text = take(fixed<std::uint32_t>())});
      break;  // BINBYTES
    case 0x8E:
      push({.type = kind::bytes, .text = take(fixed<std::uint64_t>())});
      break;  // BINBYTES8
    case 0x96:
      push({.type = kind::bytes, .text = take(fixed<std::uint64_t>())});
      break;  // BYTEARRAY8
    case ')':
      push({.type = kind::tuple});
      break;
    case 't':
      push({.type = kind::tuple, .items = pop_mark()});
      break;
    case 0x85:
      tuple_of(1);
      break;
    case 0x86:
      tuple_of(2);
      break;
    case 0x87:
      tuple_of(3);
      break;
    case ']':
      push({.type = kind::list});
      break;
    case 'l':
      push({.type = kind::list, .items = pop_mark()});
      break;
    case 'a': {  // APPEND
      const std::uint32_t item = pop();
      append(top(), {item});
      break;
    }
    case 'e': {  // APPENDS
      auto items = pop_mark();
      append(top(), std::move(items));
      break;
    }
    case '}':
      push({.type = kind::dict});
      break;
    case 'd': {  // DICT
      auto items = pop_mark();
      push({.type = kind::dict});
      set_items(top(), std::move(items));
      break;
    }
    case 's': {  // SETITEM
      const std::uint32_t value = pop(), key = pop();
      set_items(top(), {key, value});
      break;
    }
    case 'u': {  // SETITEMS
      auto items = pop_mark();
      set_items(top(), std::move(items));
      break;
    }
    case 0x8F:
      push({.type = kind::opaque});
      break;    // EMPTY_SET
    case 0x90:  // ADDITEMS
      pop_mark();
      if (values_[top()].type != kind::opaque) fail("adds to something that is no set");
      break;
    case 0x91:  // FROZENSET
      pop_mark();
      push({.type = kind::opaque});
      break;
    case 'q':
      remember(byte());
      break;  // BINPUT
    case 'r':
      remember(fixed<std::uint32_t>());
      break;  // LONG_BINPUT
    case 0x94:
      remember(memo_.size());
      break;  // MEMOIZE
    case 'h':
      recall(byte());
      break;  // BINGET
    case 'j':
      recall(fixed<std::uint32_t>());
      break;      // LONG_BINGET
    case 0x93: {  // STACK_GLOBAL
      const pickled &name = values_[pop()], &module = values_[pop()];
      if (name.type != kind::string || module.type != kind::string) fail("has a name that is no string");
      push_global(module.text, name.text);
      break;
    }
    case 'R':     // REDUCE
    case 0x81: {  // NEWOBJ
      const std::uint32_t arguments = pop(), callable = pop();
      stack_.push_back(call(callable, arguments));
      break;
    }
    case 'b':
      build();
      break;
    case 'Q':
      persistent();
      break;  // BINPERSID
    default:
      return text_opcode(static_cast<char>(code));
  }
  return true;
}

AISLE_API std::uint32_t unpickler::load() {
  stack_.clear();
  marks_.clear();
  memo_.clear();
  for (;;) {
    const std::uint8_t code = byte();
    if (code == '.') return pop();
    if (!step(code)) {
      --at_;
      fail("has an instruction " + std::to_string(code) + " that no checkpoint needs");
    }
  }
}

AISLE_API const pickled* unpickler::find(const pickled& dict, std::string_view key) const {
  if (dict.type != kind::dict) return nullptr;
  for (std::size_t i = dict.items.size(); i >= 2; i -= 2) {
    const pickled& k = values_[dict.items[i - 2]];
    if (k.type == kind::string && k.text == key) return &values_[dict.items[i - 1]];
  }
  return nullptr;
}

}  // namespace detail

AISLE_NAMESPACE_END
