#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>

#include <aisle/models/zoo.hpp>

#include "support/support.hpp"
#include "support/tiny_model.hpp"

using namespace aisle::models;
using support::checkpoint_of;

namespace {

const resnet_config small_resnet = {
    .stem = 8, .layers = {1, 2, 1, 1}, .widths = {16, 32, 48, 64}, .classes = 5};
const convnextv2_config small_convnextv2 = {.depths = {1, 1, 2, 1}, .dims = {8, 16, 24, 40}, .classes = 3};
const vit_config small_vit = {
    .hidden = 64, .layers = 2, .heads = 1, .mlp = 32, .patch = 16, .side = 4, .classes = 3};
const swin_config small_swin = {
    .hidden = 8, .depths = {2, 2}, .heads = {1, 2}, .patch = 4, .window = 8, .classes = 3};
const bert_config small_bert = {.hidden = 16, .layers = 3, .heads = 2, .intermediate = 32, .vocabulary = 9};

const auto nominal = aisle::nn::value_shape::map(64, 64, 3);
const auto tokens = aisle::nn::value_shape::tokens(0);

aisle::json bert_json(const std::string& more = "") {
  return aisle::parse_json(R"({"num_attention_heads": 2)" + more + "}", "config.json");
}

void add(aisle::state_dict& d, const std::string& name, const aisle::shape& dims,
         aisle::dtype type = aisle::dtype::f32) {
  d.add(name, aisle::tensor(type, dims));
}

/// Opens a checkpoint and loads all of its network.
void load(aisle::state_dict d, const aisle::json& config = {}) {
  const auto model = open_model(std::move(d), config);
  std::vector<std::string> outputs;
  for (const auto& [name, id] : model->graph.outputs) outputs.push_back(name);
  const aisle::nn::network net(model->graph, *model->weights, model->of->text ? tokens : nominal,
                               {.outputs = outputs});
}

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
    for (const int number : {0, 1, 2, 3, 4}) {
      auto config = efficientnet_lite_config::lite(number);
      config.classes = 7;
      const auto model =
          open_model(checkpoint_of(efficientnet_lite(config), nominal, scheme, ""), aisle::json());
      CHECK(model->scheme == scheme.name);
      const auto found = efficientnet_lite_config::from_checkpoint(*model->weights);
      CHECK(found.width == config.width);
      CHECK(found.depth == config.depth);
      CHECK(found.classes == 7);
    }
}

TEST_CASE("models have as many parameters as their papers and publishers say" *
          doctest::skip(support::long_when_sanitized())) {
  const std::pair<const char*, std::int64_t> published[] = {
      {"efficientnet-lite0", 4652008}, {"efficientnet-lite1", 5416680},  {"efficientnet-lite2", 6092072},
      {"efficientnet-lite3", 8197096}, {"efficientnet-lite4", 13006568}, {"resnet18", 11689512},
      {"resnet50", 25557032},          {"densenet121", 7978856},         {"inception-v3", 23834568}};
  for (const auto& model : published) {
    std::int64_t count = 0;
    const auto all = checkpoint_of(find_model(model.first)->graph(), aisle::nn::value_shape::map(96, 96, 3),
                                   {.name = "own", .rules = {}, .endings = {}});
    for (const auto& e : all.entries())
      if (e.name.find(".running_") == std::string::npos) count += e.dims.elements();
    CAPTURE(model.first);
    CHECK(count == model.second);
  }
  // Lite4 block by block: expansion, depthwise, projection with their norms; then stem, head and classes.
  const auto rounded = [](double channels) {  // to a multiple of 8
    return static_cast<std::int64_t>(channels / 8 + 0.5) * 8;
  };
  std::int64_t count = 3 * 9 * 32 + 64, width = 32;
  const struct {
    std::int64_t expansion, kernel, channels, blocks;
  } stages[] = {{1, 3, 16, 1},  {6, 3, 24, 4},  {6, 5, 40, 4}, {6, 3, 80, 6},
                {6, 5, 112, 6}, {6, 5, 192, 8}, {6, 3, 320, 1}};
  for (const auto& s : stages)
    for (std::int64_t i = 0; i < s.blocks; ++i) {
      const std::int64_t inside = width * s.expansion, out = rounded(1.4 * static_cast<double>(s.channels));
      if (s.expansion > 1) count += width * inside + 2 * inside;
      count += inside * s.kernel * s.kernel + 2 * inside + inside * out + 2 * out;
      width = out;
    }
  count += width * 1280 + 2 * 1280 + 1280 * 1000 + 1000;
  CHECK(count == 13006568);
}

