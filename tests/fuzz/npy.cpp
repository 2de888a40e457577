#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

#include <aisle/io/npy.hpp>

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

// Any bytes are an array as long as its shape says, or throw aisle::error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const memory_file file(data, size);
  try {
    const aisle::tensor t = aisle::read_npy(file.path());
    if (t.bytes().size() > size) std::abort();
    aisle::read_npy_matrix<float>(file.path());
    aisle::read_npy_matrix<std::int32_t>(file.path());
  } catch (const aisle::error&) {
  }
  return 0;
}
