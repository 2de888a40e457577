#pragma once

#include <string>

#include <aisle/io/state_dict.hpp>

namespace aisle_command {

/// Whether the file is one of Keras': HDF5 (.h5, .weights.h5), or a zip archive with one in it (.keras).
bool is_keras_file(const std::string& path);

/// Its weights, with the names that keras.applications give them ("conv1_conv/kernel:0"). Read by the HDF5
/// library in a process of its own, which may die of what is in the file. Throws file_error, format_error,
/// and aisle::error where this program was built without HDF5.
aisle::state_dict read_keras_file(const std::string& path);

}  // namespace aisle_command
