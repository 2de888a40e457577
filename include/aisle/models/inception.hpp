#pragma once

#include <cstdint>
#include <string>

#include <aisle/models/family.hpp>

AISLE_NAMESPACE_BEGIN
namespace models {

/// Inception V3 (Szegedy et al. 2015), for pictures of 299 x 299; 75 is the least that its strides leave
/// something of. The auxiliary classifier is for training alone and not read.
///
/// torchvision's own weights want pictures of mean and standard deviation 0.5, which torchvision makes of
/// those that were normalised for ImageNet (`transform_input`): here that is a preset,
/// torchvision_inception_v3_pretrained.
struct inception_config {
  std::int64_t classes = 1000;  ///< 0: no head
  float bn_eps = 1e-3f;
  bool count_padding =
      true;              ///< averages at the border divide by 9 (PyTorch), not by the pixels inside (Keras)
  bool bn_scale = true;  ///< batch norms have a weight

  static inception_config from_checkpoint(const nn::weight_source& weights);
};

/// Picture in; outputs "embedding" (global average of the last map) and, with a head, "logits".
nn::graph inception(const inception_config& config);

/// torchvision's and timm's names (they agree), and those of keras.applications.
const family& inception_family();

}  // namespace models
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/models/inception.ipp>
#endif
