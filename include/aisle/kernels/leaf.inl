// The leaf kernels of one instruction set. Included once inside each region of dispatch.hpp, after a
// vec_*.inl.

#include <aisle/kernels/math.inl>
// gemm before attention, which is made of its tiles.
#include <aisle/kernels/gemm.inl>
#include <aisle/kernels/rows.inl>
#include <aisle/kernels/attention.inl>
#include <aisle/kernels/window.inl>
#include <aisle/kernels/winograd.inl>
#include <aisle/kernels/resize.inl>
#include <aisle/kernels/optimizer.inl>
#include <aisle/kernels/peak.inl>
