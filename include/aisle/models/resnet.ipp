#pragma once

#include <aisle/models/resnet.hpp>
#include <aisle/models/family.ipp>

AISLE_NAMESPACE_BEGIN
namespace models {

namespace detail {

struct resnet_builder {
  const resnet_config& config;
  nn::graph_builder b{};

  nn::value conv_bn(nn::value x, const std::string& conv, const std::string& bn, std::int64_t out,
                    std::int64_t kernel, std::int64_t stride) {
    x = b.conv2d(
        x, conv,
        {.out = out, .kernel = kernel, .stride = stride, .pad = kernel / 2, .bias = config.conv_bias});
    return b.batch_norm(x, bn, config.bn_eps);
  }

  nn::value block(nn::value x, const std::string& name, std::int64_t out, std::int64_t stride,
                  bool downsample) {
    nn::value shortcut = x;
    if (config.bottleneck) {
      const std::int64_t first = config.stride_first ? stride : 1;
      x = b.relu(conv_bn(x, name + ".conv1", name + ".bn1", out / 4, 1, first));
      x = b.relu(conv_bn(x, name + ".conv2", name + ".bn2", out / 4, 3, stride / first));
      x = conv_bn(x, name + ".conv3", name + ".bn3", out, 1, 1);
    } else {
      x = b.relu(conv_bn(x, name + ".conv1", name + ".bn1", out, 3, stride));
      x = conv_bn(x, name + ".conv2", name + ".bn2", out, 3, 1);
    }
    if (downsample)
      shortcut = conv_bn(shortcut, name + ".downsample.0", name + ".downsample.1", out, 1, stride);
    return b.relu(b.add(x, shortcut));
  }
};

/// Hugging Face's configuration can ask for strides and activations that no tensor shows.
AISLE_API void check_resnet_config(const json& config) {
  if (!config.is_object()) return;
  for (const char* key : {"downsample_in_bottleneck", "downsample_in_first_stage"})
    if (config.get<bool>(key, false)) config.at(key).fail("expected false, found true");
  expect_model_type(config, "resnet");
  expect(config, "hidden_act", "relu");
}

}  // namespace detail

AISLE_API nn::graph resnet(const resnet_config& config) {
  detail::resnet_builder r{config};
  nn::graph_builder& b = r.b;

  nn::value x = b.tap("stem.bn", r.conv_bn(b.image(), "conv1", "bn1", config.stem, 7, 2));
  x = b.tap("stem", b.max_pool(b.relu(x), {.kernel = 3, .stride = 2, .pad = 1}));

  std::int64_t width = config.stem;
  for (std::size_t stage = 0; stage < 4; ++stage) {
    const std::string at = std::to_string(stage + 1);
    for (int i = 0; i < config.layers[stage]; ++i) {
      const std::int64_t stride = stage > 0 && i == 0 ? 2 : 1;
      const bool downsample = stride != 1 || width != config.widths[stage];
      x = r.block(x, "layer" + at + "." + std::to_string(i), config.widths[stage], stride, downsample);
      b.tap("stage" + at + ".block" + std::to_string(i + 1), x);
      width = config.widths[stage];
    }
    b.tap("stage" + at, x);
  }

  x = b.global_average(x);
  b.output("embedding", x);
  if (config.classes > 0) b.output("logits", b.linear(x, "fc", {.out = config.classes}));
  return std::move(b).finish();
}

AISLE_API resnet_config resnet_config::from_checkpoint(const nn::weight_source& weights) {
  resnet_config c;
  c.bottleneck = weights.has("layer1.0.conv3.weight");
  c.stem = dimension(weights, "conv1.weight", 0);
  for (std::size_t stage = 0; stage < 4; ++stage) {
    const std::string name = "layer" + std::to_string(stage + 1) + ".";
    c.layers[stage] = depth_of(weights, [&](int i) { return name + std::to_string(i) + ".conv1.weight"; });
    c.widths[stage] = dimension(weights, name + (c.bottleneck ? "0.conv3.weight" : "0.conv2.weight"), 0);
  }
  c.classes = weights.has("fc.weight") ? dimension(weights, "fc.weight", 0) : 0;
  if (weights.layout() == nn::weight_layout::keras) {
    c.bn_eps = 1.001e-5f;
    c.stride_first = c.conv_bias = true;
  }
  return c;
}

AISLE_API const family& resnet_family() {
  static const family f = {
      .name = "resnet",
      .schemes =
          {{.name = "torchvision", .rules = {}, .endings = {}},
           {.name = "hf",
            .rules = {{"conv1", "embedder.embedder.convolution"},
                      {"bn1", "embedder.embedder.normalization"},
                      {"layer*.*.conv*", "encoder.stages.{0-1}.layers.{1}.layer.{2-1}.convolution"},
                      {"layer*.*.bn*", "encoder.stages.{0-1}.layers.{1}.layer.{2-1}.normalization"},
                      {"layer*.*.downsample.0", "encoder.stages.{0-1}.layers.{1}.shortcut.convolution"},
                      {"layer*.*.downsample.1", "encoder.stages.{0-1}.layers.{1}.shortcut.normalization"},
                      {"fc", "classifier.1"}},
            .endings = {}},
           {.name = "keras",
            .rules = {{"conv1", "conv1_conv"},
                      {"bn1", "conv1_bn"},
                      {"layer*.*.conv*", "conv{0+1}_block{1+1}_{2}_conv"},
                      {"layer*.*.bn*", "conv{0+1}_block{1+1}_{2}_bn"},
                      {"layer*.*.downsample.0", "conv{0+1}_block{1+1}_0_conv"},
                      {"layer*.*.downsample.1", "conv{0+1}_block{1+1}_0_bn"},
                      {"fc", "predictions"}},
            .endings = keras_endings(),
            .layout = nn::weight_layout::keras}},
      .prefixes = {"", "resnet."},
      .signature = {"conv1.weight", "layer1.0.conv1.weight", "layer4.0.bn2.running_mean"},
      // SwAV's file has its projection and prototypes beside the network.
      .unread = {"fc.", "classifier.", "predictions/", "projection_head.", "prototypes."},
      .head = "fc.",
      // Those with blur or average pooling before a stride (resnetblur50, resnetaa50) have the same tensors.
      .architectures = {"resnet*", "tv_resnet*", "gluon_resnet*_v1b", "ssl_resnet*", "swsl_resnet*"},
      .lookalikes = {"resnetblur*", "resnetaa*"},
      .arguments = {{"global_pool", {"avg"}},
                    {"layers"},
                    {"channels"},
                    {"zero_init_last"},
                    {"stem_width", {"64"}},
                    {"base_width", {"64"}},
                    {"cardinality", {"1"}},
                    {"output_stride", {"32"}},
                    {"stem_type", {""}},
                    {"replace_stem_pool", {"false"}},
                    {"block_reduce_first", {"1"}},
                    {"down_kernel_size", {"1"}},
                    {"avg_down", {"false"}},
                    {"act_layer", {"relu"}}},
      .build =
          [](const nn::weight_source& weights, const json& config) {
            detail::check_resnet_config(config);
            const resnet_config c = resnet_config::from_checkpoint(weights);
            expect_depths(config, c.layers);
            return resnet(c);
          },
  };
  return f;
}

}  // namespace models
AISLE_NAMESPACE_END
