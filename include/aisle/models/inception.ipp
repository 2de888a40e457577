#pragma once

#include <string>
#include <vector>

#include <aisle/models/family.ipp>
#include <aisle/models/inception.hpp>

AISLE_NAMESPACE_BEGIN
namespace models {

namespace detail {

struct inception_builder {
  const inception_config& config;
  nn::graph_builder b{};
  std::vector<std::string> convolutions{};  ///< names in order, which is all that Keras calls them by

  /// `rows` x `columns`, with a norm and ReLU; of stride 2 without padding, else as large as the input.
  nn::value conv(nn::value x, const std::string& name, std::int64_t out, std::int64_t rows = 1,
                 std::int64_t columns = 1, std::int64_t stride = 1, bool pad = true) {
    convolutions.push_back(name);
    x = b.conv2d(x, name + ".conv",
                 {.out = out,
                  .kernel = rows,
                  .stride = stride,
                  .mode = pad && stride == 1 ? nn::padding::same : nn::padding::fixed,
                  .kernel_width = columns});
    return b.relu(b.batch_norm(x, name + ".bn", config.bn_eps, config.bn_scale));
  }
  nn::value max_pool(nn::value x) { return b.max_pool(x, {.kernel = 3, .stride = 2}); }
  nn::value pooled(nn::value x, const std::string& at, std::int64_t out) {
    return conv(b.average_pool(x, {.kernel = 3, .pad = 1}, config.count_padding), at + "branch_pool", out);
  }

  // Blocks by the figures of the paper. Branches are columns of one map.

  nn::value figure_5(nn::value x, const std::string& at, std::int64_t pool) {
    const nn::value one = conv(x, at + "branch1x1", 64);
    const nn::value five = conv(conv(x, at + "branch5x5_1", 48), at + "branch5x5_2", 64, 5, 5);
    nn::value twice = conv(conv(x, at + "branch3x3dbl_1", 64), at + "branch3x3dbl_2", 96, 3, 3);
    twice = conv(twice, at + "branch3x3dbl_3", 96, 3, 3);
    return b.concatenate({one, five, twice, pooled(x, at, pool)});
  }

  /// From 35 to 17 pixels.
  nn::value reduction_6a(nn::value x, const std::string& at) {
    const nn::value three = conv(x, at + "branch3x3", 384, 3, 3, 2);
    nn::value twice = conv(conv(x, at + "branch3x3dbl_1", 64), at + "branch3x3dbl_2", 96, 3, 3);
    twice = conv(twice, at + "branch3x3dbl_3", 96, 3, 3, 2);
    return b.concatenate({three, twice, max_pool(x)});
  }

  nn::value figure_6(nn::value x, const std::string& at, std::int64_t width) {
    const nn::value one = conv(x, at + "branch1x1", 192);
    nn::value seven = conv(conv(x, at + "branch7x7_1", width), at + "branch7x7_2", width, 1, 7);
    seven = conv(seven, at + "branch7x7_3", 192, 7, 1);
    nn::value twice = conv(conv(x, at + "branch7x7dbl_1", width), at + "branch7x7dbl_2", width, 7, 1);
    twice = conv(twice, at + "branch7x7dbl_3", width, 1, 7);
    twice = conv(twice, at + "branch7x7dbl_4", width, 7, 1);
    twice = conv(twice, at + "branch7x7dbl_5", 192, 1, 7);
    return b.concatenate({one, seven, twice, pooled(x, at, 192)});
  }

  /// From 17 to 8 pixels.
  nn::value reduction_7a(nn::value x, const std::string& at) {
    const nn::value three = conv(conv(x, at + "branch3x3_1", 192), at + "branch3x3_2", 320, 3, 3, 2);
    nn::value seven = conv(conv(x, at + "branch7x7x3_1", 192), at + "branch7x7x3_2", 192, 1, 7);
    seven = conv(seven, at + "branch7x7x3_3", 192, 7, 1);
    seven = conv(seven, at + "branch7x7x3_4", 192, 3, 3, 2);
    return b.concatenate({three, seven, max_pool(x)});
  }

  nn::value figure_7(nn::value x, const std::string& at) {
    const nn::value one = conv(x, at + "branch1x1", 320);
    const nn::value three = conv(x, at + "branch3x3_1", 384);
    const nn::value three_a = conv(three, at + "branch3x3_2a", 384, 1, 3),
                    three_b = conv(three, at + "branch3x3_2b", 384, 3, 1);
    const nn::value twice = conv(conv(x, at + "branch3x3dbl_1", 448), at + "branch3x3dbl_2", 384, 3, 3);
    const nn::value twice_a = conv(twice, at + "branch3x3dbl_3a", 384, 1, 3),
                    twice_b = conv(twice, at + "branch3x3dbl_3b", 384, 3, 1);
    return b.concatenate({one, three_a, three_b, twice_a, twice_b, pooled(x, at, 192)});
  }

