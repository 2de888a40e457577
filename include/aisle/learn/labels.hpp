#pragma once

#include <concepts>
#include <cstdint>
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
  const std::vector<std::string>& names() const noexcept { return names_; }
  const std::string& name(std::int64_t code) const { return names_.at(static_cast<std::size_t>(code)); }
  /// The classes as integers in code order; empty when they are strings.
  const std::vector<std::int64_t>& numbers() const noexcept { return numbers_; }
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

/// Labels of n rows: a class list and one code a row. Cheap to copy as far as the class list goes (it is
/// shared).
class label_vector {
 public:
  label_vector() : classes_(std::make_shared<const class_list>()) {}

  /// Encodes any range of strings or integers; the class list is what occurs. Integers must fit 64 signed
  /// bits.
  template <std::ranges::input_range Range>
  requires(
      std::convertible_to<std::ranges::range_reference_t<const Range&>, std::string_view> ||
      std::integral<std::ranges::range_value_t<const Range&>>) explicit label_vector(const Range& values) {
    if constexpr (std::integral<std::ranges::range_value_t<const Range&>>) {
      std::vector<std::int64_t> numbers;
      for (const std::ranges::range_value_t<const Range&> value : values) {  // no proxy of a vector<bool>
        if constexpr (!std::is_same_v<std::remove_cvref_t<decltype(value)>, bool>)
          if (!std::in_range<std::int64_t>(value))
            throw option_error("label " + std::to_string(value) + " does not fit 64 signed bits");
        numbers.push_back(static_cast<std::int64_t>(value));
      }
      encode(std::move(numbers));
    } else {
      std::vector<std::string_view> names;
      for (const auto& value : values) names.emplace_back(value);
      encode(names);
    }
  }

  /// Rows given by their codes in an existing class list (predictions, say). Throws option_error for a code
  /// outside it.
  label_vector(std::vector<std::int32_t> codes, std::shared_ptr<const class_list> classes);

  std::int64_t size() const noexcept { return static_cast<std::int64_t>(codes_.size()); }
  bool empty() const noexcept { return codes_.empty(); }
  const class_list& classes() const noexcept { return *classes_; }
  const std::shared_ptr<const class_list>& shared_classes() const noexcept { return classes_; }
  /// One code a row, in [0, classes().size()).
  std::span<const std::int32_t> codes() const noexcept { return codes_; }
  /// The name of row's class: decoding is the inverse of construction.
  const std::string& operator[](std::int64_t row) const {
    return classes_->name(codes_[static_cast<std::size_t>(row)]);
  }
  /// All rows decoded.
  std::vector<std::string> decode() const;
  /// The named rows, in that order, with the same class list (some of its classes may have no row then).
  label_vector rows(std::span<const std::int64_t> which) const;
  /// The same rows coded in another class list. Throws option_error naming a class that is not in it.
  label_vector recoded(std::shared_ptr<const class_list> classes) const;
  /// Rows of each class, in code order.
  std::vector<std::int64_t> counts() const;

 private:
  void encode(const std::vector<std::string_view>& names);
  void encode(std::vector<std::int64_t> numbers);

  std::vector<std::int32_t> codes_;
  std::shared_ptr<const class_list> classes_;
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