TEST_CASE(
    "EfficientNet-Lite scales widths to multiples of 8 and depths up, but for stem, first and last stage") {
  const auto widths = [](int number) {
    std::vector<std::int64_t> all;
    for (int stage = 0; stage < 7; ++stage)
      all.push_back(efficientnet_lite_config::lite(number).channels(stage));
    return all;
  };
  const auto depths = [](int number) {
    std::vector<int> all;
    for (int stage = 0; stage < 7; ++stage)
      all.push_back(efficientnet_lite_config::lite(number).blocks(stage));
    return all;
  };
  CHECK(widths(1) == std::vector<std::int64_t>{16, 24, 40, 80, 112, 192, 320});
  CHECK(widths(2) == std::vector<std::int64_t>{16, 24, 48, 88, 120, 208, 352});
  CHECK(widths(3) == std::vector<std::int64_t>{24, 32, 48, 96, 136, 232, 384});
  CHECK(widths(4) == std::vector<std::int64_t>{24, 32, 56, 112, 160, 272, 448});
  CHECK(depths(1) == std::vector<int>{1, 3, 3, 4, 4, 5, 1});
  CHECK(depths(2) == std::vector<int>{1, 3, 3, 4, 4, 5, 1});
  CHECK(depths(3) == std::vector<int>{1, 3, 3, 5, 5, 6, 1});
  CHECK(depths(4) == std::vector<int>{1, 4, 4, 6, 6, 8, 1});
}

TEST_CASE("transformers of pictures are recognised under every publisher's names") {
  for (const key_scheme& scheme : vit_family().schemes)
    for (const std::string& prefix : vit_family().prefixes) {
      vit_config c = small_vit;
      c.joined_qkv = scheme.name != "hf";
      c.pooler = scheme.name == "hf" && prefix.empty();
      const auto model = open_model(checkpoint_of(vit(c), nominal, scheme, prefix), aisle::json());
      CHECK(model->of == &vit_family());
      CHECK(model->scheme == scheme.name);
      const auto found = vit_config::from_checkpoint(*model->weights, aisle::json());
      CHECK(found.heads == 1);
      CHECK(found.side == 4);
      CHECK(found.layers == 2);
      CHECK(found.mlp == 32);
      CHECK(found.classes == 3);
      CHECK(found.joined_qkv == c.joined_qkv);
      CHECK(found.one_size == (scheme.name != "hf"));
      const auto other = aisle::nn::value_shape::map(65, 99, 3);
      if (found.one_size)
        CHECK_THROWS_WITH_AS(aisle::nn::infer_shapes(model->graph, other),
                             doctest::Contains("pictures of 64 x 64 pixels alone, got 65 x 99"),
                             aisle::shape_error);
      else
        CHECK_NOTHROW(aisle::nn::infer_shapes(model->graph, other));
      CHECK(model->graph.outputs.contains("pooler_output") == c.pooler);
      CHECK(model->graph.outputs.contains("mean"));
    }
  for (const key_scheme& scheme : swin_family().schemes)
    for (const std::string& prefix : swin_family().prefixes) {
      swin_config c = small_swin;
      c.joined_qkv = scheme.name != "hf";
      const auto model = open_model(checkpoint_of(swin(c), nominal, scheme, prefix), aisle::json());
      CHECK(model->of == &swin_family());
      CHECK(model->scheme == scheme.name);
      const auto found = swin_config::from_checkpoint(*model->weights, aisle::json());
      CHECK(found.depths == c.depths);
      CHECK(found.heads == c.heads);
      CHECK(found.window == 8);
      CHECK(found.classes == 3);
      CHECK(found.takes == (scheme.name == "hf"            ? swin_config::sizes::transformers
                            : scheme.name == "torchvision" ? swin_config::sizes::torchvision
                                                           : swin_config::sizes::one));
      // One size where the publisher takes one: the last map is one window.
      const auto at = [&](std::int64_t h, std::int64_t w) {
        return aisle::nn::infer_shapes(model->graph, aisle::nn::value_shape::map(h, w, 3));
      };
      CHECK_NOTHROW(at(64, 64));
      if (found.takes == swin_config::sizes::one)
        CHECK_THROWS_WITH_AS(at(65, 64), doctest::Contains("pictures of 64 x 64 pixels alone"),
                             aisle::shape_error);
      else
        CHECK_NOTHROW(at(65, 99));
    }
}

