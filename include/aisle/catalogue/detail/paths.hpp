#pragma once

#include <string>
#include <string_view>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

/// "a/b.csv" -> "b.csv", "a/b/" -> "b"
inline std::string last_part(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  return std::string(path.substr(path.find_last_of('/') + 1));
}

/// A path that cannot be one to the system (it would be cut at the zero byte).
inline bool has_zero_byte(std::string_view path) { return path.find('\0') != std::string_view::npos; }

}  // namespace detail
AISLE_NAMESPACE_END
