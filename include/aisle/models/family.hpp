#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/io/json.hpp>
#include <aisle/models/names.hpp>
#include <aisle/nn/graph.hpp>
#include <aisle/nn/parameters.hpp>

AISLE_NAMESPACE_BEGIN
namespace models {

/// What config.json may say under a key of timm's "model_args".
struct argument {
  std::string_view key;
  /// What the graph computes, as JSON writes it but for quotes. Empty: anything, as tensors show it or it
  /// does nothing outside training.
  std::vector<std::string_view> values = {};
};

/// An architecture family: how its checkpoints are recognised and how its graph is built from one.
struct family {
  std::string_view name;
  bool text = false;  ///< tokens in, else pictures in
  std::vector<key_scheme> schemes;
  std::vector<std::string> prefixes;   ///< that its publishers put in front of every key; others are noted
  std::vector<std::string> signature;  ///< parameters that tell this family from others
  /// Beginnings of keys (behind the prefix) that a checkpoint may have although the graph does not read them:
  /// heads for other tasks.
  std::vector<std::string_view> unread;
  /// Beginning of the parameters, as the graph names them, that a checkpoint may have beside the prefix.
  std::string_view head = {};
  /// Ends of prefixes behind which other networks keep tensors of the same names and shapes.
  std::vector<std::string_view> other_prefixes = {};
  /// What config.json may say under "architecture" (timm's), `*` for a number: variants exist that have the
  /// same tensors and compute something else. Empty: anything.
  std::vector<std::string_view> architectures = {};
  /// Those that have the same tensors and compute something else, in the same form.
  std::vector<std::string_view> lookalikes = {};
  /// What timm's models of it may have been made with; other arguments are refused, as no tensor shows them.
  std::vector<argument> arguments = {};
  /// What tells it stands in other networks too: it is only taken where there is none of those.
  bool yields = false;
  /// Depths and widths come from the tensors themselves; `config` (an object, or null) adds what they do not
  /// show.
  nn::graph (*build)(const nn::weight_source& weights, const json& config);
};

/// One more than the largest i for which `name(i)` exists: a block that is missing in between is still asked
/// for, and reported.
template <class Name>
int depth_of(const nn::weight_source& weights, Name name) {
  constexpr int deepest = 256;  // published networks have up to 48 blocks in a row
  int depth = 0;
  for (int i = 0; i < deepest; ++i)
    if (weights.has(name(i))) depth = i + 1;
  return depth;
}

/// Dimension `axis` of a tensor that must exist. Throws tensor_error naming file, key and the nearest keys.
std::int64_t dimension(const nn::weight_source& weights, const std::string& name, std::size_t axis);

/// Throws format_error when config.json says something else than `known` under `key`.
void expect(const json& config, std::string_view key, const std::string& known);
/// The same of its "hidden_act", where the network has the GELU by erf: transformers have two names for it.
void expect_gelu(const json& config);
/// The same of its "model_type", which Hugging Face's wrapper of timm's models may stand for.
void expect_model_type(const json& config, const std::string& known);
/// What config.json says under `key`. Throws format_error for what is no epsilon of a norm.
float stated_epsilon(const json& config, std::string_view key, float otherwise);
/// How many layers config.json's num_hidden_layers asks for, `found` where it does not say. Throws
/// format_error where that is none, or more than there are.
std::int64_t stated_layers(const json& config, std::int64_t found);
/// Throws format_error where config.json's `depths` are not those of the tensors.
void expect_depths(const json& config, std::span<const int> found);
/// How Keras names the tensors of layers that are called conv, bn or after a classifier: the endings of a
/// scheme.
std::vector<key_rule> keras_endings();

/// Names of all parameters that a graph reads.
std::vector<std::string> parameters_of(const nn::graph& g);

/// Throws tensor_error when the checkpoint has tensors of floats, under the prefix it was recognised by, that
/// the graph does not read: they belong to a network that computes something else. Heads (`f.unread`),
/// counters, and layers behind those that config.json asks for are passed over.
void refuse_unread(const state_dict& checkpoint, const family& f, const key_match& match, const nn::graph& g,
                   const json& config);

/// Throws option_error when config.json names an architecture (as timm's does) that is none of the family's.
void check_architecture(const family& f, const json& config);
/// Throws option_error where the checkpoint itself says ("arch") that it is of one of the family's
/// lookalikes.
void check_lookalikes(const family& f, const state_dict& checkpoint);
/// What timm's config.json says under "model_args" and `key`; null where it does not.
const json* timm_argument(const json& config, std::string_view key);
/// Throws format_error when timm's config.json has arguments, or a pooling, that are none of the family's.
void check_arguments(const family& f, const json& config);

}  // namespace models
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/models/family.ipp>
#endif
