#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>

#include <aisle/kernels/table.hpp>

namespace bench {

/// Operations per second of one core on a table's own vectors: independent multiply-adds in registers.
/// Measured once for each table in the run that uses it.
inline double peak_flops(const aisle::kernels::kernel_table& table) {
  static std::map<std::string, double> known;
  double& best = known[table.name];
  if (best > 0) return best;
  for (int i = 0; i < 20; ++i) {
    float sink = 0;
    const auto begin = std::chrono::steady_clock::now();
    const auto flops = static_cast<double>(peak_kernels_of(table).run(200000, &sink));
    benchmark::DoNotOptimize(sink);
    best = std::max(best,
                    flops / std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  return best;
}

/// Adds "GFLOP/s" and "of_peak" (1 = every multiply-add unit of one core busy) to a benchmark's line.
inline void count_flops(benchmark::State& state, const aisle::kernels::kernel_table& table,
                        double flops_each) {
  using benchmark::Counter;
  const double total = flops_each * static_cast<double>(state.iterations());
  state.counters["GFLOP/s"] = Counter(total / 1e9, Counter::kIsRate);
  state.counters["of_peak"] = Counter(total / peak_flops(table), Counter::kIsRate);
}

}  // namespace bench