TEST_CASE("a transformer of pictures whose heads or kind cannot be known is refused") {
  const auto config = [](const std::string& text) { return aisle::parse_json(text, "config.json"); };
  const auto& timm = vit_family().schemes[0];
  vit_config narrow = small_vit;
  narrow.hidden = 32;
  const auto n = checkpoint_of(vit(narrow), nominal, timm);
  CHECK_THROWS_WITH_AS(open_model(n, aisle::json()), doctest::Contains("no tensor shows the number of heads"),
                       aisle::format_error);
  CHECK_NOTHROW(open_model(n, config(R"({"num_heads": 2})")));
  CHECK_THROWS_WITH_AS(open_model(n, config(R"({"num_attention_heads": 5})")),
                       doctest::Contains("5 heads for a hidden size of 32"), aisle::format_error);
  const auto v = checkpoint_of(vit(small_vit), nominal, timm);
  CHECK_NOTHROW(open_model(v, config(R"({"architecture": "vit_base_patch16_224", "global_pool": "token"})")));
  CHECK_THROWS_AS(open_model(v, config(R"({"architecture": "vit_base_patch16_clip_224"})")),
                  aisle::option_error);
  for (const char* bad :
       {R"({"model_type": "dinov2"})", R"({"hidden_act": "gelu_new"})", R"({"global_pool": "avg"})"})
    CHECK_THROWS_WITH_AS(open_model(v, config(bad)), doctest::Contains(": expected \""), aisle::format_error);
  auto positions = checkpoint_of(vit(small_vit), nominal, timm, "", "pos_embed");
  add(positions, "pos_embed", {1, 16, 64});  // without a class token's
  CHECK_THROWS_WITH_AS(open_model(positions, aisle::json()), doctest::Contains("positions of 16 tokens"),
                       aisle::tensor_error);

  auto s = checkpoint_of(swin(small_swin), nominal, swin_family().schemes[0]);
  add(s, "layers.0.blocks.1.attn_mask", {4, 64, 64});
  add(s, "layers.0.blocks.1.attn.relative_position_index", {64, 64});  // of a file converted to floats
  CHECK_NOTHROW(open_model(s, config(R"({"architecture": "swin_tiny_patch4_window7_224"})")));
  CHECK_THROWS_AS(open_model(s, config(R"({"architecture": "swin_s3_tiny_224"})")), aisle::option_error);
  add(s, "absolute_pos_embed", {1, 256, 8});
  CHECK_THROWS_WITH_AS(open_model(s, aisle::json()), doctest::Contains("'absolute_pos_embed'"),
                       aisle::tensor_error);
}

TEST_CASE("a missing or mis-shaped tensor names itself, both shapes and what is near") {
  const auto& scheme = resnet_family().schemes[1];
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
  CHECK_THROWS_WITH_AS(
      load(std::move(wrong)),
      doctest::Contains("[12, 12, 5, 5], expected [12, 12, 3, 3]; nearest: 'encoder.stages."),
      aisle::tensor_error);

  aisle::state_dict stranger;
  stranger.add("a.weight", aisle::tensor(aisle::dtype::f32, {2}));
  CHECK_THROWS_WITH_AS(open_model(std::move(stranger), aisle::json()), doctest::Contains("'a.weight'"),
                       aisle::format_error);
}

