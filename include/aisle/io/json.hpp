#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/error.hpp>
#include <aisle/base/number.hpp>

// JSON as a small value type. A value that was parsed remembers where it stood, so that a getter's error
// names the file and the key: "config.json: text.hidden_size: expected an integer, found a string".

AISLE_NAMESPACE_BEGIN

namespace detail {
/// Where a parsed value stands: its container's place and its key or index in it.
struct json_place {
  std::shared_ptr<const json_place> parent;  ///< null for the document
  std::string name;                          ///< the document's file name, a key, or "[3]"
};
}  // namespace detail

class json;

/// Something that json::as<T>() yields.
template <class T>
concept json_readable = std::same_as<T, bool> || std::integral<T> || std::floating_point<T> ||
    std::same_as<T, std::string> || std::same_as<T, std::string_view>;

/// null, bool, integer, number, string, array or object; objects keep the order of their members.
class json {
 public:
  enum class kind { null, boolean, integer, number, string, array, object };
  struct member;
  using array_type = std::vector<json>;
  using object_type = std::vector<member>;

  json() noexcept = default;
  json(const json&);
  json(json&& other) noexcept { swap(other); }
  json& operator=(json other) noexcept {
    swap(other);
    return *this;
  }
  ~json();
  json(std::nullptr_t) noexcept {}
  json(std::same_as<bool> auto v) noexcept : kind_(kind::boolean) { value_.boolean = v; }
  template <std::integral T>
  requires(!std::same_as<T, bool>) json(T v) {
    if (std::in_range<std::int64_t>(v)) {
      kind_ = kind::integer;
      value_.integer = static_cast<std::int64_t>(v);
    } else {
      set_long_integer(std::to_string(v));
    }
  }
  json(std::floating_point auto v) noexcept : kind_(kind::number) { value_.number = static_cast<double>(v); }
  json(std::string v);
  json(std::string_view v);
  json(const char* v);
  json(array_type v);
  json(object_type v);
  static json array(std::initializer_list<json> elements = {});
  static json object(std::initializer_list<member> members = {});
  /// An array of anything a json can be made of.
  template <class Range>
  static json array_of(const Range& range) {
    array_type out;
    for (const auto& v : range) out.emplace_back(v);
    return json(std::move(out));
  }

  /// An object of pairs, such as a map has. Keys are there once: to look for each among the others, as
  /// operator[] does, takes the square of their number.
  template <class Range>
  static json object_of(const Range& pairs);

  kind type() const noexcept { return kind_; }
  /// "an integer", "a string", …: for messages.
  std::string_view type_name() const noexcept;
  bool is_null() const noexcept { return type() == kind::null; }
  bool is_bool() const noexcept { return type() == kind::boolean; }
  bool is_integer() const noexcept { return type() == kind::integer; }
  bool is_number() const noexcept { return is_integer() || type() == kind::number; }
  bool is_string() const noexcept { return type() == kind::string; }
  bool is_array() const noexcept { return type() == kind::array; }
  bool is_object() const noexcept { return type() == kind::object; }

  /// The value as T: bool; any integer type (range checked; 3.0 is an integer, 3.5 is not); double or float;
  /// string; string_view (valid while this value lives). Throws format_error that names the place. Integers
  /// beyond 64 bits are kept digit by digit; dump() has them.
  template <json_readable T>
  T as() const {
    if constexpr (std::same_as<T, bool>) {
      return as_bool();
    } else if constexpr (std::integral<T>) {
      const auto low = std::numeric_limits<T>::min(), high = std::numeric_limits<T>::max();
      if (is_long_integer()) {
        T v{};
        if (!read_long_integer(v)) throw_range(dump(), std::to_string(low), std::to_string(high));
        return v;
      }
      const std::int64_t v = as_integer();
      if (!std::in_range<T>(v)) throw_range(std::to_string(v), std::to_string(low), std::to_string(high));
      return static_cast<T>(v);
    } else if constexpr (std::floating_point<T>) {
      return static_cast<T>(as_number());
    } else {
      return T(as_string());
    }
  }
  /// Every element of this array as T.
  template <json_readable T>
  std::vector<T> as_vector() const {
    std::vector<T> out;
    out.reserve(elements().size());
    for (const json& v : elements()) out.push_back(v.as<T>());
    return out;
  }

  /// Member `key` of this object as T; throws when it is absent.
  template <json_readable T>
  T get(std::string_view key) const {
    return at(key).as<T>();
  }
  /// The same, or `fallback` when the member is absent or null (configurations write null for "not set").
  template <class T>
  requires json_readable<T> T get(std::string_view key, T fallback)
  const {
    const json* v = find(key);
    return v == nullptr || v->is_null() ? std::move(fallback) : v->as<T>();
  }
  std::string get(std::string_view key, const char* fallback) const {
    return get<std::string>(key, std::string(fallback));
  }

