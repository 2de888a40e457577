#pragma once

#include "command.hpp"
#include "picture_fetch.hpp"

namespace aisle_command {

/// Options of the network, which `aisle images` and `aisle run --fetch-images` have in common.
void add_network_options(option_set app, fetch_pictures_options& o);
/// Says what was got and what not, and why.
void tell_fetched(const fetched_pictures& found, const fetch_pictures_options& o);

}  // namespace aisle_command
