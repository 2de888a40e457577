#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <tuple>
#include <vector>

#include <aisle/base/counted.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/safetensors.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

struct safetensors_type {
  std::string_view name;
  std::uint64_t bits;
  std::optional<dtype> type;
};

/// Every type of the format, narrow ones first: the reference's order, by which it sorts.
inline constexpr std::array<safetensors_type, 20> safetensors_types = {{
    {"BOOL", 8, dtype::boolean}, {"F4", 4, {}},           {"F6_E2M3", 6, {}},
    {"F6_E3M2", 6, {}},          {"U8", 8, dtype::u8},    {"I8", 8, dtype::i8},
    {"F8_E5M2", 8, {}},          {"F8_E4M3", 8, {}},      {"F8_E8M0", 8, {}},
    {"I16", 16, dtype::i16},     {"U16", 16, {}},         {"F16", 16, dtype::f16},
    {"BF16", 16, dtype::bf16},   {"I32", 32, dtype::i32}, {"U32", 32, {}},
    {"F32", 32, dtype::f32},     {"C64", 64, {}},         {"F64", 64, dtype::f64},
    {"I64", 64, dtype::i64},     {"U64", 64, {}},
}};

AISLE_API std::size_t safetensors_rank(dtype type) {
  std::size_t i = 0;
  while (safetensors_types[i].type != type) ++i;
  return i;
}

inline constexpr std::uint64_t safetensors_max_header = 100'000'000;

/// One member of the header as an entry whose offset counts from the start of the data; `end` is where its
/// data ends.
AISLE_API state_dict::entry safetensors_entry(const json::member& m, std::uint64_t& end) {
  state_dict::entry e;
  e.name = m.key;
  const auto size_in = [](const json& v) {
    // 3.0 is no size to the reference; neither is -1 or 2^64.
    if (!v.is_integer() || v.as<std::int64_t>() < 0)
      v.fail("expected a size, found " + (v.is_number() ? v.dump() : std::string(v.type_name())));
    return v.as<std::uint64_t>();
  };
  const std::string type = m.value.get<std::string>("dtype");
  const auto known = std::find_if(safetensors_types.begin(), safetensors_types.end(),
                                  [&](const safetensors_type& t) { return t.name == type; });
  std::vector<std::int64_t> dims;
  std::int64_t elements = 1;
  bool overflow = false;
  for (const json& v : m.value.at("shape").elements()) {
    dims.push_back(static_cast<std::int64_t>(size_in(v)));
    overflow = overflow || __builtin_mul_overflow(elements, dims.back(), &elements);
  }
  std::uint64_t bits = known == safetensors_types.end() ? 1 : known->bits;
  overflow = overflow || __builtin_mul_overflow(bits, static_cast<std::uint64_t>(elements), &bits);
  if (overflow) m.value.fail("the shape " + m.value.at("shape").dump() + " overflows");
  const json& offsets = m.value.at("data_offsets");
  if (offsets.elements().size() != 2)
    offsets.fail("expected 2 offsets, found " + std::to_string(offsets.size()));
  e.offset = size_in(offsets.at(std::size_t{0}));
  end = size_in(offsets.at(std::size_t{1}));
  if (end < e.offset) offsets.fail("ends before it starts: " + offsets.dump());
  if (known == safetensors_types.end()) {
    e.unsupported = "stored as " + type;
    return e;
  }
  if (bits % 8 != 0 || bits / 8 != end - e.offset)
    m.value.fail("shape " + m.value.at("shape").dump() + " of " + type + " needs " + counted(bits, "bit") +
                 ", its offsets hold " + counted(end - e.offset, "byte"));
  if (!known->type)
    e.unsupported = "stored as " + type;
  else if (dims.size() > shape::max_rank)
    e.unsupported = "has " + counted(dims.size(), "dimension");
  else
    e.dims = shape(std::span<const std::int64_t>(dims));
  if (known->type) e.type = *known->type;
  return e;
}

}  // namespace detail

