#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>
#include <optional>

#include <nlohmann/json.hpp>

#include <aisle/base/file.hpp>
#include <aisle/base/process.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/utf8.hpp>
#include <aisle/tensor/finite.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

AISLE_API std::optional<unsigned> json_hex4(std::string_view text, std::size_t at) {
  if (at + 4 > text.size()) return std::nullopt;
  unsigned v = 0;
  const auto [end, code] = std::from_chars(text.data() + at, text.data() + at + 4, v, 16);
  if (code != std::errc() || end != text.data() + at + 4) return std::nullopt;
  return v;
}

/// Position of the next \u escape from `from` that is half of a surrogate pair without its other half, or
/// npos.
AISLE_API std::size_t find_lone_surrogate(std::string_view text, std::size_t from) {
  for (std::size_t i = from; (i = text.find('\\', i)) != std::string_view::npos;) {
    const auto code = i + 1 < text.size() && text[i + 1] == 'u' ? json_hex4(text, i + 2) : std::nullopt;
    if (!code) {
      i += 2;  // the escaped character, a backslash too, is no start of an escape
      continue;
    }
    if (*code < 0xD800 || *code > 0xDFFF) {
      i += 6;
      continue;
    }
    const bool follows = *code < 0xDC00 && text.substr(std::min(i + 6, text.size()), 2) == "\\u";
    const auto low = follows ? json_hex4(text, i + 8) : std::nullopt;
    if (!low || *low < 0xDC00 || *low > 0xDFFF) return i;
    i += 12;
  }
  return std::string_view::npos;
}

[[noreturn]] AISLE_API void throw_json_syntax(std::string_view where, std::string_view text, std::size_t at,
                                              const std::string& what) {
  const std::string_view before = text.substr(0, at);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const auto start = before.find_last_of('\n');
  const std::size_t column = start == std::string_view::npos ? at + 1 : at - start;
  throw format_error(std::string(where),
                     "line " + std::to_string(line) + ", column " + std::to_string(column) + ": " + what);
}

}  // namespace detail

AISLE_API json::json(const json& other)
    : kind_(other.kind_), long_(other.long_), place_(other.place_), element_(other.element_) {
  if (is_string() || long_)
    value_.text = new std::string(*other.value_.text);
  else if (is_array())
    value_.elements = new array_type(*other.value_.elements);
  else if (is_object())
    value_.members = new object_type(*other.value_.members);
  else
    value_ = other.value_;
}
AISLE_API json::~json() {
  if (is_string() || long_)
    delete value_.text;
  else if (is_array())
    delete value_.elements;
  else if (is_object())
    delete value_.members;
}
AISLE_API json::json(std::string v) : kind_(kind::string) { value_.text = new std::string(std::move(v)); }
AISLE_API json::json(std::string_view v) : json(std::string(v)) {}
AISLE_API json::json(const char* v) : json(std::string(v)) {}
AISLE_API json::json(array_type v) : kind_(kind::array) { value_.elements = new array_type(std::move(v)); }
AISLE_API json::json(object_type v) : kind_(kind::object) { value_.members = new object_type(std::move(v)); }
AISLE_API json json::array(std::initializer_list<json> elements) { return json(array_type(elements)); }
AISLE_API json json::object(std::initializer_list<member> members) { return json(object_type(members)); }

AISLE_API void json::set_long_integer(std::string digits) {
  value_.text = new std::string(std::move(digits));
  kind_ = kind::integer;
  long_ = true;
}
AISLE_API void json::become(json container) noexcept {
  std::swap(kind_, container.kind_);
  std::swap(value_, container.value_);
}

AISLE_API bool operator==(const json& a, const json& b) {
  if (a.kind_ != b.kind_ || a.long_ != b.long_) return false;
  switch (a.kind_) {
    case json::kind::null:
      return true;
    case json::kind::boolean:
      return a.value_.boolean == b.value_.boolean;
    case json::kind::integer:
      return a.long_ ? *a.value_.text == *b.value_.text : a.value_.integer == b.value_.integer;
    case json::kind::number:
      return a.value_.number == b.value_.number;
    case json::kind::string:
      return *a.value_.text == *b.value_.text;
    case json::kind::array:
      return *a.value_.elements == *b.value_.elements;
    case json::kind::object:
      return *a.value_.members == *b.value_.members;
  }
  return false;
}

