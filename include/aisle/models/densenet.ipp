#pragma once

#include <string>

#include <aisle/models/densenet.hpp>
#include <aisle/models/family.ipp>

AISLE_NAMESPACE_BEGIN
namespace models {

namespace detail {

/// keras.applications' names, whose first releases wrote `conv1/conv` and `fc1000`.
AISLE_API key_scheme densenet_keras(std::string_view name, const std::string& stem, const std::string& head) {
  const std::string layer = "features.denseblock*.denselayer*.", as = "conv{0+1}_block{1}_";
  return {.name = name,
          .rules = {{"features.conv0", stem + "conv"},
                    {"features.norm0", stem + "bn"},
                    {layer + "norm1", as + "0_bn"},
                    {layer + "conv1", as + "1_conv"},
                    {layer + "norm2", as + "1_bn"},
                    {layer + "conv2", as + "2_conv"},
                    {"features.transition*.norm", "pool{0+1}_bn"},
                    {"features.transition*.conv", "pool{0+1}_conv"},
                    {"features.norm5", "bn"},
                    {"classifier", head}},
          .endings = keras_endings(),
          .layout = nn::weight_layout::keras};
}

}  // namespace detail

AISLE_API nn::graph densenet(const densenet_config& config) {
  nn::graph_builder b;
  const auto norm = [&](nn::value v, const std::string& name) {
    return b.batch_norm(v, name, config.bn_eps);
  };
  nn::value x =
      b.conv2d(b.image(), "features.conv0", {.out = config.stem, .kernel = 7, .stride = 2, .pad = 3});
  x = b.tap("stem", b.max_pool(b.relu(norm(x, "features.norm0")), {.kernel = 3, .stride = 2, .pad = 1}));
  std::int64_t width = config.stem;
  for (std::size_t block = 0; block < config.layers.size(); ++block) {
    const std::string at = std::to_string(block + 1), in = "features.denseblock" + at + ".denselayer";
    for (int i = 1; i <= config.layers[block]; ++i) {
      const std::string layer = in + std::to_string(i);
      nn::value y = b.relu(norm(x, layer + ".norm1"));
      y = b.relu(norm(b.conv2d(y, layer + ".conv1", {.out = config.bottleneck}), layer + ".norm2"));
      y = b.conv2d(y, layer + ".conv2", {.out = config.growth, .kernel = 3, .pad = 1});
      if (block == 0 && i == 1) b.tap("block1.layer1.new", y);
      x = b.concatenate({x, y});
      width += config.growth;
    }
    b.tap("denseblock" + at, x);
    if (block + 1 == config.layers.size()) break;
    const std::string transition = "features.transition" + at;
    x = b.conv2d(b.relu(norm(x, transition + ".norm")), transition + ".conv", {.out = width /= 2});
    x = b.tap("transition" + at, b.average_pool(x, {.kernel = 2, .stride = 2}));
  }
  x = b.global_average(b.relu(b.tap("norm5", norm(x, "features.norm5"))));
  b.output("embedding", x);
  if (config.classes > 0) b.output("logits", b.linear(x, "classifier", {.out = config.classes}));
  return std::move(b).finish();
}

AISLE_API densenet_config densenet_config::from_checkpoint(const nn::weight_source& weights) {
  densenet_config c;
  const auto layer = [](int block, int i) {
    return "features.denseblock" + std::to_string(block + 1) + ".denselayer" + std::to_string(i + 1);
  };
  c.stem = dimension(weights, "features.conv0.weight", 0);
  c.bottleneck = dimension(weights, layer(0, 0) + ".conv1.weight", 0);
  c.growth = dimension(weights, layer(0, 0) + ".conv2.weight", 0);
  const int blocks = depth_of(weights, [&](int block) { return layer(block, 0) + ".conv1.weight"; });
  c.layers.clear();
  for (int block = 0; block < blocks; ++block)
    c.layers.push_back(depth_of(weights, [&](int i) { return layer(block, i) + ".conv1.weight"; }));
  c.classes = weights.has("classifier.weight") ? dimension(weights, "classifier.weight", 0) : 0;
  if (weights.layout() == nn::weight_layout::keras) c.bn_eps = 1.001e-5f;
  return c;
}

AISLE_API const family& densenet_family() {
  static const family f = {
      .name = "densenet",
      .schemes = {{.name = "torchvision", .rules = {}, .endings = {}},
                  {.name = "legacy",
                   .rules = {{"features.denseblock*.denselayer*.norm*",
                              "features.denseblock{0}.denselayer{1}.norm.{2}"},
                             {"features.denseblock*.denselayer*.conv*",
                              "features.denseblock{0}.denselayer{1}.conv.{2}"}},
                   .endings = {}},
                  detail::densenet_keras("keras", "conv1_", "predictions"),
                  detail::densenet_keras("keras-legacy", "conv1/", "fc1000")},
      .prefixes = {""},
      .signature = {"features.conv0.weight", "features.denseblock1.denselayer1.conv2.weight",
                    "features.norm5.running_mean"},
      .unread = {"classifier.", "predictions/", "fc1000/"},
      .head = "classifier.",
      // densenetblur121d has blur pooling in place of strides.
      .architectures = {"densenet*", "tv_densenet*"},
      .arguments = {{"global_pool", {"avg"}},
                    {"growth_rate"},
                    {"block_config"},
                    {"num_init_features"},
                    {"bn_size"},
                    {"memory_efficient"},
                    {"stem_type", {""}},
                    {"act_layer", {"relu"}}},
      .build = [](const nn::weight_source& weights,
                  const json&) { return densenet(densenet_config::from_checkpoint(weights)); },
  };
  return f;
}

}  // namespace models
AISLE_NAMESPACE_END
