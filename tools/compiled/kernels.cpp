// The kernels of every instruction set for the target aisle::compiled.
#include <aisle/kernels/dispatch.hpp>
#include <aisle/simd/isa.ipp>
