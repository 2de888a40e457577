#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <aisle/base/counted.hpp>
#include <aisle/io/pickle.hpp>
#include <aisle/io/torch_checkpoint.hpp>
#include <aisle/io/torch_wrapping.hpp>
#include <aisle/io/zip.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

struct torch_type {
  std::string_view storage, element;  ///< after "torch.": the storage's class, the element type
  std::uint64_t size;                 ///< bytes
  std::optional<dtype> type;
};

inline constexpr std::array<torch_type, 24> torch_types = {{
    {"FloatStorage", "float32", 4, dtype::f32},
    {"DoubleStorage", "float64", 8, dtype::f64},
    {"HalfStorage", "float16", 2, dtype::f16},
    {"BFloat16Storage", "bfloat16", 2, dtype::bf16},
    {"CharStorage", "int8", 1, dtype::i8},
    {"ByteStorage", "uint8", 1, dtype::u8},
    {"ShortStorage", "int16", 2, dtype::i16},
    {"IntStorage", "int32", 4, dtype::i32},
    {"LongStorage", "int64", 8, dtype::i64},
    {"BoolStorage", "bool", 1, dtype::boolean},
    {"UntypedStorage", "", 1, {}},
    {"ComplexFloatStorage", "complex64", 8, {}},
    {"ComplexDoubleStorage", "complex128", 16, {}},
    {"QInt8Storage", "qint8", 1, {}},
    {"QUInt8Storage", "quint8", 1, {}},
    {"QInt32Storage", "qint32", 4, {}},
    {"", "uint16", 2, {}},
    {"", "uint32", 4, {}},
    {"", "uint64", 8, {}},
    {"", "float8_e4m3fn", 1, {}},
    {"", "float8_e5m2", 1, {}},
    {"", "float8_e4m3fnuz", 1, {}},
    {"", "float8_e5m2fnuz", 1, {}},
    {"", "complex32", 4, {}},
}};

/// The type of a global such as "torch.cuda.FloatStorage" or "torch.float32", or null.
AISLE_API const torch_type* find_torch_type(std::string_view global) {
  const std::string_view last = global.substr(global.find_last_of('.') + 1);
  for (const torch_type& t : torch_types)
    if (!last.empty() && (t.storage == last || t.element == last)) return &t;
  return nullptr;
}

/// Where a storage's bytes lie in the file.
struct torch_storage {
  std::uint64_t offset = 0, bytes = 0;
};

/// Turns what a pickle describes into the entries of a state_dict.
class torch_reader {
 public:
  /// `locate(key, bytes)` finds a storage, given the size the pickle says it has.
  using locate_function = std::function<torch_storage(std::string_view key, std::uint64_t bytes)>;

  torch_reader(std::shared_ptr<const weight_file> file, const unpickler& values, locate_function locate)
      : file_(std::move(file)), values_(values), locate_(std::move(locate)) {}

  /// `container`: the key under which the weights are; empty: found.
  state_dict read(std::uint32_t root, const std::string& container) {
    state_dict::wrapping wrapping;
    const torch_wrapping within(values_, path());
    const pickled& weights = container.empty() ? within.unwrap(values_[root], wrapping)
                                               : within.unwrap_key(values_[root], wrapping, container);
    // A key given twice keeps its last value, as in Python.
    std::vector<std::pair<std::string_view, const pickled*>> tensors;
    std::unordered_map<std::string_view, std::size_t> known;
    for (std::size_t i = 0; i + 1 < weights.items.size(); i += 2) {
      const pickled &key = values_[weights.items[i]], &value = values_[weights.items[i + 1]];
      if (key.type != pickled::kind::string || value.type != pickled::kind::tensor) continue;
      // Many entries may share one key, each to be compared with those before it.
      if (key.text.size() > 4096)
        throw format_error(path(), "a tensor whose name has " + counted(key.text.size(), "byte") +
                                       ", expected at most 4096");
      const auto [found, is_new] = known.try_emplace(key.text, tensors.size());
      if (is_new)
        tensors.emplace_back(key.text, &value);
      else
        tensors[found->second].second = &value;
    }
    // DistributedDataParallel and torch.compile wrap each other in any order.
    const auto drop = [&](std::string_view prefix) {
      if (tensors.empty() || !std::all_of(tensors.begin(), tensors.end(), [&](const auto& t) {
            return t.first.starts_with(prefix) && t.first.size() > prefix.size();
          }))
        return false;
      for (auto& t : tensors) t.first.remove_prefix(prefix.size());
      wrapping.prefix += prefix;
      return true;
    };
    while (drop("_orig_mod.") || drop("module.")) {
    }
    state_dict out(path());
    const bool wrapped = !wrapping.container.empty();
    out.set_wrapping(std::move(wrapping));
    if (wrapped)
      if (const pickled* arch = values_.find(values_[root], "arch");
          arch != nullptr && arch->type == pickled::kind::string && arch->text.size() <= 100)
        out.set_metadata({{"arch", std::string(arch->text)}});
    for (const auto& [name, value] : tensors) out.add(make_entry(std::string(name), *value));
    return out;
  }

