#pragma once

#include <string>

#include <aisle/models/densenet.hpp>
#include <aisle/models/family.ipp>

AISLE_NAMESPACE_BEGIN
namespace models {

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
                   .endings = {}}},
      .prefixes = {""},
      .signature = {"features.conv0.weight", "features.denseblock1.denselayer1.conv2.weight",
                    "features.norm5.running_mean"},
      .unread = {"classifier."},
      .head = "classifier.",
      // densenetblur121d has blur pooling in place of strides.
      .architectures = {"densenet*", "tv_densenet*"},
      .build = [](const nn::weight_source& weights,
                  const json&) { return densenet(densenet_config::from_checkpoint(weights)); },
  };
  return f;
}

}  // namespace models
AISLE_NAMESPACE_END
