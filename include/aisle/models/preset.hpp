#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <aisle/base/config.hpp>
#include <aisle/base/error.hpp>

// What a checkpoint expects its pictures to look like, as data. image/preprocess executes it.

AISLE_NAMESPACE_BEGIN

/// Pillow's resampling filters.
enum class resize_filter : std::uint8_t { nearest, box, bilinear, hamming, bicubic, lanczos };

enum class resize_rule : std::uint8_t {
  none,           ///< the picture as it is
  shortest_edge,  ///< the shorter side to `resize_width`, the longer in proportion, rounded down
  squash          ///< both sides as given, whatever the proportions
};

/// How the margin left and above a centred crop is rounded where it is not whole.
enum class crop_offset : std::uint8_t {
  round_half_even,  ///< torchvision, timm
  floor             ///< transformers
};

enum class channel_order : std::uint8_t { rgb, bgr };

/// From a picture to a float tensor: resize, centred crop, then (byte * scale - mean) / std for each channel.
struct preset {
  std::string name;
  resize_rule resize = resize_rule::shortest_edge;
  int resize_width = 256, resize_height = 256;
  resize_filter filter = resize_filter::bilinear;
  int crop_width = 224, crop_height = 224;  ///< size of the result
  crop_offset offset = crop_offset::round_half_even;
  channel_order order = channel_order::rgb;
  double scale = 1.0 / 255;
  std::array<double, 3> mean = {0, 0, 0}, std = {1, 1, 1};  ///< in the result's channel order
  /// A large JPEG is decoded at 1/2, 1/4 or 1/8 of its size, down to what the resize makes of it: faster, and
  /// not the reference's pixels. Needs use_libjpeg() (aisle/image/libjpeg.hpp).
  bool scaled_decoding = false;
};

/// One line for people: "256 at the shorter side (bicubic), 224 x 224 from the middle, mean …".
std::string describe(const preset& p);

/// Every named preset.
std::span<const preset> all_presets();

/// The preset called `name`; throws option_error naming all of them.
const preset& find_preset(std::string_view name);

/// The preset that the files of a model describe, given its folder or its weight file:
/// `preprocessor_config.json` (transformers' image processors for ConvNeXt, ViT, DeiT, CLIP, BiT and those
/// configured alike), else the `pretrained_cfg` of `config.json` (timm; older files have it on the top
/// level); else the same as text, or the name of a preset, under "preprocessor_config.json", "config.json",
/// "pretrained_cfg" or "preset" in the metadata of a safetensors file, where `aisle weights convert` puts
/// them. Nothing if none is there. Throws format_error, naming file and key, for values that are damaged,
/// option_error for a processor whose arithmetic is another.
std::optional<preset> preset_from_files(const std::string& path);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/models/preset.ipp>
#endif
