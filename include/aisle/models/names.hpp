#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/io/state_dict.hpp>
#include <aisle/nn/parameters.hpp>

AISLE_NAMESPACE_BEGIN
namespace models {

/// Renames the beginning of a parameter's name. A `*` in `from` stands for a number; `{i}` in `to` is the
/// i-th of them, `{i-1}` one less, `{i+1}` one more. `layer#i` in `to` is the i-th layer of a name that Keras
/// numbers by itself: `layer`, `layer_1`, …, counted from whatever number is the file's first.
struct key_rule {
  std::string from, to;
};

/// How one publisher names the parameters of an architecture: the first rule that fits is applied, then every
/// ending.
struct key_scheme {
  std::string_view name;  ///< "torchvision", "hf", …
  std::vector<key_rule> rules;
  std::vector<key_rule> endings;  ///< plain text, at the end of the name
  nn::weight_layout layout = nn::weight_layout::pytorch;
};

/// The checkpoint's key of parameter `name` under a scheme; layers without a name are counted from 0.
std::string key_for(const key_scheme& scheme, std::string_view name);

/// A scheme that a checkpoint was found to follow.
struct key_match {
  std::string scheme;
  nn::weight_layout layout = nn::weight_layout::pytorch;
  std::string prefix;  ///< in front of the scheme's names, with its dot: "module.backbone."; or empty
  std::function<std::string(const std::string&)> key_of;  ///< the checkpoint must outlive it
};

/// Every scheme, with every prefix, under which the checkpoint has all parameters of `signature`; shorter
/// prefixes come first. Parameters that begin with `head` may lack the prefix or a part of it: a classifier
/// often stands beside the backbone that it reads.
std::vector<key_match> match_keys(const state_dict& checkpoint, const std::vector<key_scheme>& schemes,
                                  const std::vector<std::string>& signature, std::string_view head = {});

}  // namespace models
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/models/names.ipp>
#endif