TEST_CASE("a size that cannot be read names the file, its key and what is near") {
  const support::temporary_folder folder;
  const auto& legacy = bert_family().schemes[1];
  const std::string path = folder / "model.safetensors";
  aisle::write_file(folder / "config.json", bert_json().dump());
  aisle::write_safetensors(path, checkpoint_of(bert(small_bert), tokens, legacy, "bert.",
                                               "encoder.layer.0.intermediate.dense.weight"));
  CHECK_THROWS_WITH_AS(
      open_model(folder.path()),
      doctest::Contains((path + ": no tensor 'bert.encoder.layer.0.intermediate.dense.weight'; nearest: "
                                "'bert.encoder.layer.1.intermediate.dense.weight' [32, 16]")
                            .c_str()),
      aisle::tensor_error);
  auto flat = checkpoint_of(bert(small_bert), tokens, legacy, "bert.", "embeddings.word_embeddings.weight");
  add(flat, "bert.embeddings.word_embeddings.weight", {144});
  aisle::write_safetensors(path, flat);
  CHECK_THROWS_WITH_AS(
      open_model(folder.path()),
      doctest::Contains((path + ": tensor 'bert.embeddings.word_embeddings.weight' has shape [144], expected "
                                "at least 2 dimensions")
                            .c_str()),
      aisle::tensor_error);
}

TEST_CASE("a block that is missing in between is missed, not taken for the end") {
  resnet_config deep = small_resnet;
  deep.layers = {1, 3, 1, 1};
  const auto& torchvision = resnet_family().schemes[0];
  CHECK_NOTHROW(load(checkpoint_of(resnet(deep), nominal, torchvision)));
  CHECK_THROWS_WITH_AS(load(checkpoint_of(resnet(deep), nominal, torchvision, "", "layer2.1.conv1.weight")),
                       doctest::Contains("no tensor 'layer2.1.conv1.weight' of shape [8, 32, 1, 1]"),
                       aisle::tensor_error);
  // Missing in the last block, the rest of that block is what nobody reads.
  CHECK_THROWS_WITH_AS(load(checkpoint_of(resnet(deep), nominal, torchvision, "", "layer2.2.conv1.weight")),
                       doctest::Contains("'layer2.2.bn1.weight'"), aisle::tensor_error);

  const std::string query = "encoder.layer.1.attention.self.query.weight";
  const auto& hf = bert_family().schemes[0];
  CHECK_NOTHROW(load(checkpoint_of(bert(small_bert), tokens, hf), bert_json()));
  CHECK_THROWS_WITH_AS(load(checkpoint_of(bert(small_bert), tokens, hf, "", query), bert_json()),
                       doctest::Contains(query.c_str()), aisle::tensor_error);
  const auto& facebook = convnextv2_family().schemes[0];
  CHECK_THROWS_WITH_AS(
      load(checkpoint_of(convnextv2(small_convnextv2), nominal, facebook, "", "stages.2.0.dwconv.weight")),
      doctest::Contains("'stages.2.0.dwconv.weight'"), aisle::tensor_error);
}

TEST_CASE("tensors that the network does not read are refused by name") {
  const auto& torchvision = resnet_family().schemes[0];
  auto excited = checkpoint_of(resnet(small_resnet), nominal, torchvision);
  for (const char* name : {"layer1.0.se.fc1", "layer1.0.se.fc2", "layer2.0.se.fc1", "layer2.0.se.fc2"})
    add(excited, name + std::string(".weight"), {4, 4});
  CHECK_THROWS_WITH_AS(open_model(excited, aisle::json()),
                       doctest::Contains("has 4 tensors that the network resnet does not read: "
                                         "'layer1.0.se.fc1.weight' [4, 4], 'layer1.0.se.fc2.weight' [4, 4], "
                                         "'layer2.0.se.fc1.weight' [4, 4], …"),
                       aisle::tensor_error);

  // EfficientNet-Lite1 has all that Lite0 has, and more blocks: this one has some of them.
  const auto& timm = efficientnet_lite_family().schemes[0];
  auto lite = checkpoint_of(efficientnet_lite({}), nominal, timm);
  CHECK_NOTHROW(open_model(lite, aisle::json()));
  add(lite, "blocks.1.2.conv_pw.weight", {144, 24, 1, 1});
  CHECK_THROWS_WITH_AS(open_model(lite, aisle::json()), doctest::Contains("'blocks.1.2.conv_pw.weight'"),
                       aisle::tensor_error);

  // MPNet is a BERT with one table more.
  auto relative = checkpoint_of(bert(small_bert), tokens, bert_family().schemes[0]);
  add(relative, "encoder.relative_attention_bias.weight", {32, 2});
  CHECK_THROWS_WITH_AS(open_model(relative, bert_json()),
                       doctest::Contains("has 1 tensor that the network bert does not read: "
                                         "'encoder.relative_attention_bias.weight'"),
                       aisle::tensor_error);
}

