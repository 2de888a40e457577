// What a region of the split product needs beside its vectors and tiles.

#include <aisle/kernels/math.inl>
#include <aisle/kernels/epilogue.inl>
#include <aisle/kernels/staging.inl>
#include <aisle/kernels/gemm_split.inl>
