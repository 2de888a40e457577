#pragma once

#include <stdexcept>

namespace aisle_command {

/// The reader of stdout went away (`aisle … | head`): no error, nobody is left to tell.
class closed_output : public std::runtime_error {
 public:
  closed_output() : std::runtime_error("stdout was closed") {}
};

}  // namespace aisle_command
