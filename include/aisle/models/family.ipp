#pragma once

#include <algorithm>
#include <unordered_set>

#include <aisle/base/counted.hpp>
#include <aisle/base/number.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/models/family.hpp>
#include <aisle/models/names.ipp>

AISLE_NAMESPACE_BEGIN
namespace models {

AISLE_API std::int64_t dimension(const nn::weight_source& weights, const std::string& name,
                                 std::size_t axis) {
  const state_dict::entry& e = weights.at(name);
  if (e.dims.rank() <= axis)
    throw tensor_error((e.file ? e.file->file().path() + ": " : std::string()) + "tensor '" + e.name +
                       "' has shape " + to_string(e.dims) + ", expected at least " +
                       counted(axis + 1, "dimension"));
  return (*weights.dims_of(name))[axis];
}

AISLE_API std::vector<key_rule> keras_endings() {
  std::vector<key_rule> all = {{"bn.weight", "bn/gamma:0"},
                               {"bn.bias", "bn/beta:0"},
                               {".running_mean", "/moving_mean:0"},
                               {".running_var", "/moving_variance:0"}};
  for (const std::string layer : {"conv", "predictions", "fc1000"}) {
    all.push_back({layer + ".weight", layer + "/kernel:0"});
    all.push_back({layer + ".bias", layer + "/bias:0"});
  }
  return all;
}

AISLE_API void expect(const json& config, std::string_view key, const std::string& known) {
  if (const auto found = config.get<std::string>(key, known); found != known)
    config.at(key).fail("expected \"" + known + "\", found \"" + found + "\"");
}

AISLE_API void expect_gelu(const json& config) {
  if (config.get<std::string>("hidden_act", "gelu") != "gelu_python") expect(config, "hidden_act", "gelu");
}

AISLE_API void expect_model_type(const json& config, const std::string& known) {
  if (config.get<std::string>("model_type", known) != "timm_wrapper") expect(config, "model_type", known);
}

AISLE_API float stated_epsilon(const json& config, std::string_view key, float otherwise) {
  const auto stated = config.is_object() ? config.get<float>(key, otherwise) : otherwise;
  if (!(stated >= 0 && stated < 1)) config.at(key).fail("expected a number from 0 to below 1");
  return stated;
}

AISLE_API std::int64_t stated_layers(const json& config, std::int64_t found) {
  const auto stated = config.is_object() ? config.get<std::int64_t>("num_hidden_layers", found) : found;
  if (stated < 1 || stated > found)
    config.at("num_hidden_layers")
        .fail("asks for " + counted(stated, "layer") + ", the weights have " + std::to_string(found));
  return stated;
}

AISLE_API void expect_depths(const json& config, std::span<const int> found) {
  const json* depths = config.is_object() ? config.find("depths") : nullptr;
  if (depths == nullptr || depths->is_null()) return;
  json there = json::array();
  for (const int depth : found) there.push_back(static_cast<std::int64_t>(depth));
  if (depths->dump() != there.dump())
    depths->fail("asks for " + depths->dump() + " layers, the weights have " + there.dump());
}

AISLE_API std::vector<std::string> parameters_of(const nn::graph& g) {
  std::vector<std::string> names;
  for (const nn::node& n : g.nodes) n.op->parameters(names);
  return names;
}

AISLE_API void refuse_unread(const state_dict& checkpoint, const family& f, const key_match& match,
                             const nn::graph& g, const json& config) {
  std::unordered_set<std::string> read;
  for (const std::string& name : parameters_of(g)) read.insert(match.key_of(name));
  const auto is_float = [](const state_dict::entry& e) {
    return e.type == dtype::f32 || e.type == dtype::f64 || e.type == dtype::f16 || e.type == dtype::bf16;
  };
  // Follow from the sizes, or count. Integers in every published file but for Swin's masks; tools that
  // convert whole files to one type leave them as floats.
  const auto is_counter = [](std::string_view key) {
    return key.ends_with("num_batches_tracked") || key.ends_with("position_ids") ||
           key.ends_with("relative_position_index") || key.ends_with(".attn_mask");
  };
  const auto layers = config.is_object() ? config.get<std::int64_t>("num_hidden_layers", 0) : 0;
  const auto is_behind = [&](const std::string& key) {  // "encoder.layer.9." of three layers, as of layer 0
    for (std::size_t dot = key.find('.'); layers > 0 && dot != key.npos; dot = key.find('.', dot + 1)) {
      long number = 0;
      std::size_t end = dot + 1;
      for (; end < key.size() && key[end] >= '0' && key[end] <= '9' && end - dot < 9; ++end)
        number = number * 10 + (key[end] - '0');
      if (end > dot + 1 && number >= layers && read.contains(key.substr(0, dot) + ".0" + key.substr(end)))
        return true;
    }
    return false;
  };
  std::string list;
  int count = 0;
  for (const state_dict::entry& e : checkpoint.entries()) {
    if (!e.name.starts_with(match.prefix) || !is_float(e) || is_counter(e.name) || read.contains(e.name) ||
        is_behind(e.name))
      continue;
    const std::string_view key = std::string_view(e.name).substr(match.prefix.size());
    if (std::any_of(f.unread.begin(), f.unread.end(),
                    [&](std::string_view head) { return key.starts_with(head); }))
      continue;
    if (++count <= 3) list += (count > 1 ? ", '" : " '") + e.name + "' " + to_string(e.dims);
  }
  if (count == 0) return;
  throw tensor_error((checkpoint.path().empty() ? std::string() : checkpoint.path() + ": ") + "has " +
                     counted(count, "tensor") + " that the network " + std::string(f.name) +
                     " does not read:" + list + (count > 3 ? ", …" : "") +
                     "; expected none: either this is a variant that is not built in, or tensors are missing "
                     "beside these");
}

AISLE_API void check_architecture(const family& f, const json& config) {
  if (!config.is_object() || f.architectures.empty()) return;
  const auto name = config.get<std::string>("architecture", std::string());
  if (name.empty()) return;
  std::vector<long> numbers;
  std::string expected;
  for (const std::string_view pattern : f.architectures) {
    if (detail::match_prefix(pattern, name, numbers) == name.size()) return;
    expected += (expected.empty() ? "" : ", ") + std::string(pattern);
  }
  throw option_error(config.at("architecture").where() + ": '" + name + "' has the tensors of the network " +
                     std::string(f.name) + " and computes something else; expected " + expected);
}

AISLE_API void check_lookalikes(const family& f, const state_dict& checkpoint) {
  const auto arch = checkpoint.metadata().find("arch");
  if (arch == checkpoint.metadata().end()) return;
  std::vector<long> numbers;
  for (const std::string_view pattern : f.lookalikes)
    if (detail::match_prefix(pattern, arch->second, numbers) == arch->second.size())
      throw option_error(checkpoint.path() + ": says that it is '" + arch->second +
                         "', which has the tensors of the network " + std::string(f.name) +
                         " and computes something else");
}

AISLE_API const json* timm_argument(const json& config, std::string_view key) {
  const json* arguments = config.is_object() ? config.find("model_args") : nullptr;
  const json* found = arguments != nullptr && arguments->is_object() ? arguments->find(key) : nullptr;
  return found != nullptr && !found->is_null() ? found : nullptr;
}

namespace detail {

/// What shows in the tensors, is of training, or says where weights come from.
inline constexpr std::string_view idle_arguments[] = {
    "num_classes",     "drop_rate",   "drop_path_rate",        "proj_drop_rate", "attn_drop_rate",
    "pos_drop_rate",   "img_size",    "patch_drop_rate",       "pretrained",     "checkpoint_path",
    "pretrained_cfg",  "weight_init", "strict_img_size",       "scriptable",     "fix_init",
    "drop_block_rate", "bn_momentum", "pretrained_cfg_overlay"};

AISLE_API bool says(const json& stated, std::string_view known) {
  double number = 0;
  if (!stated.is_number()) return (stated.is_string() ? stated.as<std::string>() : stated.dump()) == known;
  const auto parsed = parse_number(known.data(), known.data() + known.size(), number);
  return parsed.ec == std::errc() && stated.as<double>() == number;
}

AISLE_API void check_argument(const argument& a, const json& stated) {
  if (stated.is_null() || a.values.empty() ||
      ranges::any_of(a.values, [&](std::string_view known) { return says(stated, known); }))
    return;
  std::string expected;
  for (const std::string_view known : a.values)
    expected += (expected.empty() ? "\"" : " or \"") + std::string(known) + "\"";
  stated.fail("expected " + expected + ", found " +
              (stated.is_string() ? stated.dump() : "\"" + stated.dump() + "\""));
}

}  // namespace detail

AISLE_API void check_arguments(const family& f, const json& config) {
  if (!config.is_object() || f.arguments.empty()) return;
  const auto known = [&](std::string_view key) {
    return ranges::find_if(f.arguments, [&](const argument& a) { return a.key == key; });
  };
  const json *pool = config.find("global_pool"), *arguments = config.find("model_args");
  if (const auto a = known("global_pool"); pool != nullptr && a != f.arguments.end())
    detail::check_argument(*a, *pool);
  if (arguments == nullptr || !arguments->is_object()) return;
  for (const json::member& m : arguments->members()) {
    const auto a = known(m.key);
    if (a != f.arguments.end())
      detail::check_argument(*a, m.value);
    else if (m.key == "in_chans")
      detail::check_argument({"in_chans", {"3"}}, m.value);
    else if (!m.value.is_null() &&
             ranges::find(detail::idle_arguments, m.key) == std::end(detail::idle_arguments))
      m.value.fail("an argument of timm's that a network " + std::string(f.name) +
                   " does not obey here, expected none");
  }
}

}  // namespace models
AISLE_NAMESPACE_END
