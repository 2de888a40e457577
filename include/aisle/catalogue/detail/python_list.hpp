#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

/// The strings of a list as Python's repr() writes it: `['A', "B's"]`; nothing if it is none. `text` begins
/// with a bracket.
std::optional<std::vector<std::string>> read_python_list(std::string_view text);

}  // namespace detail
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/detail/python_list.ipp>
#endif
