#pragma once

#include <string_view>

namespace aisle_command {

/// A file of the source tree that is compiled into the command (tools/CMakeLists.txt lists them).
std::string_view embedded(std::string_view name);

}  // namespace aisle_command
