#pragma once

#include <string>

#include <aisle/nn/parameters.hpp>
#include <aisle/nn/value.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// Sum of word, position and type embeddings of each token: NAME.word_embeddings.weight [vocabulary, hidden],
/// NAME.position_embeddings.weight [positions, hidden], NAME.token_type_embeddings.weight [types, hidden].
/// The tables stay in their file: only rows that occur are read.
struct token_embedding {
  std::string name;
  std::int64_t vocabulary = 0, positions = 0, types = 0, hidden = 0;
};

prepared load(const token_embedding& op, const weight_source& weights);
/// Throws shape_error for an id, type or position outside its table.
void run(const token_embedding& op, const prepared& w, const run_context& ctx, value_view out);

}  // namespace nn
AISLE_NAMESPACE_END
