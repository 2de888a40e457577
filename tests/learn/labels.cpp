#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <aisle/learn/labels.hpp>

using aisle::class_weights;
using aisle::label_vector;
using strings = std::vector<std::string>;

namespace {

/// Too long to lie in the string object itself.
std::string long_name(int i) { return "a name of more than a few characters " + std::to_string(i); }

/// A range whose elements live for one step.
struct made_names {
  int count;
  struct iterator {
    using value_type = std::string;
    using difference_type = std::ptrdiff_t;
    int at = 0;
    std::string operator*() const { return long_name(at); }
    iterator& operator++() {
      ++at;
      return *this;
    }
    iterator operator++(int) { return {at++}; }
    bool operator==(const iterator&) const = default;
  };
  iterator begin() const { return {0}; }
  iterator end() const { return {count}; }
};

}  // namespace

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

TEST_CASE("labels of any type that names a class, from any range, or written out") {
  enum class grade : std::uint8_t { good = 2, bad = 200 };
  enum plain { small, large };
  CHECK(label_vector(std::vector<char>{'B', 'A', 'B'}).decode() == strings{"B", "A", "B"});
  CHECK(label_vector(std::vector<grade>{grade::bad, grade::good}).classes().numbers() ==
        std::vector<std::int64_t>{2, 200});
  CHECK(label_vector(std::vector<plain>{large, small}).decode() == strings{"1", "0"});
  CHECK(label_vector(std::vector<std::int8_t>{-1, 5}).decode() == strings{"-1", "5"});
  CHECK(label_vector(std::array<std::string_view, 2>{"x", "y"}).decode() == strings{"x", "y"});
  CHECK(label_vector(std::set<std::string>{"x", "y"}).decode() == strings{"x", "y"});
  const char* literals[] = {"b", "a"};
  CHECK(label_vector(literals).decode() == strings{"b", "a"});

  const label_vector braced{"a", "b", "a"}, one{"a"}, numbers{3, 1, 3}, nested{{"a", "b"}};
  CHECK(braced.decode() == strings{"a", "b", "a"});
  CHECK(one.decode() == strings{"a"});
  CHECK(label_vector{std::string("abc")}.decode() == strings{"abc"});
  CHECK(numbers.classes().numbers() == std::vector<std::int64_t>{1, 3});
  CHECK(nested.decode() == strings{"a", "b"});
  CHECK(label_vector{grade::good}.decode() == strings{"2"});

  // Strings that each step of a range makes anew.
  CHECK(label_vector(made_names{3}).decode() == strings{long_name(0), long_name(1), long_name(2)});

  CHECK_THROWS_WITH_AS(label_vector(std::vector<const char*>{"a", nullptr}),
                       "label 1 is a null pointer, expected a string", aisle::option_error);
  CHECK_THROWS_WITH_AS(label_vector(std::vector<std::uint64_t>{1, std::uint64_t{1} << 63}),
                       "label 1 is 9223372036854775808, expected an integer of 64 signed bits",
                       aisle::option_error);
}

static_assert(!std::is_constructible_v<label_vector, std::vector<double>>);
static_assert(!std::is_constructible_v<label_vector, std::vector<char16_t>>);
static_assert(!std::is_constructible_v<label_vector, std::vector<std::vector<int>>>);
static_assert(!std::is_constructible_v<label_vector, std::string>);  // in braces it is one label
static_assert(std::is_convertible_v<std::vector<std::string>, label_vector>);

// What points into labels is not to be had of a temporary.
template <class L>
concept codes_of = requires(L&& labels) {
  static_cast<L&&>(labels).codes();
};
static_assert(codes_of<const label_vector&> && !codes_of<label_vector>);
static_assert(!std::is_reference_v<decltype(std::declval<label_vector>()[0])>);
static_assert(!std::is_reference_v<decltype(std::declval<label_vector>().classes())>);

TEST_CASE("labels that were moved from are none; a code outside the list is refused") {
  label_vector labels{"a", "b"};
  const label_vector taken = std::move(labels);
  CHECK(labels.empty());
  CHECK(labels.classes().empty());
  CHECK(labels.decode().empty());
  CHECK(labels.counts().empty());
  CHECK(labels.shared_classes()->size() == 0);
  CHECK(labels.recoded(taken.shared_classes()).empty());
  CHECK(taken.classes().name(std::size_t{1}) == "b");
  CHECK_THROWS_WITH_AS(taken.classes().name(2), "class code 2 of a list of 2 classes", aisle::option_error);
  CHECK_THROWS_AS(label_vector().classes().name(0), aisle::option_error);
  CHECK_THROWS_AS(taken.classes().name(-1), aisle::option_error);
  std::string all;
  for (const auto& name : taken) all += name;
  CHECK(all == "ab");
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
