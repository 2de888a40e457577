#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include <aisle/catalogue/detail/shared_features.hpp>

using aisle::recipe;
using aisle::detail::row_sides;
using aisle::detail::shared_features;
using aisle::detail::split_features;

TEST_CASE(
    "features of a split are made once for all recipes that look at it alike, and no longer kept then") {
  shared_features shared;
  const recipe svm{.learner = "linear_svm", .c = 3}, forest{.learner = "random_forest"};
  recipe words = svm;
  words.words = true;
  const row_sides sides{{0, 1, 2}, {3}};
  std::atomic<int> made{0};
  const auto make = [&] {
    ++made;
    split_features out;
    out.train.dense = aisle::matrix<float>(3, 2);
    return out;
  };
  for (const recipe& how : {svm, forest, svm, words}) shared.expect(1, 0, how);
  shared.expect(1, 1, svm);
  std::weak_ptr<const split_features> seen;
  {
    const auto first = shared.get(1, 0, svm, sides, make);
    seen = first;
    CHECK(shared.get(1, 0, forest, sides, make) == first);
    CHECK(made == 1);
  }
  CHECK_FALSE(seen.expired());  // another will ask
  CHECK(shared.get(1, 0, svm, sides, make) == seen.lock());
  CHECK(seen.expired());
  CHECK(shared.get(1, 0, words, sides, make) != nullptr);
  CHECK(shared.get(1, 1, svm, sides, make) != nullptr);
  CHECK(made == 3);
  // Of what nobody announced, and of other rows, everybody has their own.
  CHECK(shared.get(2, 0, svm, sides, make) != shared.get(2, 0, svm, sides, make));
  shared.expect(0, 0, svm);
  shared.expect(0, 0, forest);
  const auto one = shared.get(0, 0, svm, sides, make);
  CHECK(shared.get(0, 0, forest, {{0, 1}, {3}}, make) != one);
  CHECK(made == 7);
}

TEST_CASE(
    "features that could not be made are tried again by the next, and threads wait for those who make them") {
  shared_features shared;
  const recipe how{};
  const row_sides sides{{0}, {}};
  shared.expect(0, 0, how);
  shared.expect(0, 0, how);
  CHECK_THROWS_AS(
      shared.get(0, 0, how, sides, []() -> split_features { throw std::runtime_error("no memory"); }),
      std::runtime_error);
  CHECK(shared.get(0, 0, how, sides, [] { return split_features{}; }) != nullptr);

  constexpr int many = 8;
  std::atomic<int> made{0};
  for (int i = 0; i < many; ++i) shared.expect(3, 0, how);
  std::vector<std::shared_ptr<const split_features>> got(many);
  std::vector<std::thread> threads;
  for (int i = 0; i < many; ++i)
    threads.emplace_back([&, i] {
      got[static_cast<std::size_t>(i)] = shared.get(3, 0, how, sides, [&] {
        ++made;
        return split_features{};
      });
    });
  for (std::thread& t : threads) t.join();
  CHECK(made == 1);
  for (const auto& g : got) CHECK(g == got[0]);
}
