#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/error.hpp>
#include <aisle/tensor/matrix.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {
[[noreturn]] void throw_code(std::int64_t code, std::int64_t classes);
}  // namespace detail

/// The classes of a problem in their order: integers by value, strings by code point ("-1", "100", "20", "5";
/// upper case before lower, accents last). The place in this order is a class's code.
class class_list {
 public:
  class_list() = default;
  /// Classes named by strings; sorted, duplicates dropped.
  explicit class_list(std::vector<std::string> names);
  /// Classes that are integers; sorted, duplicates dropped.
  explicit class_list(std::vector<std::int64_t> numbers);

  std::int64_t size() const noexcept { return static_cast<std::int64_t>(names_.size()); }
  bool empty() const noexcept { return names_.empty(); }
  /// True when the classes are integers.
  bool numeric() const noexcept { return numeric_; }
  /// Class names in code order; integers as decimal text.
  const std::vector<std::string>& names() const& noexcept { return names_; }
  std::vector<std::string> names() const&& { return names(); }
  /// Throws option_error for a code outside the list.
  template <std::integral Index>
  const std::string& name(Index code) const& {
    if (!std::in_range<std::int64_t>(code) || code < Index{0} || static_cast<std::int64_t>(code) >= size())
      detail::throw_code(static_cast<std::int64_t>(code), size());
    return names_[static_cast<std::size_t>(code)];
  }
  template <std::integral Index>
  std::string name(Index code) const&& {
    return name(code);
  }
  /// The classes as integers in code order; empty when they are strings.
  const std::vector<std::int64_t>& numbers() const& noexcept { return numbers_; }
  std::vector<std::int64_t> numbers() const&& { return numbers(); }
  /// The code of a class by its name; nothing when it is not in the list.
  std::optional<std::int32_t> find(std::string_view name) const;
  /// Classes of both lists, sorted. Throws option_error when one is of integers and the other of strings.
  friend class_list merge(const class_list& a, const class_list& b);
  friend bool operator==(const class_list&, const class_list&) = default;

 private:
  std::vector<std::string> names_;
  std::vector<std::int64_t> numbers_;
  bool numeric_ = false;
};

namespace detail {

/// What a class list is where there is none.
inline const class_list& no_classes() noexcept {
  static const class_list none;
  return none;
}

template <class L>
concept text_label = std::convertible_to<const L&, std::string_view>;
/// Characters of more than a byte, or of Unicode by their type: neither names nor numbers of classes.
template <class L>
inline constexpr bool wide_character =
    std::is_same_v<L, wchar_t> || std::is_same_v<L, char16_t> || std::is_same_v<L, char32_t>;
#ifdef __cpp_char8_t
template <>
inline constexpr bool wide_character<char8_t> = true;
#endif
/// What can be a label.
template <class L>
concept label_type = text_label<L> || std::is_enum_v<L> ||
    (std::integral<L> && sizeof(L) <= 8 && !wide_character<L>);

/// One of several texts written out, each of a type of its own. Not a std::string_view: that would take
/// {"a", "b"} for the begin and the end of one text.
struct written_label {
  std::string_view text;
  template <text_label L>
  written_label(const L& label) {
    if constexpr (std::is_pointer_v<L>)
      if (label == nullptr) throw option_error("a label is a null pointer, expected a string");
    text = label;
  }
  operator std::string_view() const noexcept { return text; }
};

template <class L>
std::int64_t label_number(L label, std::size_t row) {
  if constexpr (std::is_enum_v<L>) {
    return label_number(static_cast<std::underlying_type_t<L>>(label), row);
  } else {
    if constexpr (std::is_unsigned_v<L> && sizeof(L) == 8)
      if (label >> 63 != 0)
        throw option_error("label " + std::to_string(row) + " is " + std::to_string(label) +
                           ", expected an integer of 64 signed bits");
    return static_cast<std::int64_t>(label);
  }
}

/// What a range-for over labels steps through.
class label_iterator {
 public:
  using value_type = std::string;
  using difference_type = std::ptrdiff_t;
  label_iterator() = default;
  label_iterator(const class_list* classes, const std::int32_t* at) noexcept : classes_(classes), at_(at) {}
  const std::string& operator*() const { return classes_->name(*at_); }
  label_iterator& operator++() noexcept {
    ++at_;
    return *this;
  }
  label_iterator operator++(int) noexcept {
    label_iterator before = *this;
    ++at_;
    return before;
  }
  friend bool operator==(const label_iterator& a, const label_iterator& b) noexcept { return a.at_ == b.at_; }

 private:
  const class_list* classes_ = nullptr;
  const std::int32_t* at_ = nullptr;
};

}  // namespace detail

/// Labels of n rows: a class list and one code a row. Cheap to copy as far as the class list goes (it is
/// shared).
class label_vector {
 public:
  label_vector() = default;

  /// Encodes any range of labels; the class list is what occurs. Labels are strings (also string_view, const
  /// char* and single characters: 'A' is the class "A"), integers, bool (0 and 1) or enumerators (their
  /// values). Throws option_error for an integer beyond 64 signed bits and for a null pointer.
  template <std::ranges::input_range Range>
  requires(!std::is_same_v<std::remove_cvref_t<Range>, label_vector> &&
           !std::convertible_to<Range, std::string_view> &&
           detail::label_type<std::ranges::range_value_t<Range>>) label_vector(Range&& values) {
    encode_range(values);
  }
  /// Numbers with a fraction are measurements, not classes: round them or name their ranges first.
  template <std::ranges::input_range Range>
  requires std::floating_point<std::ranges::range_value_t<Range>> label_vector(Range&& measurements)
  = delete;
  /// The same for labels written out: {"a", "b", "a"}.
  template <detail::label_type Label>
  label_vector(std::initializer_list<Label> values) {
    encode_range(values);
  }
  label_vector(std::initializer_list<detail::written_label> values) { encode_range(values); }

