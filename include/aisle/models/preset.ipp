#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include <aisle/base/file.hpp>
#include <aisle/io/checkpoint.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/safetensors.hpp>
#include <aisle/models/preset.hpp>
#include <aisle/tensor/finite.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail::presets {

inline constexpr std::array<double, 3> imagenet_mean = {0.485, 0.456, 0.406};
inline constexpr std::array<double, 3> imagenet_std = {0.229, 0.224, 0.225};
/// OpenAI's CLIP; transformers' processors named CLIP and Bit have them, too.
inline constexpr std::array<double, 3> clip_mean = {0.48145466, 0.4578275, 0.40821073};
inline constexpr std::array<double, 3> clip_std = {0.26862954, 0.26130258, 0.27577711};
inline constexpr std::array<double, 3> halves = {0.5, 0.5, 0.5};
/// Of the filters, as Pillow and timm call them, in the order of resize_filter.
inline constexpr std::string_view filter_names[] = {"nearest", "box",     "bilinear",
                                                    "hamming", "bicubic", "lanczos"};
static_assert(static_cast<std::size_t>(resize_filter::lanczos) + 1 == std::size(filter_names));
/// Sides above this are damage, not a model.
inline constexpr int largest_side = 1 << 16;

AISLE_API preset named(std::string name, resize_rule rule, int size, resize_filter filter, int crop,
                       std::array<double, 3> mean, std::array<double, 3> std,
                       crop_offset offset = crop_offset::round_half_even) {
  return {.name = std::move(name),
          .resize = rule,
          .resize_width = size,
          .resize_height = size,
          .filter = filter,
          .crop_width = crop,
          .crop_height = crop,
          .offset = offset,
          .mean = mean,
          .std = std};
}

AISLE_API int side_of(const json& v) {
  const int n = v.as<int>();
  if (n < 1 || n > largest_side)
    v.fail("expected a size of 1 to " + std::to_string(largest_side) + " pixels");
  return n;
}

AISLE_API std::array<double, 3> three_of(const json& config, std::string_view key,
                                         std::array<double, 3> fallback) {
  const json* v = config.find(key);
  if (v == nullptr || v->is_null()) return fallback;
  if (v->is_number()) return {v->as<double>(), v->as<double>(), v->as<double>()};
  if (v->size() != 3) v->fail("expected 3 numbers, found " + std::to_string(v->size()));
  return {v->at(std::size_t{0}).as<double>(), v->at(std::size_t{1}).as<double>(),
          v->at(std::size_t{2}).as<double>()};
}

/// Numbers of PIL.Image.Resampling.
AISLE_API resize_filter filter_of_code(const json& v) {
  static constexpr resize_filter codes[] = {resize_filter::nearest,  resize_filter::lanczos,
                                            resize_filter::bilinear, resize_filter::bicubic,
                                            resize_filter::box,      resize_filter::hamming};
  const auto code = v.as<std::int64_t>();
  if (code < 0 || code > 5) v.fail("expected a PIL resampling filter 0 to 5, found " + std::to_string(code));
  return codes[code];
}

AISLE_API resize_filter filter_of_name(const json& v) {
  const auto name = v.as<std::string>();
  for (std::size_t i = 0; i < std::size(filter_names); ++i)
    if (name == filter_names[i]) return static_cast<resize_filter>(i);
  v.fail("unknown interpolation '" + name + "'");
}

/// Scale, mean and std: what they make of a byte must be a float. A std of 0 makes none.
AISLE_API void check_normalisation(const json& config, const preset& p) {
  if (std::any_of(p.std.begin(), p.std.end(), [](double s) { return s == 0; }))
    config.fail("a standard deviation of 0");
  for (std::size_t c = 0; c < p.std.size(); ++c)
    for (const double byte : {0.0, 255.0})
      if (!is_finite(static_cast<float>((byte * p.scale - p.mean[c]) / p.std[c])))
        config.fail("a scale, mean and standard deviation that make no finite number of a pixel");
}

