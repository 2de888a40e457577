#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include <aisle/base/error.hpp>
#include <aisle/catalogue/vector_parts.hpp>

#include "support/memory_file.hpp"

// Any bytes are the manifest of a part whose files lie beside it, or throw aisle::error; what is read differs
// in nothing from itself.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const support::memory_file file(data, size);
  try {
    const aisle::vector_part part = aisle::read_part(file.path());
    if (part.files.empty() || part.rows < 0 || part.vectors < 0 || part.number < 0 || part.shard.index < 0 ||
        part.shard.index >= part.shard.count)
      std::abort();
    for (const aisle::part_file& f : part.files)
      if (f.name.empty() || f.name.front() == '.' || f.name.find('/') != std::string::npos) std::abort();
    if (!aisle::first_difference(part.made_with, part.made_with).empty()) std::abort();
    static_cast<void>(aisle::fault_of(part));
  } catch (const aisle::error&) {
  }
  return 0;
}
