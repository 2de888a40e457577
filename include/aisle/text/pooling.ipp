#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

#include <aisle/base/error.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/kernels/arguments.hpp>
#include <aisle/nn/parameters.hpp>
#include <aisle/text/pooling.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

struct pooling_name {
  token_pooling::mode mode;
  std::string_view name, old_key;
};
/// In the order in which older files, which have a flag for each, join them.
inline constexpr pooling_name pooling_names[] = {
    {token_pooling::mode::cls, "cls", "pooling_mode_cls_token"},
    {token_pooling::mode::max, "max", "pooling_mode_max_tokens"},
    {token_pooling::mode::mean, "mean", "pooling_mode_mean_tokens"},
    {token_pooling::mode::mean_sqrt_len_tokens, "mean_sqrt_len_tokens", "pooling_mode_mean_sqrt_len_tokens"},
    {token_pooling::mode::weightedmean, "weightedmean", "pooling_mode_weightedmean_tokens"},
    {token_pooling::mode::lasttoken, "lasttoken", "pooling_mode_lasttoken"},
};

/// Sum of `rows` rows of `cols` floats, times `scale`.
AISLE_API void sum_rows(const kernels::kernel_table& table, const float* x, std::int64_t rows,
                        std::int64_t cols, float scale, float* y) {
  kernels::columns_block b;
  b.x = x;
  b.x_stride = cols;
  b.y = y;
  b.rows = rows;
  b.cols = b.col_end = cols;
  b.scale = scale;
  table.column_sum(b);
}

/// Refuses a module that reads or writes anything but the sentence's vector.
AISLE_API void check_names(const json& config) {
  for (const char* key : {"module_input_name", "module_output_name"})
    if (const std::string name = config.get(key, "sentence_embedding"); name != "sentence_embedding")
      throw option_error(config.where() + ": " + key + " is " + name + ", expected sentence_embedding");
}

}  // namespace detail

AISLE_API token_pooling token_pooling::from_json(const json& config) {
  token_pooling p;
  p.include_prompt = config.get("include_prompt", true);
  std::vector<mode> found;
  const auto named = [&](const json& j) {
    const auto name = j.as<std::string>();
    const auto at = ranges::find(detail::pooling_names, name, &detail::pooling_name::name);
    if (at == std::end(detail::pooling_names))
      throw option_error(j.where() + ": the pooling \"" + name + "\" is not built in");
    found.push_back(at->mode);
  };
  if (const json* modes = config.find("pooling_mode"); modes != nullptr && !modes->is_null()) {
    if (modes->is_array())
      for (const json& m : modes->elements()) named(m);
    else
      named(*modes);
    if (found.empty()) modes->fail("no kind of pooling");
  } else {
    for (const auto& [key, value] : config.members()) {
      if (!key.starts_with("pooling_mode_")) continue;
      if (ranges::find(detail::pooling_names, key, &detail::pooling_name::old_key) ==
          std::end(detail::pooling_names))
        throw option_error(config.where() + ": " + key + " is not built in");
    }
    for (const auto& n : detail::pooling_names)
      if (config.get(n.old_key, false)) found.push_back(n.mode);
  }
  if (!found.empty()) p.modes = std::move(found);
  return p;
}

AISLE_API void token_pooling::operator()(const kernels::kernel_table& table, const float* states,
                                         std::int64_t tokens, std::int64_t hidden, std::int64_t skip,
                                         float* out) const {
  const std::int64_t first = std::clamp<std::int64_t>(skip, 0, tokens), n = tokens - first;
  const float* x = states + first * hidden;
  const auto reciprocal = [&](double of) { return n > 0 ? static_cast<float>(1 / of) : 0.0f; };
  for (const mode m : modes) {
    switch (m) {
      case mode::cls:  // of no token left, the reference takes the text's first one
        if (tokens > 0)
          std::copy_n(n > 0 ? x : states, hidden, out);
        else
          std::fill_n(out, hidden, 0.0f);
        break;
      case mode::lasttoken:
        if (n > 0)
          std::copy_n(x + (n - 1) * hidden, hidden, out);
        else
          std::fill_n(out, hidden, 0.0f);
        break;
      case mode::max:
        std::fill_n(out, hidden, n > 0 ? -std::numeric_limits<float>::infinity() : 0.0f);
        for (std::int64_t t = 0; t < n; ++t)
          for (std::int64_t c = 0; c < hidden; ++c) out[c] = std::max(out[c], x[t * hidden + c]);
        break;
      case mode::mean:
        detail::sum_rows(table, x, n, hidden, n > 0 ? 1.0f / static_cast<float>(n) : 0.0f, out);
        break;
      case mode::mean_sqrt_len_tokens:
        detail::sum_rows(table, x, n, hidden, reciprocal(std::sqrt(static_cast<double>(n))), out);
        break;
      case mode::weightedmean: {
        double weights = 0;
        for (std::int64_t t = 0; t < n; ++t) weights += static_cast<double>(first + t + 1);
        for (std::int64_t c = 0; c < hidden; ++c) {
          double sum = 0;
          for (std::int64_t t = 0; t < n; ++t)
            sum += static_cast<double>(first + t + 1) * static_cast<double>(x[t * hidden + c]);
          out[c] = n > 0 ? static_cast<float>(sum / weights) : 0.0f;
        }
      }
    }
    out += hidden;
  }
}

