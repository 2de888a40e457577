#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <aisle/base/parallel.hpp>
#include <aisle/kernels/table.hpp>
#include <aisle/nn/operation.hpp>
#include <aisle/nn/parameters.hpp>

// What a CPU makes of an operator. nn/cpu/ has one file for each.

AISLE_NAMESPACE_BEGIN
namespace nn {

/// Token ids of a batch, packed: sequence s is [starts[s], starts[s + 1]).
struct token_batch {
  std::span<const std::int32_t> ids, types, positions;
  std::span<const std::int64_t> starts;  ///< sequences + 1 entries
};

namespace cpu {

/// By which algorithms convolutions may be computed. Bits depend on it.
enum class convolution_choice : std::uint8_t {
  direct,
  winograd,  ///< 3x3 of stride 1 by F(2x2, 3x3), which takes 1.8 x their weights' memory; others directly
  cheapest   ///< for each the cheaper one by kernels/costs.hpp, at the model's nominal size
};

/// Choices that decide how weights are packed.
struct engine_options {
  const kernels::kernel_table* table = nullptr;  ///< null: kernels::best_table()
  convolution_choice convolutions = convolution_choice::direct;
};

/// What one run is about.
struct run_context {
  const kernels::kernel_table* table = nullptr;
  int threads = 1;
  std::int64_t items = 0;  ///< images, or sequences
  token_batch tokens;
  std::byte* scratch = nullptr;  ///< scratch_each bytes for each worker
  std::int64_t scratch_each = 0;

  std::int64_t rows(const value_shape& s) const noexcept {
    return s.what == value_shape::kind::tokens ? static_cast<std::int64_t>(tokens.ids.size())
                                               : items * s.rows();
  }
  std::byte* worker_scratch(int worker) const noexcept { return scratch + worker * scratch_each; }

  /// The loop of every layer: body(task) or body(task, worker) for each task, by the workers of this run. How
  /// work is cut into tasks changes no bit.
  template <class Body>
  void each(std::int64_t tasks, Body&& body) const {
    parallel_for(tasks, threads, body);
  }
  /// The same over rows in pieces that are worth a task each: body(first, rows).
  template <class Body>
  void each_rows(std::int64_t rows, std::int64_t cols, Body&& body) const {
    const std::int64_t step = std::max<std::int64_t>(1, 32768 / std::max<std::int64_t>(cols, 1));
    each((rows + step - 1) / step,
         [&](std::int64_t task) { body(task * step, std::min(step, rows - task * step)); });
  }
};

/// What a layer derives from the size of its input; made once for a plan.
struct sized {
  virtual ~sized() = default;
};

/// A layer's operands in one run.
struct operands {
  std::span<const value_view> in;
  value_view out;
  float* extra = nullptr;  ///< layer::extra_bytes for each unit
  const sized* size = nullptr;
};

/// An operator on the CPU: its weights, packed for one kernel table, and how it runs. Immutable.
class layer {
 public:
  virtual ~layer() = default;
  virtual std::size_t weight_bytes() const { return 0; }
  /// Null where nothing follows from the size.
  virtual std::unique_ptr<const sized> measure(std::span<const value_layout>, const value_shape&) const {
    return nullptr;
  }
  /// Bytes it needs while it runs, for each unit.
  virtual std::int64_t extra_bytes(std::span<const value_layout>, const value_shape&) const { return 0; }
  /// Bytes each worker needs.
  virtual std::int64_t scratch_bytes(const run_context&, const value_shape& in,
                                     const value_shape& out) const {
    (void)in, (void)out;
    return 0;
  }
  virtual void run(const operands& at, const run_context& ctx) const = 0;
};

/// What a layer is made from: `in` are the shapes of its inputs at a size that the model accepts.
struct load_context {
  std::span<const value_shape> in;
  const weight_source& weights;
  const engine_options& engine;
};

}  // namespace cpu
}  // namespace nn
AISLE_NAMESPACE_END
