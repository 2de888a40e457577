#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include <aisle/learn/metrics.hpp>
#include <aisle/learn/mlp.hpp>

#include "blobs.hpp"

TEST_CASE_TEMPLATE("a row's probabilities are the same whatever rows stand beside it", T, float, double) {
  const auto d = blobs::make<T>({900, 900, 900}, 21, 4.0);
  for (const auto order : {aisle::mlp_order::relu_then_norm, aisle::mlp_order::norm_then_relu})
    for (const bool batch_norm : {true, false}) {
      aisle::mlp<T> learner{{.hidden = {24, 10}, .order = order, .batch_norm = batch_norm, .epochs = 2}};
      learner.fit(d.x, d.labels);
      const aisle::matrix<T> all = learner.predict_proba(d.x);
      // Fewer rows than units, as many, and what a block of rows ends with.
      for (const std::int64_t count : {1, 5, 23, 24, 25, 333})
        for (const std::int64_t first : {std::int64_t{0}, std::int64_t{2040}, 2700 - count}) {
          const auto part = learner.predict_proba(aisle::matrix_view<const T>(d.x).rows(first, count));
          for (std::int64_t r = 0; r < count; ++r)
            for (std::int64_t c = 0; c < 3; ++c) CHECK(part(r, c) == all(first + r, c));
        }
    }
}

TEST_CASE("gradients are what finite differences say, in both orders") {
  const auto d = blobs::make<double>({9, 8, 7}, 5, 2.0);
  std::vector<double> weights;
  for (std::int64_t r = 0; r < d.x.rows(); ++r) weights.push_back(0.5 + 0.1 * static_cast<double>(r % 5));
  for (const auto order : {aisle::mlp_order::relu_then_norm, aisle::mlp_order::norm_then_relu})
    for (const bool batch_norm : {true, false})
      for (const double dropout : {0.0, 0.3})
        for (const auto divisor : {aisle::loss_divisor::rows, aisle::loss_divisor::weights}) {
          aisle::mlp_network<double> n({.inputs = 5,
                                        .hidden = {6, 4},
                                        .outputs = 3,
                                        .order = order,
                                        .batch_norm = batch_norm,
                                        .dropout = dropout});
          n.initialise(3);
          const aisle::mlp_network<double>::batch batch{.x = d.x,
                                                        .codes = d.labels.codes(),
                                                        .weights = weights,
                                                        .divisor = divisor,
                                                        .dropout_seed = 11};
          n.backpropagate(batch);
          const std::vector<double> gradients(n.gradients().begin(), n.gradients().end());
          double worst = 0;
          for (std::size_t i = 0; i < gradients.size(); i += 3) {
            const double before = n.parameters()[i], h = 1e-6;
            n.parameters()[i] = before + h;
            const double up = n.backpropagate(batch);
            n.parameters()[i] = before - h;
            const double down = n.backpropagate(batch);
            n.parameters()[i] = before;
            worst = std::max(worst, std::abs((up - down) / (2 * h) - gradients[i]));
          }
          CHECK(worst < 2e-7);
        }
}

TEST_CASE("a batch's loss divides by its rows or by their weights") {
  const auto d = blobs::make<double>({6, 6}, 3);
  const std::vector<double> twos(12, 2.0);
  aisle::mlp_network<double> n({.inputs = 3, .hidden = {}, .outputs = 2});
  n.initialise(1);
  const double plain = n.backpropagate({.x = d.x, .codes = d.labels.codes(), .weights = {}});
  CHECK(n.backpropagate({.x = d.x, .codes = d.labels.codes(), .weights = twos}) ==
        doctest::Approx(2 * plain));
  CHECK(
      n.backpropagate(
          {.x = d.x, .codes = d.labels.codes(), .weights = twos, .divisor = aisle::loss_divisor::weights}) ==
      doctest::Approx(plain));
}

TEST_CASE("initial values are PyTorch's") {
  aisle::mlp_network<float> n({.inputs = 400, .hidden = {100}, .outputs = 5});
  n.initialise(9);
  double largest = 0, squares = 0;
  const auto w = n.weight(0);
  for (std::int64_t i = 0; i < 40000; ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(w.data()[i])));
    squares += static_cast<double>(w.data()[i]) * static_cast<double>(w.data()[i]);
  }
  CHECK(largest <= 0.05);
  CHECK(largest > 0.0499);
  CHECK(squares / 40000 == doctest::Approx(0.05 * 0.05 / 3).epsilon(0.02));
  CHECK(n.gamma(0)[7] == 1);
  CHECK(n.beta(0)[7] == 0);
  CHECK(n.running_mean(0)[7] == 0);
  CHECK(n.running_variance(0)[7] == 1);
  CHECK(n.gamma(1).empty());
  CHECK(std::abs(n.bias(1)[0]) <= 0.1f);
}

