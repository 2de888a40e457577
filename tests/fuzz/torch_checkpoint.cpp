#include <cstddef>
#include <cstdint>

#include <aisle/io/torch_checkpoint.hpp>

#include "support/state_dict_fuzz.hpp"

// Any bytes either open, and then every tensor can be read, or throw aisle::error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return support::fuzz_state_dict(aisle::read_torch_checkpoint, data, size);
}