TEST_CASE("heads, counters and what stands beside a prefix may go unread") {
  auto b = checkpoint_of(bert(small_bert), tokens, bert_family().schemes[1], "bert.");
  add(b, "cls.predictions.bias", {9});
  add(b, "bert.embeddings.position_ids", {1, 512});
  add(b, "anything.weight", {3});
  CHECK_NOTHROW(load(std::move(b), bert_json()));
  b = checkpoint_of(bert(small_bert), tokens, bert_family().schemes[0]);
  add(b, "cls.predictions.transform.dense.weight", {16, 16});
  add(b, "embeddings.position_ids", {1, 512}, aisle::dtype::i64);
  CHECK_NOTHROW(load(std::move(b), bert_json()));

  auto r = checkpoint_of(resnet(small_resnet), nominal, resnet_family().schemes[0], "", "fc.weight");
  add(r, "bn1.num_batches_tracked", {}, aisle::dtype::i64);
  add(r, "layer1.0.bn1.num_batches_tracked", {});
  add(r, "fc.0.weight", {5, 64});
  CHECK_NOTHROW(load(std::move(r)));
}

TEST_CASE("the names of a graph's parameters are those that loading it asks for") {
  const auto same = [](const aisle::nn::graph& g, const aisle::nn::value_shape& shape) {
    std::set<std::string> listed, asked;
    for (const std::string& name : parameters_of(g)) listed.insert(name);
    const auto read = checkpoint_of(g, shape, {.name = "own", .rules = {}, .endings = {}});
    for (const auto& e : read.entries()) asked.insert(e.name);
    CHECK(listed == asked);
  };
  same(resnet(small_resnet), nominal);
  same(convnextv2(small_convnextv2), nominal);
  same(efficientnet_lite({}), nominal);
  same(vit(small_vit), nominal);
  same(swin(small_swin), nominal);
  same(inception({}), aisle::nn::value_shape::map(75, 75, 3));
  same(inception({.bn_scale = false}), aisle::nn::value_shape::map(75, 75, 3));
  same(resnet({.stem = 8, .layers = {1, 1, 1, 1}, .widths = {16, 16, 16, 16}, .conv_bias = true}), nominal);
  same(bert(small_bert), tokens);
}

TEST_CASE("config.json can name a variant with the same tensors, which is refused") {
  const auto config = [](const std::string& text) { return aisle::parse_json(text, "config.json"); };
  const auto lite = checkpoint_of(efficientnet_lite({}), nominal, efficientnet_lite_family().schemes[0]);
  CHECK_NOTHROW(open_model(lite, config(R"({"architecture": "tf_efficientnet_lite0"})")));
  CHECK_THROWS_WITH_AS(open_model(lite, config(R"({"architecture": "efficientnet_lite0"})")),
                       doctest::Contains("config.json: architecture: 'efficientnet_lite0'"),
                       aisle::option_error);
  const auto r = checkpoint_of(resnet(small_resnet), nominal, resnet_family().schemes[0]);
  for (const char* good : {"resnet50", "tv_resnet101", "gluon_resnet152_v1b"})
    CHECK_NOTHROW(open_model(r, config(std::string(R"({"architecture": ")") + good + "\"}")));
  for (const char* bad : {"resnetblur50", "resnet50d", "seresnet50"})
    CHECK_THROWS_AS(open_model(r, config(std::string(R"({"architecture": ")") + bad + "\"}")),
                    aisle::option_error);
  for (const char* bad : {R"({"downsample_in_bottleneck": true})", R"({"downsample_in_first_stage": true})",
                          R"({"hidden_act": "gelu"})"})
    CHECK_THROWS_WITH_AS(open_model(r, config(bad)), doctest::Contains(": expected "), aisle::format_error);
  const auto b = checkpoint_of(bert(small_bert), tokens, bert_family().schemes[0]);
  CHECK_NOTHROW(open_model(b, bert_json(R"(, "model_type": "bert")")));
  CHECK_THROWS_WITH_AS(open_model(b, bert_json(R"(, "model_type": "roberta")")),
                       doctest::Contains("config.json: model_type: expected \"bert\""), aisle::format_error);
}

