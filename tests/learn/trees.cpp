#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include <aisle/learn/metrics.hpp>
#include <aisle/learn/random_forest.hpp>

#include "blobs.hpp"

using aisle::tree_node;

TEST_CASE("a threshold lies halfway between neighbouring values") {
  aisle::matrix<float> x(4, 2);
  const float values[] = {1, 5, 2, 5, 4, 5, 8, 5};  // the second feature is constant
  std::copy(std::begin(values), std::end(values), x.data());
  aisle::decision_tree<float> tree;
  tree.fit(x, aisle::label_vector(std::vector<int>{0, 0, 1, 1}));
  REQUIRE(tree.nodes().size() == 3);
  CHECK(tree.nodes()[0].feature == 0);
  CHECK(tree.nodes()[0].threshold == 3);
  CHECK(tree.depth() == 1);
  CHECK(tree.leaves() == 2);
  CHECK(tree.importances() == std::vector<double>{1, 0});
}

TEST_CASE("equal features of different classes end in a mixed leaf") {
  aisle::matrix<float> x(5, 1, 2.f);
  aisle::decision_tree<float> tree;
  tree.fit(x, aisle::label_vector(std::vector<int>{0, 1, 1, 1, 0}));
  REQUIRE(tree.nodes().size() == 1);
  CHECK(tree.nodes()[0].feature == tree_node::mixed_leaf);
  CHECK(tree.predict_proba(x)(0, 1) == doctest::Approx(0.6));
  CHECK(tree.predict(x)[0] == "1");
  CHECK(tree.importances() == std::vector<double>{0});
}

TEST_CASE("zero and minus zero are one value, infinities are the ends") {
  aisle::matrix<double> x(4, 1);
  x(0, 0) = -0.0;
  x(1, 0) = 0.0;
  x(2, 0) = std::numeric_limits<double>::infinity();
  x(3, 0) = -std::numeric_limits<double>::infinity();
  aisle::decision_tree<double> tree;
  tree.fit(x, aisle::label_vector(std::vector<int>{0, 1, 2, 3}));
  const auto p = tree.predict_proba(x);
  CHECK(p(0, 0) == 0.5);
  CHECK(p(1, 0) == 0.5);
  CHECK(p(2, 2) == 1);
  CHECK(p(3, 3) == 1);
}

TEST_CASE("growth stops where it is told to") {
  const auto d = blobs::make({80, 80, 80}, 5, 5.0);
  aisle::decision_tree<float> free, shallow{{.max_depth = 3}}, wide{{.min_samples_leaf = 20}},
      few{{.min_samples_split = 100}};
  for (auto* t : {&free, &shallow, &wide, &few}) t->fit(d.x, d.labels);
  CHECK(aisle::accuracy(d.labels, free.predict(d.x)) == 1);
  CHECK(shallow.depth() == 3);
  CHECK(shallow.leaves() <= 8);
  CHECK(wide.leaves() <= 12);
  CHECK(few.leaves() < free.leaves());
  const auto nodes = wide.nodes();
  std::vector<int> reached(nodes.size(), 0);
  for (std::int64_t r = 0; r < d.x.rows(); ++r) {
    std::size_t i = 0;
    while (nodes[i].feature >= 0)
      i = static_cast<double>(d.x(r, nodes[i].feature)) <= nodes[i].threshold
              ? i + 1
              : static_cast<std::size_t>(nodes[i].next);
    ++reached[i];
  }
  for (std::size_t i = 0; i < nodes.size(); ++i)
    if (nodes[i].feature < 0) CHECK(reached[i] >= 20);
  CHECK_THROWS_AS(aisle::decision_tree<float>{{.min_samples_leaf = 0}}.fit(d.x, d.labels),
                  aisle::option_error);
  CHECK_THROWS_AS(aisle::decision_tree<float>{{.min_samples_split = 1}}.fit(d.x, d.labels),
                  aisle::option_error);
  CHECK_THROWS_AS(
      aisle::decision_tree<float>{{.max_features = aisle::features_per_split::count(6)}}.fit(d.x, d.labels),
      aisle::option_error);
}

TEST_CASE("features per split") {
  using f = aisle::features_per_split;
  CHECK(f::all().of(10) == 10);
  CHECK(f::sqrt().of(10) == 3);
  CHECK(f::sqrt().of(1) == 1);
  CHECK(f::log2().of(1664) == 10);
  CHECK(f::count(4).of(10) == 4);
  CHECK(f::share(0.25).of(10) == 2);
  CHECK_THROWS_AS(f::share(0).of(10), aisle::option_error);
}

TEST_CASE("drawing goes on past constant features") {
  // One feature in 900 varies: a node that gave up after its thirty draws would mostly be a leaf.
  aisle::matrix<float> x(40, 900, 1.f);
  std::vector<int> y;
  for (std::int64_t r = 0; r < 40; ++r) {
    x(r, 23) = static_cast<float>(r);
    y.push_back(r < 20 ? 0 : 1);
  }
  aisle::decision_tree<float> tree{{.max_features = aisle::features_per_split::sqrt()}};
  tree.fit(x, aisle::label_vector(y));
  CHECK(tree.leaves() == 2);
  CHECK(tree.importances()[23] == 1);
}

