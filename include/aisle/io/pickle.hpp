#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <aisle/base/error.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// A value of a pickle. Containers name their elements by number, so that values which contain themselves are
/// harmless.
struct pickled {
  enum class kind : std::uint8_t {
    none,
    boolean,
    integer,
    number,
    big,
    string,
    bytes,
    tuple,
    list,
    dict,
    global,
    storage,
    tensor,
    opaque
  };
  kind type = kind::none;
  bool holds_tensors = false;  ///< of a dict: a tensor is among its values
  std::int64_t integer = 0;
  double number = 0;
  /// string, bytes; "module.name" of a global; the little-endian bytes of an integer that is too big; a
  /// tensor's own element type ("torch.float8_e5m2") where it is not its storage's.
  std::string_view text{};
  /// Elements; key and value in turn for a dict; a persistent id's parts for a storage; storage, offset,
  /// sizes and strides for a tensor.
  std::vector<std::uint32_t> items{};
};

/// Reads a pickle (protocols 0 to 5) without running any of it: calls are looked up in a short list of
/// constructors of tensors and plain containers, and any other name is an error. Values that no tensor can be
/// part of stay opaque. Time and memory are bounded whatever a few bytes recall and copy: what is shared by
/// many values (a tuple of sizes, a key) has a limit, and all that is made counts towards one. Source:
/// CPython's pickletools.py, PyTorch's torch/_utils.py and torch/_weights_only_unpickler.py.
class unpickler {
 public:
  /// `data` must outlive this object. `where` names it in errors.
  unpickler(std::string_view data, std::string where) : data_(data), where_(std::move(where)) {}

  /// Reads one pickle and returns its root. Throws format_error.
  std::uint32_t load();
  /// Bytes read so far: where the next pickle starts.
  std::size_t position() const noexcept { return at_; }
  const pickled& operator[](std::uint32_t id) const { return values_[id]; }
  /// The value of a dict's last entry with this key, or null.
  const pickled* find(const pickled& dict, std::string_view key) const;
  /// Calls `f` with every value of this kind that was made.
  template <class F>
  void for_each(pickled::kind type, F&& f) const {
    for (const pickled& v : values_)
      if (v.type == type) f(v);
  }
  [[noreturn]] void fail(const std::string& what) const;

 private:
  using kind = pickled::kind;
  std::uint8_t byte() { return static_cast<std::uint8_t>(take(1)[0]); }
  std::string_view take(std::uint64_t n);
  std::string_view line();
  template <class T>
  T fixed();
  void spend(std::size_t items);
  std::uint32_t add(pickled v);
  void push(pickled v) { stack_.push_back(add(std::move(v))); }
  void push_again(std::uint32_t id);
  void remember(std::uint64_t key);
  void recall(std::uint64_t key);
  std::uint32_t pop();
  std::uint32_t top() const;
  std::vector<std::uint32_t> pop_mark();
  void push_integer(std::string_view little_endian);
  void push_text_integer(std::string_view digits);
  void push_quoted(std::string_view literal);
  void push_global(std::string_view module, std::string_view name);
  void append(std::uint32_t target, std::vector<std::uint32_t> items);
  void set_items(std::uint32_t target, std::vector<std::uint32_t> items);
  void build();
  void persistent();
  std::uint32_t call(std::uint32_t callable, std::uint32_t arguments, int depth = 0);
  void add_pairs(pickled& dict, std::span<const std::uint32_t> items);
  std::uint32_t make_tensor(const std::vector<std::uint32_t>& arguments, bool typed);
  std::uint32_t make_dict(const std::vector<std::uint32_t>& arguments);
  bool text_opcode(char code);
  bool step(std::uint8_t code);

  std::string_view data_;
  std::string where_;
  std::size_t at_ = 0;
  std::size_t spent_ = 0;
  std::vector<pickled> values_;
  std::deque<std::string> made_;  // texts that are not in data_ as they are
  std::vector<std::uint32_t> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, std::uint32_t> memo_;
};

}  // namespace detail

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/io/pickle.ipp>
#endif
