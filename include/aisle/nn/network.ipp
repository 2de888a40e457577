#pragma once

#include <algorithm>

#include <aisle/base/counted.hpp>
#include <aisle/base/parallel.hpp>
#include <aisle/base/process.hpp>
#include <aisle/nn/cpu/operators.hpp>
#include <aisle/nn/network.hpp>
#include <aisle/tensor/finite.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

AISLE_API network::network(const graph& recorded, const weight_source& weights, const value_shape& nominal,
                           network_options options)
    : graph_(fuse(recorded, options.outputs, options.taps)),
      engine_(options.engine),
      weights_path_(weights.path()) {
  if (!engine_.table) engine_.table = &kernels::best_table();
  nominal_shapes_ = infer_shapes(graph_, nominal);
  for (const node& n : graph_.nodes) {
    const std::vector<value_shape> in = shapes_into(n, nominal_shapes_, nominal);
    if (!n.on_cpu && !n.op->is_input())
      throw option_error("the operator " + std::string(n.op->kind()) + " does not run on the CPU");
    layers_.push_back(n.on_cpu ? n.on_cpu(*n.op, {in, weights, engine_}) : nullptr);
  }
}

AISLE_API int network::output_node(const std::string& name) const {
  const auto it = graph_.outputs.find(name);
  if (it == graph_.outputs.end())
    throw option_error("the network was loaded without its output '" + name + "'");
  return it->second;
}

AISLE_API std::int64_t network::width(const std::string& output) const {
  return nominal_shapes_[static_cast<std::size_t>(output_node(output))].elements();
}

AISLE_API std::size_t network::weight_bytes() const {
  std::size_t n = 0;
  for (const auto& l : layers_)
    if (l) n += l->weight_bytes();
  return n;
}

AISLE_API std::shared_ptr<const plan> network::plan_for(const value_shape& input) const {
  return prepare(input);
}

AISLE_API std::shared_ptr<const network::prepared_plan> network::prepare(const value_shape& input) const {
  const std::lock_guard lock(mutex_);
  auto& slot = plans_[{input.h, input.w, input.c}];
  if (slot) return slot;
  auto made = std::make_shared<prepared_plan>();
  static_cast<plan&>(*made) =
      make_plan(graph_, input,
                {.extra_bytes = [&](std::size_t i, std::span<const value_layout> in, const value_shape& out) {
                  return layers_[i] ? layers_[i]->extra_bytes(in, out) : 0;
                }});
  for (std::size_t i = 0; i < layers_.size(); ++i)
    made->sizes.push_back(layers_[i] ? layers_[i]->measure(layouts_into(*made, i), made->steps[i].shape)
                                     : nullptr);
  slot = std::move(made);
  return slot;
}

namespace detail {

/// All items of a value, one after the other.
AISLE_API const float* as_dense(const value_view& v, std::int64_t rows, std::vector<float>& copy) {
  if (v.row_stride == v.shape.c) return v.f32();
  copy.resize(static_cast<std::size_t>(rows * v.shape.c));
  for (std::int64_t r = 0; r < rows; ++r)
    std::copy_n(v.f32() + r * v.row_stride, v.shape.c, copy.data() + r * v.shape.c);
  return copy.data();
}

}  // namespace detail

