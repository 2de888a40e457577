#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>

#include <aisle/base/config.hpp>
#include <aisle/io/state_dict.hpp>

AISLE_NAMESPACE_BEGIN

/// Opens a .safetensors file; tensors are read later, one by one. What the reference (the Rust crate
/// safetensors 0.6) refuses is refused: a header that is too long or no JSON, names or keys given twice,
/// offsets that overlap, leave holes or do not fit shape and type, bytes after the last tensor. Tensors of
/// types aisle does not know stay unreadable entries. Entries are in the order of their data. Throws
/// format_error.
state_dict read_safetensors(const std::string& path);

/// Opens a checkpoint of several files by its index (`model.safetensors.index.json`,
/// `pytorch_model.bin.index.json`); the shards lie beside it and are opened with `open`, which must take one
/// file of tensors and nothing else: given an index or a folder it could be led in circles. Throws
/// format_error for a tensor that its shard lacks, file_error for a missing shard.
state_dict read_checkpoint_index(const std::string& path,
                                 const std::function<state_dict(const std::string&)>& open);
/// The same where the shards are safetensors.
state_dict read_safetensors_index(const std::string& path);

struct named_tensor {
  std::string name;
  shared_tensor value;
};

/// Writes the tensors atomically. The bytes depend on the content alone, not on the order given: as the
/// reference does, tensors of wider types come first, then by name. The header is padded to 8 bytes.
void write_safetensors(const std::string& path, std::span<const named_tensor> tensors,
                       const std::map<std::string, std::string>& metadata = {});
/// The same for a checkpoint, holding one tensor at a time (conversion). Unreadable entries throw
/// tensor_error.
void write_safetensors(const std::string& path, const state_dict& tensors,
                       const std::map<std::string, std::string>& metadata = {});

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/io/safetensors.ipp>
#endif
