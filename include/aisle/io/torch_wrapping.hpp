#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <aisle/io/pickle.hpp>
#include <aisle/io/state_dict.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Finds the weights in what a training script saved around them.
class torch_wrapping {
 public:
  /// `values` must outlive this object; `path` names the file in errors.
  torch_wrapping(const unpickler& values, std::string path) : values_(values), path_(std::move(path)) {}

  /// The dict of tensors in `v`; fills the container and what was passed over. Throws format_error where
  /// there is none, or several without a name that says which.
  const pickled& unwrap(const pickled& v, state_dict::wrapping& way, int depth = 0) const;

 private:
  /// Keys under which training scripts keep weights, the preferred first: running averages before the weights
  /// they average (timm's load_state_dict, BasicSR).
  static constexpr std::array<std::string_view, 13> containers = {
      "state_dict_ema", "model_ema",        "ema_state_dict", "params_ema", "ema",
      "state_dict",     "model_state_dict", "model",          "module",     "net",
      "network",        "params",           "weights"};

  bool has_tensors(const pickled& v) const;
  bool holds_weights(const pickled& v, int depth = 0) const;

  const unpickler& values_;
  std::string path_;
  mutable std::unordered_map<const pickled*, bool> known_;
};

}  // namespace detail

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/io/torch_wrapping.ipp>
#endif
