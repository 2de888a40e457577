#include <doctest/doctest.h>

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <numeric>
#include <set>
#include <span>
#include <vector>

#include <aisle/learn/extra_trees.hpp>
#include <aisle/learn/metrics.hpp>
#include <aisle/learn/random_forest.hpp>
#include <aisle/learn/split.hpp>

#include "blobs.hpp"

namespace {

/// Of each node of a tree the rows of `x` that reach it.
template <class T>
std::vector<std::vector<std::int64_t>> rows_of_nodes(std::span<const aisle::tree_node> nodes,
                                                     const aisle::matrix<T>& x) {
  std::vector<std::vector<std::int64_t>> out(nodes.size());
  for (std::int64_t r = 0; r < x.rows(); ++r)
    for (std::size_t i = 0;;) {
      out[i].push_back(r);
      if (nodes[i].feature < 0) break;
      i = static_cast<double>(x(r, nodes[i].feature)) <= nodes[i].threshold
              ? i + 1
              : static_cast<std::size_t>(nodes[i].next);
    }
  return out;
}

}  // namespace

TEST_CASE("thresholds of extra trees are drawn evenly between the least and the greatest value") {
  aisle::matrix<float> x(4, 1);
  const float values[] = {0, 0, 10, 10};
  std::copy(std::begin(values), std::end(values), x.data());
  const aisle::label_vector labels(std::vector<int>{0, 0, 1, 1});
  aisle::extra_trees trees{{.trees = 400}};
  trees.fit(x, labels);
  std::vector<double> thresholds;
  for (std::int64_t t = 0; t < 400; ++t) {
    REQUIRE(trees.nodes(t).size() == 3);
    thresholds.push_back(trees.nodes(t)[0].threshold);
  }
  std::sort(thresholds.begin(), thresholds.end());
  CHECK(thresholds.front() >= 0);
  CHECK(thresholds.back() < 10);
  // Of 400 even draws the quartiles are off by less than five of their standard errors, 0.22.
  CHECK(thresholds[100] == doctest::Approx(2.5).epsilon(0.44));
  CHECK(thresholds[200] == doctest::Approx(5).epsilon(0.25));
  CHECK(thresholds[300] == doctest::Approx(7.5).epsilon(0.15));
}

TEST_CASE_TEMPLATE("every threshold lies between the values of its node's rows; leaves are pure", T, float,
                   double) {
  // Small nodes and large ones find who is on the left in two ways.
  const auto d = blobs::make<T>({150, 150, 100}, 6, 5.0);
  aisle::extra_trees<T> trees{{.trees = 12}};
  trees.fit(d.x, d.labels);
  CHECK(aisle::accuracy(d.labels, trees.predict(d.x)) == 1);  // no bootstrap: every row in every tree
  for (std::int64_t t = 0; t < trees.trees(); ++t) {
    const auto nodes = trees.nodes(t);
    const auto rows = rows_of_nodes(nodes, d.x);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      REQUIRE(!rows[i].empty());
      if (nodes[i].feature < 0) {
        CHECK(nodes[i].feature == aisle::tree_node::pure_leaf);
        continue;
      }
      double low = 1e9, high = -1e9;
      for (const std::int64_t r : rows[i]) {
        low = std::min(low, static_cast<double>(d.x(r, nodes[i].feature)));
        high = std::max(high, static_cast<double>(d.x(r, nodes[i].feature)));
      }
      CHECK(nodes[i].threshold >= low);
      CHECK(nodes[i].threshold < high);
    }
  }
}

TEST_CASE("of the drawn thresholds the one with the purest sides is taken") {
  // The second feature tells the classes apart wherever its threshold falls, the others are noise: with all
  // of them looked at it is at the root of every tree, with one at a third of the roots.
  aisle::random_generator random(4);
  aisle::matrix<float> x(60, 3);
  std::vector<int> y;
  for (std::int64_t r = 0; r < 60; ++r) {
    for (std::int64_t f = 0; f < 3; ++f) x(r, f) = static_cast<float>(random.uniform());
    y.push_back(static_cast<int>(r % 2));
    x(r, 1) = r % 2 ? 1.f : 0.f;
  }
  const auto roots = [&](aisle::features_per_split looked_at) {
    aisle::extra_trees trees{{.trees = 90, .max_features = looked_at}};
    trees.fit(x, aisle::label_vector(y));
    int of_second = 0;
    for (std::int64_t t = 0; t < 90; ++t) of_second += trees.nodes(t)[0].feature == 1;
    return of_second;
  };
  CHECK(roots(aisle::features_per_split::all()) == 90);
  CHECK(roots(aisle::features_per_split::count(1)) > 10);
  CHECK(roots(aisle::features_per_split::count(1)) < 50);
}