/// A size given as a number, {"height", "width"}, {"shortest_edge"} or a list of two.
struct given_size {
  int height = 0, width = 0;
  enum class form { number, pair, shortest } kind = form::number;
};
AISLE_API given_size size_of(const json& v) {
  using form = given_size::form;
  if (v.is_number()) return {side_of(v), side_of(v), form::number};
  if (v.is_array()) {
    if (v.size() != 2) v.fail("expected height and width, found " + std::to_string(v.size()) + " values");
    return {side_of(v.at(std::size_t{0})), side_of(v.at(std::size_t{1})), form::pair};
  }
  if (v.contains("height") && v.contains("width"))
    return {side_of(v["height"]), side_of(v["width"]), form::pair};
  if (v.contains("shortest_edge") && !v.contains("longest_edge"))
    return {side_of(v["shortest_edge"]), side_of(v["shortest_edge"]), form::shortest};
  v.fail("expected a number, height and width, or shortest_edge");
}

/// `mean` and `std` are the processor's own, where the file has none.
AISLE_API void normalisation_of_transformers(const json& c, const std::array<double, 3>& mean,
                                             const std::array<double, 3>& std, preset& p) {
  p.scale = c.get<bool>("do_rescale", true) ? c.get<double>("rescale_factor", 1.0 / 255) : 1;
  if (!c.get<bool>("do_normalize", true)) return;
  p.mean = three_of(c, "image_mean", mean);
  p.std = three_of(c, "image_std", std);
  check_normalisation(c, p);
}

AISLE_API preset preset_of_transformers(const json& c) {
  auto type = c.get<std::string>("image_processor_type", "");
  if (type.empty()) type = c.get<std::string>("feature_extractor_type", "");
  const auto is = [&](std::string_view family) { return type.starts_with(family); };
  for (const std::string_view family :
       {"Levit", "PoolFormer", "MobileViT", "EfficientNet", "Mask", "Detr", "Pix2"})
    if (is(family))
      throw option_error(c.where() + ": image processor " + type +
                         " is not supported; name a preset instead");
  const bool convnext = is("ConvNext"), vit = is("ViT"), deit = is("DeiT"),
             clip = is("CLIP") || is("Bit") || is("ChineseCLIP");

  preset p;
  p.name = type;
  p.offset = crop_offset::floor;
  const json* resample = c.find("resample");
  p.filter = resample != nullptr && !resample->is_null() ? filter_of_code(*resample)
             : clip || deit || is("Beit")                ? resize_filter::bicubic
                                                         : resize_filter::bilinear;
  if (clip)
    normalisation_of_transformers(c, clip_mean, clip_std, p);
  else if (convnext || deit)
    normalisation_of_transformers(c, imagenet_mean, imagenet_std, p);
  else
    normalisation_of_transformers(c, halves, halves, p);

  const json* given = c.find("size");
  const given_size size =
      given != nullptr && !given->is_null()
          ? size_of(*given)
          : given_size{224, 224, convnext || clip ? given_size::form::shortest : given_size::form::number};
  const bool resizes = c.get<bool>("do_resize", true);
  p.resize_width = p.crop_width = size.width;
  p.resize_height = p.crop_height = size.height;
  p.resize = !resizes ? resize_rule::none
             : size.kind == given_size::form::shortest ||
                     (size.kind == given_size::form::number && (clip || convnext))
                 ? resize_rule::shortest_edge
                 : resize_rule::squash;
  if (convnext) {
    // Below 384 the shortest edge is widened by crop_pct and cropped; from 384 on the picture is squashed.
    if (size.kind == given_size::form::pair) c.fail("size: expected shortest_edge");
    if (resizes && size.width >= 384) p.resize = resize_rule::squash;
    if (p.resize == resize_rule::shortest_edge) {
      const double share = c.get<double>("crop_pct", 224.0 / 256);
      if (!(share > 0 && share <= 1)) c.fail("crop_pct: expected more than 0 and at most 1");
      const double edge = size.width / share;
      if (edge > largest_side) c.fail("crop_pct: the picture would be resized to more than 65536 pixels");
      p.resize_width = p.resize_height = static_cast<int>(edge);
    }
    return p;
  }
  const json* crop = c.find("crop_size");
  const bool has_crop = crop != nullptr && !crop->is_null();
  if (c.get<bool>("do_center_crop", (has_crop && !vit) || clip)) {
    const given_size s = has_crop ? size_of(*crop) : given_size{224, 224, given_size::form::number};
    p.crop_height = s.height;
    p.crop_width = s.width;
  } else if (p.resize == resize_rule::shortest_edge || !resizes) {
    c.fail("pictures of one size are needed: a centre crop, or a size of height and width");
  }
  return p;
}