AISLE_API dense_layer dense_layer::from_json(const json& config, const state_dict& weights) {
  dense_layer d;
  d.in = config.get<std::int64_t>("in_features");
  d.out = config.get<std::int64_t>("out_features");
  if (d.in < 1 || d.out < 1) config.fail("expected in_features and out_features of at least 1");
  detail::check_names(config);
  if (config.get("use_residual", false))
    throw option_error(config.where() + ": use_residual is not built in");
  const std::string name = config.get("activation_function", "torch.nn.modules.activation.Tanh");
  constexpr std::pair<std::string_view, activation> known[] = {
      {"Identity", activation::identity}, {"Tanh", activation::tanh},       {"ReLU", activation::relu},
      {"GELU", activation::gelu},         {"Sigmoid", activation::sigmoid}, {"SiLU", activation::silu}};
  const std::string_view last = std::string_view(name).substr(name.find_last_of('.') + 1);
  const auto at = ranges::find(known, last, &std::pair<std::string_view, activation>::first);
  if (!name.starts_with("torch.nn.") || at == std::end(known))
    throw option_error(config.where() + ": the activation " + name +
                       " is not built in, expected Identity, Tanh, ReLU, GELU, Sigmoid or SiLU of torch.nn");
  d.act = at->second;
  const auto read = [&](const char* key, const shape& dims) {
    (weights.require)(key, dims);
    std::vector<float> values(static_cast<std::size_t>(dims.elements()));
    weights.read_f32(key, values);
    nn::require_finite(weights, key, values);
    return values;
  };
  const bool has_bias = config.get("bias", true);
  d.weight = read("linear.weight", shape{d.out, d.in});
  if (has_bias) d.bias = read("linear.bias", shape{d.out});
  for (const auto& e : weights.entries())
    if (e.name != "linear.weight" && !(has_bias && e.name == "linear.bias"))
      throw tensor_error(weights.path() + ": tensor '" + e.name + "' is not one of a Dense module's");
  return d;
}

AISLE_API std::vector<float> dense_layer::operator()(std::span<const float> x) const {
  std::vector<float> y(static_cast<std::size_t>(out));
  for (std::size_t o = 0; o < y.size(); ++o) {
    const float* w = weight.data() + o * x.size();
    double sum = bias.empty() ? 0.0 : static_cast<double>(bias[o]);
    for (std::size_t i = 0; i < x.size(); ++i) sum += static_cast<double>(w[i]) * static_cast<double>(x[i]);
    switch (act) {
      case activation::identity:
        break;
      case activation::tanh:
        sum = std::tanh(sum);
        break;
      case activation::relu:
        sum = std::max(sum, 0.0);
        break;
      case activation::gelu:
        sum = 0.5 * sum * (1 + std::erf(sum * 0.70710678118654752440));
        break;
      case activation::sigmoid:
        sum = 1 / (1 + std::exp(-sum));
        break;
      case activation::silu:
        sum = sum / (1 + std::exp(-sum));
    }
    y[o] = static_cast<float>(sum);
  }
  return y;
}

AISLE_API std::vector<float> unit_norm::operator()(std::span<const float> x) const {
  double squares = 0;
  for (const float v : x) squares += static_cast<double>(v) * static_cast<double>(v);
  const double norm = std::max(std::sqrt(squares), least);
  std::vector<float> y(x.size());
  ranges::transform(x, y.begin(), [&](float v) { return static_cast<float>(static_cast<double>(v) / norm); });
  return y;
}

AISLE_NAMESPACE_END