/// Receives nlohmann's events and builds our values, so that no document is held twice.
struct json_builder {
  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;
  using string_t = nlohmann::json::string_t;
  using binary_t = nlohmann::json::binary_t;

  std::string_view where, text;
  const json_options& options;
  json root{};
  std::vector<json> open{};         // containers not closed yet, outermost first
  std::vector<std::string> keys{};  // of those of `open` that are objects: the member being read
  std::uint64_t values = 0;

  void count() {
    if ((++values & 0xFFF) == 0) throw_if_interrupted();
    if (values > options.max_values)
      throw format_error(std::string(where), "more than the " + std::to_string(options.max_values) +
                                                 " values that are read of it");
  }

  std::shared_ptr<const detail::json_place> place_of_next(bool container) {
    if (open.empty())
      return std::make_shared<detail::json_place>(detail::json_place{nullptr, std::string(where)});
    const json& parent = open.back();
    if (parent.is_object())
      return std::make_shared<detail::json_place>(detail::json_place{parent.place_, keys.back()});
    if (!container) return parent.place_;
    return std::make_shared<detail::json_place>(
        detail::json_place{parent.place_, "[" + std::to_string(parent.size()) + "]"});
  }
  bool add(json v, bool closing = false) {
    if (!closing) {
      count();
      v.place_ = place_of_next(false);
    }
    if (open.empty()) {
      root = std::move(v);
      return true;
    }
    json& parent = open.back();
    if (parent.is_object()) {
      parent.value_.members->push_back({std::move(keys.back()), std::move(v)});
      keys.pop_back();
    } else {
      auto& elements = *parent.value_.elements;
      if (!closing) v.element_ = static_cast<std::int64_t>(elements.size());
      elements.push_back(std::move(v));
    }
    return true;
  }
  bool start(json container) {
    if (open.size() >= static_cast<std::size_t>(std::max(0, options.max_depth)))
      throw format_error(std::string(where),
                         "containers nested deeper than " + std::to_string(options.max_depth));
    count();
    container.place_ = place_of_next(true);
    open.push_back(std::move(container));
    return true;
  }
  bool end() {
    json done = std::move(open.back());
    open.pop_back();
    if (done.is_object()) settle_duplicates(done);
    return add(std::move(done), true);
  }
  // Python's rule: a key given twice keeps its first position and its last value.
  void settle_duplicates(json& object) {
    auto& members = *object.value_.members;
    std::vector<std::size_t> order(members.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return members[a].key < members[b].key; });
    std::vector<bool> dropped(members.size());
    bool any = false;
    for (std::size_t i = 0, first = 0; i < order.size(); ++i) {
      if (i == 0 || members[order[i]].key != members[order[first]].key) {
        first = i;
        continue;
      }
      if (options.unique_keys) object.fail("the key '" + members[order[i]].key + "' is given twice");
      members[order[first]].value = std::move(members[order[i]].value);
      dropped[order[i]] = any = true;
    }
    if (!any) return;
    json::object_type kept;
    for (std::size_t i = 0; i < members.size(); ++i)
      if (!dropped[i]) kept.push_back(std::move(members[i]));
    members = std::move(kept);
  }

  bool null() { return add(json()); }
  bool boolean(bool v) { return add(json(v)); }
  bool number_integer(number_integer_t v) { return add(json(v)); }
  bool number_unsigned(number_unsigned_t v) { return add(json(v)); }
  bool number_float(number_float_t v, const string_t& token) {
    // Integers beyond 64 bits come as this.
    if (token.find_first_not_of("-0123456789") != string_t::npos) return add(json(v));
    json exact;
    exact.set_long_integer(token);
    return add(std::move(exact));
  }
  bool string(string_t& v) { return add(json(std::move(v))); }
  bool binary(binary_t&) { return false; }
  bool start_object(std::size_t) { return start(json(json::object_type{})); }
  bool start_array(std::size_t) { return start(json(json::array_type{})); }
  bool key(string_t& v) {
    keys.push_back(std::move(v));
    return true;
  }
  bool end_object() { return end(); }
  bool end_array() { return end(); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception& e) {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error …": ours says the line.
    std::string what = e.what();
    for (const std::string_view start : {"] ", "parse error at ", ": "}) {
      const auto found = what.find(start);
      if (found != std::string::npos && found < 80) what.erase(0, found + start.size());
    }
    if (what.size() > 300) what = replace_invalid_utf8(std::string_view(what).substr(0, 300)) + "…";
    detail::throw_json_syntax(where, text, position > 0 ? position - 1 : 0, what);
  }
};

