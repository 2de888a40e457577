#pragma once

#include <cstdint>
#include <functional>
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

/// Reads a model's tensors by the names its graph uses, whatever the checkpoint calls them.
class weight_source {
 public:
  using generator = std::function<void(const std::string& name, const shape& dims, std::span<float> out)>;

  /// `key_of(name)` is the checkpoint's key for a graph's parameter name. The checkpoint must outlive this
  /// object.
  weight_source(const state_dict& checkpoint, std::function<std::string(const std::string&)> key_of)
      : checkpoint_(&checkpoint), key_of_(std::move(key_of)) {}
  /// Weights that are computed: benchmarks without a checkpoint.
  explicit weight_source(generator generate) : generate_(std::move(generate)) {}

  bool has(const std::string& name) const { return dims_of(name).has_value(); }
  /// The stored dimensions; empty when there is no such tensor, or weights are computed.
  std::optional<shape> dims_of(const std::string& name) const;
  /// The checkpoint's tensor, whatever its shape. Throws tensor_error naming file, key and the nearest keys.
  const state_dict::entry& at(const std::string& name) const;

  /// The tensor as floats. Dimensions of size 1 may differ (some files keep [1, 1, 1, c] where others have
  /// [c]); anything else throws tensor_error naming the key, both shapes and the nearest keys.
  void read(const std::string& name, const shape& expected, std::span<float> out) const;
  buffer<float> read(const std::string& name, const shape& expected) const {
    buffer<float> out(static_cast<std::size_t>(expected.elements()));
    read(name, expected, out);
    return out;
  }
  /// The tensor in place in its file where that is possible (aligned f32), else a converted copy.
  shared_tensor map_f32(const std::string& name, const shape& expected) const;

 private:
  const state_dict::entry& find(const std::string& name, const shape& expected) const;
  const state_dict* checkpoint_ = nullptr;
  std::function<std::string(const std::string&)> key_of_;
  generator generate_;
};

}  // namespace nn
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/nn/parameters.ipp>
#endif
