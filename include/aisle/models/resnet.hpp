#pragma once

#include <array>
#include <string>
#include <vector>

#include <aisle/models/family.hpp>

AISLE_NAMESPACE_BEGIN
namespace models {

/// ResNet (He et al. 2015), the stride in the 3x3 convolution as torchvision, timm and Hugging Face have it
/// (v1.5), or in the first 1x1 as Keras does.
struct resnet_config {
  bool bottleneck = true;
  std::int64_t stem = 64;
  std::array<int, 4> layers = {3, 4, 6, 3};
  std::array<std::int64_t, 4> widths = {256, 512, 1024, 2048};
  std::int64_t classes = 1000;  ///< 0: no head
  float bn_eps = 1e-5f;
  bool stride_first = false;  ///< a bottleneck's stride is in its first convolution
  bool conv_bias = false;

  /// Depths, widths and head as the checkpoint's tensors have them.
  static resnet_config from_checkpoint(const nn::weight_source& weights);
};

/// Picture in; outputs "embedding" (global average of the last map) and, with a head, "logits".
nn::graph resnet(const resnet_config& config);

/// torchvision's and timm's names (they agree), Hugging Face's, and those of keras.applications.
const family& resnet_family();

}  // namespace models
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/models/resnet.ipp>
#endif
