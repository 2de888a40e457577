#pragma once

#include <aisle/models/convnextv2.hpp>
#include <aisle/models/family.ipp>

AISLE_NAMESPACE_BEGIN
namespace models {

AISLE_API nn::graph convnextv2(const convnextv2_config& config) {
  nn::graph_builder b;
  nn::value x = b.image();
  for (std::size_t stage = 0; stage < 4; ++stage) {
    const std::string from = "downsample_layers." + std::to_string(stage), at = std::to_string(stage + 1);
    const std::int64_t dim = config.dims[stage];
    if (stage == 0) {
      x = b.conv2d(x, from + ".0", {.out = dim, .kernel = 4, .stride = 4, .bias = true});
      x = b.tap("stem", b.layer_norm(x, from + ".1", config.eps));
    } else {
      x = b.layer_norm(x, from + ".0", config.eps);
      x = b.conv2d(x, from + ".1", {.out = dim, .kernel = 2, .stride = 2, .bias = true});
      x = b.tap("downsample" + std::to_string(stage), x);
    }
    for (int i = 0; i < config.depths[stage]; ++i) {
      const std::string block = "stages." + std::to_string(stage) + "." + std::to_string(i);
      nn::value y = b.depthwise(x, block + ".dwconv", {.kernel = 7, .pad = 3, .bias = true});
      y = b.layer_norm(y, block + ".norm", config.eps);
      y = b.gelu(b.linear(y, block + ".pwconv1", {.out = 4 * dim}));
      y = b.grn(y, block + ".grn", config.grn_eps);
      y = b.linear(y, block + ".pwconv2", {.out = dim});
      x = b.tap("stage" + at + ".block" + std::to_string(i + 1), b.add(y, x));
    }
    b.tap("stage" + at, x);
  }
  x = b.layer_norm(b.global_average(x), "norm", config.final_eps);
  b.output("embedding", x);
  if (config.classes > 0) b.output("logits", b.linear(x, "head", {.out = config.classes}));
  return std::move(b).finish();
}

AISLE_API convnextv2_config convnextv2_config::from_checkpoint(const nn::weight_source& weights,
                                                               const json& config) {
  convnextv2_config c;
  for (std::size_t stage = 0; stage < 4; ++stage) {
    const std::string name = "stages." + std::to_string(stage) + ".";
    c.depths[stage] = depth_of(weights, [&](int i) { return name + std::to_string(i) + ".dwconv.weight"; });
    c.dims[stage] = dimension(weights, name + "0.dwconv.weight", 0);
  }
  expect_depths(config, c.depths);
  c.classes = weights.has("head.weight") ? dimension(weights, "head.weight", 0) : 0;
  if (config.is_object()) {
    expect_model_type(config, "convnextv2");
    expect_gelu(config);
    if (config.get<std::string>("model_type", std::string()) == "convnextv2")
      c.final_eps = stated_epsilon(config, "layer_norm_eps", 1e-12f);
  }
  return c;
}

AISLE_API const family& convnextv2_family() {
  static const family f = {
      .name = "convnextv2",
      .schemes = {{.name = "facebook", .rules = {}, .endings = {}},
                  {.name = "timm",
                   .rules = {{"downsample_layers.0.0", "stem.0"},
                             {"downsample_layers.0.1", "stem.1"},
                             {"downsample_layers.*.0", "stages.{0}.downsample.0"},
                             {"downsample_layers.*.1", "stages.{0}.downsample.1"},
                             {"stages.*.*.dwconv", "stages.{0}.blocks.{1}.conv_dw"},
                             {"stages.*.*.norm", "stages.{0}.blocks.{1}.norm"},
                             {"stages.*.*.pwconv1", "stages.{0}.blocks.{1}.mlp.fc1"},
                             {"stages.*.*.grn", "stages.{0}.blocks.{1}.mlp.grn"},
                             {"stages.*.*.pwconv2", "stages.{0}.blocks.{1}.mlp.fc2"},
                             {"norm", "head.norm"},
                             {"head", "head.fc"}},
                   .endings = {{"grn.gamma", "grn.weight"}, {"grn.beta", "grn.bias"}}},
                  {.name = "hf",
                   .rules = {{"downsample_layers.0.0", "embeddings.patch_embeddings"},
                             {"downsample_layers.0.1", "embeddings.layernorm"},
                             {"downsample_layers.*.0", "encoder.stages.{0}.downsampling_layer.0"},
                             {"downsample_layers.*.1", "encoder.stages.{0}.downsampling_layer.1"},
                             {"stages.*.*.norm", "encoder.stages.{0}.layers.{1}.layernorm"},
                             {"stages.*.*", "encoder.stages.{0}.layers.{1}"},
                             {"norm", "layernorm"},
                             {"head", "classifier"}},
                   .endings = {{"grn.gamma", "grn.weight"}, {"grn.beta", "grn.bias"}}}},
      .prefixes = {"", "convnextv2."},
      .signature = {"downsample_layers.0.0.weight", "stages.0.0.dwconv.weight", "stages.0.0.grn.gamma"},
      .unread = {"head.", "classifier."},
      .head = "head.",
      .arguments = {{"global_pool", {"avg"}},
                    {"depths"},
                    {"dims"},
                    {"head_init_scale"},
                    {"ls_init_value"},
                    {"patch_size", {"4"}},
                    {"kernel_sizes", {"7"}},
                    {"output_stride", {"32"}},
                    {"stem_type", {"patch"}},
                    {"use_grn", {"true"}},
                    {"conv_mlp", {"false"}},
                    {"conv_bias", {"true"}},
                    {"head_norm_first", {"false"}},
                    {"norm_eps", {"1e-6"}},
                    {"act_layer", {"gelu"}}},
      .build =
          [](const nn::weight_source& weights, const json& config) {
            return convnextv2(convnextv2_config::from_checkpoint(weights, config));
          },
  };
  return f;
}

}  // namespace models
AISLE_NAMESPACE_END
