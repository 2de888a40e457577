#pragma once

#include <array>
#include <charconv>
#include <cmath>

#include <aisle/base/counted.hpp>
#include <aisle/base/file.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/json_parser.ipp>
#include <aisle/io/utf8.hpp>
#include <aisle/tensor/finite.hpp>

AISLE_NAMESPACE_BEGIN

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
AISLE_API const json* json::find(std::string_view key) const& noexcept {
  if (is_object())
    for (const member& m : *value_.members)
      if (m.key == key) return &m.value;
  return nullptr;
}
AISLE_API const json& json::at(std::string_view key) const& {
  const json* v = find(key);
  if (v == nullptr) {
    if (!is_object())
      fail("expected an object with '" + std::string(key) + "', found " + std::string(type_name()));
    fail("the key '" + std::string(key) + "' is missing");
  }
  return *v;
}
AISLE_API const json& json::at(std::size_t index) const& {
  const auto all = elements();
  if (index >= all.size())
    fail("expected more than " + counted(index, "element") + ", found " + std::to_string(all.size()));
  return all[index];
}
AISLE_API std::span<const json> json::elements() const& {
  if (!is_array()) fail("expected an array, found " + std::string(type_name()));
  return *value_.elements;
}
AISLE_API std::span<const json::member> json::members() const& {
  if (!is_object()) fail("expected an object, found " + std::string(type_name()));
  return *value_.members;
}

AISLE_API json& json::operator[](std::string_view key) & {
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
