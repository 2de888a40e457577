// aisle weights convert: any checkpoint to one .safetensors that opens by itself.

#include "weights_convert.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <aisle/base/counted.hpp>
#include <aisle/base/file.hpp>
#include <aisle/io/checkpoint.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/safetensors.hpp>
#include <aisle/io/torch_checkpoint.hpp>
#include <aisle/models/preset.hpp>
#include <aisle/models/zoo.hpp>

#include "early_checks.hpp"
#include "keras_file.hpp"
#include "manifest.hpp"
#include "output_guard.hpp"

namespace aisle_command {

namespace {

struct options {
  std::string in, out, prefix;
};

/// How keras.applications prepare the pictures of a network with their names and layouts; else "".
std::string keras_preset(const aisle::state_dict& from) {
  static constexpr std::pair<std::string_view, std::string_view> presets[] = {
      {"resnet", "keras_caffe"}, {"densenet", "keras_torch"}, {"inception", "keras_tf_299"}};
  try {
    const auto network = aisle::models::recognise(from, aisle::models::families());
    if (network.match.layout == aisle::nn::weight_layout::keras)
      for (const auto& [family, preset] : presets)
        if (network.of->name == family) return std::string(preset);
  } catch (const aisle::format_error&) {  // no network that is known, or several
  }
  return {};
}

/// What OUT carries beside the tensors: a folder of another name would not say how pictures are prepared, and
/// the files that say it stay behind.
std::map<std::string, std::string> metadata_for(const aisle::state_dict& from) {
  std::map<std::string, std::string> kept = {{"format", "pt"}};
  const std::string folder = aisle::parent_folder(from.path());
  for (const char* name : {"config.json", "preprocessor_config.json", "preset", "arch"})
    if (const auto known = from.metadata().find(name); known != from.metadata().end())
      kept[name] = known->second;
  for (const char* name : {"config.json", "preprocessor_config.json"})
    if (const std::string file = aisle::join_path(folder, name); aisle::file_exists(file))
      kept[name] = aisle::read_json(file).dump();
  try {
    if (aisle::preset_from_files(from.path())) return kept;
  } catch (const aisle::error&) {  // of a model that is not built in: its files say it all the same
    return kept;
  }
  if (const std::string preset = keras_preset(from); !preset.empty()) {
    kept["preset"] = preset;
    return kept;
  }
  std::error_code none;
  const std::string id =
      aisle::file_name(std::filesystem::absolute(folder, none).lexically_normal().string());
  if (const auto known = manifest_preset(id)) {
    kept["preset"] = known->name;
  } else if (const auto* entry = aisle::models::find_model(id); entry && !entry->preset.empty()) {
    kept["preset"] = entry->preset;
  }
  return kept;
}

/// The tensors of IN. Where it keeps several dicts of them and none is preferred, those of the one that
/// --prefix begins with, which is taken off it.
aisle::state_dict read_tensors(const options& o, std::string& prefix) {
  if (is_keras_file(o.in)) return read_keras_file(o.in);
  try {
    return aisle::load_checkpoint(o.in);
  } catch (const aisle::format_error&) {
    if (prefix.empty()) throw;
    const std::size_t dot = std::min(prefix.find('.'), prefix.size());
    try {
      const std::string file = aisle::folder_exists(o.in) ? aisle::find_checkpoint(o.in) : o.in;
      aisle::state_dict out = aisle::read_torch_container(file, prefix.substr(0, dot));
      prefix.erase(0, dot + 1);
      return out;
    } catch (const aisle::format_error&) {  // what is wrong with it is said already
    }
    throw;
  }
}

int convert(const options& o) {
  if (!o.out.ends_with(".safetensors")) throw usage_error("OUT: expected a name that ends in .safetensors");
  std::string asked = o.prefix;
  aisle::state_dict from = read_tensors(o, asked);
  if (!asked.empty()) {
    // As the file has it, or without what stands in front of every name and is dropped.
    const std::string& dropped = from.wrapped_in().prefix;
    const std::string prefix =
        !dropped.empty() && asked.starts_with(dropped) ? asked.substr(dropped.size()) : asked;
    from = from.renamed([&](const std::string& name) {
      return name.starts_with(prefix) ? name.substr(prefix.size()) : std::string();
    });
  }
  if (from.size() == 0)
    throw aisle::format_error(o.in, o.prefix.empty()
                                        ? "holds no tensors"
                                        : "holds no tensors behind the prefix '" + o.prefix + "'");
  output_guard guard;
  guard.writes("OUT", o.out);
  guard.reads_model(o.in);
  guard.reads_weights(from);
  aisle::make_folders(aisle::parent_folder(o.out));
  check_output_file("OUT", o.out);
  aisle::write_safetensors(o.out, from, metadata_for(from));
  say(o.out + ": " + aisle::counted(from.size(), "tensor") + ", " +
      human_bytes(static_cast<double>(aisle::file_size(o.out))));
  return exit_ok;
}

}  // namespace

action setup_weights_convert(option_set app) {
  auto o = std::make_shared<options>();
  app.add_option("IN", o->in,
                 ".pth, .pt, .bin, an index of shards, or a folder with one of them; .h5 or .keras")
      .required();
  app.add_option("OUT", o->out, "one .safetensors file").required();
  app.add_option("--prefix", o->prefix, "only the tensors whose names begin so, without it")
      .type_name("PREFIX");
  app.footer(
      "Names and types of the tensors stay as they are; one tensor at a time is in memory. Nothing in a "
      "checkpoint is\n"
      "executed. Weights of Keras get the names that keras.applications give them, and all of them are in "
      "memory.\n"
      "IN's config.json and preprocessor_config.json, or the preset that is known for the name of its "
      "folder, go into the\n"
      "metadata of OUT: a model of pictures opens by itself then, wherever it lies; one of text needs its "
      "tokenizer's files\n"
      "beside it. --prefix takes one network of "
      "several.\n"
      "\n"
      "Examples:\n"
      "  aisle weights convert efficientnet-lite0-57934424.pth model.safetensors\n"
      "  aisle weights convert moco.pth encoder.safetensors --prefix encoder_q.");
  return [o] { return convert(*o); };
}

}  // namespace aisle_command
