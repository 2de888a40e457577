#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <aisle/nn/operation.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// Mean over the tokens of each sequence of their rows in TABLE [rows, hidden]: a vector a sequence, zeros
/// for one without tokens. Token t has row t, or MAPPING[t] of [vocabulary], and counts WEIGHTS[t] of
/// [vocabulary] times (the sum is still divided by the number of tokens); names may be empty.
struct token_mean final : operation {
  static constexpr std::string_view name_of_kind = "token_mean";
  token_mean(std::string table_, std::int64_t rows_, std::int64_t hidden_, std::int64_t vocabulary_,
             std::string mapping_, std::string weights_)
      : table(std::move(table_)),
        mapping(std::move(mapping_)),
        weights(std::move(weights_)),
        rows(rows_),
        hidden(hidden_),
        vocabulary(vocabulary_) {}
  std::string table, mapping, weights;
  std::int64_t rows, hidden, vocabulary;

  std::string_view kind() const override { return name_of_kind; }
  value_shape infer(std::span<const value_shape>) const override { return value_shape::vector(hidden); }
  void parameters(std::vector<std::string>& names) const override {
    for (const std::string* name : {&table, &mapping, &weights})
      if (!name->empty()) names.push_back(*name);
  }
  row_cost cost(std::span<const value_shape>, const value_shape&) const override { return {}; }
  line_window needed_lines(std::span<const value_shape>) const override { return line_window::all(); }
  bool works_in_place() const override { return false; }
};

}  // namespace nn
AISLE_NAMESPACE_END
