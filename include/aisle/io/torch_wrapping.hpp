#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

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
  const pickled& unwrap(const pickled& v, state_dict::wrapping& way) const { return unwrap(v, way, 0); }
  /// The one under the key `container` of `v`. Throws format_error where there is none.
  const pickled& unwrap_key(const pickled& v, state_dict::wrapping& way, std::string_view container) const;

 private:
  const pickled& unwrap(const pickled& v, state_dict::wrapping& way, int depth) const;
  struct entry {
    std::string_view key;
    const pickled* value;
    int rank;
  };
  /// Of a dict: what stands under keys by which training scripts keep weights, the preferred first, then
  /// other dicts. Of a key that is given twice, the last.
  std::vector<entry> ranked(const pickled& v) const;
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