TEST_CASE("extra trees draw on past constant features and stop where they are told to") {
  aisle::matrix<float> x(40, 40, 1.f);
  std::vector<int> y;
  for (std::int64_t r = 0; r < 40; ++r) {
    x(r, 23) = r < 20 ? 0.f : 1.f;
    y.push_back(r < 20 ? 0 : 1);
  }
  aisle::extra_trees trees{{.trees = 5}};
  trees.fit(x, aisle::label_vector(y));
  CHECK(trees.importances()[23] == 1);
  for (std::int64_t t = 0; t < 5; ++t) CHECK(trees.nodes(t).size() == 3);

  const auto d = blobs::make({80, 80, 80}, 5, 5.0);
  aisle::extra_trees wide{{.trees = 5, .min_samples_leaf = 10}}, shallow{{.trees = 5, .max_depth = 2}};
  wide.fit(d.x, d.labels);
  shallow.fit(d.x, d.labels);
  std::size_t inner = 0;
  for (std::int64_t t = 0; t < 5; ++t) {
    inner += wide.nodes(t).size() / 2;
    const auto rows = rows_of_nodes(wide.nodes(t), d.x);
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (wide.nodes(t)[i].feature < 0) CHECK(rows[i].size() >= 10);
    CHECK(shallow.nodes(t).size() <= 7);
  }
  CHECK(inner > 5);
}

TEST_CASE("infinities and the largest numbers are split off by a drawn threshold") {
  constexpr double inf = std::numeric_limits<double>::infinity(), most = std::numeric_limits<double>::max();
  const std::vector<double> values{-inf, -most, -1, 1, most, inf};
  aisle::matrix<double> x(6, 1);
  std::copy(values.begin(), values.end(), x.data());
  const aisle::label_vector labels(std::vector<int>{0, 1, 2, 3, 4, 5});
  aisle::extra_trees<double> trees{{.trees = 20}};
  trees.fit(x, labels);
  CHECK(aisle::accuracy(labels, trees.predict(x)) == 1);
  std::set<double> roots;
  for (std::int64_t t = 0; t < 20; ++t) roots.insert(trees.nodes(t)[0].threshold);
  CHECK(roots.size() == 20);
}

TEST_CASE("weights act on extra trees as repetitions; a row of weight 0 might as well not be there") {
  const auto d = blobs::make({40, 40}, 4, 5.0);
  std::vector<double> weights(80, 1.0);
  std::vector<std::int64_t> repeated;
  for (std::int64_t r = 0; r < 80; ++r) {
    weights[static_cast<std::size_t>(r)] = static_cast<double>(r % 3);
    for (std::int64_t k = 0; k < r % 3; ++k) repeated.push_back(r);
  }
  aisle::extra_trees weighted{{.trees = 10}}, copied{{.trees = 10}};
  weighted.fit(d.x, d.labels, weights);
  copied.fit(d.x.rows(repeated), d.labels.rows(repeated));
  CHECK(weighted.predict_proba(d.x) == copied.predict_proba(d.x));
}

TEST_CASE("many rows, more than two bytes count") {
  const std::int64_t rows = 70000;
  aisle::random_generator random(3);
  aisle::matrix<float> x(rows, 3);
  std::vector<int> y;
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t f = 0; f < 3; ++f) x(r, f) = static_cast<float>(random.below(400));
    y.push_back((x(r, 0) > 17 && x(r, 0) <= 330) != (x(r, 2) > 200) ? 1 : 0);
  }
  const aisle::label_vector labels(y);
  aisle::extra_trees trees{{.trees = 3, .max_features = aisle::features_per_split::all()}};
  trees.fit(x, labels);
  CHECK(aisle::accuracy(labels, trees.predict(x)) == 1);
}

TEST_CASE("extra trees: options, out-of-bag scores, other trees than a random forest's") {
  const auto d = blobs::make({150, 150, 150}, 8, 4.0);
  const auto [train, test] = aisle::stratified_split(d.labels);
  const auto x = d.x.rows(train), x_test = d.x.rows(test);
  const auto y = d.labels.rows(train), y_test = d.labels.rows(test);
  aisle::extra_trees trees{{.trees = 60}}, bagged{{.trees = 60, .bootstrap = true, .out_of_bag = true}},
      seeded{{.trees = 60, .seed = 43}}, one{{.trees = 1}};
  aisle::random_forest<float> forest{{.trees = 60, .bootstrap = false}};
  for (aisle::classifier<float>* model :
       std::initializer_list<aisle::classifier<float>*>{&trees, &bagged, &seeded, &one, &forest})
    model->fit(x, y);
  CHECK_FALSE(trees.options().bootstrap);
  CHECK(bagged.oob_score() > aisle::accuracy(y_test, one.predict(x_test)));
  CHECK(bagged.oob_score() < 0.99);
  CHECK_THROWS_AS(trees.oob_score(), aisle::not_fitted_error);
  CHECK(aisle::accuracy(y_test, trees.predict(x_test)) > aisle::accuracy(y_test, one.predict(x_test)) + 0.05);
  CHECK_FALSE(trees.predict_proba(x_test) == forest.predict_proba(x_test));
  CHECK_FALSE(trees.predict_proba(x_test) == seeded.predict_proba(x_test));
  CHECK(std::accumulate(trees.importances().begin(), trees.importances().end(), 0.0) == doctest::Approx(1));
  CHECK_THROWS_WITH_AS((aisle::extra_trees{{.trees = 0}}.fit(x, y)),
                       "extra_trees: trees is 0, expected at least 1", aisle::option_error);
  CHECK_THROWS_WITH_AS((aisle::extra_trees{{.out_of_bag = true}}.fit(x, y)),
                       "extra_trees: out_of_bag asks for bootstrap, which is off", aisle::option_error);
}
