#pragma once

#include <cstdint>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN
namespace kernels {

/// gelu is the exact one, by erf.
enum class activation : std::uint8_t { none, relu, relu6, gelu, tanh };

}  // namespace kernels
AISLE_NAMESPACE_END
