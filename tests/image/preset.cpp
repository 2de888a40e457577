#include <doctest/doctest.h>

#include <aisle/io/safetensors.hpp>
#include <aisle/models/preset.hpp>

#include "image_data.hpp"

using aisle::crop_offset;
using aisle::preset;
using aisle::resize_filter;
using aisle::resize_rule;

namespace {

constexpr std::pair<const char*, resize_filter> filter_names[] = {{"nearest", resize_filter::nearest},
                                                                  {"bilinear", resize_filter::bilinear},
                                                                  {"bicubic", resize_filter::bicubic},
                                                                  {"lanczos", resize_filter::lanczos}};

/// What a folder with these two files ("" for none) resolves to.
std::optional<preset> resolve(const std::string& processor, const std::string& config = "") {
  const support::temporary_folder folder;
  if (!processor.empty()) aisle::write_file(folder / "preprocessor_config.json", processor);
  if (!config.empty()) aisle::write_file(folder / "config.json", config);
  return aisle::preset_from_files(folder.path());
}

/// The preset does what the named one does.
void check_same(const std::optional<preset>& found, const std::string& name) {
  CAPTURE(name);
  REQUIRE(found);
  const preset& p = aisle::find_preset(name);
  CHECK(found->resize == p.resize);
  CHECK(found->resize_width == p.resize_width);
  CHECK(found->resize_height == p.resize_height);
  CHECK(found->filter == p.filter);
  CHECK(found->crop_width == p.crop_width);
  CHECK(found->crop_height == p.crop_height);
  CHECK(found->offset == p.offset);
  CHECK(found->scale == doctest::Approx(p.scale));
  CHECK(found->mean == p.mean);
  CHECK(found->std == p.std);
}

}  // namespace

TEST_CASE("every named preset says what the reference says") {
  const auto reference = aisle::read_json(support::data("image/presets.json"));
  const auto& presets = reference["presets"];
  for (const auto& member : presets.members()) {
    const auto& name = member.key;
    const auto& expected = member.value;
    CAPTURE(name);
    const preset& p = aisle::find_preset(name);
    CHECK((p.resize == resize_rule::squash) == (expected.get<std::string>("resize") == "squash"));
    CHECK(p.resize_width == expected.get<int>("size"));
    CHECK(p.resize_height == expected.get<int>("size"));
    CHECK(p.crop_width == expected.get<int>("crop"));
    CHECK(p.crop_height == expected.get<int>("crop"));
    bool known = false;
    for (const auto& [filter, value] : filter_names)
      if (filter == expected.get<std::string>("filter")) known = p.filter == value;
    CHECK(known);
    if (const auto* mean = expected.find("mean"))
      for (std::size_t c = 0; c < 3; ++c) {
        CHECK(p.mean[c] == mean->at(c).as<double>());
        CHECK(p.std[c] == expected["std"][c].as<double>());
      }
    if (const auto* offset = expected.find("crop_offset"))
      CHECK((p.offset == crop_offset::floor) == (offset->as<std::string>() == "floor"));
  }
  // Those beyond the reference are relatives of its own.
  std::size_t others = 0;
  for (const char* name : {"torchvision_inception_v3_pretrained", "efficientnet_lite1", "efficientnet_lite2",
                           "efficientnet_lite3", "efficientnet_lite4", "keras_tf_299", "keras_torch"}) {
    CHECK(presets.find(name) == nullptr);
    CHECK(aisle::find_preset(name).name == name);
    ++others;
  }
  CHECK(presets.size() + others == aisle::all_presets().size());
  CHECK_THROWS_WITH_AS(aisle::find_preset("resnet"), doctest::Contains("torchvision_resnet50_v1, "),
                       aisle::option_error);
}

