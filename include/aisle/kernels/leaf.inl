// The leaf kernels of one instruction set. Included once inside each region of dispatch.hpp, after a
// vec_*.inl.

#include <aisle/kernels/math.inl>
#include <aisle/kernels/epilogue.inl>
#include <aisle/kernels/staging.inl>
// gemm before attention, which is made of its tiles.
#include <aisle/kernels/gemm.inl>
#include <aisle/kernels/rows.inl>
#include <aisle/kernels/attention.inl>
#include <aisle/kernels/window.inl>
#include <aisle/kernels/winograd.inl>
#include <aisle/kernels/resize.inl>
#include <aisle/kernels/optimizer.inl>
#include <aisle/kernels/peak.inl>

template <class T>
struct vector_of;
template <>
struct vector_of<float> {
  using type = vec;
};
template <>
struct vector_of<double> {
  using type = vecd;
};
template <class T>
using vec_of = typename vector_of<T>::type;
