#pragma once

#include <algorithm>
#include <iterator>

#include <aisle/io/torch_wrapping.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

inline constexpr int unknown_container = 100;

/// Whether a key's words speak of a running average: "model_ema_state_dict", "averaged_model", "swa_model".
AISLE_API bool names_average(std::string_view key) {
  for (std::size_t at = 0; at < key.size();) {
    const std::size_t end = std::min(key.find_first_of("_.- ", at), key.size());
    const std::string_view word = key.substr(at, end - at);
    for (const std::string_view known : {"ema", "EMA", "avg", "average", "averaged", "swa", "SWA"})
      if (word == known) return true;
    at = end + 1;
  }
  return false;
}

/// Running averages come before the weights that they average (timm's load_state_dict, BasicSR).
AISLE_API int rank_of_container(std::string_view key) {
  static constexpr std::string_view averages[] = {"state_dict_ema", "model_ema", "ema_state_dict",
                                                  "params_ema", "ema"};
  static constexpr std::string_view plain[] = {"state_dict", "model_state_dict", "model",  "module",
                                               "net",        "network",          "params", "weights"};
  for (std::size_t i = 0; i < std::size(averages); ++i)
    if (key == averages[i]) return static_cast<int>(i);
  for (std::size_t i = 0; i < std::size(plain); ++i)
    if (key == plain[i]) return static_cast<int>(20 + i);
  return names_average(key) ? 10 : unknown_container;
}

AISLE_API std::vector<torch_wrapping::entry> torch_wrapping::ranked(const pickled& v) const {
  std::vector<entry> all;
  for (std::size_t i = 0; i + 1 < v.items.size(); i += 2) {
    const pickled &key = values_[v.items[i]], &value = values_[v.items[i + 1]];
    const std::string_view text = key.type == pickled::kind::string ? key.text : std::string_view();
    const int rank = rank_of_container(text);
    if (rank != unknown_container || value.type == pickled::kind::dict) all.push_back({text, &value, rank});
  }
  std::stable_sort(all.begin(), all.end(), [](const entry& a, const entry& b) {
    return a.rank != b.rank ? a.rank < b.rank : a.key < b.key;
  });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (i + 1 == all.size() || all[i + 1].key != all[i].key || all[i].key.empty()) all[kept++] = all[i];
  all.resize(kept);
  return all;
}

AISLE_API bool torch_wrapping::holds_weights(const pickled& v, int depth) const {
  if (v.type != pickled::kind::dict || depth > 4) return false;
  // Each dict is looked at once, however often others name it.
  if (const auto known = known_.find(&v); known != known_.end()) return known->second;
  known_[&v] = false;  // of a dict that holds itself
  bool holds = v.holds_tensors;
  if (!holds)
    for (const entry& e : ranked(v))
      if (e.rank != unknown_container && holds_weights(*e.value, depth + 1)) {
        holds = true;
        break;
      }
  return known_[&v] = holds;
}

AISLE_API const pickled& torch_wrapping::unwrap(const pickled& v, state_dict::wrapping& way,
                                                int depth) const {
  if (v.type != pickled::kind::dict || depth > 4) throw format_error(path_, "holds no dict of tensors");
  const std::string outside = way.container.empty() ? "" : way.container + ".";
  const auto name = [&](std::string_view key) { return outside + std::string(key.substr(0, 100)); };
  // Weights under a key that says so, before tensors of its own: beside the weights may stand an epoch or a
  // loss that is a tensor.
  std::vector<entry> known, others;
  for (const entry& e : ranked(v)) {
    if (e.rank != unknown_container && holds_weights(*e.value, depth + 1)) known.push_back(e);
    if (e.rank == unknown_container && e.value->holds_tensors) others.push_back(e);
  }
  if (!known.empty()) {
    for (std::size_t i = 1; i < known.size(); ++i) way.passed_over.push_back(name(known[i].key));
    for (const entry& e : others)  // what an optimizer keeps are no weights
      if (e.key.find("optim") == e.key.npos && way.passed_over.size() < 16)
        way.passed_over.push_back(name(e.key));
    way.container = name(known[0].key);
    return unwrap(*known[0].value, way, depth + 1);
  }
  if (v.holds_tensors) return v;
  if (others.size() == 1) {
    way.container = name(others[0].key);
    return *others[0].value;
  }
  std::string keys;
  const auto list = [&](std::string_view key) {
    if (keys.size() < 300) keys += (keys.empty() ? "" : ", ") + std::string(key.substr(0, 100));
  };
  if (!others.empty()) {
    for (const entry& e : others) list(e.key);
    throw format_error(path_, "holds several dicts of tensors, under the keys " + keys +
                                  ": which of them is meant, no name says: `aisle weights convert` with "
                                  "one of them as --prefix writes its tensors to a file of their own");
  }
  for (std::size_t i = 0; i + 1 < v.items.size(); i += 2)
    if (const pickled& key = values_[v.items[i]]; key.type == pickled::kind::string) list(key.text);
  throw format_error(path_, "holds no dict of tensors; its keys are: " + keys);
}

AISLE_API const pickled& torch_wrapping::unwrap_key(const pickled& v, state_dict::wrapping& way,
                                                    std::string_view container) const {
  const pickled* found = nullptr;
  if (v.type == pickled::kind::dict)
    for (const entry& e : ranked(v))
      if (e.key == container && (e.value->holds_tensors || holds_weights(*e.value))) found = e.value;
  if (found == nullptr)
    throw format_error(path_, "holds no dict of tensors under the key '" + std::string(container) + "'");
  way.container = container;
  return unwrap(*found, way, 1);
}

}  // namespace detail

AISLE_NAMESPACE_END
