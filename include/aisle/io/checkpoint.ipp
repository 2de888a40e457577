#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <vector>

#include <aisle/base/counted.hpp>
#include <aisle/io/checkpoint.hpp>
#include <aisle/io/content.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/safetensors.hpp>
#include <aisle/io/torch_checkpoint.hpp>

AISLE_NAMESPACE_BEGIN

AISLE_API std::string find_checkpoint(const std::string& folder) {
  std::vector<std::string> names = folder_entries(folder);
  std::erase_if(names, [&](const std::string& name) { return !file_exists(join_path(folder, name)); });
  struct rule {
    std::string_view exact, ending;
  };
  for (const rule& r :
       {rule{"model.safetensors", ""}, rule{"model.safetensors.index.json", ""}, rule{"", ".safetensors"},
        rule{"pytorch_model.bin", ""}, rule{"pytorch_model.bin.index.json", ""}, rule{"", ".bin"},
        rule{"", ".pth"}, rule{"", ".pt"}}) {
    std::vector<std::string> found;
    for (const std::string& n : names)
      if (r.exact.empty() ? n.ends_with(r.ending) : n == r.exact) found.push_back(n);
    if (found.size() > 1)
      throw file_error(folder, "holds " + counted(found.size(), "file") + " *" + std::string(r.ending) +
                                   " ('" + found[0] + "', '" + found[1] + "', …): name one of them");
    if (found.size() == 1) return join_path(folder, found[0]);
  }
  std::string others;
  for (const std::string& n : names)
    for (const std::string_view ending : {".pth.tar", ".ckpt", ".onnx", ".h5", ".keras", ".gguf", ".msgpack"})
      if (n.ends_with(ending)) others += (others.empty() ? "; found '" : ", '") + n + "'";
  throw file_error(folder,
                   "holds no checkpoint: expected model.safetensors, its index, or one *.safetensors, *.bin, "
                   "*.pth or *.pt" +
                       others + (others.empty() ? "" : ": name the file itself"));
}

namespace detail {

/// Opens one file of tensors, told by its content: no folder and no index.
AISLE_API state_dict read_weight_file(const std::string& path) {
  const input_file file(path);
  std::array<char, 1024> start{};
  const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), start.size()));
  file.read_at(0, std::as_writable_bytes(std::span(start).first(n)));
  const std::string_view head(start.data(), n);
  if (head.starts_with("PK\3\4") || head.starts_with('\x80')) {
    // A safetensors header of 128 bytes starts with 0x80 too, but then a brace follows the length.
    const bool header =
        head.size() > 8 && head[8] == '{' && head.substr(3, 5) == std::string_view("\0\0\0\0\0", 5);
    return header ? read_safetensors(path) : read_torch_checkpoint(path);
  }
  if (const std::string other = not_a_checkpoint(head, file.size()); !other.empty())
    throw format_error(path, other);
  return read_safetensors(path);
}

}  // namespace detail

AISLE_API state_dict load_checkpoint(const std::string& path) {
  const std::string file = folder_exists(path) ? find_checkpoint(path) : path;
  if (file.ends_with(".json")) return read_checkpoint_index(file, detail::read_weight_file);
  return detail::read_weight_file(file);
}

AISLE_NAMESPACE_END