TEST_CASE("a row of weight 0 might as well not be there; weights act as repetitions") {
  const auto d = blobs::make({40, 40}, 4, 5.0);
  std::vector<double> weights(80, 1.0);
  std::vector<std::int64_t> repeated;
  for (std::int64_t r = 0; r < 80; ++r) {
    weights[static_cast<std::size_t>(r)] = static_cast<double>(r % 3);
    for (std::int64_t k = 0; k < r % 3; ++k) repeated.push_back(r);
  }
  aisle::decision_tree<float> weighted, copied;
  weighted.fit(d.x, d.labels, weights);
  copied.fit(d.x.rows(repeated), d.labels.rows(repeated));
  CHECK(weighted.predict_proba(d.x) == copied.predict_proba(d.x));
}

TEST_CASE("every way of splitting a node finds what separates the classes") {
  // A tree on many rows of few hundred values passes through all of them: large nodes are screened and split
  // between bins, small ones between any two values.
  const std::int64_t rows = 70000;
  aisle::random_generator random(3);
  aisle::matrix<float> x(rows, 3);
  std::vector<int> y;
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t f = 0; f < 3; ++f) x(r, f) = static_cast<float>(random.below(400));
    y.push_back((x(r, 0) > 17 && x(r, 0) <= 330) != (x(r, 2) > 200) ? 1 : 0);
  }
  const aisle::label_vector labels(y);
  aisle::decision_tree<float> exact, automatic{{.splits = aisle::tree_splits::automatic}},
      binned{{.splits = aisle::tree_splits::histogram}};
  exact.fit(x, labels);
  automatic.fit(x, labels);
  binned.fit(x, labels);
  CHECK(aisle::accuracy(labels, exact.predict(x)) == 1);
  CHECK(exact.leaves() < 40);
  CHECK(aisle::accuracy(labels, automatic.predict(x)) == 1);
  CHECK(aisle::accuracy(labels, binned.predict(x)) == 1);
  std::vector<std::int64_t> few(3000);
  std::iota(few.begin(), few.end(), 0);
  aisle::decision_tree<float> narrow;
  narrow.fit(x.rows(few), labels.rows(few));
  CHECK(aisle::accuracy(labels.rows(few), narrow.predict(x.rows(few))) == 1);
  CHECK(narrow.leaves() < 40);
}

TEST_CASE("on few values all ways of splitting grow the same trees") {
  const auto d = blobs::make({60, 60, 60}, 4, 4.0);
  auto x = d.x;
  for (std::int64_t i = 0; i < x.rows() * x.cols(); ++i) x.data()[i] = std::round(x.data()[i] * 4) / 4;
  aisle::random_forest<float> exact{{.trees = 10, .splits = aisle::tree_splits::exact}};
  exact.fit(x, d.labels);
  for (const auto splits : {aisle::tree_splits::automatic, aisle::tree_splits::histogram}) {
    aisle::random_forest<float> other{{.trees = 10, .splits = splits}};
    other.fit(x, d.labels);
    for (std::int64_t t = 0; t < 10; ++t) {
      const auto a = exact.nodes(t), b = other.nodes(t);
      REQUIRE(a.size() == b.size());
      for (std::size_t i = 0; i < a.size(); ++i) {
        CHECK(a[i].feature == b[i].feature);
        CHECK(a[i].threshold == b[i].threshold);
        CHECK(a[i].next == b[i].next);
      }
    }
  }
}

TEST_CASE("a small node is split between any two values, a large one where bins say nothing") {
  // The second feature tells 60 rows apart, the first divides these in the middle of one of its bins, which
  // hold 39 values each.
  const std::int64_t rows = 10000;
  aisle::matrix<float> x(rows, 2, 0.0f);
  std::vector<int> y(static_cast<std::size_t>(rows), 0);
  for (std::int64_t r = 0; r < rows; ++r) x(r, 0) = static_cast<float>(r) / 7;
  for (std::int64_t r = 4560; r < 4620; ++r) {
    x(r, 1) = 1;
    y[static_cast<std::size_t>(r)] = r < 4583 ? 1 : 2;
  }
  aisle::decision_tree<float> tree{{.splits = aisle::tree_splits::automatic}},
      binned{{.splits = aisle::tree_splits::histogram}};
  tree.fit(x, aisle::label_vector(y));
  binned.fit(x, aisle::label_vector(y));
  CHECK(tree.leaves() == 3);
  CHECK(binned.leaves() > 3);
  CHECK(aisle::accuracy(aisle::label_vector(y), tree.predict(x)) == 1);
  CHECK(aisle::accuracy(aisle::label_vector(y), binned.predict(x)) == 1);

  // Of many rows a sample says where the bins lie; here no row that differs is in it, and all share one bin.
  const std::int64_t many = 3 * 8192;
  aisle::matrix<float> rare(many, 1);
  std::vector<int> z(static_cast<std::size_t>(many), 0);
  for (std::int64_t r = 1; r < many; r += 99) {
    rare(r, 0) = 1;
    z[static_cast<std::size_t>(r)] = 1;
  }
  for (const auto splits : {aisle::tree_splits::automatic, aisle::tree_splits::histogram}) {
    aisle::decision_tree<float> of_rare{{.splits = splits}};
    of_rare.fit(rare, aisle::label_vector(z));
    CHECK(of_rare.leaves() == 2);
    CHECK(of_rare.nodes()[0].threshold == 0.5);
  }
}

