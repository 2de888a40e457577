#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <aisle/io/state_dict.hpp>
#include <aisle/tensor/buffer.hpp>
#include <aisle/tensor/tensor.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// Throws tensor_error naming the file and the tensor where a number of `values`, those of `key`, is NaN or
/// infinite.
void require_finite(const state_dict& checkpoint, const std::string& key, std::span<const float> values);
/// A table of rows of floats that stays in its file: rows are read when they are asked for, some neighbours
/// with them, and then kept. Copies share what was read. Safe from several threads.
class row_table {
 public:
  row_table() = default;
  /// One that is in memory, [rows, cols].
  explicit row_table(shared_tensor whole);
  /// f32 in row-major order in a file.
  explicit row_table(state_dict::entry stored);

  /// Makes sure that these rows are there; throws file_error. Each must be less than the number of rows.
  void need(std::span<const std::int32_t> rows) const;
  /// Where the rows are; those that were not asked for are uninitialised.
  const float* data() const noexcept { return data_; }

 private:
  struct file_state;
  const float* data_ = nullptr;
  shared_tensor whole_;
  std::shared_ptr<file_state> file_;
};

/// How a file lays out the weights of products.
enum class weight_layout : std::uint8_t {
  pytorch,  ///< kernels [out, in, height, width], matrices [out, in]: what graphs ask for
  keras     ///< kernels [height, width, in, out], matrices [in, out]
};

/// Reads a model's tensors by the names its graph uses and in the layout it asks for, whatever the checkpoint
/// has.
class weight_source {
 public:
  using generator = std::function<void(const std::string& name, const shape& dims, std::span<float> out)>;

  /// `key_of(name)` is the checkpoint's key for a graph's parameter name. The checkpoint must outlive this
  /// object.
  weight_source(const state_dict& checkpoint, std::function<std::string(const std::string&)> key_of,
                weight_layout layout = weight_layout::pytorch)
      : checkpoint_(&checkpoint), key_of_(std::move(key_of)), layout_(layout) {}
  /// Weights that are computed: benchmarks without a checkpoint.
  explicit weight_source(generator generate) : generate_(std::move(generate)) {}

  /// The checkpoint's file, for messages; empty where there is none.
  std::string path() const { return checkpoint_ ? checkpoint_->path() : std::string(); }
  weight_layout layout() const { return layout_; }
  bool has(const std::string& name) const { return dims_of(name).has_value(); }
  /// The dimensions as a graph asks for them; empty when there is no such tensor, or weights are computed.
  std::optional<shape> dims_of(const std::string& name) const;
  /// The checkpoint's tensor, whatever its shape. Throws tensor_error naming file, key and the nearest keys.
  const state_dict::entry& at(const std::string& name) const;

  /// The tensor as floats. Dimensions of size 1 may differ (some files keep [1, 1, 1, c] where others have
  /// [c]); anything else throws tensor_error naming the key, both shapes and the nearest keys, as do numbers
  /// that are not finite.
  void read(const std::string& name, const shape& expected, std::span<float> out) const;
  buffer<float> read(const std::string& name, const shape& expected) const {
    buffer<float> out(static_cast<std::size_t>(expected.elements()));
    read(name, expected, out);
    return out;
  }
  /// The tensor as a table whose rows are read when they are asked for, where its file allows that (f32).
  row_table rows(const std::string& name, const shape& expected) const;

 private:
  const state_dict::entry& find(const std::string& name, const shape& expected) const;
  const state_dict* checkpoint_ = nullptr;
  std::function<std::string(const std::string&)> key_of_;
  generator generate_;
  weight_layout layout_ = weight_layout::pytorch;
};

}  // namespace nn
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/nn/parameters.ipp>
#endif
