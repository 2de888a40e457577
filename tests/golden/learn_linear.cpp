// golden/learn/linear*.json: logistic regression against scikit-learn's.

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <string>

#include <aisle/io/json.hpp>
#include <aisle/learn/logistic_regression.hpp>
#include <aisle/learn/metrics.hpp>
#include <aisle/learn/ranking_metrics.hpp>

#include "golden.hpp"
#include "learn.hpp"
#include "learn_set.hpp"

namespace golden::learn {
namespace {

using aisle::json;

void check(const std::string& name, const data_set& set, bool balanced, bool tight, const json& expected,
           session& s) {
  aisle::logistic_options options;
  if (balanced) options.weights = aisle::class_weights::balanced();
  if (tight) {
    options.tolerance = 1e-9;
    options.max_iterations = 100000;
  }
  aisle::logistic_regression<double> model(options);
  model.fit(set.standardised(set.train), set.labels.rows(set.train));
  const auto truth = set.labels.rows(set.test);
  const auto x = set.standardised(set.test);
  const auto p = model.predict_proba(x);

  const double objective = expected.get<double>("objective");
  const std::string iterations = std::to_string(model.iterations()) + " iterations";
  const double excess = (model.objective() - objective) / objective;
  s.error(name + "/objective", tight ? std::abs(excess) : std::max(0.0, excess), 1e-6, iterations);
  const auto shape = expected["coef_shape"].as_vector<std::int64_t>();
  const bool fits = model.coefficients().rows() == shape.at(0) && model.coefficients().cols() == shape.at(1);
  s.matches(name + "/coef_shape", !fits, 1);
  if (!tight) return;  // where the reference stopped early, its figures are not the optimum's

  const auto rows = table(expected["proba_first_rows"]);
  double worst = 0;
  for (std::int64_t r = 0; r < rows.rows(); ++r)
    for (std::int64_t c = 0; c < rows.cols(); ++c) worst = std::max(worst, std::abs(p(r, c) - rows(r, c)));
  s.error(name + "/proba", worst, 1e-4);
  s.error(name + "/log_loss", std::abs(aisle::log_loss(truth, p) - expected.get<double>("log_loss")), 1e-4);
  const auto predicted = model.predict(x);
  const auto classes = texts(expected["predictions"]);
  std::int64_t mismatches = 0;
  for (std::size_t r = 0; r < classes.size(); ++r)
    mismatches += predicted[static_cast<std::int64_t>(r)] != classes[r];
  s.matches(name + "/predictions", mismatches, static_cast<std::int64_t>(classes.size()));
  s.error(name + "/macro_f1", std::abs(aisle::macro_f1(truth, predicted) - expected.get<double>("macro_f1")),
          1e-12);
  if (!expected["coef"].is_null()) {
    const auto coefficients = table(expected["coef"]);
    double difference = 0, largest = 0;
    for (std::int64_t r = 0; r < coefficients.rows(); ++r)
      for (std::int64_t c = 0; c < coefficients.cols(); ++c) {
        difference = std::max(difference, std::abs(model.coefficients()(r, c) - coefficients(r, c)));
        largest = std::max(largest, std::abs(coefficients(r, c)));
      }
    s.error(name + "/coef", difference / largest, 1e-4);
  }
}

void run(const std::string& path, session& s) {
  std::map<std::string, std::unique_ptr<data_set>> sets;
  const json file = aisle::read_json(path);
  for (const auto& [name, expected] : file.members()) {
    const auto parts = split_name(name);
    if (parts.size() != 3) {
      s.skip(name, "a case this program does not know");
      continue;
    }
    auto& set = sets[parts[0]];
    if (!set) set = std::make_unique<data_set>(path, parts[0]);
    check(name, *set, parts[1] == "balanced", parts[2] == "tight", expected, s);
  }
}

bool claims(const std::string& folder, const std::string& file) {
  return folder == "learn" && file.starts_with("linear") && file.ends_with(".json");
}
const registration linear{{"learn/linear", claims, run}};

}  // namespace
}  // namespace golden::learn
