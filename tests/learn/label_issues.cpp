#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <aisle/base/random.hpp>
#include <aisle/learn/cross_validation.hpp>
#include <aisle/learn/familiarity.hpp>
#include <aisle/learn/label_issues.hpp>
#include <aisle/learn/logistic_regression.hpp>
#include <aisle/learn/near_duplicates.hpp>

#include "blobs.hpp"

using aisle::label_vector;

namespace {

aisle::matrix<float> matrix_of(const std::vector<std::vector<float>>& rows) {
  aisle::matrix<float> out(static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(rows[0].size()));
  for (std::int64_t r = 0; r < out.rows(); ++r)
    for (std::int64_t c = 0; c < out.cols(); ++c)
      out(r, c) = rows[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)];
  return out;
}

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

}  // namespace

TEST_CASE("confident learning counts by hand") {
  // Mean of the first class's probability on its rows: (.9 + .7 + .2) / 3 = .6; of the second's on its:
  // (.6 + .8 + .3 + .7) / 4 = .6. Confident: rows 0, 1 (a as a), 2 (a as b: .8), 3 (b: .6), 4 (b), 5 (b as a:
  // .7), 6 (b).
  const label_vector labels{"a", "a", "a", "b", "b", "b", "b"};
  const auto p =
      matrix_of({{.9f, .1f}, {.7f, .3f}, {.2f, .8f}, {.4f, .6f}, {.2f, .8f}, {.7f, .3f}, {.3f, .7f}});
  const auto found = aisle::find_label_issues(labels, p);
  CHECK(found.thresholds[0] == doctest::Approx(0.6));
  CHECK(found.thresholds[1] == doctest::Approx(0.6));
  CHECK(found.estimated(0, 0) == doctest::Approx(2));
  CHECK(found.estimated(0, 1) == doctest::Approx(1));
  CHECK(found.estimated(1, 0) == doctest::Approx(1));
  CHECK(found.estimated(1, 1) == doctest::Approx(3));
  CHECK(found.wrong() == doctest::Approx(2));
  REQUIRE(found.issues.size() == 2);
  CHECK(found.issues[0].row == 2);  // .2 against .8, then .3 against .7
  CHECK(found.issues[0].given == 0);
  CHECK(found.issues[0].suggested == 1);
  CHECK(found.issues[0].suggested_probability == doctest::Approx(0.8));
  CHECK(found.issues[0].confident);
  CHECK(found.issues[1].row == 5);
}

TEST_CASE("a disagreement that no class is sure of is an issue that is not counted") {
  // Mean of b's probability on its rows: .9; row 0 is b with .6, less than that.
  const label_vector labels{"a", "a", "a", "b", "b"};
  const auto found = aisle::find_label_issues(
      labels, matrix_of({{.4f, .6f}, {.9f, .1f}, {.8f, .2f}, {.1f, .9f}, {.1f, .9f}}));
  REQUIRE(found.issues.size() == 1);
  CHECK(found.issues[0].row == 0);
  CHECK_FALSE(found.issues[0].confident);
  CHECK(found.wrong() == 0);
  // Two rows of a are confident; they stand for all three.
  CHECK(found.estimated(0, 0) == doctest::Approx(3));
}

TEST_CASE("a class of low confidence takes no row whose label the classifier prefers") {
  // c is 0.05 sure of its only row: every row passes that. Row 0 stays a by the classifier's own choice.
  const label_vector labels{"a", "a", "b", "b", "c"};
  const auto found = aisle::find_label_issues(
      labels,
      matrix_of({{.6f, .3f, .1f}, {.9f, .05f, .05f}, {.1f, .8f, .1f}, {.7f, .2f, .1f}, {.5f, .45f, .05f}}));
  REQUIRE(found.issues.size() == 2);
  CHECK(found.issues[0].row == 3);
  CHECK(found.issues[0].suggested == 0);
  CHECK(found.issues[1].row == 4);
}

