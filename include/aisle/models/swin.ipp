#pragma once

#include <cmath>
#include <string>

#include <aisle/models/family.ipp>
#include <aisle/models/swin.hpp>

AISLE_NAMESPACE_BEGIN
namespace models {

AISLE_API nn::graph swin(const swin_config& config) {
  using rule = nn::window_attention::rule;
  const bool torchvision = config.takes == swin_config::sizes::torchvision;
  const rule shifts = torchvision ? rule::each_side : rule::shorter_side;
  const std::int64_t side = config.window * config.patch << (config.depths.size() - 1);
  nn::graph_builder b;
  nn::value x = b.image(3, config.takes == swin_config::sizes::one ? side : 0);
  x = b.conv2d(x, "patch_embed.proj",
               {.out = config.hidden,
                .kernel = config.patch,
                .stride = config.patch,
                .mode = torchvision ? nn::padding::fixed : nn::padding::after,
                .bias = true});
  x = b.tap("patch_embed", b.layer_norm(x, "patch_embed.norm", config.patch_eps));
  std::int64_t dim = config.hidden;
  for (std::size_t stage = 0; stage < config.depths.size(); ++stage) {
    const std::string layer = "layers." + std::to_string(stage), at = "stage" + std::to_string(stage + 1);
    if (stage > 0) {
      x = b.layer_norm(b.merge_patches(x), layer + ".downsample.norm", config.patch_eps);
      x = b.tap("merge" + std::to_string(stage),
                b.linear(x, layer + ".downsample.reduction", {.out = dim *= 2, .bias = false}));
    }
    for (int i = 0; i < config.depths[stage]; ++i) {
      const std::string block = layer + ".blocks." + std::to_string(i), attn = block + ".attn.";
      const std::vector<std::string> qkv = config.joined_qkv
                                               ? std::vector<std::string>{attn + "qkv"}
                                               : std::vector<std::string>{attn + "q", attn + "k", attn + "v"};
      nn::value y = b.linear(b.layer_norm(x, block + ".norm1", config.eps), qkv, {.out = 3 * dim});
      y = b.window_attention(y, {qkv, attn + "relative_position_bias_table", config.heads[stage],
                                 config.window, i % 2 == 1, shifts});
      x = b.add(b.linear(y, attn + "proj", {.out = dim}), x);
      y = b.layer_norm(x, block + ".norm2", config.eps);
      y = b.gelu(b.linear(y, block + ".mlp.fc1", {.out = config.mlp_ratio * dim}));
      x = b.tap(at + ".block" + std::to_string(i + 1),
                b.add(b.linear(y, block + ".mlp.fc2", {.out = dim}), x));
    }
    b.tap(at, x);
  }
  x = b.global_average(b.tap("norm", b.layer_norm(x, "norm", config.eps)));
  b.output("embedding", x);
  if (config.classes > 0) b.output("logits", b.linear(x, "head", {.out = config.classes}));
  return std::move(b).finish();
}

namespace detail {

/// The authors' networks that were made for another size have windows that do not cover the last map, or
/// cover more of it.
AISLE_API void check_size(const json& config, std::int64_t side) {
  const json* made = timm_argument(config, "img_size");
  if (made == nullptr) return;
  const auto check_side = [&](const json& stated) {
    if (stated.as<std::int64_t>() != side)
      made->fail("expected " + std::to_string(side) +
                 ", where the last map is one window: other sizes are not built in, found " + made->dump());
  };
  if (!made->is_array()) return check_side(*made);
  for (const json& stated : made->elements()) check_side(stated);
}

}  // namespace detail

AISLE_API swin_config swin_config::from_checkpoint(const nn::weight_source& weights, const json& config) {
  swin_config c;
  const auto block = [](int stage, int i) {
    return "layers." + std::to_string(stage) + ".blocks." + std::to_string(i);
  };
  const std::string table = ".attn.relative_position_bias_table";
  c.hidden = dimension(weights, "patch_embed.proj.weight", 0);
  if (c.hidden < 1) throw tensor_error("a patch embedding without channels");
  c.patch = dimension(weights, "patch_embed.proj.weight", 2);
  const std::int64_t offsets = dimension(weights, block(0, 0) + table, 0);
  c.window = (std::llround(std::sqrt(static_cast<double>(offsets))) + 1) / 2;
  if ((2 * c.window - 1) * (2 * c.window - 1) != offsets)
    throw tensor_error("a table of relative positions of " + std::to_string(offsets) +
                       " rows, expected an odd number's square");
  c.mlp_ratio = dimension(weights, block(0, 0) + ".mlp.fc1.weight", 0) / c.hidden;
  c.joined_qkv = weights.has(block(0, 0) + ".attn.qkv.weight");
  c.depths.clear();
  c.heads.clear();
  const int stages = depth_of(weights, [&](int stage) { return block(stage, 0) + table; });
  if (stages > 8) throw tensor_error(std::to_string(stages) + " stages, expected at most 8");
  for (int stage = 0; stage < stages; ++stage) {
    c.depths.push_back(depth_of(weights, [&](int i) { return block(stage, i) + table; }));
    c.heads.push_back(dimension(weights, block(stage, 0) + table, 1));
    if (c.heads.back() < 1 || (c.hidden << stage) % c.heads.back() != 0)
      throw tensor_error("stage " + std::to_string(stage + 1) + " has " + std::to_string(c.heads.back()) +
                         " heads, expected a divisor of its " + std::to_string(c.hidden << stage) +
                         " channels");
  }
  c.classes = weights.has("head.weight") ? dimension(weights, "head.weight", 0) : 0;
  c.takes = !c.joined_qkv ? sizes::transformers
            : weights.at("patch_embed.proj.weight").name.ends_with("features.0.0.weight") ? sizes::torchvision
                                                                                          : sizes::one;
  if (config.is_object()) {
    expect_model_type(config, "swin");
    expect_gelu(config);
    expect_depths(config, c.depths);
    c.eps = stated_epsilon(config, "layer_norm_eps", c.eps);
    if (c.takes == sizes::one) detail::check_size(config, c.window * c.patch << (stages - 1));
  }
  return c;
}

AISLE_API const family& swin_family() {
  static const family f = {
      .name = "swin",
      // The first that fits: the authors' file has all of timm's names but those of its head.
      .schemes =
          {{.name = "original", .rules = {{"layers.*.downsample", "layers.{0-1}.downsample"}}, .endings = {}},
           {.name = "timm", .rules = {{"head", "head.fc"}}, .endings = {}},
           {.name = "torchvision",
            .rules = {{"patch_embed.proj", "features.0.0"},
                      {"patch_embed.norm", "features.0.2"},
                      {"layers.0.blocks.*", "features.1.{0}"},
                      {"layers.1.downsample", "features.2"},
                      {"layers.1.blocks.*", "features.3.{0}"},
                      {"layers.2.downsample", "features.4"},
                      {"layers.2.blocks.*", "features.5.{0}"},
                      {"layers.3.downsample", "features.6"},
                      {"layers.3.blocks.*", "features.7.{0}"}},
            .endings = {{"mlp.fc1.weight", "mlp.0.weight"},
                        {"mlp.fc1.bias", "mlp.0.bias"},
                        {"mlp.fc2.weight", "mlp.3.weight"},
                        {"mlp.fc2.bias", "mlp.3.bias"}}},
           {.name = "hf",
            .rules = {{"patch_embed.proj", "embeddings.patch_embeddings.projection"},
                      {"patch_embed.norm", "embeddings.norm"},
                      {"layers.*.downsample", "encoder.layers.{0-1}.downsample"},
                      {"layers.*.blocks.*.norm1", "encoder.layers.{0}.blocks.{1}.layernorm_before"},
                      {"layers.*.blocks.*.norm2", "encoder.layers.{0}.blocks.{1}.layernorm_after"},
                      {"layers.*.blocks.*.attn.q", "encoder.layers.{0}.blocks.{1}.attention.self.query"},
                      {"layers.*.blocks.*.attn.k", "encoder.layers.{0}.blocks.{1}.attention.self.key"},
                      {"layers.*.blocks.*.attn.v", "encoder.layers.{0}.blocks.{1}.attention.self.value"},
                      {"layers.*.blocks.*.attn.relative_position_bias_table",
                       "encoder.layers.{0}.blocks.{1}.attention.self.relative_position_bias_table"},
                      {"layers.*.blocks.*.attn.proj", "encoder.layers.{0}.blocks.{1}.attention.output.dense"},
                      {"layers.*.blocks.*.mlp.fc1", "encoder.layers.{0}.blocks.{1}.intermediate.dense"},
                      {"layers.*.blocks.*.mlp.fc2", "encoder.layers.{0}.blocks.{1}.output.dense"},
                      {"norm", "layernorm"},
                      {"head", "classifier"}},
            .endings = {}}},
      .prefixes = {"", "swin."},
      .signature = {"patch_embed.norm.weight", "layers.0.blocks.0.attn.relative_position_bias_table",
                    "layers.1.downsample.reduction.weight", "layers.0.blocks.0.mlp.fc1.weight",
                    "norm.weight"},
      .unread = {"head.", "classifier."},
      .head = "head.",
      // Others of timm's names have windows of several sizes.
      .architectures = {"swin_tiny_patch*_window*_*", "swin_small_patch*_window*_*",
                        "swin_base_patch*_window*_*", "swin_large_patch*_window*_*"},
      .arguments = {{"global_pool", {"avg"}},
                    {"patch_size"},
                    {"window_size"},
                    {"embed_dim"},
                    {"depths"},
                    {"num_heads"},
                    {"mlp_ratio"},
                    {"qkv_bias", {"true"}},
                    {"always_partition", {"false"}},
                    {"act_layer", {"gelu"}}},
      .build = [](const nn::weight_source& weights,
                  const json& config) { return swin(swin_config::from_checkpoint(weights, config)); },
  };
  return f;
}

}  // namespace models
AISLE_NAMESPACE_END