AISLE_API state_dict read_safetensors(const std::string& path) {
  const auto file = std::make_shared<const weight_file>(path);
  const std::uint64_t size = file->file().size();
  if (size < 8) throw format_error(path, "is no safetensors file: " + counted(size, "byte"));
  std::uint64_t length = 0;
  file->file().read_at(0, std::as_writable_bytes(std::span(&length, 1)));
  if (length > detail::safetensors_max_header)
    throw format_error(path, "is no safetensors file: its header would have " + counted(length, "byte") +
                                 ", more than " + std::to_string(detail::safetensors_max_header));
  if (length > size - 8)
    throw format_error(
        path, "is cut off: the header has " + counted(length, "byte") + ", the file " + std::to_string(size));
  std::string text(static_cast<std::size_t>(length), '\0');
  file->file().read_at(8, std::as_writable_bytes(std::span(text.data(), text.size())));
  if (!text.starts_with('{'))
    throw format_error(path, "is no safetensors file: its header is no JSON object");
  const json header = parse_json(text, path, {.unique_keys = true, .strict_unicode = true});

  struct placed {
    state_dict::entry entry;
    std::uint64_t end;
  };
  std::vector<placed> tensors;
  std::map<std::string, std::string> metadata;
  for (const json::member& m : header.members()) {
    if (m.key == "__metadata__") {
      if (m.value.is_null()) continue;
      for (const auto& [key, value] : m.value.members()) metadata[key] = value.as<std::string>();
      continue;
    }
    std::uint64_t end = 0;
    auto e = detail::safetensors_entry(m, end);
    tensors.push_back({std::move(e), end});
  }
  ranges::stable_sort(tensors, [](const placed& a, const placed& b) {
    return std::tie(a.entry.offset, a.end) < std::tie(b.entry.offset, b.end);
  });

  state_dict out(path);
  out.set_metadata(std::move(metadata));
  std::uint64_t expected = 0;
  for (placed& t : tensors) {
    if (t.entry.offset != expected)
      throw format_error(path,
                         "tensor '" + t.entry.name + "' starts at byte " + std::to_string(t.entry.offset) +
                             " of the data, expected " + std::to_string(expected) +
                             (t.entry.offset < expected ? ": it overlaps another" : ": there is a hole"));
    expected = t.end;
  }
  if (expected != size - 8 - length)
    throw format_error(path, "the tensors end at byte " + std::to_string(expected) +
                                 " of the data, the file has " + counted(size - 8 - length, "byte") +
                                 " of it");
  for (placed& t : tensors) {
    t.entry.file = file;
    t.entry.offset += 8 + length;
    out.add(std::move(t.entry));
  }
  return out;
}

AISLE_API state_dict read_checkpoint_index(const std::string& path,
                                           const std::function<state_dict(const std::string&)>& open) {
  const json index = read_json(path);
  std::map<std::string, state_dict> shards;
  state_dict out(path);
  for (const auto& [name, value] : index.at("weight_map").members()) {
    const auto shard_name = value.as<std::string>();
    // A shard is a file beside the index: an index from somewhere else must not open others.
    if (shard_name.empty() || shard_name == "." || shard_name == ".." ||
        shard_name.find('/') != std::string::npos)
      value.fail("expected the name of a file beside the index, found '" + shard_name + "'");
    auto shard = shards.find(shard_name);
    if (shard == shards.end())
      shard = shards.emplace(shard_name, open(join_path(parent_folder(path), shard_name))).first;
    const state_dict::entry* e = shard->second.find(name);
    if (e == nullptr) value.fail("the shard '" + shard_name + "' has no such tensor");
    out.add(*e);
  }
  return out;
}

AISLE_API state_dict read_safetensors_index(const std::string& path) {
  return read_checkpoint_index(path, read_safetensors);
}

AISLE_API void write_safetensors(const std::string& path, const state_dict& tensors,
                                 const std::map<std::string, std::string>& metadata) {
  std::vector<const state_dict::entry*> order;
  for (const state_dict::entry& e : tensors.entries()) {
    if (!e.unsupported.empty())
      throw tensor_error("tensor '" + e.name + "' cannot be written: " + e.unsupported);
    if (e.name == "__metadata__") throw tensor_error("a tensor cannot be named '__metadata__'");
    order.push_back(&e);
  }
  std::sort(order.begin(), order.end(), [](const state_dict::entry* a, const state_dict::entry* b) {
    const auto ra = detail::safetensors_rank(a->type), rb = detail::safetensors_rank(b->type);
    return ra != rb ? ra > rb : a->name < b->name;
  });

  json header{json::object_type{}};
  if (!metadata.empty()) {
    json text{json::object_type{}};
    for (const auto& [key, value] : metadata) text[key] = value;
    header["__metadata__"] = std::move(text);
  }
  json::object_type members(header.members().begin(), header.members().end());
  std::uint64_t offset = 0;
  for (const state_dict::entry* e : order) {
    const std::uint64_t end = offset + e->bytes();
    members.push_back(
        {e->name, json::object({{"dtype", detail::safetensors_types[detail::safetensors_rank(e->type)].name},
                                {"shape", json::array_of(e->dims.dims())},
                                {"data_offsets", json::array({offset, end})}})});
    offset = end;
  }
  std::string text = json(std::move(members)).dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  if (text.size() > detail::safetensors_max_header)
    throw format_error(path, "the header would have " + counted(text.size(), "byte") + ", more than " +
                                 std::to_string(detail::safetensors_max_header));

  atomic_file file(path);
  const std::uint64_t length = text.size();
  file.write(&length, sizeof length);
  file.write(text);
  for (const state_dict::entry* e : order) {
    const shared_tensor value = tensors.share(e->name);
    // In pieces: the file's buffer must not become as large as the tensor.
    const auto bytes = value.bytes();
    for (std::size_t i = 0; i < bytes.size(); i += std::size_t{1} << 20)
      file.write(bytes.data() + i, std::min(std::size_t{1} << 20, bytes.size() - i));
  }
  file.commit();
}

AISLE_API void write_safetensors(const std::string& path, std::span<const named_tensor> tensors,
                                 const std::map<std::string, std::string>& metadata) {
  state_dict all;
  for (const named_tensor& t : tensors) all.add(t.name, t.value);
  write_safetensors(path, all, metadata);
}

AISLE_NAMESPACE_END
