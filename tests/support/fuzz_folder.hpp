#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <unistd.h>

#include <aisle/base/error.hpp>

namespace support {

/// A folder of this process for files under test, removed at the end; in memory where the system has that.
class fuzz_folder {
 public:
  fuzz_folder() {
    const std::filesystem::path memory = "/dev/shm";
    std::error_code code;
    path_ = ((std::filesystem::is_directory(memory, code) ? memory : std::filesystem::temp_directory_path()) /
             ("aisle-fuzz-" + std::to_string(::getpid())))
                .string();
    std::filesystem::create_directories(path_);
  }
  ~fuzz_folder() {
    std::error_code code;
    std::filesystem::remove_all(path_, code);
  }
  fuzz_folder(const fuzz_folder&) = delete;
  fuzz_folder& operator=(const fuzz_folder&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

/// Written in one go and not synced, unlike aisle::write_file.
inline void put(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// An input that is several files: the parts between zero bytes, which no text of ours holds.
inline std::vector<std::string_view> parts_of(std::string_view input) {
  std::vector<std::string_view> out;
  for (;;) {
    const std::size_t end = input.find('\0');
    out.push_back(input.substr(0, end));
    if (end == std::string_view::npos) return out;
    input.remove_prefix(end + 1);
  }
}

/// What must not fail, whatever the input was: what `call` makes of our own output.
template <class Call>
auto must(Call call) {
  try {
    return call();
  } catch (const aisle::error& e) {
    std::fprintf(stderr, "must not fail: %s\n", e.what());
    std::abort();
  }
}

}  // namespace support
