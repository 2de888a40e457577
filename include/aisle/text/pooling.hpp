#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <aisle/io/json.hpp>
#include <aisle/io/state_dict.hpp>
#include <aisle/kernels/table.hpp>

AISLE_NAMESPACE_BEGIN

/// How the states of a text's tokens become one vector: sentence-transformers' module Pooling.
struct token_pooling {
  enum class mode { cls, max, mean, mean_sqrt_len_tokens, weightedmean, lasttoken };
  std::vector<mode> modes = {mode::mean};  ///< their vectors are joined in this order
  bool include_prompt = true;              ///< false: the prompt's tokens and [CLS] take no part

  /// From the module's config.json, of any release. Throws option_error for a mode that is not known.
  static token_pooling from_json(const json& config);
  std::int64_t width(std::int64_t hidden) const noexcept {
    return static_cast<std::int64_t>(modes.size()) * hidden;
  }
  /// `states` are the `tokens` x `hidden` of one text, of which the first `skip` take no part; `out` takes
  /// width(hidden) floats.
  void operator()(const kernels::kernel_table& table, const float* states, std::int64_t tokens,
                  std::int64_t hidden, std::int64_t skip, float* out) const;
};

/// sentence-transformers' module Dense: a linear layer and an activation.
struct dense_layer {
  enum class activation { identity, tanh, relu, gelu, sigmoid, silu };
  std::int64_t in = 0, out = 0;
  std::vector<float> weight{};  ///< out x in
  std::vector<float> bias{};    ///< out, or empty
  activation act = activation::tanh;

  /// From the module's config.json and weights. Throws option_error for what is not built in, tensor_error.
  static dense_layer from_json(const json& config, const state_dict& weights);
  std::vector<float> operator()(std::span<const float> x) const;
};

/// sentence-transformers' module Normalize: norm 1.
struct unit_norm {
  double least = 1e-12;  ///< shorter vectors are divided by this
  std::vector<float> operator()(std::span<const float> x) const;
};

/// A module behind the pooling: Dense, or Normalize.
struct sentence_layer {
  std::optional<dense_layer> dense{};  ///< none: norm
  unit_norm norm{};
  std::vector<float> operator()(std::span<const float> x) const { return dense ? (*dense)(x) : norm(x); }
};

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/text/pooling.ipp>
#endif
