#pragma once

#include <aisle/catalogue/label_treatment.hpp>

#include "option_set.hpp"

// Options about how cells are read, for every subcommand that reads them.

namespace aisle_command {

/// --label-separator and --label-level.
void add_label_treatment(option_set app, aisle::label_treatment& labels);
/// --keep-html.
void add_keep_html(option_set app, bool& keep_html);

}  // namespace aisle_command