namespace detail {

/// Looks whether a document is one and keeps nothing of it.
struct json_acceptor : nlohmann::json_sax<nlohmann::json> {
  explicit json_acceptor(int depth) : left(depth) {}
  int left;  // containers that may be opened
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return left-- > 0; }
  bool end_object() override { return ++left, true; }
  bool start_array(std::size_t) override { return left-- > 0; }
  bool end_array() override { return ++left, true; }
  bool key(string_t&) override { return true; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override {
    return false;
  }
};

/// What is parsed of a text: itself, or `repaired`, where what is no Unicode became U+FFFD. Throws for what
/// options do not allow.
AISLE_API std::string_view repair_json(std::string_view text, std::string& repaired, std::string_view where,
                                       const json_options& options) {
  if (const auto bad = find_invalid_utf8(text); bad != std::string_view::npos) {
    if (options.strict_unicode) throw_json_syntax(where, text, bad, "invalid UTF-8");
    repaired = replace_invalid_utf8(text);
    text = repaired;
  }
  if (const auto nul = text.find('\0'); nul != std::string_view::npos)
    throw_json_syntax(where, text, nul, "a NUL byte");
  if (auto bad = find_lone_surrogate(text, 0); bad != std::string_view::npos) {
    if (options.strict_unicode) throw_json_syntax(where, text, bad, "half of a surrogate pair");
    if (repaired.empty()) repaired = text;
    for (; bad != std::string::npos; bad = find_lone_surrogate(repaired, bad))
      repaired.replace(bad, 6, "\\ufffd");
    text = repaired;
  }
  return text;
}

}  // namespace detail

AISLE_API json parse_json(std::string_view text, std::string_view where, const json_options& options) {
  std::string repaired;
  text = detail::repair_json(text, repaired, where, options);
  json_builder builder{where, text, options};
  nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
  return std::move(builder.root);
}

AISLE_API bool is_json(std::string_view text, const json_options& options) {
  try {
    std::string repaired;
    text = detail::repair_json(text, repaired, "", options);
    detail::json_acceptor acceptor(options.max_depth);
    return nlohmann::json::sax_parse(text.begin(), text.end(), &acceptor);
  } catch (const format_error&) {
    return false;
  }
}

AISLE_API json read_json(const std::string& path, const json_options& options) {
  return parse_json(read_file(path, options.max_bytes), path, options);
}

AISLE_API std::string_view json::type_name() const noexcept {
  constexpr std::array<std::string_view, 7> names = {"null",     "a boolean", "an integer", "a number",
                                                     "a string", "an array",  "an object"};
  return names[static_cast<std::size_t>(type())];
}

AISLE_API std::string json::where() const {
  if (!place_) return "json";
  std::string path;
  if (element_ >= 0) path = "[" + std::to_string(element_) + "]";
  const detail::json_place* p = place_.get();
  for (; p->parent; p = p->parent.get()) {
    const bool joined = path.empty() || path.front() == '[';
    path = p->name + (joined ? "" : ".") + path;
  }
  return path.empty() ? p->name : p->name + ": " + path;
}

AISLE_API void json::fail(const std::string& what) const { throw format_error(where(), what); }

AISLE_API void json::throw_range(const std::string& value, const std::string& low,
                                 const std::string& high) const {
  fail("expected an integer from " + low + " to " + high + ", found " + value);
}

AISLE_API bool json::as_bool() const {
  if (!is_bool()) fail("expected a boolean, found " + std::string(type_name()));
  return value_.boolean;
}
AISLE_API std::int64_t json::as_integer() const {
  if (is_integer() && !long_) return value_.integer;
  if (type() != kind::number) fail("expected an integer, found " + std::string(type_name()));
  const double v = value_.number;
  if (!(v >= -0x1p63 && v < 0x1p63) || v != std::floor(v)) fail("expected an integer, found " + dump());
  return static_cast<std::int64_t>(v);
}
AISLE_API double json::as_number() const {
  if (double v = 0; is_long_integer()) {
    read_long_integer(v);
    return v;
  }
  if (is_integer()) return static_cast<double>(value_.integer);
  if (!is_number()) fail("expected a number, found " + std::string(type_name()));
  return value_.number;
}
AISLE_API const std::string& json::as_string() const {
  if (!is_string()) fail("expected a string, found " + std::string(type_name()));
  return *value_.text;
}

