#pragma once

#include <algorithm>
#include <chrono>
#include <cstring>

#include <aisle/base/parallel.hpp>
#include <aisle/nn/graph.ipp>
#include <aisle/nn/network.hpp>
#include <aisle/tensor/finite.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

namespace detail {

template <class... Ts>
struct overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
overloaded(Ts...) -> overloaded<Ts...>;

AISLE_API prepared load_weights(const operation& op, std::span<const value_shape> in,
                                const weight_source& weights, const engine_options& engine) {
  return std::visit(overloaded{
                        [&](const conv2d& o) { return load(o, in[0], weights, engine); },
                        [&](const linear& o) { return load(o, in[0], weights, engine); },
                        [&](const batch_norm& o) { return load(o, in[0], weights); },
                        [&](const layer_norm& o) { return load(o, in[0], weights); },
                        [&](const global_response_norm& o) { return load(o, in[0], weights); },
                        [&](const token_embedding& o) { return load(o, weights); },
                        [&](const auto&) { return prepared{}; },
                    },
                    op);
}

AISLE_API void run_step(const operation& op, const prepared& w, const plan_step& step, const run_context& ctx,
                        std::span<const value_view> in, value_view out, float* extra) {
  std::visit(overloaded{
                 [&](const image_input&) {},
                 [&](const token_embedding& o) { run(o, w, ctx, out); },
                 [&](const conv2d& o) { run(o, w, step.geometry, ctx, in, out, extra); },
                 [&](const linear& o) { run(o, w, ctx, in, out); },
                 [&](const global_response_norm& o) { run(o, w, ctx, in[0], out, extra); },
                 [&](const batch_norm& o) { run(o, w, ctx, in[0], out); },
                 [&](const layer_norm& o) { run(o, w, ctx, in[0], out); },
                 [&](const add& o) { run(o, ctx, in, out); },
                 [&](const auto& o) { run(o, ctx, in[0], out); },
             },
             op);
}

/// Scratch bytes a worker needs for the attention of the longest sequence.
AISLE_API std::int64_t attention_scratch(const graph& g, const plan& p, const run_context& ctx) {
  std::int64_t bytes = 0;
  for (const plan_step& s : p.steps)
    if (const auto* a = std::get_if<attention>(&g.nodes[static_cast<std::size_t>(s.node)].op)) {
      std::int64_t rows = s.shape.rows();
      if (s.shape.what == value_shape::kind::tokens)
        for (std::size_t i = 0; i + 1 < ctx.tokens.starts.size(); ++i)
          rows = std::max(rows, ctx.tokens.starts[i + 1] - ctx.tokens.starts[i]);
      bytes = std::max(bytes, 4 * ctx.table->attention_scratch(rows, s.shape.c / a->heads));
    }
  return bytes;
}

}  // namespace detail

AISLE_API network::network(const graph& recorded, const weight_source& weights, const value_shape& nominal,
                           network_options options)
    : graph_(fuse(recorded, options.outputs, options.taps)),
      engine_(options.engine),
      weights_path_(weights.path()) {
  if (!engine_.table) engine_.table = &kernels::best_table();
  nominal_shapes_ = infer_shapes(graph_, nominal);
  for (const node& n : graph_.nodes) {
    std::vector<value_shape> in;
    for (const int i : n.inputs) in.push_back(nominal_shapes_[static_cast<std::size_t>(i)]);
    weights_.push_back(detail::load_weights(n.op, in, weights, engine_));
  }
}

AISLE_API int network::output_node(const std::string& name) const {
  const auto it = graph_.outputs.find(name);
  if (it == graph_.outputs.end())
    throw option_error("the network was loaded without its output '" + name + "'");
  return it->second;
}

AISLE_API std::int64_t network::width(const std::string& output) const {
  return nominal_shapes_[static_cast<std::size_t>(output_node(output))].floats();
}

AISLE_API std::size_t network::weight_bytes() const {
  std::size_t n = 0;
  for (const prepared& p : weights_) n += p.bytes();
  return n;
}

AISLE_API std::shared_ptr<const plan> network::plan_for(const value_shape& input) const {
  const std::lock_guard lock(mutex_);
  auto& slot = plans_[{input.h, input.w, input.c}];
  if (!slot) slot = std::make_shared<const plan>(make_plan(graph_, weights_, input, *engine_.table));
  return slot;
}

