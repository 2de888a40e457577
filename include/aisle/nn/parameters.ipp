#pragma once

#include <algorithm>

#include <aisle/nn/parameters.hpp>
#include <aisle/tensor/finite.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

AISLE_API const state_dict::entry& weight_source::find(const std::string& name, const shape& expected) const {
  const std::string key = key_of_(name);
  const state_dict::entry* e = checkpoint_->find(key);
  if (e) {
    const auto squeezed = [](const shape& s) {
      std::vector<std::int64_t> dims;
      for (const std::int64_t d : s.dims())
        if (d != 1) dims.push_back(d);
      return dims;
    };
    if (squeezed(e->dims) == squeezed(expected)) return *e;
  }
  return checkpoint_->require(key, expected);
}

AISLE_API std::optional<shape> weight_source::dims_of(const std::string& name) const {
  if (!checkpoint_) return std::nullopt;
  const state_dict::entry* e = checkpoint_->find(key_of_(name));
  return e ? std::optional<shape>(e->dims) : std::nullopt;
}

AISLE_API const state_dict::entry& weight_source::at(const std::string& name) const {
  if (!checkpoint_) throw tensor_error("computed weights have no stored tensor '" + name + "'");
  return checkpoint_->at(key_of_(name));
}

AISLE_API void require_finite(const state_dict& checkpoint, const std::string& key,
                              std::span<const float> values) {
  if (all_finite(values)) return;
  std::size_t at = 0, count = 0;
  for (std::size_t i = values.size(); i-- > 0;)
    if (!is_finite(values[i])) at = i, ++count;
  throw tensor_error((checkpoint.path().empty() ? std::string() : checkpoint.path() + ": ") + "tensor '" +
                     key + "' holds " + std::to_string(count) +
                     (count == 1 ? " number that is" : " numbers that are") +
                     " not finite, the first at element " + std::to_string(at) + " (" +
                     (is_nan(values[at]) ? "NaN" : "infinite") + "): the weights are damaged");
}

AISLE_API void weight_source::read(const std::string& name, const shape& expected,
                                   std::span<float> out) const {
  if (generate_) return generate_(name, expected, out);
  const std::string& key = find(name, expected).name;
  checkpoint_->read_f32(key, out);
  require_finite(*checkpoint_, key, out);
}

AISLE_API shared_tensor weight_source::map_f32(const std::string& name, const shape& expected) const {
  if (generate_) {
    tensor t(dtype::f32, expected);
    generate_(name, expected, t.data<float>());
    return t;
  }
  const state_dict::entry& e = find(name, expected);
  if (e.type == dtype::f32) {
    shared_tensor mapped = checkpoint_->map(e.name);
    if (mapped.aligned()) return mapped;
  }
  tensor copy = checkpoint_->read_f32(e.name);
  require_finite(*checkpoint_, e.name, copy.data<float>());
  return copy;
}

}  // namespace nn
AISLE_NAMESPACE_END
