#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <aisle/learn/split.hpp>

using aisle::label_vector;

namespace {

label_vector with_counts(const std::vector<int>& counts) {
  std::vector<int> out;
  // Interleaved, so that rows of a class are not neighbours.
  for (int i = 0; i < 1000; ++i)
    for (std::size_t c = 0; c < counts.size(); ++c)
      if (i < counts[c]) out.push_back(static_cast<int>(c));
  return label_vector(out);
}

void check_partition(const aisle::split_rows& s, std::int64_t rows) {
  std::vector<std::int64_t> all = s.train;
  all.insert(all.end(), s.test.begin(), s.test.end());
  std::sort(all.begin(), all.end());
  REQUIRE(static_cast<std::int64_t>(all.size()) == rows);
  for (std::int64_t i = 0; i < rows; ++i) CHECK(all[static_cast<std::size_t>(i)] == i);
  CHECK(std::is_sorted(s.train.begin(), s.train.end()));
  CHECK(std::is_sorted(s.test.begin(), s.test.end()));
}

}  // namespace

TEST_CASE("a stratified split allots each class its share") {
  const auto labels = with_counts({50, 30, 20});
  const auto [train, test] = aisle::stratified_split(labels, {.test_size = 0.3, .seed = 7});
  check_partition({train, test}, 100);
  CHECK(labels.rows(test).counts() == std::vector<std::int64_t>{15, 9, 6});
  CHECK(labels.rows(train).counts() == std::vector<std::int64_t>{35, 21, 14});
}

TEST_CASE("the test side is rounded up and remainders go to the largest") {
  // 11 rows, 0.25: 3 test rows, 8 train rows: shares 8/11 * (7, 2, 2) = 5.09, 1.45, 1.45; one of the last two
  // gets 2.
  const auto labels = with_counts({7, 2, 2});
  const auto [train, test] = aisle::stratified_split(labels, {.test_size = 0.25});
  CHECK(test.size() == 3);
  const auto counts = labels.rows(train).counts();
  CHECK(counts[0] == 5);
  CHECK(counts[1] + counts[2] == 3);
}

TEST_CASE("a split depends on the seed alone") {
  const auto labels = with_counts({40, 40});
  const auto a = aisle::stratified_split(labels, {.seed = 1}),
             b = aisle::stratified_split(labels, {.seed = 1}),
             c = aisle::stratified_split(labels, {.seed = 2});
  CHECK(a.test == b.test);
  CHECK(a.test != c.test);
}

TEST_CASE("classes of one row are named or dropped") {
  const label_vector labels{std::vector<std::string>{"a", "lonely", "a", "b", "b", "a", "a"}};
  CHECK_THROWS_WITH_AS(aisle::stratified_split(labels), doctest::Contains("\"lonely\""), aisle::option_error);
  const auto [train, test] =
      aisle::stratified_split(labels, {.test_size = 0.4, .single_rows = aisle::single_rows::drop});
  CHECK(train.size() + test.size() == 6);
  CHECK(std::count(train.begin(), train.end(), 1) + std::count(test.begin(), test.end(), 1) == 0);
  CHECK(aisle::rows_of_small_classes(labels) == aisle::index_vector{1});
  CHECK(aisle::rows_of_small_classes(labels, 3) == aisle::index_vector{1, 3, 4});
}

TEST_CASE("impossible splits are refused") {
  const auto labels = with_counts({5, 5});
  for (const double share : {0.0, 1.0, -0.1, 2.0})
    CHECK_THROWS_AS(aisle::stratified_split(labels, {.test_size = share}), aisle::option_error);
  CHECK_THROWS_AS(aisle::stratified_split(labels, {.test_size = 0.05}),
                  aisle::option_error);  // 1 row, 2 classes
  CHECK_THROWS_AS(aisle::stratified_split(labels, {.test_size = 0.95}), aisle::option_error);
  CHECK_THROWS_AS(aisle::stratified_split(label_vector{}), aisle::option_error);
}

