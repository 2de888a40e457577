#pragma once

#include <cmath>
#include <string>
#include <vector>

#include <aisle/base/error.hpp>
#include <aisle/nn/cpu/layer.hpp>
#include <aisle/nn/op/token_mean.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn::cpu {

namespace detail {

/// The table stays in its file where that has floats: only rows that occur are read.
class token_mean_layer final : public layer {
 public:
  AISLE_API token_mean_layer(const token_mean& op, const load_context& from);
  std::size_t weight_bytes() const override {
    return mapping_.size() * sizeof(std::int32_t) + weights_.size() * sizeof(float);
  }
  AISLE_API void run(const operands& at, const run_context& ctx) const override;

 private:
  token_mean op_;
  row_table table_;
  std::vector<std::int32_t> mapping_;
  buffer<float> weights_;
};

AISLE_API token_mean_layer::token_mean_layer(const token_mean& op, const load_context& from)
    : op_(op), table_(from.weights.rows(op.table, {op.rows, op.hidden})) {
  if (!op.weights.empty()) weights_ = from.weights.read(op.weights, {op.vocabulary});
  if (op.mapping.empty()) return;
  const buffer<float> rows = from.weights.read(op.mapping, {op.vocabulary});
  mapping_.reserve(rows.size());
  for (const float row : rows) {
    // Floats hold every row up to 2^24, ten times the largest table.
    if (!(row >= 0) || row >= static_cast<float>(op.rows) || row != std::floor(row))
      throw tensor_error(from.weights.path() + ": tensor '" + from.weights.at(op.mapping).name +
                         "' gives token " + std::to_string(mapping_.size()) + " the row " +
                         std::to_string(row) + ", expected a whole number from 0 to " +
                         std::to_string(op.rows - 1));
    mapping_.push_back(static_cast<std::int32_t>(row));
  }
}

AISLE_API void token_mean_layer::run(const operands& at, const run_context& ctx) const {
  const token_batch& t = ctx.tokens;
  for (const std::int32_t id : t.ids)
    if (id < 0 || id >= op_.vocabulary)
      throw shape_error("token id " + std::to_string(id) + " is outside its table of " +
                        std::to_string(op_.vocabulary) + " rows");
  std::vector<std::int32_t> mapped;
  std::vector<float> weights;
  for (const std::int32_t id : t.ids) {
    if (!mapping_.empty()) mapped.push_back(mapping_[static_cast<std::size_t>(id)]);
    if (!weights_.empty()) weights.push_back(weights_[static_cast<std::size_t>(id)]);
  }
  const std::span<const std::int32_t> rows = mapping_.empty() ? t.ids : mapped;
  table_.need(rows);
  ctx.each(ctx.items, [&](std::int64_t item) {
    const std::int64_t first = t.starts[static_cast<std::size_t>(item)];
    kernels::gather_block b;
    b.count = t.starts[static_cast<std::size_t>(item) + 1] - first;
    b.table = table_.data();
    b.rows = rows.data() + first;
    b.weights = weights.empty() ? nullptr : weights.data() + first;
    b.y = at.out.f32() + item * at.out.row_stride;
    b.cols = op_.hidden;
    b.scale = b.count > 0 ? 1.0f / static_cast<float>(b.count) : 0.0f;
    ctx.table->gather_sum(b);
  });
}

}  // namespace detail

AISLE_API std::unique_ptr<const layer> load(const token_mean& op, const load_context& from) {
  return std::unique_ptr<const layer>(new detail::token_mean_layer(op, from));
}

}  // namespace nn::cpu
AISLE_NAMESPACE_END
