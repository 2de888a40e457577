#pragma once

#include <array>
#include <string>

#include <aisle/models/family.hpp>

AISLE_NAMESPACE_BEGIN
namespace models {

/// ConvNeXt V2 (Woo et al. 2023).
struct convnextv2_config {
  std::array<int, 4> depths = {3, 3, 9, 3};
  std::array<std::int64_t, 4> dims = {96, 192, 384, 768};
  std::int64_t classes = 1000;  ///< 0: no head
  float eps = 1e-6f;            ///< of every layer norm but the last
  float final_eps = 1e-6f;      ///< Hugging Face takes layer_norm_eps (1e-12) here
  float grn_eps = 1e-6f;

  static convnextv2_config from_checkpoint(const nn::weight_source& weights, const json& config);
};

/// Picture in; outputs "embedding" (global average, then the final layer norm) and, with a head, "logits".
nn::graph convnextv2(const convnextv2_config& config);

/// The authors' names, timm's and Hugging Face's.
const family& convnextv2_family();

}  // namespace models
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/models/convnextv2.ipp>
#endif
