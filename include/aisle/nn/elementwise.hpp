#pragma once

#include <aisle/nn/value.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// An activation by itself.
struct activate {
  kernels::activation act = kernels::activation::none;
};

/// y = activation(a + b).
struct add {
  kernels::activation act = kernels::activation::none;
};

void run(const activate& op, const run_context& ctx, value_view in, value_view out);
void run(const add& op, const run_context& ctx, std::span<const value_view> in, value_view out);

}  // namespace nn
AISLE_NAMESPACE_END