TEST_CASE("transformers' processors") {
  const std::string imagenet = R"("image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225])";
  const std::string halves = R"("image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5])";
  check_same(
      resolve(R"({"feature_extractor_type": "ConvNextFeatureExtractor", "crop_pct": 0.875, "do_resize": true,
                         "resample": 3, "size": 224, )" +
              imagenet + "}"),
      "hf_convnext_224");
  check_same(resolve(R"({"image_processor_type": "ConvNextImageProcessor", "crop_pct": 0.875, "resample": 3,
                         "rescale_factor": 0.00392156862745098, "size": {"shortest_edge": 224}, )" +
                     imagenet + "}"),
             "hf_convnext_224");
  check_same(resolve(R"({"image_processor_type": "ConvNextImageProcessor", "crop_pct": 1.0, "resample": 3,
                         "size": {"shortest_edge": 384}, )" +
                     imagenet + "}"),
             "hf_convnext_384");
  check_same(resolve(R"({"feature_extractor_type": "ViTFeatureExtractor", "resample": 2, "size": 224, )" +
                     halves + "}"),
             "hf_vit_224");
  check_same(resolve(R"({"image_processor_type": "ViTImageProcessor", "resample": 3,
                         "size": {"height": 224, "width": 224}, )" +
                     imagenet + "}"),
             "hf_swin_224");

  const auto clip =
      resolve(R"({"feature_extractor_type": "CLIPFeatureExtractor", "size": 256, "crop_size": 224,
                                "do_center_crop": true, "resample": 1, "do_normalize": false, "do_rescale": false})");
  REQUIRE(clip);
  CHECK(clip->resize == resize_rule::shortest_edge);
  CHECK(clip->resize_width == 256);
  CHECK(clip->crop_height == 224);
  CHECK(clip->filter == resize_filter::lanczos);
  CHECK(clip->scale == 1);
  CHECK(clip->mean == std::array<double, 3>{0, 0, 0});
  // Processors' own figures, where the file has none.
  const std::array<double, 3> openai = {0.48145466, 0.4578275, 0.40821073};
  for (const char* type : {"CLIPImageProcessor", "BitImageProcessor", "ChineseCLIPImageProcessor"}) {
    const auto own = resolve(std::string(R"({"image_processor_type": ")") + type + R"(", "size": 224})");
    REQUIRE(own);
    CHECK(own->mean == openai);
  }
  // A crop that is asked for is made by every class.
  for (const char* type : {"ViTImageProcessor", "ViTImageProcessorFast"}) {
    const std::string sizes =
        std::string(R"({"image_processor_type": ")") + type +
        R"(", "size": {"height": 256, "width": 256}, "crop_size": {"height": 224, "width": 224})";
    const auto cropped = resolve(sizes + R"(, "do_center_crop": true})"), whole = resolve(sizes + "}");
    REQUIRE(cropped);
    REQUIRE(whole);
    CHECK(cropped->crop_width == 224);
    CHECK(cropped->resize_width == 256);
    CHECK(whole->crop_width == 256);
  }

  const auto deit =
      resolve(R"({"image_processor_type": "DeiTImageProcessor", "size": {"height": 256, "width": 240},
                                "crop_size": {"height": 224, "width": 200}, "do_center_crop": true})");
  REQUIRE(deit);
  CHECK(deit->resize == resize_rule::squash);
  CHECK(deit->resize_height == 256);
  CHECK(deit->resize_width == 240);
  CHECK(deit->crop_width == 200);
  CHECK(deit->filter == resize_filter::bicubic);
}

