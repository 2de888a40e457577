#pragma once

#include <cstdint>
#include <vector>

#include <aisle/models/family.hpp>

AISLE_NAMESPACE_BEGIN
namespace models {

/// DenseNet (Huang et al. 2017), bottleneck and compression as published (DenseNet-BC).
struct densenet_config {
  std::int64_t stem = 64, growth = 32;
  std::int64_t bottleneck = 128;  ///< channels of each layer's 1x1 convolution
  std::vector<int> layers = {6, 12, 24, 16};
  std::int64_t classes = 1000;  ///< 0: no head
  float bn_eps = 1e-5f;

  static densenet_config from_checkpoint(const nn::weight_source& weights);
};

/// Picture in; outputs "embedding" (global average of relu(norm5)) and, with a head, "logits".
nn::graph densenet(const densenet_config& config);

/// torchvision's and timm's names (they agree), those of the first files, and those of keras.applications.
const family& densenet_family();

}  // namespace models
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/models/densenet.ipp>
#endif