 private:
  const std::string& path() const { return file_->file().path(); }

  std::int64_t integer(std::uint32_t id, const std::string& name) const {
    const std::int64_t v = values_[id].integer;
    if (v < 0)
      throw format_error(path(), "tensor '" + name + "' has a size or stride of " + std::to_string(v));
    return v;
  }

  state_dict::entry make_entry(std::string name, const pickled& t) {
    const auto fail = [&](const std::string& what) {
      throw format_error(path(), "tensor '" + name.substr(0, 200) + "' " + what);
    };
    state_dict::entry e;
    const pickled& storage = values_[t.items[0]];
    const std::string_view storage_name = values_[storage.items[1]].text;
    const torch_type* stored = find_torch_type(storage_name);
    const torch_type* type = t.text.empty() ? stored : find_torch_type(t.text);
    const std::string type_name(t.text.empty() ? storage_name : t.text);
    if (stored == nullptr || type == nullptr || !type->type) e.unsupported = "stored as " + type_name;

    const pickled &sizes = values_[t.items[2]], &strides = values_[t.items[3]];
    if (sizes.items.size() != strides.items.size())
      fail("has " + std::to_string(sizes.items.size()) + " sizes and " +
           std::to_string(strides.items.size()) + " strides");
    std::vector<std::int64_t> dims, steps;
    std::int64_t elements = 1, last = 0;
    bool overflow = false, row_major = true;
    for (std::size_t i = 0; i < sizes.items.size(); ++i) {
      dims.push_back(integer(sizes.items[i], name));
      steps.push_back(integer(strides.items[i], name));
      overflow = overflow || __builtin_mul_overflow(elements, dims.back(), &elements);
    }
    std::int64_t expected = 1;
    for (std::size_t i = dims.size(); i-- > 0 && !overflow && elements > 0;) {
      std::int64_t reach = 0;
      overflow =
          __builtin_mul_overflow(dims[i] - 1, steps[i], &reach) || __builtin_add_overflow(last, reach, &last);
      row_major = row_major && (dims[i] == 1 || steps[i] == expected);
      expected *= dims[i];
    }
    if (overflow || last > (std::int64_t{1} << 56)) fail("has sizes that overflow");
    if (dims.size() > shape::max_rank) e.unsupported = "has " + counted(dims.size(), "dimension");
    e.file = file_;
    e.name = std::move(name);
    name = e.name;
    if (!e.unsupported.empty()) return e;

    e.type = *type->type;
    e.dims = shape(std::span<const std::int64_t>(dims));
    if (!row_major) e.strides = steps;
    if (elements == 0) {
      e.strides.clear();
      return e;
    }
    const std::int64_t count = integer(storage.items[4], name);
    std::uint64_t bytes = 0, start = static_cast<std::uint64_t>(integer(t.items[1], name)) +
                                     static_cast<std::uint64_t>(view_offset(storage, name));
    if (__builtin_mul_overflow(static_cast<std::uint64_t>(count), stored->size, &bytes))
      fail("has sizes that overflow");
    const torch_storage place = locate_(values_[storage.items[2]].text, bytes);
    const std::uint64_t room = place.bytes / type->size, needed = static_cast<std::uint64_t>(last) + 1;
    if (start > room || needed > room - start)
      fail("needs elements " + std::to_string(start) + " to " + std::to_string(start + needed) +
           " of a storage of " + std::to_string(room));
    // Expanded tensors repeat their elements: a small file must not ask for all memory there is.
    if (static_cast<std::uint64_t>(elements) > std::max(room, std::uint64_t{1} << 24))
      fail("repeats its elements to " + std::to_string(elements));
    e.offset = place.offset + start * type->size;
    return e;
  }

