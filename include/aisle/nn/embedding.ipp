#pragma once

#include <algorithm>
#include <string>

#include <aisle/base/parallel.hpp>
#include <aisle/nn/embedding.hpp>
#include <aisle/nn/norm.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

AISLE_API prepared load(const token_embedding& op, const weight_source& weights) {
  prepared p;
  p.tables.push_back(weights.rows(op.name + ".word_embeddings.weight", {op.vocabulary, op.hidden}));
  p.tables.push_back(weights.rows(op.name + ".position_embeddings.weight", {op.positions, op.hidden}));
  p.tables.push_back(weights.rows(op.name + ".token_type_embeddings.weight", {op.types, op.hidden}));
  return p;
}

AISLE_API void run(const token_embedding& op, const prepared& w, const run_context& ctx, value_view out) {
  const token_batch& t = ctx.tokens;
  const auto require = [&](std::span<const std::int32_t> values, std::int64_t limit, const char* what,
                           std::size_t table) {
    for (const std::int32_t v : values)
      if (v < 0 || v >= limit)
        throw shape_error(std::string(what) + " " + std::to_string(v) + " is outside its table of " +
                          std::to_string(limit) + " rows");
    w.tables[table].need(values);
  };
  require(t.ids, op.vocabulary, "token id", 0);
  require(t.positions, op.positions, "position", 1);
  require(t.types, op.types, "token type", 2);
  const std::int64_t c = op.hidden;
  const float *words = w.tables[0].data(), *positions = w.tables[1].data(), *types = w.tables[2].data();
  detail::for_row_blocks(ctx, static_cast<std::int64_t>(t.ids.size()), c,
                         [&](std::int64_t first, std::int64_t count) {
                           for (std::int64_t i = first; i < first + count;) {  // runs of tokens of one type
                             const std::int32_t type = t.types[static_cast<std::size_t>(i)];
                             std::int64_t end = i + 1;
                             while (end < first + count && t.types[static_cast<std::size_t>(end)] == type)
                               ++end;
                             kernels::embedding_block b;
                             b.words = words;
                             b.positions = positions;
                             b.type = types + type * c;
                             b.ids = t.ids.data() + i;
                             b.at = t.positions.data() + i;
                             b.y = out.data + i * c;
                             b.rows = end - i;
                             b.cols = c;
                             ctx.table->embedding(b);
                             i = end;
                           }
                         });
}

}  // namespace nn
AISLE_NAMESPACE_END
