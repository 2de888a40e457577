// Products of the sizes that ResNet50 and MiniLM are made of, on every table, one thread; as a share of the
// peak.

#include <string>
#include <vector>

#include <aisle/kernels/gemm.hpp>

#include "peak.hpp"

namespace {

struct size {
  const char* what;
  std::int64_t m, n, k;
};

constexpr size sizes[] = {
    {"minilm qkv 128 tokens", 128, 1152, 384},      {"minilm ffn up 128 tokens", 128, 1536, 384},
    {"minilm ffn down 128 tokens", 128, 384, 1536}, {"minilm ffn up 16 tokens", 16, 1536, 384},
    {"resnet50 1x1 56x56", 3136, 64, 256},          {"resnet50 1x1 14x14", 196, 1024, 256},
    {"resnet50 3x3 14x14", 196, 256, 2304},         {"resnet50 3x3 7x7", 49, 512, 4608},
};

void product(benchmark::State& state, const aisle::kernels::kernel_table* table, const size s) {
  std::vector<float> a(static_cast<std::size_t>(s.m * s.k), 0.5f),
      w(static_cast<std::size_t>(s.n * s.k), 0.25f);
  std::vector<float> c(static_cast<std::size_t>(s.m * s.n));
  const aisle::kernels::packed_matrix<float> packed(*table, s.k, s.n, w.data(), s.k);
  aisle::kernels::gemm_rows<float> rows;
  rows.data = a.data();
  rows.stride = s.k;
  aisle::buffer<std::byte> scratch(static_cast<std::size_t>(packed.scratch_bytes()));
  for (auto _ : state) {
    aisle::kernels::gemm_packed<float>(packed, rows, s.m, c.data(), s.n, {}, 1, scratch.data());
    benchmark::DoNotOptimize(c.data());
  }
  bench::count_flops(state, *table, 2.0 * static_cast<double>(s.m * s.n * s.k));
}

const int registered = [] {
  for (const auto* table : aisle::kernels::all_tables())
    if (table->supported())
      for (const size& s : sizes)
        benchmark::RegisterBenchmark((std::string("gemm/") + table->name + "/" + s.what).c_str(), product,
                                     table, s);
  return 0;
}();

}  // namespace
