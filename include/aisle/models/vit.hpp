#pragma once

#include <cstdint>

#include <aisle/models/family.hpp>

AISLE_NAMESPACE_BEGIN
namespace models {

/// Vision Transformer (Dosovitskiy et al. 2020): pre-norm blocks, learned positions, erf GELU.
struct vit_config {
  std::int64_t hidden = 768, layers = 12, heads = 12, mlp = 3072;
  std::int64_t patch = 16,
               side = 14;       ///< patches are patch x patch pixels; side x side of them have positions
  std::int64_t classes = 1000;  ///< 0: no head
  float eps = 1e-6f;
  bool heads_assumed = true;  ///< no file says how many there are
  bool joined_qkv = true;     ///< query, key and value are one tensor
  bool pooler = false;        ///< Hugging Face's dense layer and tanh on the class token
  /// Refuses pictures of other sizes: torchvision does, timm resizes the positions with another filter when
  /// it loads. Hugging Face's interpolate_pos_encoding takes any.
  bool one_size = false;

  /// Sizes as the tensors have them; heads (which no tensor shows) from config.json, else 64 channels a head,
  /// 80 in the huge model. Throws format_error for a model that config.json says is another.
  static vit_config from_checkpoint(const nn::weight_source& weights, const json& config);
};

/// Picture in; outputs "embedding" (class token after the final norm), "mean" (of the patches after it),
/// "pooler_output" and "logits" where the checkpoint has them.
nn::graph vit(const vit_config& config);

/// timm's names (DeiT's too), torchvision's new and old, Hugging Face's.
const family& vit_family();

}  // namespace models
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/models/vit.ipp>
#endif
