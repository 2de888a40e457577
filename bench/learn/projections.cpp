// Principal components and t-SNE on generated rows. Peers' figures for the same sizes come from bench/peers.

#include <benchmark/benchmark.h>

#include <cstdint>

#include <aisle/base/random.hpp>
#include <aisle/learn/pca.hpp>
#include <aisle/learn/tsne.hpp>

namespace {

/// Rows around 100 centres, as the peers' `synthetic` data.
aisle::matrix<float> make(std::int64_t rows, std::int64_t features) {
  aisle::random_generator random(1);
  aisle::matrix<float> centres(100, features), out(rows, features);
  for (auto row : centres)
    for (float& v : row) v = static_cast<float>(random.uniform(-1, 1));
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t f = 0; f < features; ++f)
      out(r, f) = centres(r % 100, f) + static_cast<float>(random.uniform(-3, 3));
  return out;
}

void pca50(benchmark::State& state) {
  const auto x = make(20000, 2432);
  const auto solver = state.range(1) == 0 ? aisle::pca_solver::exact : aisle::pca_solver::randomised;
  for (auto _ : state) {
    const auto p = aisle::pca<float>::fit(
        x, {.components = 50, .solver = solver, .threads = static_cast<int>(state.range(0))});
    benchmark::DoNotOptimize(p.transform(x, static_cast<int>(state.range(0))));
  }
}

void tsne_of(benchmark::State& state, std::int64_t rows, std::int64_t features) {
  const auto x = make(rows, features);
  for (auto _ : state) {
    const auto found = aisle::tsne(x, {.threads = static_cast<int>(state.range(0))});
    state.counters["kl"] = found.kl_divergence;
  }
}
void tsne_catalogue(benchmark::State& state) { tsne_of(state, 1099, 1664); }
void tsne_large(benchmark::State& state) { tsne_of(state, 20000, 50); }

BENCHMARK(pca50)
    ->ArgNames({"threads", "randomised"})
    ->Args({2, 0})
    ->Args({2, 1})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(tsne_catalogue)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(tsne_large)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1);

}  // namespace
