#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <aisle/base/error.hpp>
#include <aisle/base/file.hpp>
#include <aisle/tensor/dtype.hpp>
#include <aisle/tensor/shape.hpp>
#include <aisle/tensor/tensor.hpp>

AISLE_NAMESPACE_BEGIN

/// A checkpoint file that stays open for as long as tensors may be read from it.
class weight_file {
 public:
  explicit weight_file(const std::string& path) : file_(path), opened_(file_.stamp()) {}
  const input_file& file() const noexcept { return file_; }
  /// As the file was before anything was read from it.
  const file_stamp& opened() const noexcept { return opened_; }

 private:
  input_file file_;
  file_stamp opened_;
};

/// An ordered list of named tensors that are read when asked for: what a checkpoint holds. Reading is const
/// and safe from several threads. Copies share the open files.
class state_dict {
 public:
  /// Where one tensor's elements are.
  struct entry {
    std::string name;
    aisle::dtype type = aisle::dtype::f32;
    aisle::shape dims;
    /// Why it cannot be read ("stored as F8_E4M3"), else empty. Such a tensor does no harm until it is asked
    /// for.
    std::string unsupported{};
    /// Null for a tensor in memory.
    std::shared_ptr<const weight_file> file{};
    std::uint64_t offset = 0;             ///< of the first element in `file`, in bytes
    std::vector<std::int64_t> strides{};  ///< in elements; empty for row-major order
    shared_tensor memory{};

    /// Size of the elements in row-major order.
    std::uint64_t bytes() const noexcept {
      return static_cast<std::uint64_t>(dims.elements()) * size_of(type);
    }
  };

  /// How a file wraps the tensors that were taken from it.
  struct wrapping {
    std::string container;                 ///< keys that lead to them, "model.state_dict"; empty: none
    std::vector<std::string> passed_over;  ///< keys of other weights that were not taken
    std::string prefix;                    ///< stood in front of every name and was dropped: "module."
    std::string within{};  ///< what was dropped inside of names: "'_orig_mod.' within 12 names"
  };

  state_dict() = default;
  explicit state_dict(std::string path) : path_(std::move(path)) {}

  /// The file (or the index of several files) it came from; empty for one made in memory.
  const std::string& path() const& noexcept { return path_; }
  std::string path() const&& { return path(); }
  /// Text the file carries beside the tensors (the `__metadata__` of safetensors).
  const std::map<std::string, std::string>& metadata() const& noexcept { return metadata_; }
  std::map<std::string, std::string> metadata() const&& { return metadata(); }
  void set_metadata(std::map<std::string, std::string> metadata) { metadata_ = std::move(metadata); }
  const wrapping& wrapped_in() const& noexcept { return wrapping_; }
  wrapping wrapped_in() const&& { return wrapped_in(); }
  void set_wrapping(wrapping w) { wrapping_ = std::move(w); }

  std::span<const entry> entries() const& noexcept { return entries_; }
  std::span<const entry> entries() const&& = delete;
  std::size_t size() const noexcept { return entries_.size(); }
  bool contains(std::string_view name) const { return find(name) != nullptr; }
  /// Null when there is none of this name.
  const entry* find(std::string_view name) const&;
  const entry* find(std::string_view name) const&& = delete;
  /// Throws tensor_error that lists the nearest names when there is none.
  const entry& at(std::string_view name) const&;
  entry at(std::string_view name) const&& { return at(name); }
  /// The same for a tensor that must have this shape: "…: no tensor 'a.b' of shape [384, 384]; nearest: 'a.c'
  /// [384, 384]" or "…: tensor 'a.b' has shape [384], expected [384, 384]; nearest: 'a.c' [384, 384]".
  // In parentheses, as some have a macro of this name.
  const entry&(require)(std::string_view name, const shape& expected) const&;
  entry(require)(std::string_view name, const shape& expected) const&& { return (require)(name, expected); }
  /// Up to `count` names with the fewest edits to `name`, nearest first.
  std::vector<std::string> nearest(std::string_view name, std::size_t count = 3) const;

  /// The tensor in its stored type, aligned.
  tensor read(std::string_view name) const;
  /// Its elements as float, in row-major order, straight from the file into `out`; f64 is rounded, integers
  /// converted. Throws shape_error when `out` is not exactly its size.
  void read_f32(std::string_view name, std::span<float> out) const;
  /// The same into a new tensor of f32.
  tensor read_f32(std::string_view name) const;
  /// The tensor in its stored type: one in memory is shared, one in a file read.
  shared_tensor share(std::string_view name) const;

  /// Adds a tensor in memory. Throws tensor_error when the name is taken.
  void add(std::string name, shared_tensor value);
  /// The same for one in a file, for readers of formats; the caller has checked that it lies within the file.
  void add(entry e);
  /// A copy whose names are `rename(name)`; an empty name leaves the tensor out.
  state_dict renamed(const std::function<std::string(const std::string&)>& rename) const;

 private:
  struct hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>{}(s); }
  };
  /// "; nearest: 'a.c' [384], …": names like `name`, but not itself.
  std::string list_nearest(std::string_view name) const;
  [[noreturn]] void throw_missing(std::string_view name, const std::string& shape_text) const;
  const entry& readable(std::string_view name) const;
  std::string prefix() const { return path_.empty() ? std::string() : path_ + ": "; }

  std::string path_;
  std::map<std::string, std::string> metadata_;
  wrapping wrapping_;
  std::vector<entry> entries_;
  std::unordered_map<std::string, std::size_t, hash, std::equal_to<>> index_;
};

/// Converts elements of any type to float. `from` needs no alignment.
void convert_to_f32(dtype type, const std::byte* from, std::span<float> to);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/io/state_dict.ipp>
#endif
