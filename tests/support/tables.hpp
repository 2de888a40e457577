#pragma once

#include <doctest/doctest.h>

#include <string>
#include <type_traits>

#include <aisle/kernels/table.hpp>

namespace support {

/// Runs a check on every kernel table this processor supports and fails when that was fewer than two: the
/// generic one and the emulated tiles run everywhere.
template <class Check>
void each_table(Check check) {
  int run = 0;
  for (const aisle::kernels::kernel_table* t : aisle::kernels::all_tables()) {
    if (!t->supported()) continue;
    const std::string kernel_table = t->name;
    CAPTURE(kernel_table);
    check(*t);
    ++run;
  }
  CHECK(run >= 2);
}

/// Runs a check on every kernel of every list of products of T that runs here, with its table; fails when
/// that was fewer than two.
template <class T, class Check>
void each_product(Check check) {
  int run = 0;
  for (const aisle::kernels::kernel_table* t : aisle::kernels::all_tables()) {
    // "amx" has the list of the best vectors' table.
    if (!t->supported() || t->single_precision != aisle::kernels::arithmetic::fma) continue;
    for (const aisle::kernels::product_kernel<T>& k : aisle::kernels::products<T>(*t)) {
      if (!k.fits({})) continue;
      const std::string kernel =
          std::string(t->name) + " " + k.name + ", panels of " + std::to_string(k.panel_columns);
      CAPTURE(kernel);
      check(k);
      ++run;
    }
  }
  CHECK(run >= (std::is_same_v<T, float> ? 2 : 1));
}

}  // namespace support
