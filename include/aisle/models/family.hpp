#pragma once

#include <string>
#include <vector>

#include <aisle/io/json.hpp>
#include <aisle/models/names.hpp>
#include <aisle/nn/graph.hpp>
#include <aisle/nn/parameters.hpp>

AISLE_NAMESPACE_BEGIN
namespace models {

/// An architecture family: how its checkpoints are recognised and how its graph is built from one.
struct family {
  std::string_view name;
  bool text = false;  ///< tokens in, else pictures in
  std::vector<key_scheme> schemes;
  std::vector<std::string> prefixes;   ///< that may stand in front of every key
  std::vector<std::string> signature;  ///< parameters that tell this family from others
  /// Depths and widths come from the tensors themselves; `config` (an object, or null) adds what they do not
  /// show.
  nn::graph (*build)(const nn::weight_source& weights, const json& config);
};

/// Number of consecutive i from 0 for which `name(i)` exists.
template <class Name>
int count_tensors(const nn::weight_source& weights, Name name) {
  int n = 0;
  while (weights.has(name(n))) ++n;
  return n;
}

/// Dimension `axis` of a tensor that must exist. Throws tensor_error.
inline std::int64_t dimension(const nn::weight_source& weights, const std::string& name, std::size_t axis) {
  const auto dims = weights.dims_of(name);
  if (!dims || dims->rank() <= axis)
    throw tensor_error("the checkpoint has no tensor '" + name + "' with dimension " + std::to_string(axis));
  return (*dims)[axis];
}

}  // namespace models
AISLE_NAMESPACE_END
