#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include <aisle/nn/cpu/layer.hpp>
#include <aisle/nn/fusion.hpp>
#include <aisle/nn/plan.hpp>
#include <aisle/nn/workspace.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// Where a run's outputs go: name -> room for items x width floats.
using run_outputs = std::map<std::string, float*>;

using cpu::convolution_choice;
using cpu::engine_options;

/// Called after each step that has a tap, with all items of the value, one after the other.
using tap_callback =
    std::function<void(const std::string& name, const value_shape& shape, const float* data)>;

struct run_options {
  int threads = 0;        ///< 0: all available
  tap_callback on_tap{};  ///< needs a network loaded with taps
  bool timed = false;     ///< the run returns each step's wall time
};

struct network_options {
  engine_options engine{};
  std::vector<std::string> outputs = {"embedding"};  ///< only what these need is loaded
  bool taps = false;
};

/// A graph with its weights, packed for one kernel table, ready to run on inputs of any size: the CPU
/// executor. Immutable; run() is const and may be called from several threads. An item's output has the same
/// bits whatever its batch, neighbours and thread count.
class network {
 public:
  /// Fuses `recorded`, loads and packs its weights. `nominal` is an input size the model accepts. Throws
  /// tensor_error.
  network(const graph& recorded, const weight_source& weights, const value_shape& nominal,
          network_options options);

  const graph& fused() const& noexcept { return graph_; }
  const graph& fused() const&& = delete;
  /// The checkpoint's file, for messages; empty where weights are in memory or computed.
  const std::string& weights_path() const& noexcept { return weights_path_; }
  std::string weights_path() const&& { return weights_path(); }
  const kernels::kernel_table& table() const noexcept { return *engine_.table; }
  /// Width of an output.
  std::int64_t width(const std::string& output) const;
  bool has_output(const std::string& name) const { return graph_.outputs.contains(name); }
  /// Bytes of packed weights (tables of rows not counted).
  std::size_t weight_bytes() const;

  /// The plan for an input shape, made on first use.
  std::shared_ptr<const plan> plan_for(const value_shape& input) const;

  /// Pictures: `items` of h x w x c floats, one after the other. Fewer pictures than workers share the tiles
  /// of each layer, more are spread over the workers in groups. With on_tap or timed they run as one batch.
  /// Returns the seconds of each step of the plan if timed, else nothing.
  std::vector<double> run_images(const float* pictures, std::int64_t items, const value_shape& shape,
                                 const run_outputs& outputs, const run_options& options = {}) const;
  /// How many of `items` pictures a worker of `threads` best runs as one batch: weights of late layers
  /// outgrow L2, and a few pictures at a time read them once.
  static std::int64_t images_together(std::int64_t items, int threads) {
    return std::clamp<std::int64_t>(items / threads, 1, 4);
  }
  /// Sequences of tokens, packed. Returns what run_images does.
  std::vector<double> run_tokens(const token_batch& tokens, const run_outputs& outputs,
                                 const run_options& options = {}) const;

 private:
  /// A plan and what each layer derives from its sizes.
  struct prepared_plan : plan {
    std::vector<std::unique_ptr<const cpu::sized>> sizes;
  };

  /// Throws option_error for an output the network was loaded without.
  int output_node(const std::string& name) const;
  std::shared_ptr<const prepared_plan> prepare(const value_shape& input) const;
  std::vector<double> execute(const prepared_plan& p, cpu::run_context ctx, const float* pictures,
                              std::int64_t units, const run_outputs& outputs,
                              const run_options& options) const;

  graph graph_;
  engine_options engine_;
  std::string weights_path_;                               // for messages
  std::vector<std::unique_ptr<const cpu::layer>> layers_;  // of each node
  std::vector<value_shape> nominal_shapes_;
  mutable std::mutex mutex_;
  mutable std::map<std::array<std::int64_t, 3>, std::shared_ptr<const prepared_plan>> plans_;  // by h, w, c
  mutable workspace_pool pool_;
};

}  // namespace nn
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/nn/network.ipp>
#endif