TEST_CASE("a label is not likely wrong where another is hardly likelier") {
  // What knows nothing: one in three for each, by a little more or less. Confident by its own averages.
  const label_vector labels{"a", "b", "c", "a", "b", "c"};
  const auto found = aisle::find_label_issues(labels, matrix_of({{.32f, .35f, .33f},
                                                                 {.35f, .32f, .33f},
                                                                 {.34f, .35f, .31f},
                                                                 {.33f, .32f, .35f},
                                                                 {.32f, .33f, .35f},
                                                                 {.35f, .31f, .34f}}));
  CHECK(found.issues.size() == 6);
  for (const auto& issue : found.issues) CHECK_FALSE(issue.confident);
  // Twice as likely is.
  const auto sure =
      aisle::find_label_issues(label_vector{"a", "a", "b"}, matrix_of({{.3f, .7f}, {.8f, .2f}, {.4f, .6f}}));
  REQUIRE(sure.issues.size() == 1);
  CHECK(sure.issues[0].confident);
}

TEST_CASE("issues are in the order of the margin, not of the given label's probability") {
  const label_vector labels{"a", "a", "b", "c"};
  const auto found = aisle::find_label_issues(
      labels, matrix_of({{.1f, .5f, .4f}, {.2f, .8f, 0}, {.1f, .9f, 0}, {0, .1f, .9f}}));
  REQUIRE(found.issues.size() == 2);
  CHECK(found.issues[0].row == 1);  // by .6
  CHECK(found.issues[1].row == 0);  // by .4
}

TEST_CASE("what is no probability, classes without rows, one class") {
  const label_vector labels{"a", "b"};
  CHECK_THROWS_AS(aisle::find_label_issues(labels, matrix_of({{.5f, .5f}})), aisle::shape_error);
  CHECK_THROWS_AS(aisle::find_label_issues(labels, matrix_of({{.5f, .5f}, {not_a_number, 1}})),
                  aisle::row_error);
  const auto one = aisle::find_label_issues(label_vector{"a", "a"}, matrix_of({{1}, {1}}));
  CHECK(one.issues.empty());
  const label_vector three{"a", "b", "c"}, some = three.rows(aisle::index_vector{0, 1});
  const auto found = aisle::find_label_issues(some, matrix_of({{.1f, .1f, .8f}, {.1f, .8f, .1f}}));
  CHECK(found.thresholds[2] > 1);
  REQUIRE(found.issues.size() == 1);
  CHECK(found.issues[0].suggested == 2);
  CHECK_FALSE(found.issues[0].confident);  // nobody knows what is confident of a class without rows
}

TEST_CASE("labels that were changed come first") {
  auto d = blobs::make({80, 60, 40, 20}, 12, 1);
  std::vector<std::string> names;
  for (std::int64_t r = 0; r < d.labels.size(); ++r) names.push_back(d.labels[r]);
  std::set<std::int64_t> planted;
  aisle::random_generator random(3);
  while (planted.size() < 10) {
    const auto r = static_cast<std::size_t>(random.below(200));
    if (!planted.insert(static_cast<std::int64_t>(r)).second) continue;
    names[r] = names[r] == "class 0" ? "class 1" : "class 0";
  }
  const label_vector labels(names);
  const auto folds = aisle::stratified_folds(labels);
  const auto out = aisle::out_of_fold(aisle::logistic_regression<float>(), d.x, labels, folds);
  const auto found = aisle::find_label_issues(labels, out.probabilities);
  REQUIRE(found.issues.size() >= 10);
  std::int64_t first = 0;
  for (std::size_t i = 0; i < 10; ++i) first += planted.contains(found.issues[i].row);
  CHECK(first >= 9);
  CHECK(found.wrong() == doctest::Approx(10).epsilon(0.3));
  for (const auto& issue : found.issues)
    if (planted.contains(issue.row))
      CHECK(labels.classes().name(issue.given) == names[static_cast<std::size_t>(issue.row)]);
}

