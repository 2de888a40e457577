#pragma once

#include <string>

#include <aisle/base/config.hpp>
#include <aisle/io/state_dict.hpp>

AISLE_NAMESPACE_BEGIN

/// The file that load_checkpoint opens for a folder: the first that exists of model.safetensors,
/// model.safetensors.index.json, the only *.safetensors, pytorch_model.bin, pytorch_model.bin.index.json, the
/// only *.bin, the only *.pth, the only *.pt. Throws file_error when there is none or more than one of a
/// kind.
std::string find_checkpoint(const std::string& folder);

/// Opens weights: a file of any format (told by its content; *.json is an index of shards) or a folder that
/// holds one. Throws file_error, format_error.
state_dict load_checkpoint(const std::string& path);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/io/checkpoint.ipp>
#endif
