#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/io/json.hpp>
#include <aisle/learn/labels.hpp>

// What the files of the folder "learn" share.

namespace golden::learn {

/// Numbers that JSON cannot hold are strings there.
inline double number(const aisle::json& v) {
  if (!v.is_string()) return v.as<double>();
  const auto text = v.as<std::string>();
  if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (text == "inf") return std::numeric_limits<double>::infinity();
  if (text == "-inf") return -std::numeric_limits<double>::infinity();
  v.fail("expected a number, found \"" + text + "\"");
}

inline std::vector<double> numbers(const aisle::json& v) {
  std::vector<double> out;
  if (v.is_null()) return out;
  for (const auto& e : v.elements()) out.push_back(number(e));
  return out;
}

/// Labels as they were in Python: strings, integers, or booleans (which print as "False" and "True").
inline aisle::label_vector labels(const aisle::json& v) {
  std::vector<std::string> names;
  std::vector<std::int64_t> integers;
  for (const auto& e : v.elements()) {
    if (e.is_string())
      names.push_back(e.as<std::string>());
    else if (e.is_bool())
      names.emplace_back(e.as<bool>() ? "True" : "False");
    else
      integers.push_back(e.as<std::int64_t>());
  }
  return names.empty() ? aisle::label_vector(integers) : aisle::label_vector(names);
}

inline std::vector<std::string> texts(const aisle::json& v) {
  std::vector<std::string> out;
  if (v.is_null()) return out;
  for (const auto& e : v.elements())
    out.push_back(e.is_string() ? e.as<std::string>()
                  : e.is_bool() ? (e.as<bool>() ? "True" : "False")
                                : std::to_string(e.as<std::int64_t>()));
  return out;
}

inline aisle::matrix<double> table(const aisle::json& v) {
  aisle::matrix<double> out(static_cast<std::int64_t>(v.size()),
                            v.size() > 0 ? static_cast<std::int64_t>(v[0].size()) : 0);
  for (std::int64_t r = 0; r < out.rows(); ++r) {
    const auto row = numbers(v[r]);
    for (std::int64_t c = 0; c < out.cols(); ++c) out(r, c) = row.at(static_cast<std::size_t>(c));
  }
  return out;
}

/// The largest difference relative to max(1, |expected|); equal NaN and infinities differ by 0.
class difference {
 public:
  void add(double actual, double expected) {
    if (std::isnan(actual) && std::isnan(expected)) return;
    if (actual == expected) return;
    const double d = std::abs(actual - expected) / std::max(1.0, std::abs(expected));
    if (!(d <= worst_)) worst_ = std::isfinite(d) ? d : std::numeric_limits<double>::infinity();
  }
  void add(const std::vector<double>& actual, const std::vector<double>& expected) {
    if (actual.size() != expected.size()) {
      worst_ = std::numeric_limits<double>::infinity();
      return;
    }
    for (std::size_t i = 0; i < actual.size(); ++i) add(actual[i], expected[i]);
  }
  void add(const aisle::matrix<double>& actual, const aisle::matrix<double>& expected) {
    if (actual.rows() != expected.rows() || actual.cols() != expected.cols())
      worst_ = std::numeric_limits<double>::infinity();
    else
      for (std::int64_t r = 0; r < actual.rows(); ++r)
        for (std::int64_t c = 0; c < actual.cols(); ++c) add(actual(r, c), expected(r, c));
  }
  double worst() const { return worst_; }

 private:
  double worst_ = 0;
};

}  // namespace golden::learn
