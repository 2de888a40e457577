#pragma once

#include <string>

#include <aisle/base/error.hpp>
#include <aisle/nn/cpu/layer.hpp>
#include <aisle/nn/op/token_embedding.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn::cpu {

namespace detail {

/// The tables stay in their file: only rows that occur are read.
class token_embedding_layer final : public layer {
 public:
  token_embedding_layer(const token_embedding& op, const load_context& from)
      : op_(op),
        words_(from.weights.rows(op.name + ".word_embeddings.weight", {op.vocabulary, op.hidden})),
        positions_(from.weights.rows(op.name + ".position_embeddings.weight", {op.positions, op.hidden})),
        types_(from.weights.rows(op.name + ".token_type_embeddings.weight", {op.types, op.hidden})) {}

  /// Throws shape_error for an id, type or position outside its table.
  AISLE_API void run(const operands& at, const run_context& ctx) const override;

 private:
  token_embedding op_;
  row_table words_, positions_, types_;
};

AISLE_API void token_embedding_layer::run(const operands& at, const run_context& ctx) const {
  const token_batch& t = ctx.tokens;
  const auto require_that = [](const row_table& table, std::span<const std::int32_t> values,
                               std::int64_t limit, const char* what) {
    for (const std::int32_t v : values)
      if (v < 0 || v >= limit)
        throw shape_error(std::string(what) + " " + std::to_string(v) + " is outside its table of " +
                          std::to_string(limit) + " rows");
    table.need(values);
  };
  require_that(words_, t.ids, op_.vocabulary, "token id");
  require_that(positions_, t.positions, op_.positions, "position");
  require_that(types_, t.types, op_.types, "token type");
  const float *words = words_.data(), *positions = positions_.data(), *types = types_.data();
  ctx.each_rows(static_cast<std::int64_t>(t.ids.size()), op_.hidden,
                [&](std::int64_t first, std::int64_t count) {
                  for (std::int64_t i = first; i < first + count;) {  // runs of tokens of one type
                    const std::int32_t type = t.types[static_cast<std::size_t>(i)];
                    std::int64_t end = i + 1;
                    while (end < first + count && t.types[static_cast<std::size_t>(end)] == type) ++end;
                    kernels::embedding_block b;
                    b.words = words;
                    b.positions = positions;
                    b.type = types + type * op_.hidden;
                    b.ids = t.ids.data() + i;
                    b.at = t.positions.data() + i;
                    b.y = at.out.f32() + i * at.out.row_stride;
                    b.y_stride = at.out.row_stride;
                    b.rows = end - i;
                    b.cols = op_.hidden;
                    ctx.table->embedding(b);
                    i = end;
                  }
                });
}

}  // namespace detail

AISLE_API std::unique_ptr<const layer> load(const token_embedding& op, const load_context& from) {
  return std::unique_ptr<const layer>(new detail::token_embedding_layer(op, from));
}

}  // namespace nn::cpu
AISLE_NAMESPACE_END