  /// A place by torchvision's name and by Keras'.
  nn::value tap(const std::string& name, const std::string& keras, nn::value x) {
    return b.tap(keras, b.tap(name, x));
  }

  void build() {
    nn::value x = tap("Conv2d_1a_3x3", "stem.conv1", conv(b.image(), "Conv2d_1a_3x3", 32, 3, 3, 2));
    x = conv(x, "Conv2d_2a_3x3", 32, 3, 3, 1, false);
    x = b.tap("Conv2d_2b_3x3", conv(x, "Conv2d_2b_3x3", 64, 3, 3));
    x = conv(b.tap("maxpool1", max_pool(x)), "Conv2d_3b_1x1", 80);
    x = b.tap("Conv2d_4a_3x3", conv(x, "Conv2d_4a_3x3", 192, 3, 3, 1, false));
    x = tap("maxpool2", "stem", max_pool(x));
    x = tap("Mixed_5b", "mixed0", figure_5(x, "Mixed_5b.", 32));
    x = tap("Mixed_5c", "mixed1", figure_5(x, "Mixed_5c.", 64));
    x = tap("Mixed_5d", "mixed2", figure_5(x, "Mixed_5d.", 64));
    x = tap("Mixed_6a", "mixed3", reduction_6a(x, "Mixed_6a."));
    x = tap("Mixed_6b", "mixed4", figure_6(x, "Mixed_6b.", 128));
    x = tap("Mixed_6c", "mixed5", figure_6(x, "Mixed_6c.", 160));
    x = tap("Mixed_6d", "mixed6", figure_6(x, "Mixed_6d.", 160));
    x = tap("Mixed_6e", "mixed7", figure_6(x, "Mixed_6e.", 192));
    x = tap("Mixed_7a", "mixed8", reduction_7a(x, "Mixed_7a."));
    x = tap("Mixed_7b", "mixed9", figure_7(x, "Mixed_7b."));
    x = tap("Mixed_7c", "mixed10", figure_7(x, "Mixed_7c."));
    x = b.global_average(x);
    b.output("embedding", x);
    if (config.classes > 0) b.output("logits", b.linear(x, "fc", {.out = config.classes}));
  }
};

/// Keras numbers the layers; which is which, their order says.
AISLE_API key_scheme inception_keras() {
  const inception_config config;
  inception_builder r{config};
  r.build();
  key_scheme scheme{.name = "keras",
                    .rules = {{"fc", "predictions"}},
                    .endings = keras_endings(),
                    .layout = nn::weight_layout::keras};
  for (std::size_t i = 0; i < r.convolutions.size(); ++i) {
    const std::string &name = r.convolutions[i], number = std::to_string(i),
                      norm = "batch_normalization#" + number;
    scheme.rules.push_back({name + ".conv.weight", "conv2d#" + number + "/kernel:0"});
    scheme.rules.push_back({name + ".bn.weight", norm + "/gamma:0"});
    scheme.rules.push_back({name + ".bn.bias", norm + "/beta:0"});
    scheme.rules.push_back({name + ".bn", norm});
  }
  return scheme;
}

}  // namespace detail

AISLE_API nn::graph inception(const inception_config& config) {
  detail::inception_builder r{config};
  r.build();
  return std::move(r.b).finish();
}

AISLE_API inception_config inception_config::from_checkpoint(const nn::weight_source& weights) {
  inception_config c;
  c.classes = weights.has("fc.weight") ? dimension(weights, "fc.weight", 0) : 0;
  c.bn_scale = weights.has("Conv2d_1a_3x3.bn.weight");
  if (c.classes == 1008)
    throw tensor_error((weights.path().empty() ? std::string() : weights.path() + ": ") +
                       "has 1008 classes, as the Inception has that FID is computed with: it has the same "
                       "tensors and pools in another way; expected torchvision's or Keras'");
  c.count_padding = weights.layout() != nn::weight_layout::keras;
  return c;
}

AISLE_API const family& inception_family() {
  static const family f = {
      .name = "inception",
      .schemes = {{.name = "torchvision", .rules = {}, .endings = {}}, detail::inception_keras()},
      .prefixes = {""},
      .signature = {"Conv2d_1a_3x3.conv.weight", "Mixed_6b.branch7x7dbl_2.conv.weight",
                    "Mixed_7c.branch_pool.bn.running_mean"},
      .unread = {"AuxLogits.", "fc.", "predictions/"},
      .head = "fc.",
      .architectures = {"inception_v3", "tf_inception_v3", "adv_inception_v3", "gluon_inception_v3"},
      .arguments = {{"global_pool", {"avg"}},
                    {"aux_logits"},
                    {"norm_layer", {"batchnorm2d"}},
                    {"norm_eps", {"1e-3"}},
                    {"act_layer", {"relu"}}},
      .build = [](const nn::weight_source& weights,
                  const json&) { return inception(inception_config::from_checkpoint(weights)); },
  };
  return f;
}

}  // namespace models
AISLE_NAMESPACE_END
