// golden/learn/project*.json: principal components against scikit-learn's.

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <aisle/base/file.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/safetensors.hpp>
#include <aisle/learn/pca.hpp>
#include <aisle/learn/scaler.hpp>

#include "golden.hpp"
#include "learn.hpp"
#include "learn_set.hpp"

namespace golden::learn {
namespace {

using aisle::json;

aisle::matrix<double> read_table(const aisle::state_dict& file, const std::string& name) {
  const aisle::tensor t = file.read(name);
  aisle::matrix<double> out(t.dims()[0], t.dims()[1]);
  if (t.type() == aisle::dtype::f32)
    std::copy(t.data<float>().begin(), t.data<float>().end(), out.data());
  else
    std::copy(t.data<double>().begin(), t.data<double>().end(), out.data());
  return out;
}

/// The largest difference relative to the largest expected value. A mean that is 0 but for rounding is
/// compared with the features' size, 1.
class of_largest {
 public:
  void add(const std::vector<double>& actual, const std::vector<double>& expected, double floor = 0) {
    double largest = floor, difference = actual.size() == expected.size() ? 0 : 1e9;
    for (const double v : expected) largest = std::max(largest, std::abs(v));
    for (std::size_t i = 0; i < std::min(actual.size(), expected.size()); ++i)
      difference = std::max(difference, std::abs(actual[i] - expected[i]));
    if (!(difference <= worst_ * largest)) worst_ = largest > 0 ? difference / largest : 1e9;
  }
  /// Rows of `expected` are the first of `actual`.
  void add(const aisle::matrix<double>& actual, const aisle::matrix<double>& expected) {
    if (actual.cols() != expected.cols() || actual.rows() < expected.rows()) {
      worst_ = 1e9;
      return;
    }
    const auto size = static_cast<std::size_t>(expected.rows() * expected.cols());
    add(std::vector<double>(actual.data(), actual.data() + size),
        std::vector<double>(expected.data(), expected.data() + size));
  }
  double worst() const { return worst_; }

 private:
  double worst_ = 0;
};

void check(const std::string& name, const aisle::matrix<double>& x, const aisle::pca_options& options,
           const json& expected, const aisle::state_dict& tensors, session& s) {
  const auto p = aisle::pca<double>::fit(x, options);
  of_largest d;
  for (const auto& [figure, value] : expected.members()) {
    if (figure == "mean") d.add(p.mean(), numbers(value), 1);
    if (figure == "noise_variance") d.add({p.noise_variance()}, {value.as<double>()});
  }
  d.add(p.explained_variance(), numbers(expected["explained_variance"]));
  d.add(p.explained_variance_ratio(), numbers(expected["explained_variance_ratio"]));
  d.add(p.singular_values(), numbers(expected["singular_values"]));
  d.add(p.components(), read_table(tensors, name + ".components"));
  if (options.centre) d.add(p.transform(x), read_table(tensors, name + ".transformed"));
  s.error(name + (options.solver == aisle::pca_solver::exact ? "" : "/randomised"), d.worst(), 1e-5);
}

void run(const std::string& path, session& s) {
  const auto tensors = aisle::read_safetensors(path.substr(0, path.size() - 5) + ".safetensors");
  const json file = aisle::read_json(path);
  for (const auto& [name, expected] : file.members()) {
    // SET.raw.pca2, SET.standardised.pca10, SET.raw.svd5
    const std::size_t first = name.find('.'), last = name.rfind('.');
    const std::string features = last > first ? name.substr(first + 1, last - first - 1) : "";
    const std::string method = name.substr(last + 1, 3);
    if ((features != "raw" && features != "standardised") || (method != "pca" && method != "svd")) {
      s.skip(name, "a case this program does not know");
      continue;
    }
    aisle::matrix<double> x = data_set(path, name.substr(0, first)).x;
    if (features == "standardised") x = aisle::standard_scaler<double>::fit(x).transform(x);
    // So many steps leave nothing of the randomised solver's error.
    for (const auto solver : {aisle::pca_solver::exact, aisle::pca_solver::randomised})
      check(name, x,
            {.components = std::stoll(name.substr(last + 4)),
             .centre = method == "pca",
             .solver = solver,
             .power_iterations = 100},
            expected, tensors, s);
  }
}

const registration entry{{"learn/project",
                          [](const std::string& folder, const std::string& file) {
                            return folder == "learn" && file.starts_with("project") &&
                                   file.ends_with(".json");
                          },
                          run}};

}  // namespace
}  // namespace golden::learn
