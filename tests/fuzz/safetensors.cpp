#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

#include <aisle/io/safetensors.hpp>

namespace {

/// The bytes as a file in memory.
class memory_file {
 public:
  memory_file(const std::uint8_t* data, std::size_t size) : handle_(::memfd_create("fuzz", 0)) {
    if (handle_ < 0 || ::write(handle_, data, size) != static_cast<::ssize_t>(size)) std::abort();
  }
  ~memory_file() { ::close(handle_); }
  memory_file(const memory_file&) = delete;
  memory_file& operator=(const memory_file&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(handle_); }

 private:
  int handle_;
};

}  // namespace

// Any bytes either open, and then every tensor can be read, or throw aisle::error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const memory_file file(data, size);
  try {
    const aisle::state_dict d = aisle::read_safetensors(file.path());
    for (const auto& e : d.entries()) {
      if (!e.unsupported.empty()) continue;
      if (e.bytes() > (std::uint64_t{1} << 24)) continue;
      const aisle::tensor read = d.read(e.name), mapped = d.map(e.name);
      if (read.bytes().size() != e.bytes() || mapped.bytes().size() != e.bytes()) std::abort();
      if (e.bytes() > 0 && std::memcmp(read.bytes().data(), mapped.bytes().data(), read.bytes().size()) != 0)
        std::abort();
      if (d.read_f32(e.name).elements() != read.elements()) std::abort();
    }
  } catch (const aisle::error&) {
  }
  return 0;
}