AISLE_API std::size_t json::size() const noexcept {
  return is_array() ? value_.elements->size() : is_object() ? value_.members->size() : 0;
}
AISLE_API const json* json::find(std::string_view key) const noexcept {
  if (is_object())
    for (const member& m : *value_.members)
      if (m.key == key) return &m.value;
  return nullptr;
}
AISLE_API const json& json::at(std::string_view key) const {
  const json* v = find(key);
  if (v == nullptr) {
    if (!is_object())
      fail("expected an object with '" + std::string(key) + "', found " + std::string(type_name()));
    fail("the key '" + std::string(key) + "' is missing");
  }
  return *v;
}
AISLE_API const json& json::at(std::size_t index) const {
  const auto all = elements();
  if (index >= all.size())
    fail("expected more than " + std::to_string(index) + " elements, found " + std::to_string(all.size()));
  return all[index];
}
AISLE_API std::span<const json> json::elements() const {
  if (!is_array()) fail("expected an array, found " + std::string(type_name()));
  return *value_.elements;
}
AISLE_API std::span<const json::member> json::members() const {
  if (!is_object()) fail("expected an object, found " + std::string(type_name()));
  return *value_.members;
}

AISLE_API json& json::operator[](std::string_view key) {
  if (is_null()) become(json(object_type()));
  if (!is_object()) fail("expected an object, found " + std::string(type_name()));
  auto& object = *value_.members;
  for (member& m : object)
    if (m.key == key) return m.value;
  return object.emplace_back(member{std::string(key), json()}).value;
}
AISLE_API void json::push_back(json v) {
  if (is_null()) become(json(array_type()));
  if (!is_array()) fail("expected an array, found " + std::string(type_name()));
  value_.elements->push_back(std::move(v));
}

namespace detail {

AISLE_API void write_json_string(std::string& out, std::string_view raw) {
  std::string repaired;
  if (find_invalid_utf8(raw) != std::string_view::npos) {
    repaired = replace_invalid_utf8(raw);
    raw = repaired;
  }
  out += '"';
  for (const char c : raw) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
          constexpr std::string_view hex = "0123456789abcdef";
          out += "\\u00";
          out += hex[static_cast<unsigned char>(c) >> 4];
          out += hex[static_cast<unsigned char>(c) & 15];
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

AISLE_API void write_json_number(std::string& out, double v) {
  if (!is_finite(v)) {
    out += "null";
    return;
  }
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, v).ptr;
  const std::string_view digits(text, static_cast<std::size_t>(end - text));
  out += digits;
  if (digits.find_first_of(".e") == std::string_view::npos)
    out += ".0";  // reads back as a number, no integer
}

}  // namespace detail

AISLE_API void json::write(std::string& out, int indent, int depth) const {
  const auto line = [&](int level) {
    if (indent > 0) out.append(1, '\n').append(static_cast<std::size_t>(indent * level), ' ');
  };
  switch (type()) {
    case kind::null:
      out += "null";
      break;
    case kind::boolean:
      out += value_.boolean ? "true" : "false";
      break;
    case kind::integer:
      out += is_long_integer() ? *value_.text : std::to_string(value_.integer);
      break;
    case kind::number:
      detail::write_json_number(out, value_.number);
      break;
    case kind::string:
      detail::write_json_string(out, *value_.text);
      break;
    case kind::array: {
      out += '[';
      bool first = true;
      for (const json& v : *value_.elements) {
        if (!first) out += ',';
        line(depth + 1);
        v.write(out, indent, depth + 1);
        first = false;
      }
      if (!first) line(depth);
      out += ']';
      break;
    }
    case kind::object: {
      out += '{';
      bool first = true;
      for (const member& m : *value_.members) {
        if (!first) out += ',';
        line(depth + 1);
        detail::write_json_string(out, m.key);
        out += indent > 0 ? ": " : ":";
        m.value.write(out, indent, depth + 1);
        first = false;
      }
      if (!first) line(depth);
      out += '}';
      break;
    }
  }
}

AISLE_API std::string json::dump(int indent) const {
  std::string out;
  write(out, indent, 0);
  return out;
}

AISLE_NAMESPACE_END