AISLE_API std::vector<double> network::execute(const plan& p, run_context ctx, const float* pictures,
                                               std::int64_t units, const run_outputs& outputs,
                                               const run_options& options) const {
  const auto lease = pool_.take();
  workspace& memory = *lease;
  ctx.table = engine_.table;
  ctx.threads = in_parallel_region() ? 1 : thread_budget(options.threads);
  ctx.scratch_each = std::max(p.gemm_scratch, (detail::attention_scratch(graph_, p, ctx) + 63) / 64 * 64);
  ctx.scratch = memory.scratch(ctx.scratch_each * ctx.threads);
  float* values = memory.values(p.floats * units);
  std::vector<double> seconds(options.timed ? p.steps.size() : 0);

  std::vector<value_view> views(p.steps.size()), in;
  for (std::size_t i = 0; i < p.steps.size(); ++i) {
    const plan_step& step = p.steps[i];
    const node& n = graph_.nodes[static_cast<std::size_t>(step.node)];
    views[i] = {values + step.offset * units, step.shape};
    // A picture is only read: no operator that takes one works in place.
    if (std::holds_alternative<image_input>(n.op)) views[i].data = const_cast<float*>(pictures);
    in.clear();
    for (const int id : step.inputs) in.push_back(views[static_cast<std::size_t>(id)]);
    const auto before = std::chrono::steady_clock::now();
    detail::run_step(n.op, weights_[i], step, ctx, in, views[i], values + step.extra_offset * units);
    if (options.timed)
      seconds[i] = std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count();
    if (options.on_tap)
      for (const auto& [name, id] : graph_.taps)
        if (id == static_cast<int>(i)) options.on_tap(name, step.shape, views[i].data);
  }
  for (const auto& [name, to] : outputs) {
    const value_view& v = views[static_cast<std::size_t>(output_node(name))];
    const auto size = static_cast<std::size_t>(ctx.rows(v.shape) * v.shape.c);
    // Weights are looked at when they are packed, but for tables that stay in their file and numbers too
    // large for what is made of them.
    if (!all_finite(std::span<const float>(v.data, size)))
      throw tensor_error((weights_path_.empty() ? std::string() : weights_path_ + ": ") +
                         "the network's output '" + name +
                         "' is not finite: its weights are damaged or too large for single precision "
                         "(`aisle weights check` looks at every tensor)");
    std::memcpy(to, v.data, size * sizeof(float));
  }
  return seconds;
}

AISLE_API std::vector<double> network::run_images(const float* pictures, std::int64_t items,
                                                  const value_shape& shape, const run_outputs& outputs,
                                                  const run_options& options) const {
  if (items <= 0) return {};
  const std::shared_ptr<const plan> p = plan_for(shape);
  const auto run = [&](std::int64_t first, std::int64_t count, const run_options& how) {
    run_outputs to = outputs;
    for (auto& [name, data] : to)
      data += first * p->steps[static_cast<std::size_t>(output_node(name))].shape.floats();
    run_context ctx;
    ctx.items = count;
    return execute(*p, ctx, pictures + first * shape.floats(), count, to, how);
  };
  const int threads = in_parallel_region() ? 1 : thread_budget(options.threads);
  if (items < threads || options.on_tap || options.timed) return run(0, items, options);
  const std::int64_t step = images_together(items, threads);
  parallel_for((items + step - 1) / step, threads, [&](std::int64_t chunk) {
    run(chunk * step, std::min(step, items - chunk * step), {.threads = 1});
  });
  return {};
}

AISLE_API std::vector<double> network::run_tokens(const token_batch& tokens, const run_outputs& outputs,
                                                  const run_options& options) const {
  if (tokens.starts.size() < 2) return {};
  const auto n = tokens.ids.size();
  if (tokens.types.size() != n || tokens.positions.size() != n || tokens.starts.front() != 0 ||
      tokens.starts.back() != static_cast<std::int64_t>(n) ||
      !std::is_sorted(tokens.starts.begin(), tokens.starts.end()))
    throw shape_error("a token batch of " + std::to_string(n) +
                      " ids needs as many types and positions, and starts that ascend from 0 to " +
                      std::to_string(n));
  run_context ctx;
  ctx.items = static_cast<std::int64_t>(tokens.starts.size()) - 1;
  ctx.tokens = tokens;
  // A sequence's vectors take a row of the same workspace: an empty sequence needs one too.
  const std::int64_t units = std::max(static_cast<std::int64_t>(n), ctx.items);
  return execute(*plan_for(value_shape::tokens(0)), ctx, nullptr, units, outputs, options);
}

}  // namespace nn
AISLE_NAMESPACE_END
