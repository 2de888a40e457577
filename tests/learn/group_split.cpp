#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <aisle/base/random.hpp>
#include <aisle/learn/cross_validation.hpp>
#include <aisle/learn/logistic_regression.hpp>
#include <aisle/learn/split.hpp>

#include "blobs.hpp"

using aisle::label_vector;

namespace {

/// Products of 1 to 4 variants, a class each; rows of a product are not neighbours.
struct variants {
  std::vector<int> classes;
  std::vector<std::int64_t> groups;

  explicit variants(std::int64_t products = 120, int of_classes = 3) {
    for (int variant = 0; variant < 4; ++variant)
      for (std::int64_t p = 0; p < products; ++p) {
        if (p % 4 < variant) continue;
        classes.push_back(static_cast<int>(p) % of_classes);
        groups.push_back(p);
      }
  }
};

/// The groups that stand on both sides.
std::set<std::int64_t> torn(const aisle::split_rows& s, const std::vector<std::int64_t>& groups) {
  std::set<std::int64_t> train, both;
  for (const std::int64_t r : s.train) train.insert(groups[static_cast<std::size_t>(r)]);
  for (const std::int64_t r : s.test)
    if (train.contains(groups[static_cast<std::size_t>(r)])) both.insert(groups[static_cast<std::size_t>(r)]);
  return both;
}

void check_all_once(std::vector<std::int64_t> rows, std::size_t count) {
  std::sort(rows.begin(), rows.end());
  REQUIRE(rows.size() == count);
  for (std::size_t i = 0; i < count; ++i) REQUIRE(rows[i] == static_cast<std::int64_t>(i));
}

std::vector<std::int64_t> both_sides(const aisle::split_rows& s) {
  std::vector<std::int64_t> out = s.train;
  out.insert(out.end(), s.test.begin(), s.test.end());
  CHECK(std::is_sorted(s.train.begin(), s.train.end()));
  CHECK(std::is_sorted(s.test.begin(), s.test.end()));
  return out;
}

}  // namespace

TEST_CASE("a split by group tears no group and keeps the classes' shares") {
  const variants v;
  const label_vector labels(v.classes);
  for (const double share : {0.1, 0.3, 0.5, 0.7}) {
    CAPTURE(share);
    const auto s = aisle::stratified_split(labels, {.test_size = share, .seed = 5, .groups = v.groups});
    check_all_once(both_sides(s), v.classes.size());
    CHECK(torn(s, v.groups).empty());
    const auto all = labels.counts(), test = labels.rows(s.test).counts();
    // The last groups to be dealt out are single rows, 10 a class: the shares are met to a row.
    for (std::size_t c = 0; c < all.size(); ++c)
      CHECK(std::abs(static_cast<double>(test[c]) - share * static_cast<double>(all[c])) <= 1);
  }
  // Without the groups nearly every product of several variants is torn.
  CHECK(torn(aisle::stratified_split(labels, {.seed = 5}), v.groups).size() > 50);
}

TEST_CASE("splits and folds by group depend on the seed alone, those without groups are what they were") {
  const variants v;
  const label_vector labels(v.classes);
  const auto a = aisle::stratified_split(labels, {.seed = 1, .groups = v.groups}),
             b = aisle::stratified_split(labels, {.seed = 1, .groups = v.groups}),
             c = aisle::stratified_split(labels, {.seed = 2, .groups = v.groups});
  CHECK(a.test == b.test);
  CHECK(a.test != c.test);
  // What numbers the groups have is no matter.
  std::vector<std::int64_t> renamed;
  for (const std::int64_t g : v.groups) renamed.push_back(-7 * g);
  CHECK(aisle::stratified_split(labels, {.seed = 1, .groups = renamed}).test == a.test);
  // Drawn with this seed before there were groups.
  CHECK(aisle::stratified_split(label_vector{0, 1, 0, 1, 0, 1, 0, 1, 0, 1}, {.seed = 42}).test ==
        aisle::index_vector{0, 1, 8});
  const auto folds = aisle::stratified_folds(label_vector{0, 1, 0, 1, 0, 1, 0, 1, 0, 1}, {.folds = 3});
  CHECK(folds[0].test == aisle::index_vector{2, 3, 8, 9});
}

TEST_CASE("folds by group hold every row out once and tear no group") {
  const variants v;
  const label_vector labels(v.classes);
  const auto folds = aisle::stratified_folds(labels, {.folds = 5, .seed = 3, .groups = v.groups});
  REQUIRE(folds.size() == 5);
  std::vector<std::int64_t> held_out;
  for (const auto& f : folds) {
    check_all_once(both_sides(f), v.classes.size());
    CHECK(torn(f, v.groups).empty());
    held_out.insert(held_out.end(), f.test.begin(), f.test.end());
    const auto all = labels.counts(), test = labels.rows(f.test).counts();
    for (std::size_t c = 0; c < all.size(); ++c)
      CHECK(std::abs(static_cast<double>(test[c]) - static_cast<double>(all[c]) / 5) <= 1);
  }
  check_all_once(held_out, v.classes.size());
  // As many folds as groups: each is held out alone.
  const variants few(5);
  for (const auto& f : aisle::stratified_folds(label_vector(few.classes), {.folds = 5, .groups = few.groups}))
    CHECK(std::set<std::int64_t>(f.test.begin(), f.test.end()).size() > 0);
  CHECK_THROWS_WITH_AS(aisle::stratified_folds(label_vector(few.classes), {.folds = 6, .groups = few.groups}),
                       doctest::Contains("at most the 5 groups"), aisle::option_error);
}

