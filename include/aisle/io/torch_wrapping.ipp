#pragma once

#include <aisle/io/torch_wrapping.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

AISLE_API bool torch_wrapping::has_tensors(const pickled& v) const {
  if (v.type != pickled::kind::dict) return false;
  for (std::size_t i = 1; i < v.items.size(); i += 2)
    if (values_[v.items[i]].type == pickled::kind::tensor) return true;
  return false;
}

AISLE_API bool torch_wrapping::holds_weights(const pickled& v, int depth) const {
  if (v.type != pickled::kind::dict || depth > 4) return false;
  // Each dict is looked at once, however often others name it.
  if (const auto known = known_.find(&v); known != known_.end()) return known->second;
  known_[&v] = false;  // of a dict that holds itself
  return known_[&v] = has_tensors(v) || std::any_of(containers.begin(), containers.end(), [&](auto key) {
                        const pickled* inner = values_.find(v, key);
                        return inner != nullptr && holds_weights(*inner, depth + 1);
                      });
}

AISLE_API const pickled& torch_wrapping::unwrap(const pickled& v, state_dict::wrapping& way,
                                                int depth) const {
  if (v.type != pickled::kind::dict || depth > 4) throw format_error(path_, "holds no dict of tensors");
  const auto enter = [&](std::string_view key) {
    way.container += (way.container.empty() ? "" : ".") + std::string(key);
  };
  // Before tensors of its own: beside the weights may stand an epoch or a loss that is a tensor.
  const pickled* taken = nullptr;
  const std::string outside = way.container.empty() ? "" : way.container + ".";
  for (const std::string_view key : containers)
    if (const pickled* inner = values_.find(v, key); inner != nullptr && holds_weights(*inner, depth + 1)) {
      if (taken != nullptr) {
        way.passed_over.push_back(outside + std::string(key));
        continue;
      }
      taken = inner;
      enter(key);
    }
  if (taken != nullptr) return unwrap(*taken, way, depth + 1);
  if (has_tensors(v)) return v;
  const pickled* only = nullptr;
  std::string_view only_key;
  std::string keys;
  for (std::size_t i = 0; i + 1 < v.items.size(); i += 2) {
    const pickled &key = values_[v.items[i]], &value = values_[v.items[i + 1]];
    if (key.type == pickled::kind::string && keys.size() < 300)
      keys += (keys.empty() ? "" : ", ") + std::string(key.text.substr(0, 100));
    if (!has_tensors(value)) continue;
    if (only != nullptr) {
      for (std::size_t j = i + 2; j + 1 < v.items.size(); j += 2)
        if (const pickled& more = values_[v.items[j]];
            more.type == pickled::kind::string && keys.size() < 300)
          keys += ", " + std::string(more.text.substr(0, 100));
      throw format_error(path_, "holds several dicts of tensors, under the keys " + keys +
                                    ": which of them is meant, no name says; save one alone");
    }
    only = &value;
    if (key.type == pickled::kind::string) only_key = key.text;
  }
  if (only == nullptr) throw format_error(path_, "holds no dict of tensors; its keys are: " + keys);
  enter(only_key);
  return *only;
}

}  // namespace detail

AISLE_NAMESPACE_END
