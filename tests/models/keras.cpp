#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include <aisle/models/zoo.hpp>

#include "support/tiny_model.hpp"
#include "support/support.hpp"

using namespace aisle::models;
using support::checkpoint_of;

namespace {

const auto nominal = aisle::nn::value_shape::map(80, 76, 3);
const resnet_config small_resnet = {.stem = 8,
                                    .layers = {1, 2, 1, 1},
                                    .widths = {16, 32, 48, 64},
                                    .classes = 5,
                                    .bn_eps = 1.001e-5f,
                                    .stride_first = true,
                                    .conv_bias = true};
const densenet_config small_densenet = {
    .stem = 16, .growth = 8, .bottleneck = 24, .layers = {2, 3, 1}, .classes = 4, .bn_eps = 1.001e-5f};
const inception_config keras_inception = {.classes = 6, .count_padding = false, .bn_scale = false};

const key_scheme& scheme_of(const family& f, std::string_view name) {
  const auto found =
      std::find_if(f.schemes.begin(), f.schemes.end(), [&](const key_scheme& s) { return s.name == name; });
  REQUIRE(found != f.schemes.end());
  return *found;
}

std::vector<float> outputs(const aisle::nn::graph& g, const aisle::nn::weight_source& weights) {
  const aisle::nn::network net(g, weights, nominal, {.outputs = {"embedding", "logits"}});
  std::vector<float> picture(static_cast<std::size_t>(nominal.elements()));
  for (std::size_t i = 0; i < picture.size(); ++i) picture[i] = static_cast<float>(i % 23) / 11.0f - 1;
  const auto width = static_cast<std::size_t>(net.width("embedding"));
  std::vector<float> out(width + static_cast<std::size_t>(net.width("logits")));
  net.run_images(picture.data(), 1, nominal, {{"embedding", out.data()}, {"logits", out.data() + width}});
  return out;
}

/// The names of a Keras file that was written after other models had taken `taken` numbers.
aisle::state_dict renumbered(const aisle::state_dict& d, const std::string& layer, long taken) {
  return d.renamed([&](const std::string& name) {
    if (!name.starts_with(layer)) return name;
    const std::size_t slash = name.find('/');
    const std::string number = name.substr(layer.size(), slash - layer.size());
    const long now = (number.empty() ? 0 : std::stol(number.substr(1))) + taken;
    return layer + "_" + std::to_string(now) + name.substr(slash);
  });
}

}  // namespace

TEST_CASE("Keras' names and layouts: the same network, in the same bits") {
  const auto same = [](const aisle::nn::graph& g, const family& f, std::string_view scheme) {
    CAPTURE(std::string(f.name));
    CAPTURE(std::string(scheme));
    const auto model = open_model(checkpoint_of(g, nominal, scheme_of(f, scheme)), aisle::json());
    CHECK(model->of == &f);
    CHECK(model->scheme == scheme);
    const auto read = outputs(model->graph, *model->weights);
    CHECK(read == outputs(g, generated_weights()));
  };
  same(resnet(small_resnet), resnet_family(), "keras");
  same(densenet(small_densenet), densenet_family(), "keras");
  same(densenet(small_densenet), densenet_family(), "keras-legacy");
  same(inception(keras_inception), inception_family(), "keras");
}

TEST_CASE("Keras' names are those of its applications") {
  const auto key = [](const family& f, const char* scheme, const char* name) {
    return key_for(scheme_of(f, scheme), name);
  };
  const family &r = resnet_family(), &d = densenet_family(), &v = inception_family();
  CHECK(key(r, "keras", "conv1.bias") == "conv1_conv/bias:0");
  CHECK(key(r, "keras", "layer3.22.conv2.weight") == "conv4_block23_2_conv/kernel:0");
  CHECK(key(r, "keras", "layer1.0.downsample.1.running_var") == "conv2_block1_0_bn/moving_variance:0");
  CHECK(key(d, "keras", "features.denseblock3.denselayer12.norm1.weight") == "conv4_block12_0_bn/gamma:0");
  CHECK(key(d, "keras", "features.denseblock3.denselayer12.conv2.weight") == "conv4_block12_2_conv/kernel:0");
  CHECK(key(d, "keras", "features.transition1.norm.running_mean") == "pool2_bn/moving_mean:0");
  CHECK(key(d, "keras", "features.norm5.bias") == "bn/beta:0");
  CHECK(key(d, "keras-legacy", "features.conv0.weight") == "conv1/conv/kernel:0");
  CHECK(key(d, "keras-legacy", "classifier.bias") == "fc1000/bias:0");
  CHECK(key(v, "keras", "Conv2d_1a_3x3.conv.weight") == "conv2d/kernel:0");
  CHECK(key(v, "keras", "Mixed_7c.branch_pool.conv.weight") == "conv2d_93/kernel:0");
  CHECK(key(v, "keras", "Mixed_6a.branch3x3.bn.running_var") == "batch_normalization_26/moving_variance:0");
  CHECK(key(v, "keras", "fc.weight") == "predictions/kernel:0");
}

