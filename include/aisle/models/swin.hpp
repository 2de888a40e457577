#pragma once

#include <cstdint>
#include <vector>

#include <aisle/models/family.hpp>

AISLE_NAMESPACE_BEGIN
namespace models {

/// Swin Transformer (Liu et al. 2021): attention in windows, shifted in every second block.
struct swin_config {
  std::int64_t hidden = 96;  ///< of the first stage; each next one has twice as many
  std::vector<int> depths = {2, 2, 6, 2};
  std::vector<std::int64_t> heads = {3, 6, 12, 24};
  std::int64_t patch = 4, window = 7, mlp_ratio = 4;
  std::int64_t classes = 1000;  ///< 0: no head
  float eps = 1e-5f;            ///< of the blocks' norms and the last
  float patch_eps = 1e-5f;      ///< of the norms behind patches and their merging
  bool joined_qkv = true;       ///< query, key and value are one tensor
  /// What publishers do with pictures whose maps are no whole windows: the authors and timm take one size
  /// alone (the last map is one window), torchvision pads maps, Hugging Face pads the picture too.
  enum class sizes : std::uint8_t { one, torchvision, transformers } takes = sizes::transformers;

  /// Everything as the tensors have it; eps from config.json. Throws format_error for a model that
  /// config.json says is another.
  static swin_config from_checkpoint(const nn::weight_source& weights, const json& config);
};

/// Picture in; outputs "embedding" (average of the positions after the final norm) and, with a head,
/// "logits".
nn::graph swin(const swin_config& config);

/// The authors' names (timm's old ones), timm's, torchvision's and Hugging Face's.
const family& swin_family();

}  // namespace models
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/models/swin.ipp>
#endif
