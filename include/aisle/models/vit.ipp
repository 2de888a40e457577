#pragma once

#include <cmath>
#include <string>

#include <aisle/models/family.ipp>
#include <aisle/models/vit.hpp>

AISLE_NAMESPACE_BEGIN
namespace models {

AISLE_API nn::graph vit(const vit_config& config) {
  nn::graph_builder b;
  nn::value x =
      b.conv2d(b.image(3, config.one_size ? config.side * config.patch : 0), "patch_embed.proj",
               {.out = config.hidden, .kernel = config.patch, .stride = config.patch, .bias = true});
  x = b.tap("embed", b.patch_tokens(x, {"cls_token", "pos_embed", config.side}));
  for (std::int64_t i = 0; i < config.layers; ++i) {
    const std::string block = "blocks." + std::to_string(i), attn = block + ".attn.";
    nn::value y = b.layer_norm(x, block + ".norm1", config.eps);
    const std::vector<std::string> qkv = config.joined_qkv
                                             ? std::vector<std::string>{attn + "qkv"}
                                             : std::vector<std::string>{attn + "q", attn + "k", attn + "v"};
    y = b.attention(b.linear(y, qkv, {.out = 3 * config.hidden}), config.heads);
    x = b.add(b.linear(y, attn + "proj", {.out = config.hidden}), x);
    y = b.gelu(
        b.linear(b.layer_norm(x, block + ".norm2", config.eps), block + ".mlp.fc1", {.out = config.mlp}));
    x = b.tap("block" + std::to_string(i + 1),
              b.add(b.linear(y, block + ".mlp.fc2", {.out = config.hidden}), x));
  }
  x = b.tap("norm", b.layer_norm(x, "norm", config.eps));
  const nn::value token = b.first_token(x);
  b.output("embedding", token);
  b.output("mean", b.mean_tokens(x, 1));
  if (config.pooler)
    b.output("pooler_output", b.tanh(b.linear(token, "pooler.dense", {.out = config.hidden})));
  if (config.classes > 0) b.output("logits", b.linear(token, "head", {.out = config.classes}));
  return std::move(b).finish();
}

AISLE_API vit_config vit_config::from_checkpoint(const nn::weight_source& weights, const json& config) {
  vit_config c;
  c.hidden = dimension(weights, "patch_embed.proj.weight", 0);
  c.patch = dimension(weights, "patch_embed.proj.weight", 2);
  if (c.hidden < 1) throw tensor_error("a patch embedding without channels");
  const std::int64_t positions = weights.at("pos_embed").dims.elements() / c.hidden;
  c.side = positions > 1 ? std::llround(std::sqrt(static_cast<double>(positions - 1))) : 0;
  if (c.side < 1 || c.side * c.side + 1 != positions)
    throw tensor_error((weights.path().empty() ? std::string() : weights.path() + ": ") + "tensor '" +
                       weights.at("pos_embed").name + "': positions of " + std::to_string(positions) +
                       " tokens, expected those of a square of patches and one class token: a model of other "
                       "pictures, or with register or distillation tokens, is not built in");
  c.layers = depth_of(weights, [](int i) { return "blocks." + std::to_string(i) + ".attn.proj.weight"; });
  c.mlp = dimension(weights, "blocks.0.mlp.fc1.weight", 0);
  c.joined_qkv = weights.has("blocks.0.attn.qkv.weight");
  c.pooler = weights.has("pooler.dense.weight");
  c.classes = weights.has("head.weight") ? dimension(weights, "head.weight", 0) : 0;
  const bool hf = !c.joined_qkv;
  const std::int64_t usual = c.hidden == 1280 ? 80 : 64;  // channels of a head
  c.heads = c.hidden % usual == 0 ? c.hidden / usual : 0;
  c.eps = hf ? 1e-12f : 1e-6f;
  c.one_size = !hf;
  if (config.is_object()) {
    expect_model_type(config, "vit");
    expect_gelu(config);
    if (c.pooler) expect(config, "pooler_act", "tanh");
    c.layers = stated_layers(config, c.layers);
    c.eps = stated_epsilon(config, "layer_norm_eps", c.eps);
    const auto stated =
        config.get<std::int64_t>("num_attention_heads", config.get<std::int64_t>("num_heads", 0));
    const json* argument = timm_argument(config, "num_heads");
    const std::int64_t heads = argument != nullptr ? argument->as<std::int64_t>() : stated;
    // timm's config.json names an architecture, whose heads are the usual ones where nothing else is said.
    c.heads_assumed = heads == 0 && !config.contains("architecture");
    if (heads != 0) c.heads = heads;
  }
  if (c.heads <= 0 || c.hidden % c.heads != 0)
    throw format_error("config.json", std::to_string(c.heads) + " heads for a hidden size of " +
                                          std::to_string(c.hidden) +
                                          ", expected a divisor of it as num_attention_heads: no tensor "
                                          "shows the number of heads");
  return c;
}

namespace detail {

/// torchvision's names; those of the MLP have changed.
AISLE_API key_scheme vit_torchvision(std::string_view name, const char* fc1, const char* fc2) {
  return {
      .name = name,
      .rules = {{"cls_token", "class_token"},
                {"pos_embed", "encoder.pos_embedding"},
                {"patch_embed.proj", "conv_proj"},
                {"blocks.*.norm*", "encoder.layers.encoder_layer_{0}.ln_{1}"},
                {"blocks.*.attn.qkv.weight",
                 "encoder.layers.encoder_layer_{0}.self_attention.in_proj_weight"},
                {"blocks.*.attn.qkv.bias", "encoder.layers.encoder_layer_{0}.self_attention.in_proj_bias"},
                {"blocks.*.attn.proj", "encoder.layers.encoder_layer_{0}.self_attention.out_proj"},
                {"blocks.*.mlp.fc1", fc1},
                {"blocks.*.mlp.fc2", fc2},
                {"norm", "encoder.ln"},
                {"head", "heads.head"}},
      .endings = {}};
}

}  // namespace detail

AISLE_API const family& vit_family() {
  static const family f = {
      .name = "vit",
      .schemes = {{.name = "timm", .rules = {}, .endings = {}},
                  detail::vit_torchvision("torchvision", "encoder.layers.encoder_layer_{0}.mlp.0",
                                          "encoder.layers.encoder_layer_{0}.mlp.3"),
                  detail::vit_torchvision("torchvision, old", "encoder.layers.encoder_layer_{0}.mlp.linear_1",
                                          "encoder.layers.encoder_layer_{0}.mlp.linear_2"),
                  {.name = "hf",
                   .rules = {{"cls_token", "embeddings.cls_token"},
                             {"pos_embed", "embeddings.position_embeddings"},
                             {"patch_embed.proj", "embeddings.patch_embeddings.projection"},
                             {"blocks.*.norm1", "encoder.layer.{0}.layernorm_before"},
                             {"blocks.*.norm2", "encoder.layer.{0}.layernorm_after"},
                             {"blocks.*.attn.q", "encoder.layer.{0}.attention.attention.query"},
                             {"blocks.*.attn.k", "encoder.layer.{0}.attention.attention.key"},
                             {"blocks.*.attn.v", "encoder.layer.{0}.attention.attention.value"},
                             {"blocks.*.attn.proj", "encoder.layer.{0}.attention.output.dense"},
                             {"blocks.*.mlp.fc1", "encoder.layer.{0}.intermediate.dense"},
                             {"blocks.*.mlp.fc2", "encoder.layer.{0}.output.dense"},
                             {"norm", "layernorm"},
                             {"head", "classifier"}},
                   .endings = {}}},
      .prefixes = {"", "vit."},
      .signature = {"cls_token", "pos_embed", "patch_embed.proj.weight", "blocks.0.attn.proj.weight",
                    "blocks.0.norm2.weight", "blocks.0.mlp.fc1.weight", "norm.weight"},
      .unread = {"head.", "heads.", "classifier.", "pooler."},
      .head = "head.",
      // Others of timm have norms before the blocks, no class token or another GELU.
      .architectures = {"vit_tiny_patch*_*", "vit_small_patch*_*", "vit_base_patch*_*", "vit_large_patch*_*",
                        "vit_huge_patch*_*", "deit_tiny_patch*_*", "deit_small_patch*_*",
                        "deit_base_patch*_*"},
      .arguments = {{"global_pool", {"token"}},
                    {"num_heads"},
                    {"patch_size"},
                    {"embed_dim"},
                    {"depth"},
                    {"mlp_ratio"},
                    {"init_values"},
                    {"dynamic_img_size"},
                    {"class_token", {"true"}},
                    {"qkv_bias", {"true"}},
                    {"qk_norm", {"false"}},
                    {"no_embed_class", {"false"}},
                    {"reg_tokens", {"0"}},
                    {"pre_norm", {"false"}},
                    {"final_norm", {"true"}},
                    {"fc_norm", {"false"}},
                    {"act_layer", {"gelu"}}},
      .build =
          [](const nn::weight_source& weights, const json& config) {
            const vit_config c = vit_config::from_checkpoint(weights, config);
            nn::graph g = vit(c);
            if (c.heads_assumed)
              g.notes.push_back("takes " + counted(c.heads, "head") + " of " +
                                std::to_string(c.hidden / c.heads) +
                                " channels, as published models have: no file says how many");
            return g;
          },
  };
  return f;
}

}  // namespace models
AISLE_NAMESPACE_END