TEST_CASE("what timm's model_args say and no tensor shows is obeyed or refused") {
  const auto config = [](const std::string& text) { return aisle::parse_json(text, "config.json"); };
  const auto with = [&](const std::string& arguments) {
    return config(R"({"num_classes": 3, "model_args": {)" + arguments + "}}");
  };
  const auto of_timm = [](const family& f, const aisle::nn::graph& g) {
    for (const key_scheme& s : f.schemes)
      if (s.name == "timm" || s.name == "torchvision")
        return checkpoint_of(g, &f == &inception_family() ? aisle::nn::value_shape::map(96, 96, 3) : nominal,
                             s);
    return aisle::state_dict();
  };
  struct variant {
    const family& of;
    aisle::nn::graph graph;
    std::vector<std::string> good, bad;
  };
  const densenet_config dense = {
      .stem = 8, .growth = 4, .bottleneck = 8, .layers = {1, 1, 1, 1}, .classes = 3};
  swin_config window = small_swin;  // of one size, 64 x 64
  const variant variants[] = {
      {resnet_family(),
       resnet(small_resnet),
       {R"("act_layer": "relu")", R"("layers": [1, 2, 1, 1])"},
       {R"("act_layer": "gelu")", R"("output_stride": 16)", R"("global_pool": "max")",
        R"("aa_layer": "blur")"}},
      {densenet_family(),
       densenet(dense),
       {R"("growth_rate": 4)", R"("memory_efficient": true)"},
       {R"("act_layer": "silu")", R"("global_pool": "catavgmax")"}},
      {convnextv2_family(),
       convnextv2(small_convnextv2),
       {R"("norm_eps": 0.000001, "act_layer": "gelu", "use_grn": true)", R"("depths": [1, 1, 2, 1])"},
       {R"("act_layer": "relu")", R"("norm_eps": 0.01)", R"("global_pool": "max")"}},
      {efficientnet_lite_family(),
       efficientnet_lite({}),
       {R"("act_layer": "relu6", "pad_type": "same")"},
       {R"("act_layer": "relu")", R"("pad_type": "")", R"("bn_eps": 0.1)"}},
      {inception_family(),
       inception({}),
       {R"("aux_logits": false)"},
       {R"("norm_eps": 0.1)", R"("global_pool": "max")"}},
      {vit_family(),
       vit(small_vit),
       {R"("img_size": 64, "depth": 2, "class_token": true)"},
       {R"("act_layer": "gelu_tanh")", R"("global_pool": "max")", R"("qk_norm": true)",
        R"("reg_tokens": 4)"}},
      {swin_family(),
       swin(window),
       {R"("img_size": 64)", R"("img_size": [64, 64])", R"("window_size": 8)"},
       {R"("img_size": 96)", R"("img_size": [64, 96])", R"("global_pool": "max")"}}};
  for (const variant& v : variants) {
    CAPTURE(v.of.name);
    const auto weights = of_timm(v.of, v.graph);
    const std::string idle = R"("num_classes": 3, "in_chans": 3, "drop_path_rate": 0.1, "drop_rate": 0.0)";
    CHECK_NOTHROW(open_model(weights, with(idle)));
    for (const std::string& good : v.good) {
      CAPTURE(good);
      CHECK_NOTHROW(open_model(weights, with(good)));
    }
    std::vector<std::string> all = v.bad;
    all.insert(all.end(), {R"("in_chans": 1)", R"("unheard_of": 1)"});
    for (const std::string& bad : all) {
      CAPTURE(bad);
      CHECK_THROWS_WITH_AS(open_model(weights, with(bad)), doctest::Contains("config.json: model_args."),
                           aisle::format_error);
    }
    CHECK_THROWS_WITH_AS(open_model(weights, config(R"({"global_pool": "max"})")),
                         doctest::Contains("config.json: global_pool"), aisle::format_error);
    // Transformers' wrapper of timm's models.
    CHECK_NOTHROW(
        open_model(weights, config(R"({"model_type": "timm_wrapper", "model_args": {"img_size": 64}})")));
  }
}

