#pragma once

#include <cstdint>
#include <cstring>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <aisle/base/error.hpp>
#include <aisle/base/file.hpp>
#include <aisle/io/state_dict.hpp>

// What the tests of several formats share: writing bytes and damaging them.

namespace bytes {

/// The value's bytes, little-endian.
template <class T>
std::string of(T v) {
  return std::string(reinterpret_cast<const char*>(&v), sizeof v);
}
template <class T>
std::string of(const std::vector<T>& v) {
  return std::string(reinterpret_cast<const char*>(v.data()), v.size() * sizeof(T));
}

/// Writes a file without the sync of aisle::write_file: thousands of damaged ones are.
inline void put(const std::string& path, std::string_view content) {
  std::ofstream(path, std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
}

/// The message of what a call throws as aisle::error.
inline std::string failure(const std::function<void()>& f) {
  try {
    f();
  } catch (const aisle::error& e) {
    return e.what();
  }
  return "no error";
}

inline bool contains(const std::string& text, const std::string& part) {
  const bool found = text.find(part) != std::string::npos;
  if (!found) MESSAGE("'" << text << "' lacks '" << part << "'");
  return found;
}

/// Reads every tensor in every way. Only aisle::error may come out of it.
inline void read_all(const aisle::state_dict& d) {
  for (const auto& e : d.entries()) {
    try {
      const auto t = d.read(e.name);
      const auto m = d.share(e.name);
      CHECK(t.bytes().size() == m.bytes().size());
      if (!t.bytes().empty()) CHECK(std::memcmp(t.bytes().data(), m.bytes().data(), t.bytes().size()) == 0);
      d.read_f32(e.name);
    } catch (const aisle::error&) {
    }
  }
}

/// Opens the file truncated at every length; each must throw aisle::error.
inline void check_truncations(const std::string& content, const std::string& path,
                              const std::function<aisle::state_dict(const std::string&)>& open) {
  for (std::size_t n = 0; n < content.size(); ++n) {
    put(path, std::string_view(content).substr(0, n));
    CHECK_THROWS_AS(open(path), aisle::error);
  }
}

/// Changes each of the first `size` bytes in several ways. The result is an error or a set of tensors that
/// can be read.
inline void check_flips(const std::string& content, std::size_t size, const std::string& path,
                        const std::function<aisle::state_dict(const std::string&)>& open) {
  for (std::size_t i = 0; i < size; ++i)
    for (const int change : {0x01, 0x10, 0x80, 0xFF}) {
      std::string damaged = content;
      damaged[i] = static_cast<char>(damaged[i] ^ change);
      put(path, damaged);
      try {
        read_all(open(path));
      } catch (const aisle::error&) {
      }
    }
}

}  // namespace bytes