AISLE_API preset preset_of_timm(const json& c, std::string name) {
  preset p;
  p.name = std::move(name);
  p.crop_height = p.crop_width = 224;
  if (const json* size = c.find("input_size"); size != nullptr && !size->is_null()) {
    if (size->size() != 3 || size->at(std::size_t{0}).as<int>() != 3)
      size->fail("expected [3, height, width]");
    p.crop_height = side_of(size->at(std::size_t{1}));
    p.crop_width = side_of(size->at(std::size_t{2}));
  }
  const double share = c.get<double>("crop_pct", 0.875);
  if (!(share > 0 && share <= 4)) c.fail("crop_pct: expected more than 0 and at most 4");
  const auto widened = [&](int side) { return static_cast<int>(std::floor(std::min(side / share, 1e6))); };
  p.resize_height = widened(p.crop_height);
  p.resize_width = widened(p.crop_width);
  const auto mode = c.get<std::string>("crop_mode", "center");
  p.resize = mode == "squash" ? resize_rule::squash : resize_rule::shortest_edge;
  if ((mode != "squash" && mode != "center") || (mode == "center" && p.crop_height != p.crop_width))
    throw option_error(c.where() + ": crop_mode '" + mode + "' for " + std::to_string(p.crop_height) + " x " +
                       std::to_string(p.crop_width) + " pixels is not supported; name a preset instead");
  const json* filter = c.find("interpolation");
  p.filter = filter != nullptr && !filter->is_null() ? filter_of_name(*filter) : resize_filter::bicubic;
  p.mean = three_of(c, "mean", imagenet_mean);
  p.std = three_of(c, "std", imagenet_std);
  check_normalisation(c, p);
  return p;
}

}  // namespace detail::presets

AISLE_API std::string describe(const preset& p) {
  const auto numbers = [](const std::array<double, 3>& v) {
    const auto text = [](double x) { return json(x).dump(); };
    return v[0] == v[1] && v[1] == v[2] ? text(v[0]) : text(v[0]) + " " + text(v[1]) + " " + text(v[2]);
  };
  const auto size = [](int width, int height) {
    return std::to_string(width) + " x " + std::to_string(height);
  };
  const std::string by =
      " (" + std::string(detail::presets::filter_names[static_cast<std::size_t>(p.filter)]) + ")";
  std::string out;
  if (p.resize == resize_rule::squash)
    out = size(p.resize_width, p.resize_height) + " whatever the proportions" + by + ", ";
  else if (p.resize == resize_rule::shortest_edge)
    out = std::to_string(p.resize_width) + " at the shorter side" + by + ", ";
  if (p.resize != resize_rule::squash || p.crop_width != p.resize_width || p.crop_height != p.resize_height)
    out += size(p.crop_width, p.crop_height) + " from the middle, ";
  if (p.order == channel_order::bgr) out += "BGR, ";
  return out + "mean " + numbers(p.mean) + ", std " + numbers(p.std);
}

AISLE_API std::span<const preset> all_presets() {
  static const std::vector<preset> presets = [] {
    using namespace detail::presets;
    constexpr auto shortest = resize_rule::shortest_edge, squash = resize_rule::squash;
    constexpr auto bilinear = resize_filter::bilinear, bicubic = resize_filter::bicubic;
    constexpr auto floor = crop_offset::floor;
    std::vector<preset> p = {
        named("torchvision_resnet50_v1", shortest, 256, bilinear, 224, imagenet_mean, imagenet_std),
        named("torchvision_resnet50_v2", shortest, 232, bilinear, 224, imagenet_mean, imagenet_std),
        named("torchvision_swin_t", shortest, 232, bicubic, 224, imagenet_mean, imagenet_std),
        named("torchvision_swin_s", shortest, 246, bicubic, 224, imagenet_mean, imagenet_std),
        named("torchvision_swin_b", shortest, 238, bicubic, 224, imagenet_mean, imagenet_std),
        named("torchvision_inception_v3", shortest, 342, bilinear, 299, imagenet_mean, imagenet_std),
        // With `transform_input`, which makes these of the ones above.
        named("torchvision_inception_v3_pretrained", shortest, 342, bilinear, 299, halves, halves),
        named("timm_resnet50_a1", shortest, 235, bicubic, 224, imagenet_mean, imagenet_std),
        named("timm_inception_v3", shortest, 341, bicubic, 299, halves, halves),
        named("timm_tf_efficientnet_lite0", shortest, 256, bicubic, 224, halves, halves),
        // As TensorFlow trained them: 32 pixels of margin.
        named("efficientnet_lite1", shortest, 272, bicubic, 240, halves, halves),
        named("efficientnet_lite2", shortest, 292, bicubic, 260, halves, halves),
        named("efficientnet_lite3", shortest, 312, bicubic, 280, halves, halves),
        named("efficientnet_lite4", shortest, 332, bicubic, 300, halves, halves),
        named("timm_vit_base_patch16_224", shortest, 248, bicubic, 224, halves, halves),
        named("hf_convnext_224", shortest, 256, bicubic, 224, imagenet_mean, imagenet_std, floor),
        named("hf_convnext_384", squash, 384, bicubic, 384, imagenet_mean, imagenet_std, floor),
        named("hf_vit_224", squash, 224, bilinear, 224, halves, halves, floor),
        named("hf_swin_224", squash, 224, bicubic, 224, imagenet_mean, imagenet_std, floor),
        named("keras_caffe", squash, 224, resize_filter::nearest, 224, {103.939, 116.779, 123.68}, {1, 1, 1}),
        named("keras_tf", squash, 224, resize_filter::nearest, 224, halves, halves),
        named("keras_tf_299", squash, 299, resize_filter::nearest, 299, halves, halves),
        named("keras_torch", squash, 224, resize_filter::nearest, 224, imagenet_mean, imagenet_std),
        named("plain_lanczos", squash, 224, resize_filter::lanczos, 224, {0, 0, 0}, {1, 1, 1}),
    };
    auto& caffe = *std::find_if(p.begin(), p.end(), [](const preset& x) { return x.name == "keras_caffe"; });
    caffe.order = channel_order::bgr;
    caffe.scale = 1;
    return p;
  }();
  return presets;
}