TEST_CASE("groups of several classes, of one row, of a whole class") {
  // Group 0 is all there is of class c, and holds rows of a; groups 1 and 2 have two classes each.
  const label_vector labels{"a", "c", "c", "a", "b", "a", "b", "a", "b", "a", "b", "a"};
  const std::vector<std::int64_t> groups = {0, 0, 0, 1, 1, 2, 2, 3, 4, 5, 6, 7};
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto s = aisle::stratified_split(labels, {.test_size = 0.4, .seed = seed, .groups = groups});
    CHECK(torn(s, groups).empty());
    check_all_once(both_sides(s), 12);
    CHECK_FALSE(s.test.empty());
    // What is tested can have been learnt; what stands in one group is learnt.
    const auto train = labels.rows(s.train).counts();
    CHECK(train == std::vector<std::int64_t>{train[0], train[1], 2});
    CHECK(train[0] > 0);
    CHECK(train[1] > 0);
  }
  // Five groups a class and a share of a hundredth: one group goes all the same.
  const variants v(15);
  const auto tiny = aisle::stratified_split(label_vector(v.classes), {.test_size = 0.01, .groups = v.groups});
  CHECK(tiny.test.size() == 1);
}

TEST_CASE("groups that leave nothing to hold out, and lists that do not fit") {
  const label_vector labels{"a", "b", "a", "b"};
  const std::vector<std::int64_t> one = {4, 4, 4, 4}, by_class = {0, 1, 0, 1}, few = {0, 1};
  for (const auto* groups : {&one, &by_class})
    CHECK_THROWS_WITH_AS(aisle::stratified_split(labels, {.test_size = 0.5, .groups = *groups}),
                         doctest::Contains("none can be held out"), aisle::option_error);
  CHECK_THROWS_AS(aisle::stratified_split(labels, {.test_size = 0.5, .groups = few}), aisle::shape_error);
  CHECK_THROWS_AS(aisle::stratified_folds(labels, {.folds = 2, .groups = few}), aisle::shape_error);
  CHECK_THROWS_AS(aisle::stratified_folds(labels, {.folds = 2, .groups = one}), aisle::option_error);
}

TEST_CASE("names of groups become numbers; without a name a row stands for itself") {
  const std::vector<std::string> names = {"x", "", "y", "x", "", "y"};
  const auto codes = aisle::group_codes(names);
  REQUIRE(codes.size() == 6);
  CHECK(codes[0] == codes[3]);
  CHECK(codes[2] == codes[5]);
  CHECK(std::set<std::int64_t>(codes.begin(), codes.end()).size() == 4);
}

TEST_CASE("cross-validation by group cannot learn a product by heart") {
  // Four copies of each of 30 points, labels at random: only who has seen a copy knows.
  aisle::random_generator random(7);
  aisle::matrix<float> x(120, 40);
  std::vector<int> classes;
  std::vector<std::int64_t> groups;
  for (std::int64_t p = 0; p < 30; ++p) {
    const int label = static_cast<int>(p % 2);
    for (std::int64_t f = 0; f < 40; ++f) x(4 * p, f) = static_cast<float>(random.normal());
    for (std::int64_t k = 0; k < 4; ++k) {
      for (std::int64_t f = 0; f < 40; ++f) x(4 * p + k, f) = x(4 * p, f);
      classes.push_back(label);
      groups.push_back(p);
    }
  }
  const label_vector labels(classes);
  const aisle::logistic_regression<float> learner;
  CHECK(aisle::cross_validate(learner, x, labels).accuracy_mean > 0.95);
  CHECK(aisle::cross_validate(learner, x, labels, {.groups = groups}).accuracy_mean < 0.75);
}

TEST_CASE("probabilities out of fold are those of the learner that did not see the row") {
  const auto d = blobs::make({30, 20, 10}, 5, 3);
  const auto folds = aisle::stratified_folds(d.labels, {.folds = 4, .seed = 9});
  const aisle::logistic_regression<float> learner;
  const auto out = aisle::out_of_fold(learner, d.x, d.labels, folds);
  REQUIRE(out.probabilities.rows() == 60);
  for (std::size_t f = 0; f < folds.size(); ++f) {
    aisle::logistic_regression<float> model;
    model.fit(d.x.rows(folds[f].train), d.labels.rows(folds[f].train));
    CHECK(out.probabilities.rows(folds[f].test) == model.predict_proba(d.x.rows(folds[f].test)));
    CHECK(out.predictions.rows(folds[f].test) == model.predict(d.x.rows(folds[f].test)));
    for (const std::int64_t r : folds[f].test)
      CHECK(out.fold[static_cast<std::size_t>(r)] == static_cast<int>(f));
  }
  CHECK(out.predictions ==
        aisle::cross_validate(learner, d.x, d.labels, {.folds = 4, .seed = 9}).predictions);
  // Rows that no fold holds out: none of the probabilities is theirs.
  const auto some = aisle::out_of_fold(learner, d.x, d.labels, std::span(folds).first(1));
  CHECK(some.fold[static_cast<std::size_t>(folds[1].test[0])] == -1);
  CHECK_THROWS_AS(aisle::out_of_fold(learner, d.x, label_vector{1, 2}, folds), aisle::shape_error);
}
