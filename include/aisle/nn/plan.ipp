#pragma once

#include <algorithm>

#include <aisle/nn/plan.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

namespace detail {

/// Offsets in a workspace: the lowest gap that is large enough.
class arena {
 public:
  std::int64_t take(std::int64_t size) {
    size = (size + 15) / 16 * 16;  // 64 bytes
    std::int64_t at = 0;
    auto it = used_.begin();
    for (; it != used_.end() && it->first - at < size; ++it) at = it->first + it->second;
    used_.insert(it, {at, size});
    top_ = std::max(top_, at + size);
    return at;
  }
  void give_back(std::int64_t at) {
    std::erase_if(used_, [&](const auto& block) { return block.first == at; });
  }
  std::int64_t top() const { return top_; }

 private:
  std::vector<std::pair<std::int64_t, std::int64_t>> used_;  // (offset, size) in order
  std::int64_t top_ = 0;
};

AISLE_API bool works_in_place(const operation& op) {
  return std::holds_alternative<batch_norm>(op) || std::holds_alternative<layer_norm>(op) ||
         std::holds_alternative<global_response_norm>(op) || std::holds_alternative<l2_normalize>(op) ||
         std::holds_alternative<activate>(op) || std::holds_alternative<add>(op);
}

AISLE_API std::int64_t count_flops(const operation& op, const value_shape& in, const value_shape& out) {
  if (const auto* conv = std::get_if<conv2d>(&op))
    return 2 * out.floats() * conv->kernel * conv->kernel * (conv->depthwise ? 1 : in.c);
  if (std::holds_alternative<linear>(op)) return 2 * out.floats() * in.c;
  return 0;
}

}  // namespace detail

AISLE_API std::vector<value_shape> infer_shapes(const graph& g, const value_shape& input) {
  std::vector<value_shape> shapes;
  for (const node& n : g.nodes) {
    std::vector<value_shape> in;
    for (const int i : n.inputs) in.push_back(shapes[static_cast<std::size_t>(i)]);
    shapes.push_back(std::visit(
        [&](const auto& op) -> value_shape {
          using T = std::decay_t<decltype(op)>;
          if constexpr (std::is_same_v<T, image_input>) {
            if (input.c != op.channels)
              throw shape_error("the model takes pictures of " + std::to_string(op.channels) +
                                " channels, got " + to_string(input));
            return input;
          } else if constexpr (std::is_same_v<T, token_embedding>) {
            return value_shape::tokens(op.hidden);
          } else if constexpr (std::is_same_v<T, global_average> || std::is_same_v<T, mean_tokens> ||
                               std::is_same_v<T, first_token>) {
            return value_shape::vector(in[0].c);
          } else if constexpr (requires { infer(op, std::span<const value_shape>(in)); }) {
            return infer(op, std::span<const value_shape>(in));
          } else {
            return in[0];
          }
        },
        n.op));
  }
  return shapes;
}

AISLE_API plan make_plan(const graph& g, const std::vector<prepared>& weights, const value_shape& input,
                         const kernels::kernel_table& table) {
  plan p;
  p.input = input;
  const std::vector<value_shape> shapes = infer_shapes(g, input);
  std::vector<std::size_t> last_use(g.nodes.size(), 0);
  for (std::size_t i = 0; i < g.nodes.size(); ++i)
    for (const int in : g.nodes[i].inputs) last_use[static_cast<std::size_t>(in)] = i;
  for (const auto& [name, id] : g.outputs) last_use[static_cast<std::size_t>(id)] = g.nodes.size();

  detail::arena arena;
  for (std::size_t i = 0; i < g.nodes.size(); ++i) {
    const node& n = g.nodes[i];
    plan_step s;
    s.node = static_cast<int>(i);
    s.inputs = n.inputs;
    s.shape = shapes[i];
    std::int64_t extra = 0;
    if (const auto* conv = std::get_if<conv2d>(&n.op)) {
      const value_shape& in = shapes[static_cast<std::size_t>(n.inputs[0])];
      s.geometry = measure(*conv, in, s.shape, !weights[i].winograd.empty());
      extra = s.geometry.extra_floats;
    }
    if (std::holds_alternative<global_response_norm>(n.op)) extra = 2 * s.shape.c;
    if (!n.inputs.empty())
      s.flops = detail::count_flops(n.op, shapes[static_cast<std::size_t>(n.inputs[0])], s.shape);
    const auto needs_scratch = [&](const kernels::packed_matrix<float>& m) {
      if (m.n() > 0)
        p.gemm_scratch = std::max(p.gemm_scratch, kernels::gemm_scratch_bytes<float>(table, m.k()));
    };
    needs_scratch(weights[i].matrix);
    for (const auto& m : weights[i].winograd) needs_scratch(m);

    const auto dies = [&](int in) {
      return last_use[static_cast<std::size_t>(in)] == i &&
             !std::holds_alternative<image_input>(g.nodes[static_cast<std::size_t>(in)].op);
    };
    int reuse = -1;
    if (detail::works_in_place(n.op))
      for (const int in : n.inputs)
        if (reuse < 0 && dies(in) && shapes[static_cast<std::size_t>(in)] == s.shape) reuse = in;
    if (!std::holds_alternative<image_input>(n.op))  // pictures stay in the caller's memory
      s.offset = reuse >= 0 ? p.steps[static_cast<std::size_t>(reuse)].offset : arena.take(s.shape.floats());
    if (extra > 0) s.extra_offset = arena.take(extra);
    if (extra > 0) arena.give_back(s.extra_offset);
    std::vector<int> dead = n.inputs;
    std::sort(dead.begin(), dead.end());
    dead.erase(std::unique(dead.begin(), dead.end()), dead.end());
    for (const int in : dead)
      if (in != reuse && dies(in)) arena.give_back(p.steps[static_cast<std::size_t>(in)].offset);
    if (last_use[i] == 0) arena.give_back(s.offset);  // only tapped: read right after it ran
    p.steps.push_back(std::move(s));
  }
  p.floats = arena.top();
  return p;
}

}  // namespace nn
AISLE_NAMESPACE_END
