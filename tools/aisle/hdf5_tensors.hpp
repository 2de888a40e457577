#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace aisle_command {

/// What one dataset of floats holds: called with the name that keras.applications give it.
using hdf5_sink = std::function<void(const std::string& name, std::span<const std::int64_t> dims,
                                     std::span<const float> values)>;

/// Reads the weights of a file that Keras wrote, one at a time; `bytes` is the whole file. `layers` are the
/// names of layers by their place ("layers/conv2d_1"), for files that do not carry them. Throws
/// std::runtime_error. The HDF5 library is no match for files that are made to harm: this is for a process
/// that may die (keras_file.cpp).
void read_hdf5_tensors(std::span<const char> bytes, const std::map<std::string, std::string>& layers,
                       const hdf5_sink& sink);

/// Whether this program was built with HDF5.
bool has_hdf5();

}  // namespace aisle_command
