#include <doctest/doctest.h>

#include <set>
#include <string>

#include <aisle/models/zoo.hpp>

using namespace aisle::models;

namespace {

/// Every parameter a family's smallest graph asks for, collected into a checkpoint under one scheme's names.
aisle::state_dict checkpoint_of(const aisle::nn::graph& g, const aisle::nn::value_shape& nominal,
                                const key_scheme& scheme, const std::string& prefix,
                                const std::string& without = {}) {
  aisle::state_dict d;
  const aisle::nn::weight_source collect(
      [&](const std::string& name, const aisle::shape& dims, std::span<float> out) {
        std::ranges::fill(out, 0.5f);
        const std::string key = prefix + key_for(scheme, name);
        if (name == without || d.contains(key)) return;
        aisle::tensor t(aisle::dtype::f32, dims);
        std::ranges::fill(t.data<float>(), 0.5f);
        d.add(key, std::move(t));
      });
  std::vector<std::string> outputs;
  for (const auto& [name, id] : g.outputs) outputs.push_back(name);
  const aisle::nn::network net(g, collect, nominal, {.outputs = outputs});
  return d;
}

const resnet_config small_resnet = {
    .stem = 8, .layers = {1, 2, 1, 1}, .widths = {16, 32, 48, 64}, .classes = 5};

}  // namespace

TEST_CASE("rules rename whole words, count down, and leave other names alone") {
  const key_scheme s = {.name = "x",
                        .rules = {{"layer*.*.conv*", "stages.{0-1}.{1}.c.{2-1}"}, {"bn1", "norm"}},
                        .endings = {{".gamma", ".weight"}}};
  CHECK(key_for(s, "layer1.12.conv3.weight") == "stages.0.12.c.2.weight");
  CHECK(key_for(s, "layer1.12.conv.weight") == "layer1.12.conv.weight");
  CHECK(key_for(s, "bn1.bias") == "norm.bias");
  CHECK(key_for(s, "bn10.bias") == "bn10.bias");
  CHECK(key_for(s, "bn1.gamma") == "norm.weight");
}

TEST_CASE(
    "every scheme and prefix of a family is recognised from the tensors' names, sizes from their shapes") {
  const auto nominal = aisle::nn::value_shape::map(64, 64, 3);
  for (const key_scheme& scheme : resnet_family().schemes)
    for (const std::string& prefix : resnet_family().prefixes) {
      const auto model =
          open_model(checkpoint_of(resnet(small_resnet), nominal, scheme, prefix), aisle::json());
      CHECK(model->of == &resnet_family());
      CHECK(model->scheme == scheme.name);
      const auto c = resnet_config::from_checkpoint(*model->weights);
      CHECK(c.layers == small_resnet.layers);
      CHECK(c.widths == small_resnet.widths);
      CHECK(c.stem == 8);
      CHECK(c.classes == 5);
    }
  for (const key_scheme& scheme : convnextv2_family().schemes) {
    const convnextv2_config config = {.depths = {1, 1, 2, 1}, .dims = {8, 16, 24, 40}, .classes = 0};
    const auto model = open_model(checkpoint_of(convnextv2(config), nominal, scheme, ""), aisle::json());
    CHECK(model->of == &convnextv2_family());
    CHECK(convnextv2_config::from_checkpoint(*model->weights, aisle::json()).depths == config.depths);
    CHECK_FALSE(model->graph.outputs.contains("logits"));
  }
  for (const key_scheme& scheme : efficientnet_lite_family().schemes)
    CHECK(open_model(checkpoint_of(efficientnet_lite({}), nominal, scheme, ""), aisle::json())->scheme ==
          scheme.name);
}

TEST_CASE("a missing or mis-shaped tensor names itself, both shapes and what is near") {
  const auto nominal = aisle::nn::value_shape::map(64, 64, 3);
  const auto& scheme = resnet_family().schemes[1];
  const auto load = [&](aisle::state_dict d) {
    const auto model = open_model(std::move(d), aisle::json());
    const aisle::nn::network net(model->graph, *model->weights, nominal, {});
  };
  CHECK_NOTHROW(load(checkpoint_of(resnet(small_resnet), nominal, scheme, "resnet.")));
  try {
    load(checkpoint_of(resnet(small_resnet), nominal, scheme, "resnet.", "layer3.0.conv2.weight"));
    FAIL("a missing tensor was not noticed");
  } catch (const aisle::tensor_error& e) {
    const std::string message = e.what();
    CHECK(message.find("'resnet.encoder.stages.2.layers.0.layer.1.convolution.weight'") != std::string::npos);
    CHECK(message.find("[12, 12, 3, 3]") != std::string::npos);
    CHECK(message.find("nearest") != std::string::npos);
  }
  auto wrong = checkpoint_of(resnet(small_resnet), nominal, scheme, "", "layer3.0.conv2.weight");
  wrong.add("encoder.stages.2.layers.0.layer.1.convolution.weight",
            aisle::tensor(aisle::dtype::f32, {12, 12, 5, 5}));
  CHECK_THROWS_WITH_AS(load(std::move(wrong)), doctest::Contains("[12, 12, 5, 5]"), aisle::tensor_error);

  aisle::state_dict stranger;
  stranger.add("a.weight", aisle::tensor(aisle::dtype::f32, {2}));
  CHECK_THROWS_WITH_AS(open_model(std::move(stranger), aisle::json()), doctest::Contains("'a.weight'"),
                       aisle::format_error);
}

TEST_CASE("the zoo: ids are unique, every graph can be laid out, every picture model has a preset") {
  std::set<std::string_view> ids;
  for (const zoo_entry& e : zoo()) {
    CAPTURE(std::string(e.id));
    CHECK(ids.insert(e.id).second);
    CHECK(find_model(e.id) == &e);
    const auto g = e.graph();
    const bool text = e.of().text;
    CHECK(text == (e.side == 0));
    CHECK(text == e.preset.empty());
    const auto shapes = aisle::nn::infer_shapes(
        g, text ? aisle::nn::value_shape::tokens(0) : aisle::nn::value_shape::map(e.side, e.side, 3));
    CHECK(shapes[static_cast<std::size_t>(g.outputs.at("embedding"))].floats() > 0);
  }
  CHECK(find_model("resnet51") == nullptr);
}