  /// Old checkpoints may store a storage as a view of another: (key, offset, size).
  std::int64_t view_offset(const pickled& storage, const std::string& name) const {
    if (storage.items.size() < 6) return 0;
    const pickled& view = values_[storage.items[5]];
    if (view.type != pickled::kind::tuple) return 0;
    if (view.items.size() != 3 || values_[view.items[1]].type != pickled::kind::integer)
      throw format_error(path(), "tensor '" + name + "' is in a storage that is no proper view");
    return integer(view.items[1], name);
  }

  std::shared_ptr<const weight_file> file_;
  const unpickler& values_;
  locate_function locate_;
};

AISLE_API state_dict read_torch_zip(const std::shared_ptr<const weight_file>& file,
                                    const std::string& container) {
  const input_file& f = file->file();
  const zip_directory zip(f);
  const std::string suffix = "/data.pkl";
  const auto pickle =
      std::find_if(zip.members().begin(), zip.members().end(), [&](const zip_directory::member& m) {
        return m.name.ends_with(suffix) && m.name.find('/') == m.name.size() - suffix.size();
      });
  if (pickle == zip.members().end())
    throw format_error(f.path(), "is a zip archive without data.pkl: no PyTorch checkpoint");
  const std::string root = pickle->name.substr(0, pickle->name.size() - suffix.size() + 1);
  if (zip.find(root + "constants.pkl") != nullptr)
    throw format_error(f.path(),
                       "is a TorchScript program, expected a checkpoint (torch.save of a state_dict)");
  if (const auto* order = zip.find(root + "byteorder"))
    if (zip.read(f, *order, 16) != "little")
      throw format_error(f.path(), "is big-endian, which is not supported");
  const std::string text = zip.read(f, *pickle, std::uint64_t{1} << 28);
  unpickler values(text, f.path());
  const std::uint32_t result = values.load();
  return torch_reader(
             file, values,
             [&](std::string_view key, std::uint64_t bytes) -> torch_storage {
               const auto* m = zip.find(root + "data/" + std::string(key));
               if (m == nullptr)
                 throw format_error(f.path(), "has no storage '" + std::string(key.substr(0, 100)) + "'");
               if (m->size < bytes)
                 throw format_error(f.path(), "storage '" + m->name + "' has " + counted(m->size, "byte") +
                                                  ", expected " + std::to_string(bytes));
               return {zip.data_offset(f, *m), bytes};
             })
      .read(result, container);
}

/// What stands before the storages in the format before the zip: pickles of a magic number, the protocol, the
/// system, the checkpoint and the storages' keys. Source: torch/serialization.py, _legacy_save.
struct torch_legacy_pickles {
  std::string_view rest;
  std::uint32_t result = 0, list = 0;  // before what sets them
  unpickler magic, protocol, system, values, keys;

  torch_legacy_pickles(std::string_view text, const std::string& path)
      : rest(text),
        magic(rest, path),
        protocol(behind(magic,
                        [&](const pickled& m) {
                          if (m.type != pickled::kind::big ||
                              m.text != std::string_view("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"))
                            throw format_error(path, "is a pickle, but no PyTorch checkpoint");
                        }),
                 path),
        system(behind(protocol,
                      [&](const pickled& p) {
                        if (p.type != pickled::kind::integer || p.integer != 1001)
                          throw format_error(path,
                                             "has protocol " + std::to_string(p.integer) + ", expected 1001");
                      }),
               path),
        values(behind(system,
                      [&](const pickled& s) {
                        const pickled* little = system.find(s, "little_endian");
                        if (little == nullptr || little->integer != 1)
                          throw format_error(path, "is big-endian, which is not supported");
                      }),
               path),
        keys(behind(
                 values, [](const pickled&) {}, &result),
             path) {
    behind(
        keys,
        [&](const pickled& l) {
          if (l.type != pickled::kind::list) throw format_error(path, "has no list of storages");
        },
        &list);
  }

