#pragma once

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>

#include <unistd.h>

// What several test folders need.

namespace support {

/// Whether this is a build with sanitizers, in which whole runs take minutes: `* doctest::skip(sanitized)`.
#ifdef AISLE_TEST_SANITIZED
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif
/// `* doctest::skip(long_when_sanitized())`: what proves numbers, takes tens of seconds under sanitizers, and
/// goes through code that shorter tests go through, too. tools/check --full leaves nothing out.
inline bool long_when_sanitized() { return sanitized && std::getenv("AISLE_FULL") == nullptr; }

/// Says why a test does not run here; tools/check counts such lines.
inline void say_skipped(const std::string& why) { std::cout << "skipped: " << why << '\n'; }

/// Reference data that is not part of the project (AISLE_SHARED, default ../shared beside the checkout);
/// empty, with one message, where it is absent. Tests that need it return early then.
inline std::string shared(const std::string& path) {
  const char* set = std::getenv("AISLE_SHARED");
  const std::string root = set ? set : std::string(AISLE_SOURCE_FOLDER "/../shared");
  const std::string full = root + "/" + path;
  if (std::filesystem::exists(full)) return full;
  say_skipped(full + " is absent");
  return {};
}

/// Reference data that is part of the project: tests/data/PATH.
inline std::string data(const std::string& path) {
  return std::string(AISLE_SOURCE_FOLDER "/tests/data/") + path;
}

/// The message of what a call throws as Error.
template <class Error, class Call>
std::string message_of(Call&& call) {
  try {
    call();
  } catch (const Error& e) {
    return e.what();
  }
  return "nothing was thrown";
}

/// A folder of its own for a test, removed at the end.
class temporary_folder {
 public:
  temporary_folder() {
    static int count = 0;
    path_ = (std::filesystem::temp_directory_path() /
             ("aisle-test-" + std::to_string(::getpid()) + "-" + std::to_string(count++)))
                .string();
    std::filesystem::create_directories(path_);
  }
  ~temporary_folder() {
    std::error_code code;
    std::filesystem::remove_all(path_, code);
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace support
