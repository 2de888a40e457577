#pragma once

#include <string>

#include "command.hpp"
#include "manifest.hpp"

namespace aisle_command {

/// Takes the file PATH out of a model's folder, if it is there, for the file `replacement` (which need not
/// exist) or because it is of another source. What a source of the model has brought, which its sha256 tells,
/// or is the same as the replacement, is removed; anything else is somebody's own and becomes PATH.old (or
/// PATH.old.2, …).
void make_room(const manifest_model& model, const std::string& folder, const std::string& path,
               const std::string& replacement, progress_bar& bar);

}  // namespace aisle_command