TEST_CASE("timm's configuration") {
  check_same(resolve("", R"({"architecture": "resnet50", "pretrained_cfg": {"input_size": [3, 224, 224],
      "interpolation": "bicubic", "crop_pct": 0.95, "crop_mode": "center", "mean": [0.485, 0.456, 0.406],
      "std": [0.229, 0.224, 0.225]}})"),
             "timm_resnet50_a1");
  check_same(resolve("", R"({"pretrained_cfg": {"input_size": [3, 299, 299], "interpolation": "bicubic",
      "crop_pct": 0.875, "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}})"),
             "timm_inception_v3");
  check_same(resolve("", R"({"pretrained_cfg": {"input_size": [3, 224, 224], "crop_pct": 0.9,
      "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}})"),
             "timm_vit_base_patch16_224");
  // As older files have it, on the top level; and as text in a weight file.
  const std::string settings = R"({"architecture": "resnet50", "input_size": [3, 224, 224],
      "interpolation": "bicubic", "crop_pct": 0.95, "crop_mode": "center", "mean": [0.485, 0.456, 0.406],
      "std": [0.229, 0.224, 0.225]})";
  check_same(resolve("", settings), "timm_resnet50_a1");
  const support::temporary_folder folder;
  aisle::state_dict weights;
  weights.add("a", aisle::tensor(aisle::dtype::f32, {1}));
  aisle::write_safetensors(folder / "model.safetensors", weights, {{"pretrained_cfg", settings}});
  check_same(aisle::preset_from_files(folder.path()), "timm_resnet50_a1");
  const auto squash = resolve("", R"({"pretrained_cfg": {"input_size": [3, 240, 320], "crop_pct": 1.0,
      "crop_mode": "squash"}})");
  REQUIRE(squash);
  CHECK(squash->resize == resize_rule::squash);
  CHECK(squash->resize_width == 320);
  CHECK(squash->crop_height == 240);
}

TEST_CASE("a preset in one line") {
  CHECK(aisle::describe(aisle::find_preset("timm_resnet50_a1")) ==
        "235 at the shorter side (bicubic), 224 x 224 from the middle, mean 0.485 0.456 0.406, "
        "std 0.229 0.224 0.225");
  CHECK(aisle::describe(aisle::find_preset("hf_vit_224")) ==
        "224 x 224 whatever the proportions (bilinear), mean 0.5, std 0.5");
  CHECK(aisle::describe(aisle::find_preset("keras_caffe")) ==
        "224 x 224 whatever the proportions (nearest), BGR, mean 103.939 116.779 123.68, std 1.0");
}

TEST_CASE("nothing to go by, and what cannot be followed") {
  CHECK_FALSE(resolve("", ""));
  CHECK_FALSE(resolve("", R"({"hidden_size": 768})"));
  CHECK_THROWS_AS(resolve("", R"({"pretrained_cfg": {"crop_mode": "border"}})"), aisle::option_error);
  CHECK_THROWS_AS(resolve(R"({"image_processor_type": "LevitImageProcessor"})"), aisle::option_error);
  for (const char* bad :
       {R"({"size": -3})", R"({"size": 224, "resample": 9})", R"({"size": "big"})",
        R"({"size": {"longest_edge": 9}})", R"({"size": 224, "image_std": 0})", R"({"size": [1,2,3]})",
        R"({"size": 99999999})", R"({"image_processor_type": "ConvNext", "crop_pct": 0})", "["}) {
    CAPTURE(bad);
    CHECK_THROWS_WITH_AS(resolve(bad), doctest::Contains("preprocessor_config.json"), aisle::format_error);
  }
  for (const char* bad :
       {R"({"pretrained_cfg": {"input_size": [1, 28, 28]}})", R"({"pretrained_cfg": {"crop_pct": -1}})",
        R"({"pretrained_cfg": {"interpolation": "best"}})"}) {
    CAPTURE(bad);
    CHECK_THROWS_WITH_AS(resolve("", bad), doctest::Contains("config.json: pretrained_cfg"),
                         aisle::format_error);
  }
}

TEST_CASE("pictures for Inception V3: what transform_input makes of ImageNet's normalisation") {
  const preset& given = aisle::find_preset("torchvision_inception_v3");
  const preset& wanted = aisle::find_preset("torchvision_inception_v3_pretrained");
  CHECK(given.resize_width == wanted.resize_width);
  CHECK(given.crop_width == wanted.crop_width);
  CHECK(given.filter == wanted.filter);
  for (std::size_t c = 0; c < 3; ++c)
    for (const double byte : {0.0, 77.0, 255.0}) {
      const double x = (byte / 255 - given.mean[c]) / given.std[c],
                   transformed = x * (given.std[c] / 0.5) + (given.mean[c] - 0.5) / 0.5;
      CHECK((byte * wanted.scale - wanted.mean[c]) / wanted.std[c] == doctest::Approx(transformed));
    }
}
