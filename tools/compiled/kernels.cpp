// The kernels of every instruction set for the target aisle::compiled.
#include <aisle/kernels/dispatch.hpp>
#include <aisle/simd/isa.ipp>

AISLE_NAMESPACE_BEGIN
namespace kernels {

template std::span<const product_kernel<float>> products(const kernel_table&);
template std::span<const product_kernel<double>> products(const kernel_table&);

}  // namespace kernels
AISLE_NAMESPACE_END
