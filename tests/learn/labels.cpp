#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <aisle/learn/labels.hpp>

using aisle::class_weights;
using aisle::label_vector;
using strings = std::vector<std::string>;

TEST_CASE("classes sort as numbers if numbers, by code point if strings") {
  CHECK(label_vector(std::vector<int>{100, -1, 20, 5, -1}).classes().names() ==
        strings{"-1", "5", "20", "100"});
  CHECK(label_vector(strings{"100", "-1", "20", "5"}).classes().names() == strings{"-1", "100", "20", "5"});
  CHECK(label_vector(strings{"éclair", "a", "靴", "Émile", "Z", "shoes", "Shoes"}).classes().names() ==
        strings{"Shoes", "Z", "a", "shoes", "Émile", "éclair", "靴"});
  CHECK(label_vector(std::vector<bool>{true, false}).classes().numbers() == std::vector<std::int64_t>{0, 1});
}

TEST_CASE("decoding is the inverse of encoding") {
  const strings names{"b", "a", "", "b", "c"};
  const label_vector labels{names};
  CHECK(labels.decode() == names);
  CHECK(labels[0] == "b");
  CHECK(labels.counts() == std::vector<std::int64_t>{1, 1, 2, 1});
  CHECK(label_vector(std::vector<const char*>{"b", "a"}).decode() == strings{"b", "a"});
  CHECK(label_vector(std::vector<std::int64_t>{std::numeric_limits<std::int64_t>::min(), 7})[0] ==
        "-9223372036854775808");
  CHECK_THROWS_AS(label_vector(std::vector<std::uint64_t>{~std::uint64_t{0}}), aisle::option_error);
}

TEST_CASE("rows keep the class list") {
  const label_vector labels{strings{"b", "a", "c"}};
  const auto some = labels.rows(std::vector<std::int64_t>{2, 2, 0});
  CHECK(some.decode() == strings{"c", "c", "b"});
  CHECK(some.classes().names() == strings{"a", "b", "c"});
  CHECK(some.counts() == std::vector<std::int64_t>{0, 1, 2});
  CHECK_THROWS_AS(labels.rows(std::vector<std::int64_t>{3}), aisle::shape_error);
  CHECK_THROWS_AS(labels.rows(std::vector<std::int64_t>{-1}), aisle::shape_error);
}

TEST_CASE("recoding goes by name and refuses what the other list lacks") {
  const label_vector big{strings{"a", "b", "c"}}, small{strings{"c", "a"}};
  const auto moved = small.recoded(big.shared_classes());
  CHECK(moved.decode() == strings{"c", "a"});
  CHECK(moved.codes()[0] == 2);
  CHECK_THROWS_WITH_AS(big.recoded(small.shared_classes()), doctest::Contains("\"b\""), aisle::option_error);
  CHECK_THROWS_AS(small.recoded(label_vector(std::vector<int>{1, 2}).shared_classes()), aisle::option_error);
  CHECK_THROWS_AS(label_vector({0, 3}, big.shared_classes()), aisle::option_error);
  CHECK_THROWS_AS(label_vector({-1}, big.shared_classes()), aisle::option_error);
}

TEST_CASE("class weights: balanced, by name, in order") {
  const label_vector labels{strings{"a", "a", "a", "b"}};
  const auto balanced = class_weights::balanced().resolve(labels);
  CHECK(balanced[0] == doctest::Approx(4.0 / (2 * 3)));
  CHECK(balanced[1] == doctest::Approx(4.0 / (2 * 1)));
  // A class of the list without rows neither counts nor divides by zero.
  const auto subset = class_weights::balanced().resolve(labels.rows(std::vector<std::int64_t>{0, 1}));
  CHECK(subset == std::vector<double>{1.0, 0.0});
  CHECK(class_weights{}.resolve(labels) == std::vector<double>{1, 1});
  CHECK(class_weights::by_name({{"b", 3.5}}).resolve(labels) == std::vector<double>{1, 3.5});
  CHECK(class_weights::in_order({2, 0}).resolve(labels) == std::vector<double>{2, 0});
  CHECK_THROWS_AS(class_weights::by_name({{"x", 1}}).resolve(labels), aisle::option_error);
  CHECK_THROWS_AS(class_weights::in_order({1}).resolve(labels), aisle::option_error);
  CHECK_THROWS_AS(class_weights::in_order({1, -1}).resolve(labels), aisle::option_error);
  CHECK_THROWS_AS(class_weights::in_order({1, std::nan("")}).resolve(labels), aisle::option_error);
}
