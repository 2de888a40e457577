#pragma once

#include <string_view>

#include <aisle/base/error.hpp>
#include <aisle/kernels/table.hpp>

AISLE_NAMESPACE_BEGIN

/// Which kernels a model runs on. `isa` is a kernel table's name (empty: the best one, or AISLE_ISA);
/// `precision` is
///   "f32"      errors against double no worse than plain float multiply-adds, by whatever kernel proves
///   that; "f32-fma"  plain float multiply-adds themselves.
struct engine_selection {
  std::string_view isa = {};
  std::string_view precision = "f32";
};

/// Throws option_error for a name that does not exist or is not built yet.
inline const kernels::kernel_table& select_table(const engine_selection& s) {
  if (s.precision != "f32" && s.precision != "f32-fma")
    throw option_error("precision '" + std::string(s.precision) +
                       "' is not available; there are: f32, f32-fma");
  const kernels::kernel_table& table = kernels::find_table(s.isa);
  const bool other = table.single_precision != kernels::arithmetic::fma;
  return s.precision == "f32-fma" && other ? kernels::plain_table() : table;
}

AISLE_NAMESPACE_END
