#pragma once

#include "command.hpp"

namespace aisle_command {

/// `aisle weights convert`.
action setup_weights_convert(CLI::App& app);

}  // namespace aisle_command
