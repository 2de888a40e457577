#pragma once

#include <memory>
#include <string>

#include <aisle/catalogue/products.hpp>

#include "command.hpp"

// What is wrong with what was asked for, as far as it can be known before anything takes long.

namespace aisle_command {

/// Throws aisle::error when a file could not be written there: a folder of that name, a folder of it that is
/// not there, no permission. Empty and "-" are no files.
void check_output_file(const char* option, const std::string& path);
/// The same for a folder, which is made with those it stands in. Empty is none.
void check_output_folder(const char* option, const std::string& path);

/// Makes "-" of an output's other name for stdout.
inline void name_stdout(std::string& path) {
  if (path == "/dev/stdout" || path == "/dev/fd/1" || path == "/proc/self/fd/1") path = "-";
}

/// Throws usage_error where an option that only a text model openai:NAME has a use for was given with
/// another.
void check_service_options(const common_options& common);
/// Throws aisle::error when a model that was named (not a default) is not there.
void check_named_models(const common_options& common);
/// "; did you mean all-MiniLM-L6-v2?" for the name of a model that is not there; empty where none is near it.
std::string model_hint(const common_options& common, const std::string& id);

/// Warns of classes that are likely one and of those that are named like missing values. `where`: the file.
void tell_odd_labels(const aisle::catalogue& products);
/// Says that the models look at nothing, or at one modality, for want of texts or pictures.
void tell_missing_modalities(const aisle::catalogue& products, const common_options& common);

}  // namespace aisle_command
