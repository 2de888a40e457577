#pragma once

#include <algorithm>
#include <charconv>
#include <unordered_map>

#include <aisle/base/counted.hpp>
#include <aisle/learn/labels.hpp>
#include <aisle/tensor/finite.hpp>

AISLE_NAMESPACE_BEGIN

AISLE_API void detail::throw_code(std::int64_t code, std::int64_t classes) {
  throw option_error("class code " + std::to_string(code) + " of a list of " +
                     counted(classes, "class", "classes"));
}

AISLE_API class_list::class_list(std::vector<std::string> names) : names_(std::move(names)) {
  // Bytes of UTF-8 compare in the order of their code points.
  std::sort(names_.begin(), names_.end());
  names_.erase(std::unique(names_.begin(), names_.end()), names_.end());
}

AISLE_API class_list::class_list(std::vector<std::int64_t> numbers)
    : numbers_(std::move(numbers)), numeric_(true) {
  std::sort(numbers_.begin(), numbers_.end());
  numbers_.erase(std::unique(numbers_.begin(), numbers_.end()), numbers_.end());
  names_.reserve(numbers_.size());
  for (const std::int64_t n : numbers_) names_.push_back(std::to_string(n));
}

AISLE_API std::optional<std::int32_t> class_list::find(std::string_view name) const {
  if (numeric_) {
    std::int64_t number = 0;
    const auto [end, code] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (code != std::errc{} || end != name.data() + name.size()) return std::nullopt;
    const auto at = std::lower_bound(numbers_.begin(), numbers_.end(), number);
    if (at == numbers_.end() || *at != number) return std::nullopt;
    return static_cast<std::int32_t>(at - numbers_.begin());
  }
  const auto at = std::lower_bound(names_.begin(), names_.end(), name);
  if (at == names_.end() || *at != name) return std::nullopt;
  return static_cast<std::int32_t>(at - names_.begin());
}

AISLE_API class_list merge(const class_list& a, const class_list& b) {
  if (a.empty()) return b;
  if (b.empty() || a == b) return a;
  if (a.numeric_ != b.numeric_)
    throw option_error("labels of two types: integers (\"" + (a.numeric_ ? a : b).names_.front() +
                       "\") and strings (\"" + (a.numeric_ ? b : a).names_.front() + "\")");
  if (a.numeric_) {
    std::vector<std::int64_t> all = a.numbers_;
    all.insert(all.end(), b.numbers_.begin(), b.numbers_.end());
    return class_list(std::move(all));
  }
  std::vector<std::string> all = a.names_;
  all.insert(all.end(), b.names_.begin(), b.names_.end());
  return class_list(std::move(all));
}

AISLE_API label_vector::label_vector(std::vector<std::int32_t> codes,
                                     std::shared_ptr<const class_list> classes)
    : codes_(std::move(codes)),
      classes_(classes ? std::move(classes) : std::make_shared<const class_list>()) {
  for (const std::int32_t c : codes_)
    if (c < 0 || c >= classes_->size()) detail::throw_code(c, classes_->size());
}

AISLE_API void label_vector::encode(const std::vector<std::string_view>& names) {
  std::unordered_map<std::string_view, std::int32_t> code_of;
  for (const auto name : names) code_of.try_emplace(name, 0);
  std::vector<std::string> unique;
  unique.reserve(code_of.size());
  for (const auto& entry : code_of) unique.emplace_back(entry.first);
  classes_ = std::make_shared<const class_list>(std::move(unique));
  for (auto& [name, code] : code_of) code = *classes_->find(name);
  codes_.reserve(names.size());
  for (const auto name : names) codes_.push_back(code_of.find(name)->second);
}

AISLE_API void label_vector::encode(std::vector<std::int64_t> numbers) {
  classes_ = std::make_shared<const class_list>(numbers);
  const auto& sorted = classes_->numbers();
  codes_.reserve(numbers.size());
  for (const std::int64_t n : numbers)
    codes_.push_back(
        static_cast<std::int32_t>(std::lower_bound(sorted.begin(), sorted.end(), n) - sorted.begin()));
}