 private:
  /// Reads one pickle; returns what follows it.
  template <class Check>
  std::string_view behind(unpickler& p, Check accept, std::uint32_t* root = nullptr) {
    const std::uint32_t id = p.load();
    accept(p[id]);
    if (root) *root = id;
    rest.remove_prefix(p.position());
    return rest;
  }
};

/// Behind the pickles each storage has its number of elements (int64) and its bytes, which are not read here.
AISLE_API state_dict read_torch_legacy(const std::shared_ptr<const weight_file>& file,
                                       const std::string& container) {
  const input_file& f = file->file();
  std::string text;
  std::optional<torch_legacy_pickles> pickles;
  // Nothing says where the pickles end. They are small: what is no pickle in the first bytes may be one cut.
  for (std::uint64_t size = std::uint64_t{1} << 20; !pickles; size *= 8) {
    text.resize(static_cast<std::size_t>(std::min(size, f.size())));
    f.read_at(0, std::as_writable_bytes(std::span(text)));
    try {
      pickles.emplace(text, f.path());
    } catch (const format_error&) {
      if (text.size() == f.size()) throw;
    }
  }
  const unpickler &values = pickles->values, &keys = pickles->keys;

  // The list gives the storages' order in the file, the pickle their types and with them their sizes.
  std::unordered_map<std::string_view, std::uint64_t> element_size;
  values.for_each(pickled::kind::storage, [&](const pickled& s) {
    const torch_type* t = find_torch_type(values[s.items[1]].text);
    if (t != nullptr) element_size[values[s.items[2]].text] = t->size;
  });
  std::unordered_map<std::string_view, torch_storage> places;
  std::uint64_t at = text.size() - pickles->rest.size();
  for (const std::uint32_t id : keys[pickles->list].items) {
    const pickled& key = keys[id];
    const auto size = element_size.find(key.text);
    if (key.type != pickled::kind::string || size == element_size.end())
      throw format_error(f.path(),
                         "has a storage '" + std::string(key.text.substr(0, 100)) + "' of unknown type");
    std::uint64_t count = 0, bytes = 0;
    if (f.size() - at < sizeof count)
      throw format_error(f.path(), "is cut off before storage '" + std::string(key.text) + "'");
    f.read_at(at, std::as_writable_bytes(std::span(&count, 1)));
    at += sizeof count;
    if (__builtin_mul_overflow(count, size->second, &bytes) || bytes > f.size() - at)
      throw format_error(f.path(), "is cut off: storage '" + std::string(key.text) + "' of " +
                                       counted(count, "element") + " has " + counted(f.size() - at, "byte"));
    places[key.text] = {at, bytes};
    at += bytes;
  }
  return torch_reader(file, values,
                      [&](std::string_view key, std::uint64_t bytes) -> torch_storage {
                        const auto found = places.find(key);
                        if (found == places.end() || found->second.bytes != bytes)
                          throw format_error(f.path(), "storage '" + std::string(key.substr(0, 100)) +
                                                           "' is absent or has not " +
                                                           counted(bytes, "byte"));
                        return found->second;
                      })
      .read(pickles->result, container);
}

}  // namespace detail

AISLE_API state_dict read_torch_container(const std::string& path, const std::string& key) {
  const auto file = std::make_shared<const weight_file>(path);
  std::array<char, 4> start{};
  if (file->file().size() < start.size())
    throw format_error(path, "is no PyTorch checkpoint: it is too short");
  file->file().read_at(0, std::as_writable_bytes(std::span(start)));
  const std::string_view head(start.data(), start.size());
  if (head == std::string_view("PK\3\4")) return detail::read_torch_zip(file, key);
  if (head.front() == '\x80') return detail::read_torch_legacy(file, key);
  throw format_error(path, "is no PyTorch checkpoint: it starts with neither a zip archive nor a pickle");
}
AISLE_API state_dict read_torch_checkpoint(const std::string& path) {
  return read_torch_container(path, std::string());
}

AISLE_NAMESPACE_END
