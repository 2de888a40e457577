#pragma once

#include <algorithm>
#include <cmath>
#include <utility>

#include <aisle/models/efficientnet_lite.hpp>
#include <aisle/models/family.ipp>

AISLE_NAMESPACE_BEGIN
namespace models {

namespace detail {

/// Channels scaled and rounded to a multiple of 8, never more than 10 % down.
AISLE_API std::int64_t round_channels(double channels) {
  const auto rounded = std::max<std::int64_t>(8, static_cast<std::int64_t>(channels + 4) / 8 * 8);
  return static_cast<double>(rounded) < 0.9 * channels ? rounded + 8 : rounded;
}

struct lite_stage {
  std::int64_t expansion, kernel, stride, channels;
  int blocks;
};
inline constexpr lite_stage lite_stages[] = {
    {1, 3, 1, 16, 1},  {6, 3, 2, 24, 2},  {6, 5, 2, 40, 2},  {6, 3, 2, 80, 3},
    {6, 5, 1, 112, 3}, {6, 5, 2, 192, 4}, {6, 3, 1, 320, 1},
};

}  // namespace detail

AISLE_API std::int64_t efficientnet_lite_config::channels(int stage) const {
  return detail::round_channels(width * static_cast<double>(detail::lite_stages[stage].channels));
}

AISLE_API int efficientnet_lite_config::blocks(int stage) const {
  // Lite models keep the first and the last stage's depth.
  const int count = detail::lite_stages[stage].blocks;
  return stage == 0 || stage == 6 ? count : static_cast<int>(std::ceil(depth * count));
}

AISLE_API efficientnet_lite_config efficientnet_lite_config::lite(int number) {
  static constexpr std::pair<double, double> scales[] = {
      {1.0, 1.0}, {1.0, 1.1}, {1.1, 1.2}, {1.2, 1.4}, {1.4, 1.8}};
  efficientnet_lite_config c;
  c.width = scales[number].first;
  c.depth = scales[number].second;
  return c;
}

AISLE_API efficientnet_lite_config
efficientnet_lite_config::from_checkpoint(const nn::weight_source& weights) {
  const std::int64_t widest = dimension(weights, "head.conv.weight", 1);
  // All that a shallow one has a deep one has too: the deepest whose stages are all there.
  efficientnet_lite_config found;
  for (int number = 0; number <= 4; ++number) {
    const efficientnet_lite_config c = lite(number);
    bool fits = c.channels(6) == widest;
    int block = 0;
    for (int stage = 0; stage < 7; ++stage) {
      block += c.blocks(stage);
      fits =
          fits && weights.has("blocks." + std::to_string(stage) + "." + std::to_string(c.blocks(stage) - 1) +
                              "." + std::to_string(block - 1) + ".depthwise.conv.weight");
    }
    if (fits) found = c;
  }
  found.classes = weights.has("classifier.weight") ? dimension(weights, "classifier.weight", 0) : 0;
  return found;
}

AISLE_API nn::graph efficientnet_lite(const efficientnet_lite_config& config) {
  nn::graph_builder b;
  const auto norm = [&](nn::value x, const std::string& name) {
    return b.batch_norm(x, name + ".bn", config.bn_eps);
  };
  constexpr auto same = nn::padding::same;

  nn::value x = b.tap("stem.conv",
                      b.conv2d(b.image(), "stem.conv", {.out = 32, .kernel = 3, .stride = 2, .mode = same}));
  x = b.tap("stem", b.relu6(norm(x, "stem")));

  std::int64_t width = 32, number = 0;
  for (int s = 0; s < 7; ++s) {
    const auto& [expansion, kernel, stride, channels, count] = detail::lite_stages[s];
    const std::int64_t out = config.channels(s);
    for (int i = 0; i < config.blocks(s); ++i, ++number) {
      const std::string block =
          "blocks." + std::to_string(s) + "." + std::to_string(i) + "." + std::to_string(number);
      const std::int64_t step = i == 0 ? stride : 1;
      nn::value y = x;
      if (expansion > 1)
        y = b.relu6(norm(b.conv2d(y, block + ".expand.conv", {.out = width * expansion}), block + ".expand"));
      y = b.depthwise(y, block + ".depthwise.conv", {.kernel = kernel, .stride = step, .mode = same});
      y = b.relu6(norm(y, block + ".depthwise"));
      b.tap("stage" + std::to_string(s + 1) + ".block" + std::to_string(i + 1) + ".dw", y);
      y = norm(b.conv2d(y, block + ".project.conv", {.out = out}), block + ".project");
      x = step == 1 && width == out ? b.add(y, x) : y;
      width = out;
    }
    b.tap("stage" + std::to_string(s + 1), x);
  }

  x = b.tap("head", b.relu6(norm(b.conv2d(x, "head.conv", {.out = 1280}), "head")));
  x = b.global_average(x);
  b.output("embedding", x);
  if (config.classes > 0) b.output("logits", b.linear(x, "classifier", {.out = config.classes}));
  return std::move(b).finish();
}

AISLE_API const family& efficientnet_lite_family() {
  static const family f = {
      .name = "efficientnet-lite",
      // The graph numbers a block by stage, index and overall.
      .schemes = {{.name = "timm",
                   .rules = {{"stem.conv", "conv_stem"},
                             {"stem.bn", "bn1"},
                             {"blocks.0.*.*.depthwise.conv", "blocks.0.{0}.conv_dw"},
                             {"blocks.0.*.*.depthwise.bn", "blocks.0.{0}.bn1"},
                             {"blocks.0.*.*.project.conv", "blocks.0.{0}.conv_pw"},
                             {"blocks.0.*.*.project.bn", "blocks.0.{0}.bn2"},
                             {"blocks.*.*.*.expand.conv", "blocks.{0}.{1}.conv_pw"},
                             {"blocks.*.*.*.expand.bn", "blocks.{0}.{1}.bn1"},
                             {"blocks.*.*.*.depthwise.conv", "blocks.{0}.{1}.conv_dw"},
                             {"blocks.*.*.*.depthwise.bn", "blocks.{0}.{1}.bn2"},
                             {"blocks.*.*.*.project.conv", "blocks.{0}.{1}.conv_pwl"},
                             {"blocks.*.*.*.project.bn", "blocks.{0}.{1}.bn3"},
                             {"head.conv", "conv_head"},
                             {"head.bn", "bn2"}},
                   .endings = {}},
                  {.name = "efficientnet-pytorch",
                   .rules = {{"stem.conv", "_conv_stem"},
                             {"stem.bn", "_bn0"},
                             {"blocks.*.*.*.expand.conv", "_blocks.{2}._expand_conv"},
                             {"blocks.*.*.*.expand.bn", "_blocks.{2}._bn0"},
                             {"blocks.*.*.*.depthwise.conv", "_blocks.{2}._depthwise_conv"},
                             {"blocks.*.*.*.depthwise.bn", "_blocks.{2}._bn1"},
                             {"blocks.*.*.*.project.conv", "_blocks.{2}._project_conv"},
                             {"blocks.*.*.*.project.bn", "_blocks.{2}._bn2"},
                             {"head.conv", "_conv_head"},
                             {"head.bn", "_bn1"},
                             {"classifier", "_fc"}},
                   .endings = {}}},
      .prefixes = {""},
      .signature = {"stem.conv.weight", "blocks.1.0.1.expand.conv.weight", "head.conv.weight"},
      .unread = {"classifier.", "_fc."},
      .head = "classifier.",
      // Without "tf_" the same tensors are meant for symmetric padding and batch norm eps 1e-5.
      .architectures = {"tf_efficientnet_lite*"},
      .lookalikes = {"efficientnet_lite*"},
      .arguments = {{"global_pool", {"avg"}},
                    {"channel_multiplier"},
                    {"depth_multiplier"},
                    {"stem_size"},
                    {"output_stride", {"32"}},
                    {"bn_eps", {"1e-3"}},
                    {"pad_type", {"same"}},
                    {"act_layer", {"relu6"}}},
      .build =
          [](const nn::weight_source& weights, const json&) {
            return efficientnet_lite(efficientnet_lite_config::from_checkpoint(weights));
          },
  };
  return f;
}

}  // namespace models
AISLE_NAMESPACE_END
