#include <doctest/doctest.h>

#include <string>
#include <type_traits>

#include <aisle/models/zoo.hpp>

#include "support/tiny_model.hpp"

using namespace aisle::models;
using support::checkpoint_of;

namespace {

const resnet_config small = {.stem = 8, .layers = {1, 2, 1, 1}, .widths = {16, 32, 48, 64}, .classes = 5};
const auto nominal = aisle::nn::value_shape::map(64, 64, 3);

/// A ResNet whose names begin with `prefix`, with or without its classifier.
aisle::state_dict network(const std::string& prefix, bool head = true) {
  resnet_config config = small;
  if (!head) config.classes = 0;
  return checkpoint_of(resnet(config), nominal, resnet_family().schemes[0], prefix);
}

void add(aisle::state_dict& d, const std::string& name, const aisle::shape& dims) {
  d.add(name, aisle::tensor(aisle::dtype::f32, dims));
}

/// Both, in one checkpoint.
aisle::state_dict joined(const aisle::state_dict& a, const aisle::state_dict& b) {
  aisle::state_dict out = a;
  for (const auto& e : b.entries()) out.add(e);
  return out;
}

std::string error_of(const aisle::state_dict& d, const aisle::json& config = {}) {
  try {
    open_model(d, config);
  } catch (const aisle::error& e) {
    return e.what();
  }
  return {};
}

std::vector<float> embedding(const opened_model& m) {
  const aisle::nn::network net(m.graph, *m.weights, nominal, {});
  const std::vector<float> picture(64 * 64 * 3, 0.5f);
  std::vector<float> out(static_cast<std::size_t>(net.width("embedding")));
  net.run_images(picture.data(), 1, nominal, {{"embedding", out.data()}});
  return out;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a prefix of any name in front of all names is dropped, and said") {
  for (const std::string prefix :
       {"backbone.", "model.", "encoder.", "module._orig_mod.backbone.", "net.trunk.0.", "x."}) {
    CAPTURE(prefix);
    const auto m = open_model(network(prefix), aisle::json());
    CHECK(m->of == &resnet_family());
    CHECK(m->prefix == prefix);
    CHECK(m->graph.outputs.contains("logits"));
    CHECK(has(m->note, "drops '" + prefix + "' in front of "));
  }
  // Every family, under each of its schemes.
  const auto convnext = convnextv2({.depths = {1, 1, 2, 1}, .dims = {8, 16, 24, 40}, .classes = 3});
  for (const key_scheme& s : convnextv2_family().schemes)
    CHECK(open_model(checkpoint_of(convnext, nominal, s, "model.encoder."), aisle::json())->scheme == s.name);
  for (const key_scheme& s : efficientnet_lite_family().schemes)
    CHECK(open_model(checkpoint_of(efficientnet_lite({}), nominal, s, "module."), aisle::json())->of ==
          &efficientnet_lite_family());
  const auto text = bert({.hidden = 16, .layers = 1, .heads = 2, .intermediate = 32, .vocabulary = 9});
  const auto config = aisle::parse_json(R"({"num_attention_heads": 2})", "config.json");
  for (const key_scheme& s : bert_family().schemes)
    CHECK(open_model(checkpoint_of(text, aisle::nn::value_shape::tokens(0), s, "0.auto_model."), config)
              ->prefix == "0.auto_model.");
}

TEST_CASE("wrappers of blocks stand within names and are dropped there, and said") {
  const auto plain = network("");
  const auto expected = embedding(*open_model(plain, aisle::json()));
  const auto wrapped = [&](const std::string& block, const std::string& mark, const std::string& prefix) {
    return plain.renamed([&](const std::string& name) {
      return prefix + (name.starts_with(block) ? block + mark + name.substr(block.size()) : name);
    });
  };
  for (const std::string mark : {"_orig_mod.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module.",
                                 "_fsdp_wrapped_module._checkpoint_wrapped_module."})
    for (const std::string block : {"layer1.0.", "layer2.", "layer2.1.", "bn1."})
      for (const std::string prefix : {"", "model.", "_orig_mod."}) {
        CAPTURE(prefix + block + mark);
        const auto m = open_model(wrapped(block, mark, prefix), aisle::json());
        CHECK(m->of == &resnet_family());
        CHECK(embedding(*m) == expected);
        CHECK(has(m->note, "drops '"));
        CHECK(has(m->note, "' within "));
      }
  // Of a compiled model beside itself nothing changes, nor where two names would become one.
  CHECK_FALSE(without_wrappers(joined(plain, network("_orig_mod.")), families()).has_value());
  auto twice = wrapped("bn1.", "_orig_mod.", "");
  add(twice, "bn1.weight", {8});
  CHECK_FALSE(without_wrappers(twice, families()).has_value());
  CHECK_FALSE(without_wrappers(plain, families()).has_value());
}

TEST_CASE("names as their publishers give them are nothing to say") {
  CHECK(open_model(network(""), aisle::json())->note.empty());
  CHECK(
      open_model(checkpoint_of(resnet(small), nominal, resnet_family().schemes[1], "resnet."), aisle::json())
          ->note.empty());
}

TEST_CASE("what no family knows is named beside a publisher's prefix too, heads of theirs are not") {
  auto published = checkpoint_of(resnet(small), nominal, resnet_family().schemes[1], "resnet.");
  add(published, "classifier.1.weight", {5, 64});
  CHECK(open_model(published, aisle::json())->note.empty());
  add(published, "projector.0.weight", {8, 64});
  CHECK(open_model(published, aisle::json())->note ==
        "does not read 1 tensor beside those behind 'resnet.' ('projector.0.weight')");
  // Behind the prefix it is refused, as without one.
  for (const std::string prefix : {"", "resnet.", "model.", "module.model."}) {
    CAPTURE(prefix);
    auto inside = network(prefix);
    add(inside, prefix + "projector.0.weight", {8, 64});
    CHECK(has(error_of(inside), "does not read: '" + prefix + "projector.0.weight' [8, 64]"));
  }
}

TEST_CASE("a checkpoint that says it is another network of the same tensors is refused") {
  auto d = network("");
  d.set_metadata({{"arch", "resnet18"}});
  CHECK_NOTHROW(open_model(d, aisle::json()));
  for (const char* arch : {"resnetblur18", "resnetaa50"}) {
    d.set_metadata({{"arch", arch}});
    CHECK(has(error_of(d), std::string("says that it is '") + arch + "'"));
  }
  auto lite = checkpoint_of(efficientnet_lite({}), nominal, efficientnet_lite_family().schemes[0], "");
  lite.set_metadata({{"arch", "efficientnet_lite0"}});
  CHECK(has(error_of(lite), "'efficientnet_lite0', which has the tensors of the network efficientnet-lite"));
  lite.set_metadata({{"arch", "tf_efficientnet_lite0"}});
  CHECK_NOTHROW(open_model(lite, aisle::json()));
  // Of text, config.json says what it is.
  auto mpnet = aisle::state_dict();
  add(mpnet, "embeddings.word_embeddings.weight", {9, 16});
  add(mpnet, "encoder.layer.0.attention.attn.q.weight", {16, 16});
  const auto config = aisle::parse_json(R"({"model_type": "mpnet"})", "config.json");
  CHECK_THROWS_WITH_AS(open_model(mpnet, config, text_families()),
                       doctest::Contains("'mpnet' is no network that is built in, expected bert"),
                       aisle::format_error);
}

TEST_CASE("what stands beside the prefix: its head is read, the rest is named") {
  auto d = network("model.backbone.", false);
  add(d, "model.fc.weight", {5, 64});
  add(d, "model.fc.bias", {5});
  auto m = open_model(d, aisle::json());
  CHECK(m->graph.outputs.contains("logits"));
  CHECK(m->weights->at("fc.weight").name == "model.fc.weight");
  CHECK_FALSE(has(m->note, "does not read"));

  add(d, "model.projector.0.weight", {8, 64});
  add(d, "loss.weight", {5});
  m = open_model(d, aisle::json());
  CHECK(has(m->note, "does not read 2 tensors beside them ('model.projector.0.weight', 'loss.weight')"));
  CHECK(embedding(*m) == embedding(*open_model(network("", false), aisle::json())));

  // A tensor that is missing behind the prefix is not taken from beside it.
  auto cut = checkpoint_of(resnet(small), nominal, resnet_family().schemes[0], "backbone.", "bn1.weight");
  add(cut, "bn1.weight", {8});
  const auto broken = open_model(cut, aisle::json());
  CHECK_THROWS_WITH_AS(embedding(*broken), doctest::Contains("no tensor 'backbone.bn1.weight'"),
                       aisle::tensor_error);
}

TEST_CASE("what another network has behind the prefix is refused") {
  auto excited = network("backbone.");
  add(excited, "backbone.layer1.0.se.fc1.weight", {4, 4});
  CHECK(has(error_of(excited), "'backbone.layer1.0.se.fc1.weight' [4, 4]"));
  // The end of a longer word is no prefix.
  CHECK(has(error_of(network("my_")), "of no architecture that is built in"));
}

TEST_CASE("of a file that lacks one of the tensors it is known by that one is named") {
  for (const std::string name : {"conv1.weight", "layer1.0.conv1.weight", "layer4.0.bn2.running_mean"})
    for (const std::string prefix : {"", "backbone."}) {
      const auto cut = checkpoint_of(resnet(small), nominal, resnet_family().schemes[0], prefix, name);
      CHECK(has(error_of(cut), "no tensor '" + prefix + name + "', which a network resnet has"));
    }
}

TEST_CASE("of two networks none is taken, and both prefixes are named") {
  for (const auto& two : {std::pair{"student.", "teacher."},
                          {"model.", "model_ema."},
                          {"module.encoder_q.", "module.encoder_k."},
                          {"", "ema."}}) {
    const std::string a = two.first, b = two.second;
    CAPTURE(b);
    const std::string message = error_of(joined(network(a), network(b)));
    CHECK(has(message, "holds 2 networks"));
    CHECK(has(message, "'" + std::string(a) + "'"));
    CHECK(has(message, "'" + std::string(b) + "'"));
    CHECK(has(message, "--prefix"));
  }
  // Networks of two families too: a pair of towers.
  const auto text = bert({.hidden = 16, .layers = 1, .heads = 2, .intermediate = 32, .vocabulary = 9});
  const auto towers = joined(network("image."), checkpoint_of(text, aisle::nn::value_shape::tokens(0),
                                                              bert_family().schemes[0], "text."));
  CHECK(has(error_of(towers), "'image.' (resnet)"));
  CHECK(has(error_of(towers), "'text.' (bert)"));
}

TEST_CASE("one network under two names is one") {
  const auto once = network("backbone.");
  const auto again = once.renamed([](const std::string& name) { return "model.0." + name.substr(9); });
  const auto m = open_model(joined(once, again), aisle::json());
  CHECK(m->prefix == "model.0.");
  CHECK(m->of == &resnet_family());
}

TEST_CASE("a table of static embeddings is a network only where there is no other") {
  for (const char* name : {"embedding.weight", "embeddings"}) {
    aisle::state_dict table;
    add(table, name, {7, 4});
    CHECK(open_model(table, aisle::json())->of == &static_family());
    const auto m = open_model(joined(network("backbone."), table), aisle::json());
    CHECK(m->of == &resnet_family());
    CHECK(has(m->note, "'" + std::string(name) + "'"));
    // What another model has beside such a table is not left out without a word.
    add(table, "encoder.lstm.weight", {4, 4});
    CHECK(has(error_of(table), "'encoder.lstm.weight' [4, 4]"));
  }
}

TEST_CASE("RoBERTa's names say what its tensors do not") {
  const auto text = bert({.hidden = 16, .layers = 1, .heads = 2, .intermediate = 32, .vocabulary = 9});
  const auto config = aisle::parse_json(R"({"num_attention_heads": 2})", "config.json");
  for (const std::string prefix : {"roberta.", "model.roberta."})
    CHECK(
        has(error_of(checkpoint_of(text, aisle::nn::value_shape::tokens(0), bert_family().schemes[0], prefix),
                     config),
            "computes something else"));
}

TEST_CASE("an opened model is not copied: its weights read from its own checkpoint") {
  static_assert(!std::is_copy_constructible_v<opened_model> && !std::is_copy_assignable_v<opened_model> &&
                !std::is_move_constructible_v<opened_model>);
  CHECK(open_model(network(""), aisle::json())->weights->has("conv1.weight"));
}
