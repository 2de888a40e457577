// aisle bench: workloads timed as the peers' scripts time theirs.

#include "bench.hpp"

#include <cmath>

#include <aisle/base/parallel.hpp>
#include <aisle/base/process.hpp>
#include <aisle/simd/isa.hpp>

namespace aisle_command {

namespace {

std::string isa_name() {
  const aisle::cpu_features& cpu = aisle::detect_cpu();
  if (cpu.neon) return "aarch64 NEON";
  std::string name = cpu.avx512 ? "AVX512" : cpu.avx2 ? "AVX2" : "baseline";
  if (cpu.avx512_bf16) name += "+BF16";
  if (cpu.amx) name += "+AMX";
  return "x86-64 " + name;
}

double rounded(double v, double scale) { return std::round(v * scale) / scale; }

action setup(option_set app) {
  app.footer(
      "Prints JSON lines with the fields of the scripts in bench/peers; their table.py joins both.\n"
      "Examples:\n"
      "  aisle bench infer --model resnet50 --batch 1 --threads 2 --per-layer\n"
      "  aisle bench text --model all-MiniLM-L6-v2 --length 128 --batch 32\n"
      "  aisle bench images --images originals --repeats 5\n"
      "  aisle bench cold --model all-MiniLM-L6-v2\n"
      "  aisle bench train --learner rf --data features/fashion\n"
      "  aisle bench project --method tsne --data features/fashion/X.npy");
  return app.add_nested(
      {bench_infer, bench_text, bench_images, bench_cold, bench_train, bench_project, bench_tune});
}

const registration entry{
    {"bench", "time a workload: infer, text, images, cold, train, project; or tune", setup}};

}  // namespace

aisle::json bench_row(const std::string& workload, int threads, std::int64_t batch,
                      const std::string& precision, const std::vector<double>& seconds, std::int64_t items,
                      const std::string& kernel) {
  std::vector<double> sorted = seconds;
  std::sort(sorted.begin(), sorted.end());
  const std::size_t n = sorted.size();
  const double median = n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
  return aisle::json::object({{"engine", "aisle"},
                              {"workload", workload},
                              {"threads", aisle::thread_budget(threads)},
                              {"batch", batch > 0 ? aisle::json(batch) : aisle::json()},
                              {"precision", precision},
                              {"min_ms", rounded(sorted.front() * 1e3, 1e4)},
                              {"median_ms", rounded(median * 1e3, 1e4)},
                              {"repeats", n},
                              {"items_per_s", rounded(static_cast<double>(items) / sorted.front(), 1e2)},
                              {"isa", isa_name()},
                              {"kernel", kernel}});
}

void print_row(const aisle::json& row) {
  write_out(row.dump() + "\n");
  flush_out();
}

double peak_mb() { return static_cast<double>(aisle::peak_resident_bytes() / 1024) / 1024.0; }

}  // namespace aisle_command
