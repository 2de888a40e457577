#pragma once

#include <cmath>

#include <aisle/base/hash.hpp>
#include <aisle/base/random.hpp>
#include <aisle/models/bert.ipp>
#include <aisle/models/convnextv2.ipp>
#include <aisle/models/densenet.ipp>
#include <aisle/models/efficientnet_lite.ipp>
#include <aisle/models/inception.ipp>
#include <aisle/models/recognise.ipp>
#include <aisle/models/resnet.ipp>
#include <aisle/models/static_embedding.ipp>
#include <aisle/models/swin.ipp>
#include <aisle/models/vit.ipp>
#include <aisle/models/zoo.hpp>

AISLE_NAMESPACE_BEGIN
namespace models {

AISLE_API std::span<const family* const> families() {
  static const std::vector<const family*> all = {&bert_family(),
                                                 &resnet_family(),
                                                 &densenet_family(),
                                                 &convnextv2_family(),
                                                 &efficientnet_lite_family(),
                                                 &inception_family(),
                                                 &vit_family(),
                                                 &swin_family(),
                                                 &static_family()};
  return all;
}

AISLE_API std::span<const family* const> text_families() {
  static const family* const all[] = {&bert_family(), &static_family()};
  return all;
}

namespace detail {

template <int... Depths>
nn::graph convnextv2_graph(std::array<std::int64_t, 4> dims) {
  return convnextv2({.depths = {Depths...}, .dims = dims});
}

template <int Number>
nn::graph efficientnet_lite_graph() {
  return efficientnet_lite(efficientnet_lite_config::lite(Number));
}

}  // namespace detail

AISLE_API std::span<const zoo_entry> zoo() {
  using array = std::array<std::int64_t, 4>;
  constexpr auto torchvision = "torchvision_resnet50_v1", timm_vit = "timm_vit_base_patch16_224",
                 hf_swin = "hf_swin_224";
  static const std::vector<zoo_entry> all = {
      {"resnet18", "resnet18", resnet_family,
       [] {
         return resnet({.bottleneck = false, .layers = {2, 2, 2, 2}, .widths = {64, 128, 256, 512}});
       },
       224, torchvision},
      {"resnet34", "resnet34", resnet_family,
       [] {
         return resnet({.bottleneck = false, .widths = {64, 128, 256, 512}});
       },
       224, torchvision},
      {"resnet50", "resnet50", resnet_family, [] { return resnet({}); }, 224, "timm_resnet50_a1"},
      {"resnet101", "resnet101", resnet_family,
       [] {
         return resnet({.layers = {3, 4, 23, 3}});
       },
       224, torchvision},
      {"resnet152", "resnet152", resnet_family,
       [] {
         return resnet({.layers = {3, 8, 36, 3}});
       },
       224, torchvision},
      {"convnextv2-atto", "convnextv2_atto", convnextv2_family,
       [] {
         return detail::convnextv2_graph<2, 2, 6, 2>(array{40, 80, 160, 320});
       },
       224, "hf_convnext_224"},
      {"convnextv2-femto", "convnextv2_femto", convnextv2_family,
       [] {
         return detail::convnextv2_graph<2, 2, 6, 2>(array{48, 96, 192, 384});
       },
       224, "hf_convnext_224"},
      {"convnextv2-pico", "convnextv2_pico", convnextv2_family,
       [] {
         return detail::convnextv2_graph<2, 2, 6, 2>(array{64, 128, 256, 512});
       },
       224, "hf_convnext_224"},
      {"convnextv2-nano", "convnextv2_nano", convnextv2_family,
       [] {
         return detail::convnextv2_graph<2, 2, 8, 2>(array{80, 160, 320, 640});
       },
       224, "hf_convnext_224"},
      {"convnextv2-tiny", "convnextv2_tiny", convnextv2_family, [] { return convnextv2({}); }, 224,
       "hf_convnext_224"},
      {"convnextv2-base", "convnextv2_base", convnextv2_family,
       [] {
         return detail::convnextv2_graph<3, 3, 27, 3>(array{128, 256, 512, 1024});
       },
       224, "hf_convnext_224"},
      {"convnextv2-large", "convnextv2_large", convnextv2_family,
       [] {
         return detail::convnextv2_graph<3, 3, 27, 3>(array{192, 384, 768, 1536});
       },
       224, "hf_convnext_224"},
      {"convnextv2-huge", "convnextv2_huge", convnextv2_family,
       [] {
         return detail::convnextv2_graph<3, 3, 27, 3>(array{352, 704, 1408, 2816});
       },
       224, "hf_convnext_224"},
      {"densenet121", "densenet121", densenet_family, [] { return densenet({}); }, 224, torchvision},
      {"densenet161", "densenet161", densenet_family,
       [] {
         return densenet({.stem = 96, .growth = 48, .bottleneck = 192, .layers = {6, 12, 36, 24}});
       },
       224, torchvision},
      {"densenet169", "densenet169", densenet_family,
       [] {
         return densenet({.layers = {6, 12, 32, 32}});
       },
       224, torchvision},
      {"densenet201", "densenet201", densenet_family,
       [] {
         return densenet({.layers = {6, 12, 48, 32}});
       },
       224, torchvision},
      {"efficientnet-lite0", "efficientnet_lite0", efficientnet_lite_family,
       detail::efficientnet_lite_graph<0>, 224, "timm_tf_efficientnet_lite0"},
      {"efficientnet-lite1", "efficientnet_lite1", efficientnet_lite_family,
       detail::efficientnet_lite_graph<1>, 240, "efficientnet_lite1"},
      {"efficientnet-lite2", "efficientnet_lite2", efficientnet_lite_family,
       detail::efficientnet_lite_graph<2>, 260, "efficientnet_lite2"},
      {"efficientnet-lite3", "efficientnet_lite3", efficientnet_lite_family,
       detail::efficientnet_lite_graph<3>, 280, "efficientnet_lite3"},
      {"efficientnet-lite4", "efficientnet_lite4", efficientnet_lite_family,
       detail::efficientnet_lite_graph<4>, 300, "efficientnet_lite4"},
      {"inception-v3", "inception_v3", inception_family, [] { return inception({}); }, 299,
       "torchvision_inception_v3_pretrained"},
      {"vit-tiny", "vit_ti16", vit_family, [] { return vit({.hidden = 192, .heads = 3, .mlp = 768}); }, 224,
       timm_vit},
      {"vit-small", "vit_s16", vit_family, [] { return vit({.hidden = 384, .heads = 6, .mlp = 1536}); }, 224,
       timm_vit},
      {"vit-base", "vit_b16", vit_family, [] { return vit({}); }, 224, timm_vit},
      {"vit-large", "vit_l16", vit_family,
       [] { return vit({.hidden = 1024, .layers = 24, .heads = 16, .mlp = 4096}); }, 224, timm_vit},
      {"vit-huge", "vit_h14", vit_family,
       [] { return vit({.hidden = 1280, .layers = 32, .heads = 16, .mlp = 5120, .patch = 14, .side = 16}); },
       224, timm_vit},
      {"swin-tiny", "swin_t", swin_family, [] { return swin({}); }, 224, hf_swin},
      {"swin-small", "swin_s", swin_family,
       [] {
         return swin({.depths = {2, 2, 18, 2}});
       },
       224, hf_swin},
      {"swin-base", "swin_b", swin_family,
       [] {
         return swin({.hidden = 128, .depths = {2, 2, 18, 2}, .heads = {4, 8, 16, 32}});
       },
       224, hf_swin},
      {"swin-large", "swin_l", swin_family,
       [] {
         return swin({.hidden = 192, .depths = {2, 2, 18, 2}, .heads = {6, 12, 24, 48}});
       },
       224, hf_swin},
      {"all-MiniLM-L6-v2", "minilm", bert_family, [] { return bert({}); }, 0, ""},
      {"all-MiniLM-L12-v2", "minilm_l12", bert_family, [] { return bert({.layers = 12}); }, 0, ""},
      {"bert-base-uncased", "bert_base", bert_family,
       [] { return bert({.hidden = 768, .layers = 12, .intermediate = 3072}); }, 0, ""},
      {"potion-base-8M", "potion_8m", static_family, [] { return static_embedding({}); }, 0, ""},
  };
  return all;
}

AISLE_API const zoo_entry* find_model(std::string_view id) {
  for (const zoo_entry& e : zoo())
    if (e.id == id) return &e;
  return nullptr;
}

namespace detail {

/// Where no network is found, what config.json calls it tells more than which tensor was looked for.
AISLE_API recognised recognise_with(const state_dict& checkpoint, const json& config,
                                    std::span<const family* const> among) {
  try {
    return recognise(checkpoint, among);
  } catch (const option_error&) {
    throw;  // one of pictures
  } catch (const error& e) {
    const auto type = config.is_object() ? config.get("model_type", "") : std::string();
    if (type.empty() || type == "bert" || type == "model2vec" ||
        !ranges::all_of(among, [](const family* f) { return f->text; }))
      throw;
    throw format_error(config.at("model_type").where(),
                       "'" + type + "' is no network that is built in, expected bert (" + e.what() + ")");
  }
}

}  // namespace detail

AISLE_API std::unique_ptr<opened_model> open_model(state_dict checkpoint, json config,
                                                   std::span<const family* const> among) {
  auto m = std::make_unique<opened_model>();
  m->path = checkpoint.path();
  m->checkpoint = std::move(checkpoint);
  m->config = std::move(config);
  if (auto bare = without_wrappers(m->checkpoint, among)) m->checkpoint = std::move(*bare);
  const recognised network = detail::recognise_with(m->checkpoint, m->config, among);
  m->of = network.of;
  m->scheme = network.match.scheme;
  m->prefix = m->checkpoint.wrapped_in().prefix + network.match.prefix;
  m->weights = std::make_shared<nn::weight_source>(m->checkpoint, network.match.key_of, network.match.layout);
  check_architecture(*m->of, m->config);
  check_lookalikes(*m->of, m->checkpoint);
  check_arguments(*m->of, m->config);
  m->graph = m->of->build(*m->weights, m->config);
  refuse_unread(m->checkpoint, *m->of, network.match, m->graph, m->config);
  m->note = note_on(m->checkpoint, network, m->graph);
  return m;
}

AISLE_API std::unique_ptr<opened_model> open_model(const std::string& path,
                                                   std::span<const family* const> among) {
  state_dict checkpoint = load_checkpoint(path);
  const std::string folder = folder_exists(path) ? path : parent_folder(path),
                    file = join_path(folder, "config.json");
  json config;
  if (file_exists(file)) {
    config = read_json(file);
  } else if (const auto kept = checkpoint.metadata().find("config.json");
             kept != checkpoint.metadata().end()) {
    config = parse_json(kept->second, checkpoint.path() + ": metadata config.json");
  } else if (const auto settings = checkpoint.metadata().find("pretrained_cfg");
             settings != checkpoint.metadata().end()) {  // timm's, which names the architecture
    config = parse_json(settings->second, checkpoint.path() + ": metadata pretrained_cfg");
  }
  return open_model(std::move(checkpoint), std::move(config), among);
}

AISLE_API nn::weight_source generated_weights() {
  return nn::weight_source([](const std::string& name, const shape& dims, std::span<float> out) {
    const bool norm = dims.rank() == 1;
    const double fan_in = static_cast<double>(norm ? 1 : dims.elements() / dims[0]);
    const bool around_one = norm && (name.ends_with(".weight") || name.ends_with(".running_var"));
    const double offset = around_one ? 1.0 : 0.0, scale = norm ? 0.1 : std::sqrt(3.0 / fan_in);
    random_generator random(fnv1a64::of(name));
    for (float& v : out) v = static_cast<float>(offset + scale * random.uniform(-1, 1));
  });
}

}  // namespace models
AISLE_NAMESPACE_END
