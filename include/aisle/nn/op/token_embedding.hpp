#pragma once

#include <string>
#include <utility>
#include <aisle/nn/operation.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// Sum of word, position and type embeddings of each token: NAME.word_embeddings.weight [vocabulary, hidden],
/// NAME.position_embeddings.weight [positions, hidden], NAME.token_type_embeddings.weight [types, hidden].
struct token_embedding final : operation {
  static constexpr std::string_view name_of_kind = "token_embedding";
  token_embedding(std::string name_, std::int64_t vocabulary_, std::int64_t positions_, std::int64_t types_,
                  std::int64_t hidden_)
      : name(std::move(name_)),
        vocabulary(vocabulary_),
        positions(positions_),
        types(types_),
        hidden(hidden_) {}
  std::string name;
  std::int64_t vocabulary, positions, types, hidden;

  std::string_view kind() const override { return name_of_kind; }
  value_shape infer(std::span<const value_shape>) const override { return value_shape::tokens(hidden); }
  void parameters(std::vector<std::string>& names) const override {
    for (const char* table :
         {".word_embeddings.weight", ".position_embeddings.weight", ".token_type_embeddings.weight"})
      names.push_back(name + table);
  }
  row_cost cost(std::span<const value_shape>, const value_shape&) const override { return {}; }
  line_window needed_lines(std::span<const value_shape>) const override { return line_window::same(); }
  bool works_in_place() const override { return false; }
};

}  // namespace nn
AISLE_NAMESPACE_END
