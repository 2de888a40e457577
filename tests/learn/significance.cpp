#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <aisle/learn/calibration.hpp>
#include <aisle/learn/metrics.hpp>
#include <aisle/learn/significance.hpp>

using aisle::label_vector;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

bool is_close(double a, double b) { return std::abs(a - b) <= 1e-12 * std::max(1.0, std::abs(b)); }

/// The eight rows of three classes that the numbers below were computed of, with NumPy and SciPy 1.17.
const std::vector<int> truth = {0, 1, 0, 1, 1, 2, 0, 0};
aisle::matrix<double> matrix_of(const std::vector<std::vector<double>>& rows) {
  aisle::matrix<double> out(static_cast<std::int64_t>(rows.size()),
                            static_cast<std::int64_t>(rows[0].size()));
  for (std::int64_t r = 0; r < out.rows(); ++r)
    for (std::int64_t c = 0; c < out.cols(); ++c)
      out(r, c) = rows[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)];
  return out;
}
aisle::matrix<double> eight_rows() {
  return matrix_of({{.7, .2, .1},
                    {.6, .3, .1},
                    {.9, .05, .05},
                    {.2, .5, .3},
                    {.1, .8, .1},
                    {.3, .3, .4},
                    {.05, .9, .05},
                    {.98, .01, .01}});
}

}  // namespace

TEST_CASE("quantiles of the normal distribution and Wilson's interval are SciPy's") {
  CHECK(is_close(aisle::normal_quantile(0.975), 1.959963984540054));
  CHECK(std::abs(aisle::normal_quantile(0.5)) < 1e-15);
  CHECK(is_close(aisle::normal_quantile(0.01), -2.3263478740408408));
  // scipy.stats.binomtest(k, n).proportion_ci(confidence, "wilson")
  const aisle::interval most = aisle::wilson_interval(45 / 50.0, 50), all = aisle::wilson_interval(1, 50),
                        wide = aisle::wilson_interval(7 / 20.0, 20, 0.99);
  CHECK(is_close(most.low, 0.7863976856252034));
  CHECK(is_close(most.high, 0.9565242350681095));
  CHECK(is_close(all.low, 0.9286524008666412));
  CHECK(all.high == 1);
  CHECK(is_close(wide.low, 0.14639344137693885));
  CHECK(is_close(wide.high, 0.6283381789526872));
  for (const double bad : {-0.1, 1.1, not_a_number})
    CHECK_THROWS_AS(aisle::wilson_interval(bad, 5), aisle::option_error);
  for (const double rows : {0.0, -1.0, not_a_number})
    CHECK_THROWS_AS(aisle::wilson_interval(0.5, rows), aisle::option_error);
  for (const double confidence : {0.0, 1.0, not_a_number})
    CHECK_THROWS_AS(aisle::wilson_interval(0.5, 5, confidence), aisle::option_error);
}

TEST_CASE("rows in groups tell as much as fewer rows") {
  const std::vector<std::uint8_t> right = {1, 1, 0, 0, 1, 1, 1, 1};
  // Of pairs that are right or wrong together half the rows: share 6/8, sums of the groups off it by
  // 0.5, -1.5, 0.5, 0.5: 0.75 * 0.25 * 64 / 3 = 4.
  const std::vector<std::int64_t> pairs = {7, 7, 1, 1, 2, 2, 3, 3}, alone = {0, 1, 2, 3, 4, 5, 6, 7};
  CHECK(is_close(aisle::effective_rows(right, pairs), 4));
  CHECK(is_close(aisle::effective_rows(right, alone), 8));
  // Groups that are less alike than rows at large give no more rows than there are.
  CHECK(aisle::effective_rows(std::vector<std::uint8_t>{1, 0, 1, 0}, std::vector<std::int64_t>{1, 1, 2, 2}) <=
        4);
  CHECK(aisle::effective_rows(std::vector<std::uint8_t>{1, 1, 1, 1}, std::vector<std::int64_t>{1, 1, 2, 2}) ==
        2);
  CHECK_THROWS_AS(aisle::effective_rows(right, std::vector<std::int64_t>{1}), aisle::shape_error);
  CHECK_THROWS_AS(aisle::effective_rows({}, {}), aisle::shape_error);
}

