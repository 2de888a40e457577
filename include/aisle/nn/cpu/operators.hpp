#pragma once

#include <memory>

#include <aisle/nn/cpu/layer.hpp>
#include <aisle/nn/operators.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn::cpu {

/// The layer of an operator; null for the caller's picture. Throws option_error for one that the CPU does not
/// have.
std::unique_ptr<const layer> load_layer(const operation& op, const load_context& from);

}  // namespace nn::cpu
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/nn/cpu/operators.ipp>
#endif
