#include <aisle/kernels/product.hpp>

namespace kernels = aisle::kernels;

bool fits(const kernels::product_shape&) noexcept;
double cost(const kernels::product_shape&) noexcept;
kernels::product_memory memory(const kernels::product_shape&) noexcept;
void pack(const kernels::pack_block<float>&) noexcept;
void block(const kernels::gemm_block<float>&) noexcept;

constexpr kernels::product_kernel<float> kernel = {
    .name = "fma",
    .arithmetic = kernels::arithmetic::fma,
#if CASE == 1  // right_format
    .a = kernels::right_format::panels,
    .b = kernels::left_format::in_place,
#else
    .a = kernels::left_format::in_place,
    .b = kernels::right_format::panels,
#endif
#if CASE == 2  // of_panel_columns
    .tile_rows = kernels::panel_columns(48),
    .panel_columns = kernels::tile_rows(8),
#else
    .tile_rows = kernels::tile_rows(8),
    .panel_columns = kernels::panel_columns(48),
#endif
#if CASE == 3  // of_block_rows
    .block_rows = kernels::tile_rows(8),
#else
    .block_rows = kernels::block_rows(96),
#endif
#if CASE == 4  // double
    .fits = cost,
    .cost = fits,
#else
    .fits = fits,
    .cost = cost,
#endif
#if CASE == 5  // gemm_block
    .memory = memory,
    .pack = block,
    .block = pack,
#else
    .memory = memory,
    .pack = pack,
    .block = block,
#endif
};
