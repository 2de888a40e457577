// aisle bench tune: the table that layers choose their kernels by (kernels/costs.hpp), measured on this
// machine.

#include <chrono>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

#include <aisle/kernels/choice.hpp>
#include <aisle/kernels/gemm.hpp>

#include "bench.hpp"

namespace aisle_command {

namespace {

namespace kernels = aisle::kernels;
using kernels::product_kernel;

/// The least of many: what another program took is in none of them.
template <class Call>
double seconds_of(Call call) {
  using clock = std::chrono::steady_clock;
  double least = std::numeric_limits<double>::max(), total = 0;
  for (int i = 0; i < 20 || (total < 0.05 && i < 2000); ++i) {
    const auto begin = clock::now();
    call();
    const double t = std::chrono::duration<double>(clock::now() - begin).count();
    least = std::min(least, t);
    total += t;
  }
  check_interrupt();
  return least;
}

/// Values of a vector, and the seconds of one multiply-add at the peak.
struct unit {
  std::int64_t vector;
  double seconds;
};
unit unit_of(const kernels::kernel_table& table) {
  const auto& kernel = kernels::products<float>(table).front();
  const std::int64_t vector =
      kernel.memory({.n = 1, .k = 1}).packed / static_cast<std::int64_t>(sizeof(float));
  constexpr std::int64_t rounds = 20000;
  float sink = 0;
  std::int64_t operations = 0;
  const double t = seconds_of([&] { operations = kernels::peak_kernels_of(table).run(rounds, &sink); });
  return {vector, t * 2 * static_cast<double>(vector) / static_cast<double>(operations)};
}

double product_seconds(const product_kernel<float>& kernel, const kernels::product_shape& s) {
  const std::vector<float> a(static_cast<std::size_t>(s.m * s.k), 0.5f),
      w(static_cast<std::size_t>(s.n * s.k), 0.25f);
  std::vector<float> c(static_cast<std::size_t>(s.m * s.n));
  const kernels::packed_matrix<float> packed(kernel, s.k, s.n, w.data(), s.k);
  kernels::gemm_rows<float> rows;
  rows.data = a.data();
  rows.stride = s.k;
  aisle::buffer<std::byte> scratch(static_cast<std::size_t>(packed.scratch_bytes()));
  const kernels::gemm_work<float> work(packed, rows, s.m, c.data(), s.n, {}, 1);
  return seconds_of([&] {
    for (std::int64_t task = 0; task < work.tasks(); ++task) work.run(task, scratch.data());
  });
}

std::string number(const char* name, double value) {
  char text[64];
  std::snprintf(text, sizeof text, ".%s = %.1f", name, value);
  return text;
}

kernels::tile_cost tiles(const product_kernel<float>& kernel, const unit& u) {
  const std::int64_t strips = 8, m = strips * kernel.tile_rows, most = kernel.panel_columns / u.vector;
  kernels::tile_cost cost{};
  for (std::int64_t vectors = 1; vectors <= most; ++vectors) {
    const auto strip = [&](std::int64_t k) {
      return product_seconds(kernel, {.m = m, .n = vectors * u.vector, .k = k}) /
             static_cast<double>(strips) / u.seconds;
    };
    const double slow = strip(320), fast = strip(64), each = (slow - fast) / (320 - 64);
    (vectors == 1 ? cost.one : vectors == 2 ? cost.two : cost.three) = each;
    cost.once = std::max(fast - 64 * each, 0.0);
  }
  return cost;
}

kernels::split_cost split(const product_kernel<float>& kernel, const unit& u) {
  const auto of_32 = [&](std::int64_t n) {  // for each 32 rows and 32 of k
    return product_seconds(kernel, {.m = 64, .n = n, .k = 256}) / 16 / u.seconds;
  };
  const double narrow = of_32(32), wide = of_32(160), tile = (wide - narrow) / 4;
  return {.tile = tile, .values = std::max(narrow - tile, 0.0) / 32};
}

kernels::winograd_cost winograd(const kernels::kernel_table& table, const unit& u) {
  constexpr std::int64_t size = 28, channels = 64, count = size / 2 * (size / 2);
  const std::vector<float> x(size * size * channels, 0.5f);
  std::vector<float> transformed(16 * count * channels), y(size * size * channels);
  kernels::winograd_block b;
  b.x = x.data();
  b.y = y.data();
  b.x_stride = b.y_stride = b.channels = channels;
  b.transformed = transformed.data();
  b.h = b.w = b.out_h = b.out_w = size;
  b.pad = 1;
  b.tiles = b.tile_end = count;
  const double each = u.seconds * static_cast<double>(count * channels);
  const kernels::winograd_kernels& of = kernels::winograd_kernels_of(table);
  return {.input = seconds_of([&] { of.input(b); }) / each,
          .output = seconds_of([&] { of.output(b); }) / each};
}

int run() {
  for (const kernels::kernel_table* table : kernels::all_tables()) {
    if (!table->supported() || table->single_precision != kernels::arithmetic::fma) continue;
    const unit u = unit_of(*table);
    const auto list = kernels::products<float>(*table);
    const kernels::tile_cost tile = tiles(list.front(), u);
    const kernels::winograd_cost transform = winograd(*table, u);
    write_out("inline constexpr vector_costs " + std::string(table->name) + "{.tile = {" +
              number("one", tile.one) + ", " + number("two", tile.two) + ", " + number("three", tile.three) +
              ", " + number("once", tile.once) + "},\n    .winograd = {" + number("input", transform.input) +
              ", " + number("output", transform.output) + "}};\n");
    if (table != &kernels::plain_table()) continue;
    for (const product_kernel<float>& kernel : list) {
      if (kernel.arithmetic != kernels::arithmetic::bf16x6 || !kernel.fits({})) continue;
      const kernels::split_cost cost = split(kernel, u);
      write_out("inline constexpr split_cost " +
                std::string(kernel.name == std::string("bf16x6") ? "amx" : "emulated") + "{" +
                number("tile", cost.tile) + ", " + number("values", cost.values) + "};\n");
    }
  }
  flush_out();
  return exit_ok;
}

action setup(option_set app) {
  app.footer(
      "Prints what kernels/costs.hpp holds, as C++, in multiply-adds of one vector at the core's peak.\n"
      "Layers choose their kernels by that table and never by a clock.");
  return [] { return run(); };
}

}  // namespace

const subcommand bench_tune = {"tune", "the table of costs that layers choose their kernels by", setup};

}  // namespace aisle_command