TEST_CASE("training stops early and keeps the best parameters") {
  const auto d = blobs::make({80, 80, 80}, 6, 6.0);  // hard: the validation loss turns soon
  aisle::mlp<float> model{{.hidden = {64}, .epochs = 200, .patience = 4}};
  model.fit(d.x, d.labels);
  const auto& h = model.history();
  REQUIRE(h.size() > 5);
  CHECK(h.size() < 200);
  CHECK(static_cast<std::int64_t>(h.size()) == model.best_epoch() + 1 + 4);
  double best = h[0].validation_loss;
  std::size_t at = 0;
  for (std::size_t e = 0; e < h.size(); ++e)
    if (h[e].validation_loss < best) {
      best = h[e].validation_loss;
      at = e;
    }
  CHECK(static_cast<std::int64_t>(at) == model.best_epoch());
  // Stopped at the best epoch by the limit of epochs, training holds the same parameters.
  aisle::mlp<float> limited{{.hidden = {64}, .epochs = model.best_epoch() + 1, .patience = 4}};
  limited.fit(d.x, d.labels);
  CHECK(limited.predict_proba(d.x) == model.predict_proba(d.x));

  aisle::mlp<float> all{{.hidden = {64}, .epochs = 12, .validation_share = 0}};
  all.fit(d.x, d.labels);
  CHECK(all.history().size() == 12);
  CHECK(std::isnan(all.history()[0].validation_loss));
  CHECK(all.best_epoch() == 11);
}

TEST_CASE("without dropout SGD and Adam bring the loss down") {
  const auto d = blobs::make({50, 50}, 6, 2.0);
  for (const auto kind : {aisle::optimizer_kind::adam, aisle::optimizer_kind::sgd}) {
    aisle::mlp<float> model{{.hidden = {16},
                             .dropout = 0,
                             .optimizer = {.kind = kind, .learning_rate = 0.01},
                             .epochs = 20,
                             .validation_share = 0}};
    model.fit(d.x, d.labels);
    CHECK(model.history().back().loss < 0.5 * model.history().front().loss);
  }
}

TEST_CASE("SGD with momentum takes the steps of its formula") {
  aisle::optimizer<double> sgd(
      {.kind = aisle::optimizer_kind::sgd, .learning_rate = 0.1, .momentum = 0.5, .weight_decay = 0.01});
  std::vector<double> p{1.0};
  const std::vector<double> g{2.0};
  sgd.step(p, g);
  CHECK(p[0] == doctest::Approx(1 - 0.1 * 2.01));
  const double velocity = 0.5 * 2.01 + 2 + 0.01 * p[0], before = p[0];
  sgd.step(p, g);
  CHECK(p[0] == doctest::Approx(before - 0.1 * velocity));
  CHECK_THROWS_AS(sgd.step(p, std::vector<double>{1, 2}), aisle::shape_error);
  CHECK_THROWS_AS(aisle::optimizer<double>({.learning_rate = -1}), aisle::option_error);
  CHECK_THROWS_AS(aisle::optimizer<double>({.beta1 = 1}), aisle::option_error);
}

TEST_CASE("hostile options and tiny data") {
  const auto d = blobs::make({20, 20}, 4);
  const auto fit = [&](aisle::mlp_options o) { aisle::mlp<float>(std::move(o)).fit(d.x, d.labels); };
  CHECK_THROWS_AS(fit({.hidden = {0}}), aisle::option_error);
  CHECK_THROWS_AS(fit({.dropout = 1}), aisle::option_error);
  CHECK_THROWS_AS(fit({.batch = 0}), aisle::option_error);
  CHECK_THROWS_AS(fit({.epochs = 0}), aisle::option_error);
  CHECK_THROWS_AS(fit({.validation_share = 1}), aisle::option_error);
  CHECK_THROWS_AS(fit({.patience = 0}), aisle::option_error);
  // A class's only row is never held out: both classes are learnt from.
  const std::vector<std::int64_t> two{0, 1};
  aisle::mlp<float> tiny{{.epochs = 3}};
  tiny.fit(d.x.rows(two), d.labels.rows(two));
  CHECK(std::isnan(tiny.history()[0].validation_loss));
  // A last batch of one row is left out where batch norm could do nothing with it.
  const std::vector<std::int64_t> five{0, 1, 2, 3, 4};
  aisle::mlp<float> odd{{.batch = 4, .epochs = 2, .validation_share = 0}};
  odd.fit(d.x.rows(five), d.labels.rows(five));
  CHECK(odd.history().size() == 2);
}

TEST_CASE("batches that batch norm cannot learn from are refused") {
  const auto d = blobs::make({8, 8}, 3);
  CHECK_THROWS_WITH_AS(aisle::mlp<float>({.batch = 1}).fit(d.x, d.labels),
                       doctest::Contains("at least 2 rows"), aisle::option_error);
  aisle::mlp<float> plain({.batch_norm = false, .batch = 1, .epochs = 2});
  plain.fit(d.x, d.labels);
  CHECK(plain.history().front().loss > 0);
}

TEST_CASE("validation rows are drawn class by class in proportion, never a class's only row") {
  const auto d = blobs::make({90, 50, 20, 2, 1}, 3);
  aisle::index_vector before;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    aisle::mlp<float> m({.hidden = {4}, .epochs = 1, .validation_share = 0.1, .seed = seed});
    m.fit(d.x, d.labels);
    std::vector<int> held(5, 0);
    for (const std::int64_t r : m.validation_rows())
      ++held[static_cast<std::size_t>(d.labels.codes()[static_cast<std::size_t>(r)])];
    // 16 of 163 rows: 8.8, 4.9, 1.96, 0.2 and 0.1 of them.
    CHECK(held == std::vector<int>{9, 5, 2, 0, 0});
    CHECK(m.validation_rows() != before);
    before = m.validation_rows();
  }
  aisle::mlp<float> half({.hidden = {4}, .epochs = 1, .validation_share = 0.6});
  half.fit(d.x, d.labels);
  std::int64_t last = 0;
  for (const std::int64_t r : half.validation_rows()) last += d.labels[r] == "class 4";
  CHECK(last == 0);
}
