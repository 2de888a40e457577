#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <aisle/io/json.hpp>
#include <aisle/learn/labels.hpp>
#include <aisle/learn/metrics.hpp>

#include "golden.hpp"
#include "learn.hpp"
#include "learn_set.hpp"

namespace golden::learn {

inline constexpr int seeds = 5;

/// Scores of several seeds against the reference's: their mean may lie below its mean by three standard
/// errors of ours and half a test row.
class seed_scores {
 public:
  explicit seed_scores(const data_set& set) : set_(set), truth_(set.labels.rows(set.test)) {}
  void add(const aisle::label_vector& predicted) {
    accuracy_ += aisle::accuracy(truth_, predicted) / seeds;
    f1_ += aisle::macro_f1(truth_, predicted) / seeds;
    predictions_.push_back(predicted);
  }
  void check(const std::string& name, const aisle::json& expected, session& s) const {
    const double half_row = 0.5 / static_cast<double>(set_.test.size());
    const auto below = [&](double mean, const aisle::json& band) {
      return band.get<double>("mean") - 3 * band.get<double>("sd") / std::sqrt(seeds) - half_row - mean;
    };
    const auto shown = [](double v) { return std::to_string(v).substr(0, 7); };
    s.error(name + "/accuracy", std::max(0.0, below(accuracy_, expected["accuracy"])), 0,
            shown(accuracy_) + " reference " + shown(expected["accuracy"].get<double>("mean")));
    s.error(name + "/macro_f1", std::max(0.0, below(f1_, expected["macro_f1"])), 0,
            shown(f1_) + " reference " + shown(expected["macro_f1"].get<double>("mean")));
    const auto rows = expected["unanimous_rows"].as_vector<std::int64_t>();
    const auto classes = texts(expected["unanimous_predictions"]);
    std::int64_t mismatches = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto at = std::find(set_.test.begin(), set_.test.end(), rows[i]) - set_.test.begin();
      for (const auto& p : predictions_) mismatches += p[at] != classes[i];
    }
    const auto all = static_cast<std::int64_t>(rows.size()) * seeds;
    s.matches(name + "/unanimous", mismatches, all, all * 2 / 100);
  }

 private:
  const data_set& set_;
  aisle::label_vector truth_;
  std::vector<aisle::label_vector> predictions_;
  double accuracy_ = 0, f1_ = 0;
};

}  // namespace golden::learn
