#pragma once

#include <CLI/CLI.hpp>

#include <aisle/catalogue/label_treatment.hpp>

// Options about how cells are read, for every subcommand that reads them.

namespace aisle_command {

/// --label-separator and --label-level.
void add_label_treatment(CLI::App& app, aisle::label_treatment& labels);
/// --keep-html.
void add_keep_html(CLI::App& app, bool& keep_html);

}  // namespace aisle_command
