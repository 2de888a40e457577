#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <aisle/base/error.hpp>
#include <aisle/learn/labels.hpp>
#include <aisle/tensor/finite.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Truth and prediction of the same rows in one numbering: the classes asked for come first, in their order,
/// then those that occur besides.
struct paired_labels {
  std::vector<std::string> labels;  ///< the classes asked for
  std::vector<std::int64_t> truth, predicted;
  std::span<const double> weights;
  bool complete = true;  ///< every class that occurs was asked for

  /// `asked`: the classes that are looked at, empty: all that occur.
  paired_labels(const label_vector& t, const label_vector& p, const std::vector<std::string>& asked,
                std::span<const double> sample_weights)
      : weights(sample_weights) {
    if (t.size() != p.size())
      throw shape_error(std::to_string(t.size()) + " true labels and " + std::to_string(p.size()) +
                        " predictions, expected one a row");
    if (t.empty()) throw shape_error("no rows to score, expected at least one");
    check_weights(weights, t.size());
    const class_list all = merge(t.classes(), p.classes());
    const auto in_all = [&](const label_vector& v) {
      std::vector<std::int64_t> codes;
      for (const auto& name : v.classes().names()) codes.push_back(*all.find(name));
      return codes;
    };
    const auto code_t = in_all(t), code_p = in_all(p);
    std::vector<bool> occurs(all.names().size());
    for (const auto c : t.codes())
      occurs[static_cast<std::size_t>(code_t[static_cast<std::size_t>(c)])] = true;
    for (const auto c : p.codes())
      occurs[static_cast<std::size_t>(code_p[static_cast<std::size_t>(c)])] = true;

    std::vector<std::int64_t> place(all.names().size(), -1);
    std::int64_t next = 0;
    std::unordered_set<std::string_view> named;
    for (const auto& name : asked) {
      if (!named.insert(name).second) throw option_error("label \"" + name + "\" is asked for twice");
      labels.push_back(name);
      if (const auto code = all.find(name)) place[static_cast<std::size_t>(*code)] = next;
      ++next;
    }
    for (std::size_t c = 0; c < place.size(); ++c) {
      if (!occurs[c] || place[c] >= 0) continue;
      place[c] = next++;
      if (asked.empty())
        labels.push_back(all.names()[c]);
      else
        complete = false;
    }
    for (const auto c : t.codes())
      truth.push_back(place[static_cast<std::size_t>(code_t[static_cast<std::size_t>(c)])]);
    for (const auto c : p.codes())
      predicted.push_back(place[static_cast<std::size_t>(code_p[static_cast<std::size_t>(c)])]);
  }

  double weight(std::size_t row) const { return weights.empty() ? 1.0 : weights[row]; }

  static void check_weights(std::span<const double> weights, std::int64_t rows) {
    if (weights.empty()) return;
    if (static_cast<std::int64_t>(weights.size()) != rows)
      throw shape_error(std::to_string(weights.size()) + " sample weights for " + std::to_string(rows) +
                        " rows, expected one a row");
    for (std::size_t r = 0; r < weights.size(); ++r)
      if (!is_finite(weights[r]))
        throw option_error("the sample weight of row " + std::to_string(r) + " is " +
                           (is_nan(weights[r]) ? "NaN" : "infinite") + ", expected a finite number");
  }
};

/// Weight of right rows, of rows in the truth and of rows predicted, of each class asked for.
struct class_sums {
  std::vector<double> right, truth, predicted;
  bool any_right = false;

  explicit class_sums(const paired_labels& rows)
      : right(rows.labels.size()), truth(rows.labels.size()), predicted(rows.labels.size()) {
    for (std::size_t r = 0; r < rows.truth.size(); ++r) {
      const auto t = static_cast<std::size_t>(rows.truth[r]), p = static_cast<std::size_t>(rows.predicted[r]);
      any_right = any_right || t == p;
      if (t < truth.size()) truth[t] += rows.weight(r);
      if (p < predicted.size()) predicted[p] += rows.weight(r);
      if (t == p && t < right.size()) right[t] += rows.weight(r);
    }
    // The reference keeps false negatives and positives and adds the right rows back: with weights that
    // changes last bits, which its report prints.
    for (std::size_t c = 0; c < right.size(); ++c) {
      truth[c] = right[c] + (truth[c] - right[c]);
      predicted[c] = right[c] + (predicted[c] - right[c]);
    }
  }
};

}  // namespace detail

AISLE_NAMESPACE_END