TEST_CASE("screening keeps a feature of which the node's rows have few coarse bins") {
  // Feature 0 tells class 0 apart, and of the others within the lowest fiftieth of its values.
  const std::int64_t rows = 8000, features = 60;
  aisle::random_generator random(5);
  aisle::matrix<float> x(rows, features);
  std::vector<int> y;
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t f = 1; f < features; ++f) x(r, f) = static_cast<float>(random.normal());
    x(r, 0) = static_cast<float>(random.uniform());
    y.push_back(x(r, 0) > 0.02f ? 0 : x(r, 0) > 0.01f ? 1 : 2);
  }
  aisle::decision_tree<float> tree{{.splits = aisle::tree_splits::automatic}};
  tree.fit(x, aisle::label_vector(y));
  CHECK(tree.leaves() <= 6);
  CHECK(tree.importances()[0] > 0.99);
}

TEST_CASE("weights of any size that are the same in proportion grow the same trees") {
  const auto d = blobs::make({200, 200, 200}, 12, 2.5);
  aisle::random_forest<float> plain{{.trees = 5}};
  plain.fit(d.x, d.labels);
  for (const double weight : {0x1p100, 0x1p-100}) {
    aisle::random_forest<float> heavy{{.trees = 5}};
    heavy.fit(d.x, d.labels, std::vector<double>(600, weight));
    CHECK(heavy.predict_proba(d.x) == plain.predict_proba(d.x));
  }
}

TEST_CASE("infinite and huge values have bins of their own") {
  constexpr float inf = std::numeric_limits<float>::infinity(), most = std::numeric_limits<float>::max();
  const float values[] = {-inf, -most, -1, 0, 1, most, inf};
  const std::int64_t rows = 70 * 7;
  aisle::matrix<float> x(rows, 2);
  std::vector<int> y;
  for (std::int64_t r = 0; r < rows; ++r) {
    x(r, 0) = values[r % 7];
    // More values than bins, with infinities at both ends.
    x(r, 1) = r < 7 ? -inf : r >= rows - 7 ? inf : most * (static_cast<float>(r) / 245 - 1);
    y.push_back(static_cast<int>(r % 7));
  }
  const aisle::tree_options automatic{.splits = aisle::tree_splits::automatic};
  aisle::decision_tree<float> one{automatic}, other{automatic};
  one.fit(x, aisle::label_vector(y));
  CHECK(one.leaves() == 7);
  CHECK(aisle::accuracy(aisle::label_vector(y), one.predict(x)) == 1);
  for (std::int64_t r = 0; r < rows; ++r) y[static_cast<std::size_t>(r)] = r < 7 ? 0 : r < 200 ? 1 : 2;
  other.fit(x, aisle::label_vector(y));
  CHECK(other.importances()[1] > 0.9);
  CHECK(aisle::accuracy(aisle::label_vector(y), other.predict(x)) == 1);
}

TEST_CASE("a forest is the mean of trees on bootstrap samples and scores rows they did not see") {
  const auto d = blobs::make({150, 150, 150}, 8, 4.0);
  aisle::random_forest<float> forest{{.trees = 60, .out_of_bag = true}},
      one{{.trees = 1, .out_of_bag = true}}, without{{.trees = 5, .bootstrap = false}};
  forest.fit(d.x, d.labels);
  one.fit(d.x, d.labels);
  without.fit(d.x, d.labels);
  CHECK(aisle::accuracy(d.labels, forest.predict(d.x)) > 0.99);
  CHECK(aisle::accuracy(d.labels, one.predict(d.x)) < 0.99);    // a third of the rows is out of the bag
  CHECK(aisle::accuracy(d.labels, without.predict(d.x)) == 1);  // every row in every tree
  CHECK(forest.oob_score() > one.oob_score());
  CHECK(forest.oob_score() < 0.995);
  CHECK_THROWS_AS(without.oob_score(), aisle::not_fitted_error);
  CHECK(std::accumulate(forest.importances().begin(), forest.importances().end(), 0.0) == doctest::Approx(1));
  CHECK_THROWS_AS((aisle::random_forest<float>{{.bootstrap = false, .out_of_bag = true}}.fit(d.x, d.labels)),
                  aisle::option_error);
  CHECK_THROWS_AS(aisle::random_forest<float>{{.trees = 0}}.fit(d.x, d.labels), aisle::option_error);
  aisle::random_forest<float> other{{.trees = 60, .seed = 43}};
  other.fit(d.x, d.labels);
  CHECK_FALSE(other.predict_proba(d.x) == forest.predict_proba(d.x));
}
