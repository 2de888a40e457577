#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

/// "a", "b", …: the first five of a list of names, in quotes.
inline std::string first_names(const std::vector<std::string>& names) {
  constexpr std::size_t most = 5;
  std::string out;
  for (std::size_t i = 0; i < names.size() && i < most; ++i)
    out += (i == 0 ? "\"" : ", \"") + names[i] + "\"";
  return out + (names.size() > most ? ", …" : "");
}

}  // namespace detail
AISLE_NAMESPACE_END