AISLE_API std::vector<std::string> label_vector::decode() const {
  std::vector<std::string> out;
  out.reserve(codes_.size());
  for (const std::int32_t c : codes_) out.push_back(classes().name(c));
  return out;
}

AISLE_API label_vector label_vector::rows(std::span<const std::int64_t> which) const {
  label_vector out;
  out.classes_ = classes_;
  out.codes_.reserve(which.size());
  for (const std::int64_t r : which) {
    if (r < 0 || r >= size())
      throw shape_error("row " + std::to_string(r) + " of " + counted(size(), "label"));
    out.codes_.push_back(codes_[static_cast<std::size_t>(r)]);
  }
  return out;
}

AISLE_API label_vector label_vector::recoded(std::shared_ptr<const class_list> classes) const {
  if (!classes) classes = std::make_shared<const class_list>();
  const class_list& own = this->classes();
  if (*classes == own) return label_vector(codes_, std::move(classes));
  if (!own.empty() && !classes->empty() && own.numeric() != classes->numeric())
    merge(own, *classes);  // throws: two types
  std::vector<std::int32_t> code_of(own.names().size(), -1);
  for (std::size_t c = 0; c < code_of.size(); ++c)
    if (const auto code = classes->find(own.names()[c])) code_of[c] = *code;
  std::vector<std::int32_t> codes;
  codes.reserve(codes_.size());
  for (const std::int32_t c : codes_) {
    codes.push_back(code_of[static_cast<std::size_t>(c)]);
    if (codes.back() < 0)
      throw option_error("class \"" + own.name(c) + "\" is not one of the " +
                         std::to_string(classes->size()) + " known classes");
  }
  return label_vector(std::move(codes), std::move(classes));
}

AISLE_API std::vector<std::int64_t> label_vector::counts() const {
  std::vector<std::int64_t> out(classes().names().size(), 0);
  for (const std::int32_t c : codes_) ++out[static_cast<std::size_t>(c)];
  return out;
}

AISLE_API class_weights class_weights::balanced() {
  class_weights out;
  out.mode_ = mode::balanced;
  return out;
}
AISLE_API class_weights class_weights::by_name(std::vector<std::pair<std::string, double>> weights) {
  class_weights out;
  out.mode_ = mode::by_name;
  out.named_ = std::move(weights);
  return out;
}
AISLE_API class_weights class_weights::in_order(std::vector<double> weights) {
  class_weights out;
  out.mode_ = mode::in_order;
  out.ordered_ = std::move(weights);
  return out;
}

AISLE_API std::vector<double> class_weights::resolve(const label_vector& labels) const {
  const auto& classes = labels.classes();
  std::vector<double> out(static_cast<std::size_t>(classes.size()), 1.0);
  const auto require_that = [](const double& w, const std::string& name) {
    if (!is_finite(w) || w < 0)
      throw option_error("the weight of class \"" + name + "\" is " +
                         (is_nan(w) ? "NaN" : std::to_string(w)) + ", expected a finite number not below 0");
  };
  switch (mode_) {
    case mode::uniform:
      break;
    case mode::balanced: {
      const auto counts = labels.counts();
      const auto present =
          static_cast<double>(counts.size() - static_cast<std::size_t>(
                                                  std::count(counts.begin(), counts.end(), std::int64_t{0})));
      for (std::size_t c = 0; c < counts.size(); ++c)
        out[c] = counts[c] == 0
                     ? 0.0
                     : static_cast<double>(labels.size()) / (present * static_cast<double>(counts[c]));
      break;
    }
    case mode::by_name:
      for (const auto& [name, weight] : named_) {
        require_that(weight, name);
        const auto code = classes.find(name);
        if (!code) throw option_error("a weight for class \"" + name + "\", which is not one of the classes");
        out[static_cast<std::size_t>(*code)] = weight;
      }
      break;
    case mode::in_order:
      if (ordered_.size() != out.size())
        throw option_error(std::to_string(ordered_.size()) + " class weights for " +
                           counted(out.size(), "class", "classes"));
      for (std::size_t c = 0; c < out.size(); ++c) require_that(ordered_[c], classes.names()[c]);
      out = ordered_;
      break;
  }
  return out;
}

AISLE_NAMESPACE_END
