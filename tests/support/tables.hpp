#pragma once

#include <doctest/doctest.h>

#include <string>

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

}  // namespace support
