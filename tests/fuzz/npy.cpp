#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include <aisle/io/npy.hpp>

#include "support/memory_file.hpp"

// Any bytes are an array as long as its shape says, or throw aisle::error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const support::memory_file file(data, size);
  try {
    const aisle::tensor t = aisle::read_npy(file.path());
    if (t.bytes().size() > size) std::abort();
    aisle::read_npy_matrix<float>(file.path());
    aisle::read_npy_matrix<std::int32_t>(file.path());
  } catch (const aisle::error&) {
  }
  return 0;
}