TEST_CASE("layers that Keras numbers count from whatever number is the first, behind any prefix" *
          doctest::skip(support::long_when_sanitized())) {
  const aisle::nn::graph g = inception(keras_inception);
  const auto plain = checkpoint_of(g, nominal, scheme_of(inception_family(), "keras"));
  const auto expected = outputs(g, generated_weights());
  auto moved = renumbered(renumbered(plain, "conv2d", 1), "batch_normalization", 188);
  const auto model = open_model(moved, aisle::json());
  CHECK(outputs(model->graph, *model->weights) == expected);
  CHECK(model->graph.outputs.contains("logits"));
  const auto behind =
      open_model(moved.renamed([](const std::string& name) { return "backbone/" + name; }), aisle::json());
  CHECK(behind->prefix == "backbone/");
  CHECK(outputs(behind->graph, *behind->weights) == expected);
  // One that is missing in between is missed.
  const auto holed = moved.renamed(
      [](const std::string& name) { return name == "conv2d_41/kernel:0" ? std::string() : name; });
  CHECK_THROWS_WITH_AS(outputs(g, *open_model(holed, aisle::json())->weights),
                       doctest::Contains("no tensor 'conv2d_41/kernel:0' of shape [1, 1, 768, 192]"),
                       aisle::tensor_error);
}

TEST_CASE("a kernel of another shape is told in the file's own layout") {
  const auto& keras = scheme_of(resnet_family(), "keras");
  auto d = checkpoint_of(resnet(small_resnet), nominal, keras, "", "layer2.1.conv2.weight");
  d.add("conv3_block2_2_conv/kernel:0", aisle::tensor(aisle::dtype::f32, {5, 3, 8, 8}));
  const auto model = open_model(d, aisle::json());
  CHECK_THROWS_WITH_AS(
      outputs(model->graph, *model->weights),
      doctest::Contains("'conv3_block2_2_conv/kernel:0' has shape [5, 3, 8, 8], expected [3, 3, 8, 8]"),
      aisle::tensor_error);
}

TEST_CASE("Keras' network without its top has no logits; ResNet V2 and FID's Inception are refused") {
  resnet_config bare = small_resnet;
  bare.classes = 0;
  const auto& keras = scheme_of(resnet_family(), "keras");
  CHECK_FALSE(open_model(checkpoint_of(resnet(bare), nominal, keras), aisle::json())
                  ->graph.outputs.contains("logits"));
  auto preactivated = checkpoint_of(resnet(bare), nominal, keras);
  preactivated.add("conv2_block1_preact_bn/gamma:0", aisle::tensor(aisle::dtype::f32, {8}));
  CHECK_THROWS_WITH_AS(open_model(preactivated, aisle::json()), doctest::Contains("conv2_block1_preact_bn"),
                       aisle::tensor_error);
  inception_config fid;
  fid.classes = 1008;
  CHECK_THROWS_WITH_AS(
      open_model(checkpoint_of(inception(fid), nominal, inception_family().schemes[0]), aisle::json()),
      doctest::Contains("1008 classes"), aisle::tensor_error);
}

TEST_CASE("Inception V3: the auxiliary classifier goes unread, and the least picture is of 75 pixels") {
  auto d = checkpoint_of(inception({.classes = 3}), nominal, inception_family().schemes[0]);
  d.add("AuxLogits.fc.weight", aisle::tensor(aisle::dtype::f32, {3, 768}));
  const auto model = open_model(d, aisle::json());
  CHECK(model->of == &inception_family());
  const auto width = [&](std::int64_t side) {
    return aisle::nn::infer_shapes(model->graph, aisle::nn::value_shape::map(side, side, 3))
        .at(static_cast<std::size_t>(model->graph.outputs.at("embedding")))
        .elements();
  };
  CHECK(width(75) == 2048);
  CHECK(width(299) == 2048);
  CHECK_THROWS_AS(width(74), aisle::shape_error);
}
