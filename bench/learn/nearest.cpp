// The nearest rows of a million vectors of 384 numbers, and the loop that anybody would write.
// bench/peers/nearest.py times NumPy on rows of the same size.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include <aisle/base/parallel.hpp>
#include <aisle/base/random.hpp>
#include <aisle/learn/nearest.hpp>

namespace {

constexpr std::int64_t width = 384;

const aisle::matrix<float>& rows_of(std::int64_t rows) {
  static aisle::matrix<float> made;
  if (made.rows() == rows) return made;
  made = aisle::matrix<float>(rows, width);
  aisle::parallel_for(rows, 0, [&](std::int64_t r) {
    aisle::random_generator random(static_cast<std::uint64_t>(r));
    for (float& v : made.row(r)) v = static_cast<float>(random.uniform(-1, 1));
  });
  return made;
}

void nearest_rows(benchmark::State& state) {
  const auto& rows = rows_of(state.range(0));
  aisle::matrix<float> queries(state.range(1), width);
  for (std::int64_t q = 0; q < queries.rows(); ++q)
    std::copy(rows.row(q).begin(), rows.row(q).end(), queries.row(q).begin());
  for (auto _ : state)
    benchmark::DoNotOptimize(
        aisle::nearest(queries, rows, {.k = 10, .threads = static_cast<int>(state.range(2))}));
}

/// One query, one thread: a product and a norm for each row, then a partial sort.
void plain_loop(benchmark::State& state) {
  const auto& rows = rows_of(state.range(0));
  const auto query = rows.row(0);
  for (auto _ : state) {
    std::vector<std::pair<float, std::int64_t>> all;
    for (std::int64_t r = 0; r < rows.rows(); ++r) {
      float dot = 0, square = 0;
      const auto row = rows.row(r);
      for (std::size_t i = 0; i < row.size(); ++i) dot += row[i] * query[i], square += row[i] * row[i];
      all.emplace_back(-dot / std::sqrt(square), r);
    }
    std::partial_sort(all.begin(), all.begin() + 10, all.end());
    benchmark::DoNotOptimize(all.data());
  }
}

BENCHMARK(nearest_rows)
    ->ArgNames({"rows", "queries", "threads"})
    ->Args({1'000'000, 1, 1})
    ->Args({1'000'000, 1, 2})
    ->Args({1'000'000, 100, 2})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->MeasureProcessCPUTime();
BENCHMARK(plain_loop)
    ->ArgName("rows")
    ->Arg(1'000'000)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->MeasureProcessCPUTime();

}  // namespace
