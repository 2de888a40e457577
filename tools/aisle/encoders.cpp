#include "encoders.hpp"

#include <optional>
#include <utility>

#include <aisle/base/file.hpp>
#include <aisle/image/jpeg.hpp>
#include <aisle/models/zoo.hpp>
#include <aisle/text/sentence_model.hpp>

#include "manifest.hpp"
#include "remote_embedder.hpp"

namespace aisle_command {

aisle::text_encoder load_text_encoder(const common_options& o) {
  return aisle::text_encoder::load(o.model_path(o.text_model), {.engine = o.engine(), .on_warning = warn});
}

aisle::image_encoder load_image_encoder(const common_options& o) {
  return aisle::image_encoder::load(
      o.model_path(o.image_model),
      {.engine = o.engine(), .preset = preset_of(o, o.image_model), .on_warning = warn});
}

std::shared_ptr<const aisle::embedder> make_text_embedder(const common_options& o, bool identify) {
  if (is_remote_model(o.text_model)) return std::make_shared<remote_embedder>(remote_of(o));
  auto out =
      std::make_shared<aisle::text_embedder>(aisle::embedder_options{.model_path = o.model_path(o.text_model),
                                                                     .engine = o.engine(),
                                                                     .prompt = o.prompt,
                                                                     .identify = identify,
                                                                     .on_warning = warn});
  out->encoder();  // what is wrong with it is said before an output is opened
  return out;
}

std::shared_ptr<const aisle::embedder> make_picture_embedder(const common_options& o, bool identify) {
  auto out = std::make_shared<aisle::picture_embedder>(
      aisle::embedder_options{.model_path = o.model_path(o.image_model),
                              .engine = o.engine(),
                              .preset = preset_of(o, o.image_model),
                              .identify = identify,
                              .on_warning = warn});
  out->encoder();
  return out;
}

namespace {

/// Where the model's files are, whether they are there or not: a folder, or a weight file that was named.
std::string place_of(const common_options& o, const std::string& id) {
  if (const auto found = o.find_model(id)) return *found;
  const bool is_path = id.find('/') != std::string::npos || aisle::file_exists(id);
  return is_path ? id : aisle::join_path(o.weights, id);
}

std::string folder_of(const std::string& place) {
  const bool is_file = aisle::file_exists(place) && !aisle::folder_exists(place);
  return is_file ? aisle::parent_folder(place) : place;
}

}  // namespace

std::optional<aisle::preset> known_preset(const common_options& o, const std::string& id) {
  if (!o.preset.empty()) return aisle::find_preset(o.preset);
  const std::string place = place_of(o, id);
  if (auto own = aisle::preset_from_files(place)) return *own;
  const std::string name = aisle::file_name(folder_of(place));
  if (auto known = manifest_preset(name)) return *known;
  if (const auto* entry = aisle::models::find_model(name); entry && !entry->preset.empty())
    return aisle::find_preset(entry->preset);
  return std::nullopt;
}

aisle::preset preset_of(const common_options& o, const std::string& id) {
  const std::optional<aisle::preset> known = known_preset(o, id);
  if (!known)
    throw aisle::error(
        "nothing says how pictures are prepared for " + id + ": no files in " + folder_of(place_of(o, id)) +
        " do, and it is no image model of `aisle models`; --preset NAME says it (`aisle preprocess "
        "--help` lists the names)");
  aisle::preset p = *known;
  p.scaled_decoding = o.scaled_jpeg;
  if (p.scaled_decoding && aisle::detail::other_jpeg_decoder() == nullptr)
    throw usage_error(
        "--scaled-jpeg needs libjpeg-turbo, which this command was built without (Debian: libjpeg-dev)");
  return p;
}

namespace {

/// Opened once; what the option wants is checked.
std::shared_ptr<aisle::models::opened_model> open_checked(const std::string& option, const std::string& path,
                                                          const std::string& weights, bool text) {
  std::shared_ptr<aisle::models::opened_model> model = aisle::models::open_model(weights);
  if (model->of->text != text)
    throw aisle::option_error(option + ": " + path + " holds a model of " + (text ? "pictures (" : "text (") +
                              std::string(model->of->name) + "), expected one of " +
                              (text ? "text" : "pictures"));
  return model;
}

}  // namespace

std::shared_ptr<const aisle::embedder> open_text_embedder(const common_options& o) {
  if (is_remote_model(o.text_model)) return std::make_shared<remote_embedder>(remote_of(o));
  const std::string path = o.model_path(o.text_model);
  auto model = open_checked("--text-model", path, aisle::sentence_model::read(path).transformer, true);
  return std::make_shared<aisle::text_embedder>(aisle::embedder_options{.model_path = path,
                                                                        .engine = o.engine(),
                                                                        .prompt = o.prompt,
                                                                        .opened = std::move(model),
                                                                        .on_warning = warn});
}

std::shared_ptr<const aisle::embedder> open_picture_embedder(const common_options& o) {
  const std::string path = o.model_path(o.image_model);
  auto model = open_checked("--image-model", path, path, false);
  const aisle::preset preset = preset_of(o, o.image_model);  // throws where nothing says it
  // Under its own name where the model's files say it.
  const bool own = o.preset.empty() && !o.scaled_jpeg && aisle::preset_from_files(place_of(o, o.image_model));
  return std::make_shared<aisle::picture_embedder>(
      aisle::embedder_options{.model_path = path,
                              .engine = o.engine(),
                              .preset = own ? std::nullopt : std::optional(preset),
                              .opened = std::move(model),
                              .on_warning = warn});
}

}  // namespace aisle_command