  /// Elements of an array, members of an object, else 0.
  std::size_t size() const noexcept;
  bool empty() const noexcept { return size() == 0; }
  bool contains(std::string_view key) const { return find(key) != nullptr; }
  /// The member, or null when there is none or this is no object.
  const json* find(std::string_view key) const& noexcept;
  const json* find(std::string_view key) const&& = delete;
  /// Throws format_error when absent or when this is no object (array). A temporary gives a copy.
  const json& at(std::string_view key) const&;
  const json& at(std::size_t index) const&;
  json at(std::string_view key) const&& { return at(key); }
  json at(std::size_t index) const&& { return at(index); }
  const json& operator[](std::string_view key) const& { return at(key); }
  const json& operator[](std::integral auto index) const& { return at(static_cast<std::size_t>(index)); }
  json operator[](std::string_view key) const&& { return at(key); }
  json operator[](std::integral auto index) const&& { return at(static_cast<std::size_t>(index)); }
  /// For `for (const json& v : j.elements())`; throws when this is no array. Neither is of a temporary.
  std::span<const json> elements() const&;
  std::span<const json> elements() const&& = delete;
  /// For `for (const auto& [key, value] : j.members())`; throws when this is no object.
  std::span<const member> members() const&;
  std::span<const member> members() const&& = delete;

  /// Building: adds the member when absent; null becomes an object (array).
  json& operator[](std::string_view key) &;
  json& operator[](const char* key) & { return (*this)[std::string_view(key)]; }
  const json& operator[](const char* key) const& { return at(std::string_view(key)); }
  json operator[](const char* key) const&& { return at(std::string_view(key)); }
  void push_back(json v);

  /// Text: compact when `indent` is 0. Doubles are the shortest text that reads back equal; those that are
  /// not finite become null; invalid UTF-8 becomes U+FFFD.
  std::string dump(int indent = 0) const;

  /// "config.json: text.hidden_size", for messages about this value.
  std::string where() const;
  /// Throws format_error(where(), what).
  [[noreturn]] void fail(const std::string& what) const;

  /// Equal values; the places do not matter, the order of members does.
  friend bool operator==(const json& a, const json& b);

 private:
  friend class json_parser;
  bool as_bool() const;
  std::int64_t as_integer() const;
  double as_number() const;
  const std::string& as_string() const;
  [[noreturn]] void throw_range(const std::string& value, const std::string& low,
                                const std::string& high) const;
  void write(std::string& out, int indent, int depth) const;

  /// Both of a null value; its place stays.
  void set_long_integer(std::string digits);
  void become(json container) noexcept;
  bool is_long_integer() const noexcept { return long_; }
  template <class T>
  bool read_long_integer(T& v) const {
    const std::string& digits = *value_.text;
    const char *first = digits.data(), *last = first + digits.size();
    if constexpr (std::floating_point<T>)
      return parse_number(first, last, v).ec == std::errc();
    else
      return std::from_chars(first, last, v).ec == std::errc();
  }
  void swap(json& other) noexcept {
    std::swap(kind_, other.kind_);
    std::swap(long_, other.long_);
    std::swap(value_, other.value_);
    std::swap(element_, other.element_);
    place_.swap(other.place_);
  }

  // A pointer and not a std::variant of the things themselves: nothing that throws half-way leaves a value
  // behind whose kind and content differ, and there is little to instantiate for everyone who includes this.
  union content {
    bool boolean;
    std::int64_t integer;
    double number;
    std::string* text;  ///< owned, as the two below; of a long integer its digits
    array_type* elements;
    object_type* members;
  };
  kind kind_ = kind::null;
  bool long_ = false;  ///< an integer that 64 bits with a sign do not hold
  content value_ = {};
  // Scalars in arrays share the array's place and say which element they are: a long vector costs no strings.
  std::shared_ptr<const detail::json_place> place_;
  std::int64_t element_ = -1;
};

struct json::member {
  std::string key;
  json value;
  friend bool operator==(const member& a, const member& b) { return a.key == b.key && a.value == b.value; }
};

template <class Range>
json json::object_of(const Range& pairs) {
  object_type out;
  for (const auto& [key, value] : pairs) out.push_back({std::string(key), json(value)});
  return json(std::move(out));
}

struct json_options {
  bool unique_keys = false;  ///< a key given twice is an error instead of the last one winning, as in Python
  bool strict_unicode = false;  ///< invalid UTF-8 and lone surrogate escapes are errors instead of U+FFFD
  int max_depth = 200;          ///< containers inside containers
  /// What a document may hold: a value takes up to 130 bytes of memory. Far above any model's settings,
  /// tokenizer or splits.
  std::uint64_t max_values = 4'000'000;
  std::uint64_t max_bytes = std::uint64_t{64} << 20;  ///< of a file
};
/// For files of ours that hold something of every product of a catalogue.
inline constexpr json_options large_json{.max_values = std::uint64_t{1} << 32,
                                         .max_bytes = std::uint64_t{1} << 34};

/// Parses a whole document. `where` names it in messages. Lone surrogate escapes ("\ud800") and invalid UTF-8
/// become U+FFFD unless options say otherwise. Throws format_error with line and column (in bytes, from 1).
json parse_json(std::string_view text, std::string_view where, const json_options& options = {});
/// Whether parse_json would take it; holds no document.
bool is_json(std::string_view text, const json_options& options = {});
/// The same as parse_json for a file; messages carry its path.
json read_json(const std::string& path, const json_options& options = {});

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/io/json.ipp>
#endif