TEST_CASE("the bootstrap's interval of macro F1 holds the score and is seeded") {
  std::vector<std::string> t, p;
  std::vector<std::int64_t> groups;
  for (int i = 0; i < 200; ++i) {
    t.push_back(i % 2 ? "a" : "b");
    const bool wrong = i / 4 % 5 == 0;  // four neighbours are right or wrong together
    p.push_back(wrong ? (i % 2 ? "b" : "a") : t.back());
    groups.push_back(i / 4);
  }
  const label_vector a(t), b(p);
  const double score = aisle::macro_f1(a, b);
  CHECK(is_close(score, 0.8));
  const aisle::interval rows = aisle::bootstrap_macro_f1(a, b),
                        again = aisle::bootstrap_macro_f1(a, b, {.threads = 1}),
                        other = aisle::bootstrap_macro_f1(a, b, {.seed = 1}),
                        grouped = aisle::bootstrap_macro_f1(a, b, {.groups = groups});
  CHECK(rows.low == again.low);
  CHECK(rows.high == again.high);
  CHECK((rows.low != other.low || rows.high != other.high));
  // The standard deviation of a share of 0.8 in 200 rows is 0.0283, in 50 groups twice that; 1.96 of it to
  // either side, within what 1000 resamples leave open.
  CHECK(std::abs((rows.high - rows.low) / (2 * 1.96 * 0.0283) - 1) < 0.15);
  CHECK(std::abs((grouped.high - grouped.low) / (2 * 1.96 * 0.0566) - 1) < 0.15);
  CHECK(rows.low < score);
  CHECK(rows.high > score);
  const aisle::interval sure = aisle::bootstrap_macro_f1(a, a);
  CHECK(sure.low == 1);
  CHECK(sure.high == 1);
  CHECK_THROWS_AS(aisle::bootstrap_macro_f1(a, b, {.resamples = 1}), aisle::option_error);
  CHECK_THROWS_AS(aisle::bootstrap_macro_f1(a, b, {.confidence = 1}), aisle::option_error);
  CHECK_THROWS_AS(aisle::bootstrap_macro_f1(a, label_vector{"a"}), aisle::shape_error);
  const std::vector<std::int64_t> few = {1};
  CHECK_THROWS_AS(aisle::bootstrap_macro_f1(a, b, {.groups = few}), aisle::shape_error);
}

TEST_CASE("McNemar's test: exact for few rows, chi-square with Edwards' correction for many") {
  // 2 * scipy.stats.binom.cdf(min(b, c), b + c, 0.5), at most 1.
  CHECK(is_close(aisle::mcnemar_test(10, 2).p_value, 0.03857421875));
  CHECK(aisle::mcnemar_test(3, 3).p_value == 1);
  CHECK(aisle::mcnemar_test(0, 0).p_value == 1);
  CHECK(aisle::mcnemar_test(12, 12).exact);
  // scipy.stats.chi2.sf((|b - c| - 1)^2 / (b + c), 1)
  const aisle::mcnemar_result many = aisle::mcnemar_test(24, 1);
  CHECK_FALSE(many.exact);
  CHECK(is_close(many.p_value, 1.0825087815407719e-05));
  CHECK(is_close(aisle::mcnemar_test(1, 24).p_value, many.p_value));
  CHECK(is_close(aisle::mcnemar_test(121, 59).p_value, 5.450094825427117e-06));
  CHECK(aisle::mcnemar_test(40, 40).p_value == 1);
  CHECK_THROWS_AS(aisle::mcnemar_test(-1, 2), aisle::option_error);
  const label_vector t{"a", "b", "c", "a"}, one{"a", "b", "a", "b"}, two{"b", "b", "c", "b"};
  const aisle::mcnemar_result both = aisle::mcnemar_test(t, one, two);
  CHECK(both.only_first == 1);
  CHECK(both.only_second == 1);
  CHECK_THROWS_AS(aisle::mcnemar_test(t, one, label_vector{"a"}), aisle::shape_error);
}