TEST_CASE("the threshold of a precision: the least that will do, ties together") {
  // By confidence: right, right, wrong, right, right, right | tie of a right and a wrong one.
  const std::vector<double> sure = {.99, .95, .9, .85, .8, .75, .6, .6};
  const std::vector<std::uint8_t> right = {1, 1, 0, 1, 1, 1, 1, 0};
  auto f = aisle::precision_threshold(sure, right, 0.8);
  CHECK(f.threshold == 0.75);  // 5 of 6; with the tie 6 of 8
  CHECK(f.rows == 6);
  CHECK(f.precision == doctest::Approx(5 / 6.0));
  f = aisle::precision_threshold(sure, right, 0.75);
  CHECK(f.threshold == 0.6);
  CHECK(f.rows == 8);
  f = aisle::precision_threshold(sure, right, 1);
  CHECK(f.threshold == 0.95);
  CHECK(f.rows == 2);
  f = aisle::precision_threshold(std::vector<double>{.5}, std::vector<std::uint8_t>{0});
  CHECK(f.rows == 0);
  CHECK(f.threshold == 1);
  std::vector<double> hundred(100, 0.7);
  std::vector<std::uint8_t> all_but_one(100, 1);
  all_but_one[17] = 0;
  CHECK(aisle::precision_threshold(hundred, all_but_one, 0.99).rows == 100);
  CHECK(aisle::precision_threshold({}, {}).rows == 0);
  CHECK_THROWS_AS(aisle::precision_threshold(sure, all_but_one), aisle::shape_error);
  for (const double bad : {0.0, 1.1, static_cast<double>(not_a_number)})
    CHECK_THROWS_AS(aisle::precision_threshold(sure, right, bad), aisle::option_error);
}

TEST_CASE("near-duplicates are clusters, whatever lies between") {
  // In the plane, about the origin: 0 and 1 eight degrees apart, 1 and 2 too, 0 and 2 sixteen; 3 and 4 equal.
  const auto at = [](double degrees) {
    return std::vector<float>{static_cast<float>(std::cos(degrees * 3.14159265 / 180)),
                              static_cast<float>(std::sin(degrees * 3.14159265 / 180))};
  };
  const auto x = matrix_of({at(0), at(8), at(16), at(120), at(120), at(240)});
  using clusters = std::vector<aisle::index_vector>;
  const aisle::duplicate_options plain{.least_cosine = 0.985, .centred = false};  // 9.9 degrees
  CHECK(aisle::near_duplicates(x, plain) == clusters{{0, 1, 2}, {3, 4}});
  CHECK(aisle::near_duplicates(x, {.least_cosine = 0.995, .centred = false}) == clusters{{3, 4}});
  CHECK(aisle::near_duplicates(x, {.least_cosine = 1, .centred = false}) == clusters{{3, 4}});
  // Vectors that point one way: only less their mean are they told apart.
  aisle::random_generator random(5);
  aisle::matrix<float> same_way(30, 16);
  for (std::int64_t i = 0; i < 30 * 16; ++i) same_way.data()[i] = 10 + static_cast<float>(random.normal());
  for (std::int64_t c = 0; c < 16; ++c) same_way(7, c) = same_way(3, c);
  CHECK(aisle::near_duplicates(same_way) == clusters{{3, 7}});
  CHECK(aisle::near_duplicates(same_way, {.centred = false}).front().size() == 30);
  // More copies than are looked at stay together.
  aisle::matrix<float> copies(40, 2);
  for (std::int64_t r = 0; r < 40; ++r) copies(r, r < 30 ? 0 : 1) = 1;
  const auto found = aisle::near_duplicates(copies, {.centred = false, .k = 3});
  REQUIRE(found.size() == 2);
  CHECK(found[0].size() == 30);
  CHECK(aisle::near_duplicates(aisle::matrix<float>(1, 2)).empty());
  CHECK(aisle::near_duplicates(aisle::matrix<float>(0, 2)).empty());
  for (const double bad : {0.0, 1.5})
    CHECK_THROWS_AS(aisle::near_duplicates(x, {.least_cosine = bad}), aisle::option_error);
  CHECK_THROWS_AS(aisle::near_duplicates(x, {.k = 0}), aisle::option_error);
  CHECK_THROWS_AS(aisle::near_duplicates(matrix_of({{1, not_a_number}, {1, 1}})), aisle::row_error);
}