  /// Rows given by their codes in an existing class list (predictions, say). Throws option_error for a code
  /// outside it.
  label_vector(std::vector<std::int32_t> codes, std::shared_ptr<const class_list> classes);

  std::int64_t size() const noexcept { return static_cast<std::int64_t>(codes_.size()); }
  bool empty() const noexcept { return codes_.empty(); }
  const class_list& classes() const& noexcept { return classes_ ? *classes_ : detail::no_classes(); }
  class_list classes() const&& { return classes(); }
  std::shared_ptr<const class_list> shared_classes() const {
    return classes_ ? classes_ : std::make_shared<const class_list>();
  }
  /// One code a row, in [0, classes().size()).
  std::span<const std::int32_t> codes() const& noexcept { return codes_; }
  std::span<const std::int32_t> codes() const&& = delete;  // they would die with the temporary
  /// The name of row's class: decoding is the inverse of construction.
  template <std::integral Index>
  const std::string& operator[](Index row) const& {
    return classes().name(codes_[static_cast<std::size_t>(row)]);
  }
  template <std::integral Index>
  std::string operator[](Index row) const&& {
    return classes().name(codes_[static_cast<std::size_t>(row)]);
  }
  /// Over the names of the rows' classes.
  detail::label_iterator begin() const& noexcept { return {&classes(), codes_.data()}; }
  detail::label_iterator end() const& noexcept { return {&classes(), codes_.data() + codes_.size()}; }
  detail::label_iterator begin() const&& = delete;
  detail::label_iterator end() const&& = delete;
  /// All rows decoded.
  std::vector<std::string> decode() const;
  /// The named rows, in that order, with the same class list (some of its classes may have no row then).
  label_vector rows(std::span<const std::int64_t> which) const;
  label_vector rows(std::initializer_list<std::int64_t> which) const {
    return rows(std::span<const std::int64_t>(which.begin(), which.size()));
  }
  template <detail::row_number Index>
  label_vector rows(const std::vector<Index>& which) const {
    return rows(std::span<const std::int64_t>(index_vector(which.begin(), which.end())));
  }
  /// The same rows coded in another class list. Throws option_error naming a class that is not in it.
  label_vector recoded(std::shared_ptr<const class_list> classes) const;
  /// Rows of each class, in code order.
  std::vector<std::int64_t> counts() const;
  /// The same labels row by row, whatever classes without rows the lists have.
  friend bool operator==(const label_vector& a, const label_vector& b) {
    if (a.size() != b.size() || (!a.empty() && a.classes().numeric() != b.classes().numeric())) return false;
    if (a.classes_ == b.classes_) return a.codes_ == b.codes_;
    for (std::int64_t row = 0; row < a.size(); ++row)
      if (a[row] != b[row]) return false;
    return true;
  }

 private:
  template <class Range>
  void encode_range(Range& values) {
    using label = std::ranges::range_value_t<Range>;
    if constexpr (std::is_same_v<label, char> || detail::text_label<label>) {
      // What is seen in place must outlive the step of the loop; other labels are copied.
      constexpr bool in_place = std::is_pointer_v<label> || std::is_same_v<label, std::string_view> ||
                                (detail::text_label<label> && std::ranges::forward_range<Range> &&
                                 std::is_lvalue_reference_v<std::ranges::range_reference_t<Range>>);
      std::vector<std::conditional_t<in_place, std::string_view, std::string>> names;
      for (const auto& value : values) {
        if constexpr (std::is_pointer_v<label>)
          if (value == nullptr)
            throw option_error("label " + std::to_string(names.size()) +
                               " is a null pointer, expected a string");
        if constexpr (std::is_same_v<label, char>)
          names.emplace_back(1, value);
        else
          names.emplace_back(std::string_view(value));
      }
      encode(std::vector<std::string_view>(names.begin(), names.end()));
    } else {
      std::vector<std::int64_t> numbers;
      for (const auto& value : values)
        numbers.push_back(detail::label_number(static_cast<label>(value), numbers.size()));
      encode(std::move(numbers));
    }
  }
  void encode(const std::vector<std::string_view>& names);
  void encode(std::vector<std::int64_t> numbers);

  std::vector<std::int32_t> codes_;
  std::shared_ptr<const class_list> classes_;  // null: no classes
};

/// How much each class counts in training: all alike, balanced, or as given.
class class_weights {
 public:
  /// Every class weighs 1.
  class_weights() = default;
  /// rows / (classes that occur * rows of the class): rare classes count as much as common ones (King, Zeng
  /// 2001; as scikit-learn's "balanced").
  static class_weights balanced();
  /// Weights by class name; classes not named weigh 1.
  static class_weights by_name(std::vector<std::pair<std::string, double>> weights);
  /// One weight a class, in code order.
  static class_weights in_order(std::vector<double> weights);

  /// One weight a class of `labels.classes()`; a class without rows gets 0 when balanced. Throws option_error
  /// for a negative or non-finite weight, an unknown name or a wrong number of weights.
  std::vector<double> resolve(const label_vector& labels) const;

 private:
  enum class mode { uniform, balanced, by_name, in_order };
  mode mode_ = mode::uniform;
  std::vector<std::pair<std::string, double>> named_;
  std::vector<double> ordered_;
};

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/learn/labels.ipp>
#endif
