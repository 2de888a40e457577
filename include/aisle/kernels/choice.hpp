#pragma once

#include <cstdint>

#include <aisle/base/config.hpp>
#include <aisle/kernels/table.hpp>

AISLE_NAMESPACE_BEGIN

namespace kernels {

/// Whether a table's products may be made by a kernel. Those of double have one arithmetic.
inline bool allows(const kernel_table& table, const product_kernel<float>& kernel) noexcept {
  return kernel.arithmetic == table.single_precision;
}
inline bool allows(const kernel_table&, const product_kernel<double>&) noexcept { return true; }

/// The cheapest kernel for a shape of those that the table allows and that fit; of equals the first. It
/// follows from table, shape and processor alone.
template <class T>
const product_kernel<T>& choose_product(const kernel_table& table, const product_shape& shape) {
  const product_kernel<T>* best = nullptr;
  double least = 0;
  for (const product_kernel<T>& kernel : products<T>(table)) {
    if (!allows(table, kernel) || !kernel.fits(shape)) continue;
    const double cost = kernel.cost(shape);
    if (!best || cost < least) best = &kernel, least = cost;
  }
  return *best;  // each arithmetic has one that fits every shape on every processor
}

/// How a table's single-precision products are computed, for reports: "fma", "bf16x6", "bf16x6 (emulated)".
inline const char* arithmetic_name(const kernel_table& table) {
  return choose_product<float>(table, {}).name;
}

}  // namespace kernels

AISLE_NAMESPACE_END