AISLE_API std::vector<double> network::execute(const prepared_plan& p, cpu::run_context ctx,
                                               const float* pictures, std::int64_t units,
                                               const run_outputs& outputs, const run_options& options) const {
  const auto lease = pool_.take();
  workspace& memory = *lease;
  ctx.table = engine_.table;
  ctx.threads = in_parallel_region() ? 1 : thread_budget(options.threads);
  for (std::size_t i = 0; i < p.steps.size(); ++i)
    if (layers_[i] && !p.steps[i].inputs.empty())
      ctx.scratch_each =
          std::max(ctx.scratch_each,
                   layers_[i]->scratch_bytes(
                       ctx, p.steps[static_cast<std::size_t>(p.steps[i].inputs[0])].shape, p.steps[i].shape));
  ctx.scratch_each = (ctx.scratch_each + 63) / 64 * 64;
  ctx.scratch = memory.scratch(ctx.scratch_each * ctx.threads);
  std::byte* values = memory.values(p.bytes * units);
  std::vector<double> seconds(options.timed ? p.steps.size() : 0);
  std::vector<float> copy;

  std::vector<value_view> views(p.steps.size()), in;
  for (const plan_group& group : p.groups)
    for (std::size_t i = group.first; i < group.first + group.count; ++i) {
      const plan_step& step = p.steps[i];
      views[i] = {
          values + step.offset * units + step.column * static_cast<std::int64_t>(size_of(step.element)),
          step.element, step.shape, step.row_stride};
      if (!layers_[i]) {
        // A picture is only read: no operator that takes one works in place.
        views[i].data = reinterpret_cast<std::byte*>(const_cast<float*>(pictures));
      } else {
        in.clear();
        for (const int id : step.inputs) in.push_back(views[static_cast<std::size_t>(id)]);
        const double before = steady_seconds();
        layers_[i]->run(
            {in, views[i], reinterpret_cast<float*>(values + step.extra_offset * units), p.sizes[i].get()},
            ctx);
        if (options.timed) seconds[i] = steady_seconds() - before;
      }
      if (options.on_tap)
        for (const auto& [name, id] : graph_.taps)
          if (id == static_cast<int>(i))
            options.on_tap(name, step.shape, detail::as_dense(views[i], ctx.rows(step.shape), copy));
    }
  for (const auto& [name, to] : outputs) {
    const value_view& v = views[static_cast<std::size_t>(output_node(name))];
    const std::int64_t size = ctx.rows(v.shape) * v.shape.c;
    const float* values_of = detail::as_dense(v, ctx.rows(v.shape), copy);
    // Weights are looked at when they are packed, but for numbers too large for what is made of them.
    if (!all_finite(std::span<const float>(values_of, static_cast<std::size_t>(size)))) {
      for (std::size_t i = 0; i < p.steps.size(); ++i)
        if (const value_shape s = p.steps[i].shape;
            !layers_[i] && pictures &&
            !all_finite(std::span(pictures, static_cast<std::size_t>(ctx.rows(s) * s.c))))
          throw tensor_error("the network's input holds NaN or infinity, expected finite numbers");
      throw tensor_error((weights_path_.empty() ? std::string() : weights_path_ + ": ") +
                         "the network's output '" + name +
                         "' is not finite: its weights are damaged, or they or its input are too large for "
                         "single precision (`aisle weights check` looks at every tensor)");
    }
    std::copy_n(values_of, size, to);
  }
  return seconds;
}

AISLE_API std::vector<double> network::run_images(const float* pictures, std::int64_t items,
                                                  const value_shape& shape, const run_outputs& outputs,
                                                  const run_options& options) const {
  if (items <= 0) return {};
  const std::shared_ptr<const prepared_plan> p = prepare(shape);
  const auto run = [&](std::int64_t first, std::int64_t count, const run_options& how) {
    run_outputs to = outputs;
    for (auto& [name, data] : to)
      data += first * p->steps[static_cast<std::size_t>(output_node(name))].shape.elements();
    cpu::run_context ctx;
    ctx.items = count;
    return execute(*p, ctx, pictures + first * shape.elements(), count, to, how);
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
    throw shape_error("a token batch of " + counted(n, "id") +
                      " needs as many types and positions, and starts that ascend from 0 to " +
                      std::to_string(n));
  cpu::run_context ctx;
  ctx.items = static_cast<std::int64_t>(tokens.starts.size()) - 1;
  ctx.tokens = tokens;
  // A sequence's vectors take a row of the same workspace: an empty sequence needs one too.
  const std::int64_t units = std::max(static_cast<std::int64_t>(n), ctx.items);
  return execute(*prepare(value_shape::tokens(0)), ctx, nullptr, units, outputs, options);
}

}  // namespace nn
AISLE_NAMESPACE_END