TEST_CASE("familiar rows lie as far from their class as its own, others farther") {
  const auto d = blobs::make({300, 40, 3}, 8, 1);
  aisle::index_vector train, rest;
  for (std::int64_t r = 0; r < d.x.rows(); ++r) (r % 2 ? train : rest).push_back(r);
  const auto known = aisle::familiarity::fit(d.x.rows(train), d.labels.rows(train));
  const label_vector others = d.labels.rows(rest);
  const auto own = known.of(d.x.rows(rest), {others.codes().begin(), others.codes().end()});
  double mean = 0, lowest = 0, count = 0;
  for (std::size_t i = 0; i < own.size(); ++i)
    if (others.codes()[i] == 0) mean += own[i], lowest += own[i] < 0.05, ++count;
  CHECK(mean / count == doctest::Approx(0.5).epsilon(0.05));  // uniform in [0, 1]
  CHECK(lowest / count < 0.1);
  aisle::matrix<float> far(1, 8);
  for (std::int64_t c = 0; c < 8; ++c) far(0, c) = 40;
  for (const std::int32_t code : {0, 1, 2}) CHECK(known.of(far, {code})[0] == 0);
  // What a file holds makes the same again.
  const aisle::familiarity again(known.means(), known.distances());
  CHECK(again.of(d.x.rows(rest), {others.codes().begin(), others.codes().end()}) == own);
  for (const auto& distances : known.distances())
    CHECK(distances.size() <= static_cast<std::size_t>(aisle::familiarity::most_distances));
  CHECK(known.distances()[2].empty());  // three rows measure nothing
  // In one dimension by hand: 0, 0, ..., 0, 10 of a class; the mean without a 0 is about as far as with it.
  aisle::matrix<float> line(21, 1);
  line(20, 0) = 21;
  const auto one = aisle::familiarity::fit(line, label_vector(std::vector<std::string>(21, "a")));
  CHECK(one.means()(0, 0) == 1);
  CHECK(one.distances()[0].front() == doctest::Approx(1.05));  // 1 * 21 / 20
  CHECK(one.distances()[0].back() == doctest::Approx(21));     // 20 * 21 / 20: the mean of the others is 0
  CHECK(one.of(line, std::vector<std::int32_t>(21, 0))[20] == doctest::Approx(1 / 21.0));
  // By the class's own distances: rows of "wide" lie 10 from its mean, those of "narrow" 1.
  aisle::matrix<float> pairs(84, 1);
  std::vector<std::string> names;
  for (std::int64_t r = 0; r < 84; ++r) {
    pairs(r, 0) = (r % 2 ? 1.0f : -1.0f) * (r < 40 ? 1.0f : 10.0f);
    names.emplace_back(r < 40 ? "narrow" : r < 80 ? "wide" : "wider, of four rows");
  }
  const auto widths = aisle::familiarity::fit(pairs, label_vector(names));
  aisle::matrix<float> five(1, 1);
  five(0, 0) = 5;
  CHECK(widths.of(five, {0})[0] == 0);
  CHECK(widths.of(five, {1})[0] == 1);
  CHECK(widths.distances()[2].empty());
  CHECK_THROWS_AS(known.of(far, {9}), aisle::option_error);
  CHECK_THROWS_AS(known.of(aisle::matrix<float>(1, 3), {0}), aisle::shape_error);
  CHECK_THROWS_AS(aisle::familiarity().of(far, {0}), aisle::not_fitted_error);
  CHECK_THROWS_AS(aisle::familiarity::fit(far, label_vector{"a", "b"}), aisle::shape_error);
  aisle::matrix<float> huge(3, 1);
  for (const std::int64_t r : {0, 1, 2}) huge(r, 0) = r == 1 ? -3e38f : 3e38f;
  CHECK_THROWS_WITH_AS(aisle::familiarity::fit(huge, label_vector{"a", "a", "a"}),
                       doctest::Contains("features of row 1 are too far"), aisle::shape_error);
}