TEST_CASE("a vision transformer's heads: as a file says, else the usual ones, which is said") {
  vit_config wide = small_vit;
  wide.hidden = 128, wide.heads = 4;
  const auto v = checkpoint_of(vit(wide), nominal, vit_family().schemes[0]);
  const auto heads = [&](const aisle::json& config) {
    return vit_config::from_checkpoint(*open_model(v, config)->weights, config).heads;
  };
  const auto config = [](const std::string& text) { return aisle::parse_json(text, "config.json"); };
  CHECK(heads(config(R"({"model_args": {"num_heads": 4}})")) == 4);
  CHECK(heads(config(R"({"num_attention_heads": 8, "model_type": "vit"})")) == 8);
  CHECK(heads(aisle::json()) == 2);
  const std::string note = "takes 2 heads of 64 channels, as published models have: no file says how many";
  CHECK(open_model(v, aisle::json())->note == note);
  CHECK(open_model(v, config(R"({"num_attention_heads": null})"))->note == note);
  CHECK(open_model(v, config(R"({"num_attention_heads": 4})"))->note.empty());
  CHECK(open_model(v, config(R"({"model_args": {"num_heads": 4}})"))->note.empty());
  CHECK(open_model(v, config(R"({"architecture": "vit_tiny_patch16_224"})"))->note.empty());
}

TEST_CASE("norms' epsilons and activations of Hugging Face's configurations") {
  const auto config = [](const std::string& text) { return aisle::parse_json(text, "config.json"); };
  const auto hf = [](const family& f) {
    for (const key_scheme& s : f.schemes)
      if (s.name == "hf") return s;
    return key_scheme();
  };
  const auto c = checkpoint_of(convnextv2(small_convnextv2), nominal, hf(convnextv2_family()));
  for (const char* exact : {"gelu", "gelu_python"})
    CHECK_NOTHROW(
        load(c, config(std::string(R"({"model_type": "convnextv2", "hidden_act": ")") + exact + "\"}")));
  for (const char* bad : {R"({"hidden_act": "relu"})", R"({"model_type": "convnext"})"})
    CHECK_THROWS_WITH_AS(load(c, config(bad)), doctest::Contains(": expected \""), aisle::format_error);
  // The norms behind patches and their merging keep torch's.
  swin_config padded = small_swin;
  padded.joined_qkv = false;
  const auto s = checkpoint_of(swin(padded), nominal, hf(swin_family()));
  const auto opened = open_model(s, config(R"({"model_type": "swin", "layer_norm_eps": 0.1})"));
  std::map<float, int> norms;
  for (const aisle::nn::node& n : opened->graph.nodes)
    if (const auto* norm = dynamic_cast<const aisle::nn::layer_norm*>(&*n.op)) ++norms[norm->eps];
  CHECK(norms[0.1f] == 2 * 4 + 1);
  CHECK(norms[1e-5f] == 2);
  for (const char* bad : {"-1", "1", "1e300"})
    CHECK_THROWS_WITH_AS(
        load(s, config(std::string(R"({"model_type": "swin", "layer_norm_eps": )") + bad + "}")),
        doctest::Contains("config.json: layer_norm_eps"), aisle::format_error);
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
    CHECK(shapes[static_cast<std::size_t>(g.outputs.at("embedding"))].elements() > 0);
  }
  CHECK(find_model("resnet51") == nullptr);
}