TEST_CASE("folds hold every row out once, in proportion") {
  const auto labels = with_counts({23, 10, 3});
  const auto folds = aisle::stratified_folds(labels, {.folds = 5, .seed = 3});
  REQUIRE(folds.size() == 5);
  std::multiset<std::int64_t> held_out;
  int with_rare = 0;
  for (const auto& f : folds) {
    check_partition(f, 36);
    held_out.insert(f.test.begin(), f.test.end());
    const auto counts = labels.rows(f.test).counts();
    CHECK(counts[0] >= 4);
    CHECK(counts[0] <= 5);
    CHECK(counts[1] == 2);
    CHECK(counts[2] <= 1);
    with_rare += counts[2] == 1;
    CHECK(f.test.size() >= 7);
    CHECK(f.test.size() <= 8);
  }
  CHECK(with_rare == 3);  // as many folds as the class has rows
  CHECK(held_out.size() == 36);
  CHECK(std::set<std::int64_t>(held_out.begin(), held_out.end()).size() == 36);
  CHECK(aisle::stratified_folds(labels, {.folds = 5, .seed = 3})[2].test == folds[2].test);
  CHECK(aisle::stratified_folds(labels, {.folds = 5, .seed = 4})[2].test != folds[2].test);
  CHECK_THROWS_AS(aisle::stratified_folds(labels, {.folds = 1}), aisle::option_error);
  CHECK_THROWS_AS(aisle::stratified_folds(labels, {.folds = 37}), aisle::option_error);
}

TEST_CASE("the test sizes that would do are the least and the largest that do") {
  for (std::int64_t classes = 1; classes <= 40; ++classes)
    for (std::int64_t rows = 2; rows <= 150; rows += classes % 2 ? 1 : 7) {
      const auto sizes = aisle::test_sizes_for(rows, classes);
      REQUIRE(sizes.has_value() == (rows >= 2 * classes));
      if (!sizes) continue;
      const auto fits = [&](double size) {
        const std::int64_t test = aisle::detail::rows_held_out(size, rows);
        return size > 0 && size < 1 && test >= classes && rows - test >= classes;
      };
      CAPTURE(rows);
      CAPTURE(classes);
      CHECK(fits(sizes->first));
      CHECK(fits(sizes->second));
      CHECK_FALSE(fits(sizes->first - 0.0101));
      CHECK_FALSE(fits(sizes->second + 0.0101));
    }
  const auto two_each = aisle::test_sizes_for(60, 30);
  REQUIRE(two_each.has_value());
  CHECK(two_each->first == 0.49);
  CHECK(two_each->second == 0.5);
  const auto many =
      aisle::test_sizes_for(2001, 1000);  // 0.4995 leaves 1000 rows to test on, 1001 to train on
  REQUIRE(many.has_value());
  CHECK(many->second == 0.5);
}

TEST_CASE("a split that cannot be says which could") {
  std::string what;
  try {
    aisle::stratified_split(with_counts({2, 2, 2, 2, 2}), {.test_size = 0.3});
  } catch (const aisle::option_error& e) {
    what = e.what();
  }
  CHECK(
      what ==
      "cannot split 10 rows of 5 classes: 3 test rows, each side needs a row a class; test_size 0.41 to 0.5 "
      "would do");
  aisle::stratified_split(with_counts({2, 2, 2, 2, 2}), {.test_size = 0.41});
  aisle::stratified_split(with_counts({2, 2, 2, 2, 2}), {.test_size = 0.5});
  CHECK_THROWS_AS(aisle::stratified_split(with_counts({2, 2, 2, 2, 2}), {.test_size = 0.4}),
                  aisle::option_error);
  CHECK_THROWS_AS(aisle::stratified_split(with_counts({2, 2, 2, 2, 2}), {.test_size = 0.51}),
                  aisle::option_error);
}
