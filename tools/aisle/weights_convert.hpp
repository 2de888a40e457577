#pragma once

#include "command.hpp"

namespace aisle_command {

/// `aisle weights convert`.
action setup_weights_convert(option_set app);

}  // namespace aisle_command
