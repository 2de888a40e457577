#pragma once

#include <algorithm>

#include <aisle/kernels/choice.hpp>
#include <aisle/kernels/gemm.hpp>
#include <aisle/nn/cpu/layer.hpp>
#include <aisle/nn/op/linear.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn::cpu {

namespace detail {

class linear_layer final : public layer {
 public:
  linear_layer(const linear& op, const load_context& from) : op_(op) {
    const std::int64_t width = from.in[0].c, each = op.out / static_cast<std::int64_t>(op.names.size());
    buffer<float> part;
    std::int64_t loaded = -1;  // one layer's weights at a time: they are never held twice
    const kernels::product_shape shape{
        .m = std::max<std::int64_t>(from.in[0].rows(), 1), .n = op.out, .k = width};
    matrix_ = kernels::packed_matrix<float>(
        kernels::choose_product<float>(*from.engine.table, shape), width, op.out,
        [&](std::int64_t column, float* out) {
          if (const std::int64_t index = column / each; index != loaded) {
            part = from.weights.read(op.names[static_cast<std::size_t>(index)] + ".weight", {each, width});
            loaded = index;
          }
          std::copy_n(part.data() + column % each * width, width, out);
        });
    if (!op.bias) return;
    bias_.resize(static_cast<std::size_t>(op.out));
    const auto size = static_cast<std::size_t>(each);
    for (std::size_t i = 0; i < op.names.size(); ++i)
      from.weights.read(op.names[i] + ".bias", {each}, std::span(bias_).subspan(i * size, size));
  }

  std::size_t weight_bytes() const override { return matrix_.bytes() + bias_.size() * sizeof(float); }
  std::int64_t scratch_bytes(const run_context&, const value_shape&, const value_shape&) const override {
    return matrix_.scratch_bytes();
  }
  void run(const operands& at, const run_context& ctx) const override {
    kernels::gemm_rows<float> rows;
    rows.data = at.in[0].f32();
    rows.stride = at.in[0].row_stride;
    kernels::gemm_epilogue<float> e;
    e.bias = op_.bias ? bias_.data() : nullptr;
    e.act = op_.act;
    if (op_.residual) {
      e.residual = at.in[1].f32();
      e.residual_stride = at.in[1].row_stride;
    }
    const kernels::gemm_work<float> work(matrix_, rows, ctx.rows(at.in[0].shape), at.out.f32(),
                                         at.out.row_stride, e, ctx.threads);
    ctx.each(work.tasks(),
             [&](std::int64_t task, int worker) { work.run(task, ctx.worker_scratch(worker)); });
  }

 private:
  linear op_;
  kernels::packed_matrix<float> matrix_;
  buffer<float> bias_;
};

}  // namespace detail

AISLE_API std::unique_ptr<const layer> load(const linear& op, const load_context& from) {
  return std::unique_ptr<const layer>(new detail::linear_layer(op, from));
}

}  // namespace nn::cpu
AISLE_NAMESPACE_END
