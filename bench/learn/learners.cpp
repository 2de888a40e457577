// Learners on generated rows: fit times. Peers' figures for the same sizes come from bench/peers.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

#include <aisle/base/random.hpp>
#include <aisle/learn/decision_tree.hpp>
#include <aisle/learn/labels.hpp>
#include <aisle/learn/logistic_regression.hpp>
#include <aisle/learn/mlp.hpp>
#include <aisle/learn/random_forest.hpp>

namespace {

struct rows {
  aisle::matrix<float> x;
  aisle::label_vector labels;
};

/// Like embeddings: 40 hidden factors behind every feature, noise on top; half of the rows are of one of 13
/// classes.
rows make(std::int64_t count, std::int64_t features) {
  constexpr std::int64_t factors = 40, classes = 13;
  aisle::random_generator random(1);
  aisle::matrix<double> loadings(factors, features), centres(classes, factors);
  for (std::int64_t i = 0; i < factors * features; ++i) loadings.data()[i] = 0.05 * random.normal();
  for (std::int64_t i = 0; i < classes * factors; ++i) centres.data()[i] = 0.6 * random.normal();
  rows out{aisle::matrix<float>(count, features), {}};
  std::vector<std::int64_t> codes;
  for (std::int64_t r = 0; r < count; ++r) {
    const std::int64_t c = random.uniform() < 0.5 ? 0 : static_cast<std::int64_t>(random.below(classes));
    codes.push_back(c);
    std::vector<double> v(static_cast<std::size_t>(features), 0.0);
    for (std::int64_t k = 0; k < factors; ++k) {
      const double z = centres(c, k) + random.normal();
      for (std::int64_t f = 0; f < features; ++f) v[static_cast<std::size_t>(f)] += z * loadings(k, f);
    }
    for (std::int64_t f = 0; f < features; ++f)
      out.x(r, f) = static_cast<float>(v[static_cast<std::size_t>(f)] + 0.1 * random.normal());
  }
  out.labels = aisle::label_vector(codes);
  return out;
}

/// The size of a small catalogue: MiniLM and EfficientNet-Lite0 vectors of 879 train rows.
const rows& catalogue() {
  static const rows data = make(879, 1664);
  return data;
}

template <class Learner>
void fit(benchmark::State& state, Learner learner) {
  const rows& data = catalogue();
  for (auto _ : state) learner.fit(data.x, data.labels);
  state.counters["rows"] =
      benchmark::Counter(static_cast<double>(data.x.rows()), benchmark::Counter::kIsIterationInvariantRate);
}

void forest_fit(benchmark::State& state) {
  fit(state, aisle::random_forest<float>{{.trees = 200, .threads = static_cast<int>(state.range(0))}});
}
void forest_fit_exact(benchmark::State& state) {
  fit(state,
      aisle::random_forest<float>{
          {.trees = 200, .splits = aisle::tree_splits::exact, .threads = static_cast<int>(state.range(0))}});
}
void forest_predict(benchmark::State& state) {
  aisle::random_forest<float> forest{{.trees = 200, .threads = static_cast<int>(state.range(0))}};
  forest.fit(catalogue().x, catalogue().labels);
  for (auto _ : state) benchmark::DoNotOptimize(forest.predict_proba(catalogue().x));
}
void tree_fit(benchmark::State& state) {
  fit(state, aisle::decision_tree<float>{{.threads = static_cast<int>(state.range(0))}});
}
void logistic_fit(benchmark::State& state) {
  fit(state, aisle::logistic_regression<float>{{.threads = static_cast<int>(state.range(0))}});
}
void mlp_epochs(benchmark::State& state) {
  fit(state,
      aisle::mlp<float>{{.epochs = 10, .validation_share = 0, .threads = static_cast<int>(state.range(0))}});
}

BENCHMARK(forest_fit)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(forest_fit_exact)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(forest_predict)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(tree_fit)->Arg(1)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(logistic_fit)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(mlp_epochs)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
