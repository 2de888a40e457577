#pragma once

#include <array>
#include <cstdint>
#include <string>

#include <aisle/models/family.hpp>

AISLE_NAMESPACE_BEGIN
namespace models {

/// EfficientNet-Lite (Google 2020): EfficientNet (Tan, Le 2019) without squeeze-and-excite, ReLU6 for swish,
/// and a stem and head that do not scale. As TensorFlow trained it: SAME padding, batch norm eps 1e-3.
struct efficientnet_lite_config {
  double width = 1.0, depth = 1.0;  ///< multipliers: Lite0 is 1, 1
  std::int64_t classes = 1000;      ///< 0: no head
  float bn_eps = 1e-3f;

  /// Lite0 to Lite4.
  static efficientnet_lite_config lite(int number);
  /// The one of them that the checkpoint's tensors fit, and its head.
  static efficientnet_lite_config from_checkpoint(const nn::weight_source& weights);

  std::int64_t channels(int stage) const;  ///< of the stages 0 to 6
  int blocks(int stage) const;
};

/// Picture in; outputs "embedding" (global average of the 1280-channel head) and, with a head, "logits".
nn::graph efficientnet_lite(const efficientnet_lite_config& config);

/// timm's names, and those of the EfficientNet-PyTorch files (`_blocks.0._depthwise_conv`).
const family& efficientnet_lite_family();

}  // namespace models
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/models/efficientnet_lite.ipp>
#endif