TEST_CASE("a temperature has the least log loss") {
  const label_vector labels(truth);
  // scipy.optimize.minimize_scalar over 1/t of the loss with targets of 8/9 the label and 1/9 all alike.
  CHECK(aisle::fit_temperature(labels, eight_rows()) == doctest::Approx(1.6047130320438119).epsilon(1e-6));
  aisle::matrix<float> single(8, 3);
  const auto p = eight_rows();
  for (std::int64_t i = 0; i < 24; ++i) single.data()[i] = static_cast<float>(p.data()[i]);
  CHECK(aisle::fit_temperature(labels, single) == doctest::Approx(1.6047130320438119).epsilon(1e-6));
  const auto softer = aisle::at_temperature(p, 2);  // the square root of each, by their sum
  CHECK(softer(0, 0) == doctest::Approx(0.52287938).epsilon(1e-7));
  CHECK(softer(0, 1) == doctest::Approx(0.27949079).epsilon(1e-7));
  CHECK(softer(0, 2) == doctest::Approx(0.19762983).epsilon(1e-7));
  CHECK(aisle::at_temperature(p, 1) == p);
  for (const double bad : {0.0, -1.0, not_a_number})
    CHECK_THROWS_AS(aisle::at_temperature(p, bad), aisle::option_error);
}

TEST_CASE("a temperature makes the sure less sure and stays within bounds") {
  // Says 0.99 and is right in 7 of 10: at the temperature it says about 0.7.
  std::vector<int> labels;
  aisle::matrix<double> p(1000, 2);
  for (std::int64_t r = 0; r < 1000; ++r) {
    p(r, 0) = 0.99, p(r, 1) = 0.01;
    labels.push_back(r % 10 < 7 ? 0 : 1);
  }
  const label_vector t(labels);
  const double temperature = aisle::fit_temperature(t, p);
  CHECK(temperature > 1);
  CHECK(aisle::at_temperature(p, temperature)(0, 0) == doctest::Approx(0.7).epsilon(0.001));
  CHECK(aisle::expected_calibration_error(t, p) == doctest::Approx(0.29).epsilon(1e-9));
  CHECK(aisle::expected_calibration_error(t, aisle::at_temperature(p, temperature)) < 0.001);
  // A row of zeros and ones that is wrong, and rows that are all right, give numbers all the same.
  const auto hard = matrix_of({{1, 0}, {1, 0}, {0, 1}});
  const double of_hard = aisle::fit_temperature(label_vector{0, 1, 1}, hard),
               of_right =
                   aisle::fit_temperature(label_vector{0, 0, 1}, matrix_of({{.6, .4}, {.6, .4}, {.4, .6}}));
  CHECK(of_hard > 1);
  CHECK(of_hard <= 20);
  CHECK(of_right < 1);
  CHECK(of_right >= 0.05);
  const auto sharp = aisle::at_temperature(hard, 0.05);
  for (std::int64_t r = 0; r < 3; ++r) CHECK(sharp(r, 0) + sharp(r, 1) == doctest::Approx(1));
}

TEST_CASE("the calibration error is the weighted distance of 15 bins") {
  const label_vector labels(truth);
  // By hand: .7 right, .6 wrong, .9 right, .5 right, .8 right, .4 right, .9 wrong, .98 right. Bins of a
  // fifteenth, upper ends inclusive: .9 twice together, |.9 + .9 - 1| = .8; alone .3, .6, .5, .2, .6, .02; of
  // all, 3.02 / 8.
  CHECK(aisle::expected_calibration_error(labels, eight_rows()) == doctest::Approx(0.3775).epsilon(1e-9));
  // In one bin: the mean confidence 5.78 / 8 less the accuracy 6 / 8.
  CHECK(aisle::expected_calibration_error(labels, eight_rows(), 1) ==
        doctest::Approx(std::abs(5.78 - 6) / 8).epsilon(1e-9));
  // An upper end belongs to its bin: .5, right, and .55, wrong, are in two of ten: (.5 + .55) / 2.
  CHECK(aisle::expected_calibration_error(label_vector({0, 0, 1}).rows(aisle::index_vector{0, 1}),
                                          matrix_of({{.5, .5}, {.45, .55}}), 10) == doctest::Approx(0.525));
  CHECK_THROWS_AS(aisle::expected_calibration_error(labels, eight_rows(), 0), aisle::option_error);
  CHECK_THROWS_AS(aisle::expected_calibration_error(label_vector{0, 1}, eight_rows()), aisle::shape_error);
  CHECK_THROWS_AS(aisle::expected_calibration_error(label_vector{}, aisle::matrix<double>(0, 0)),
                  aisle::shape_error);
  auto bad = eight_rows();
  for (const double v : {not_a_number, -0.1, 1.5}) {
    bad(3, 1) = v;
    CHECK_THROWS_AS(aisle::fit_temperature(labels, bad), aisle::row_error);
    CHECK_THROWS_AS(aisle::expected_calibration_error(labels, bad), aisle::row_error);
  }
}