AISLE_API const preset& find_preset(std::string_view name) {
  std::string names;
  for (const preset& p : all_presets()) {
    if (p.name == name) return p;
    names += (names.empty() ? "" : ", ") + p.name;
  }
  throw option_error("no image preset '" + std::string(name) + "'; there are: " + names);
}

namespace detail::presets {

/// timm's settings in config.json: under "pretrained_cfg", or, in older files, on the top level. Null: none.
AISLE_API const json* timm_settings(const json& config) {
  if (const json* p = config.find("pretrained_cfg"); p != nullptr) return p->is_object() ? p : nullptr;
  const auto has = [&](const char* key) { return config.contains(key); };
  return has("architecture") && !has("model_type") && (has("mean") || has("input_size")) ? &config : nullptr;
}

/// Either may be null.
AISLE_API std::optional<preset> preset_of(const json& processor, const json& config) {
  if (processor.is_object() &&
      !processor.get<std::string>("image_processor_type", "").starts_with("TimmWrapper"))
    return preset_of_transformers(processor);
  if (config.is_object())
    if (const json* p = timm_settings(config))
      return preset_of_timm(*p, config.get<std::string>("architecture", "timm"));
  return std::nullopt;
}

/// The metadata of the safetensors file that would be opened for `path`; empty where it is none.
AISLE_API std::map<std::string, std::string> metadata_of(const std::string& path) {
  try {
    const std::string file = folder_exists(path) ? find_checkpoint(path) : path;
    if (file.ends_with(".safetensors") && file_exists(file)) return read_safetensors(file).metadata();
  } catch (const machine_error&) {
    throw;
  } catch (const error&) {  // who opens the weights says what is wrong with them
  }
  return {};
}

}  // namespace detail::presets

AISLE_API std::optional<preset> preset_from_files(const std::string& path) {
  using namespace detail::presets;
  const std::string folder = file_exists(path) ? parent_folder(path) : path;
  const auto beside = [&](const char* name) {
    const std::string file = join_path(folder, name);
    return file_exists(file) ? read_json(file) : json();
  };
  if (auto found = preset_of(beside("preprocessor_config.json"), beside("config.json"))) return found;
  const std::map<std::string, std::string> metadata = metadata_of(path);
  const auto inside = [&](const char* name) {
    const auto text = metadata.find(name);
    return text == metadata.end() ? json() : parse_json(text->second, path + ": metadata " + name);
  };
  if (auto found = preset_of(inside("preprocessor_config.json"), inside("config.json"))) return found;
  if (const json settings = inside("pretrained_cfg"); settings.is_object())
    return preset_of_timm(settings, settings.get<std::string>("architecture", "timm"));
  if (const auto name = metadata.find("preset"); name != metadata.end()) return find_preset(name->second);
  return std::nullopt;
}

AISLE_NAMESPACE_END
