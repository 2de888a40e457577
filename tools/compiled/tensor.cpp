// The matrices of tensor/ for the target aisle::compiled.
#include <aisle/tensor/matrix.hpp>

AISLE_NAMESPACE_BEGIN
template class matrix<float>;
template class matrix<double>;
AISLE_NAMESPACE_END
