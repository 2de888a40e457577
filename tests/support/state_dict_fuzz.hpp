#pragma once

#include <cstring>

#include <aisle/base/error.hpp>
#include <aisle/io/state_dict.hpp>

#include "support/memory_file.hpp"

namespace support {

/// The bytes either open by `read`, and then every tensor can be read in every way, or throw aisle::error.
template <class Read>
int fuzz_state_dict(Read read, const std::uint8_t* data, std::size_t size) {
  const memory_file file(data, size);
  try {
    const aisle::state_dict d = read(file.path());
    for (const auto& e : d.entries()) {
      if (!e.unsupported.empty()) continue;
      if (e.bytes() > (std::uint64_t{1} << 24)) continue;
      const aisle::tensor copied = d.read(e.name);
      const aisle::shared_tensor shared = d.share(e.name);
      if (copied.bytes().size() != e.bytes() || shared.bytes().size() != e.bytes()) std::abort();
      if (e.bytes() > 0 && std::memcmp(copied.bytes().data(), shared.bytes().data(), e.bytes()) != 0)
        std::abort();
      if (d.read_f32(e.name).elements() != copied.elements()) std::abort();
    }
  } catch (const aisle::error&) {
  }
  return 0;
}

}  // namespace support
