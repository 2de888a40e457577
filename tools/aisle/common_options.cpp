// The options that mean the same in every subcommand, and what they name.

#include <charconv>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include <aisle/base/error.hpp>
#include <aisle/base/file.hpp>
#include <aisle/models/preset.hpp>

#include "command.hpp"
#include "early_checks.hpp"
#include "manifest.hpp"
#include "remote_embeddings.hpp"

namespace aisle_command {

namespace {

/// 0 to `most`.
validator whole_number(std::uint64_t most) {
  return validator([most](const std::string& text) {
    std::uint64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    return error == std::errc() && stop == end && value <= most
               ? std::string()
               : text + ": expected a whole number from 0 to " + std::to_string(most);
  });
}

}  // namespace

void common_options::add(option_set app, std::initializer_list<common> which) {
  // Where there is a default, it can be left out; elsewhere nothing is the default.
  const auto or_none = [](const std::string& model) { return model.empty() ? "" : ", or none"; };
  for (const common c : which) switch (c) {
      case common::text_model:
        text_model_option =
            app.add_option("--text-model", text_model,
                           "text model: an id of `aisle models` or a folder" +
                               std::string(or_none(text_model)) + "; openai:NAME where there is --api-base")
                .type_name("ID")
                .capture_default_str();
        if (!text_model.empty()) text_model_option.where_empty("none");
        break;
      case common::prompt:
        app.add_option(
               "--prompt", prompt,
               "name of the text model's prompt that goes before each text; '' for none (default: what "
               "the model's files say)")
            .type_name("NAME");
        break;
      case common::service:
        has_service = true;
        app.add_option("--api-base", service.api_base,
                       "of a text model openai:NAME: where its server is, any that has OpenAI's embeddings "
                       "interface")
            .type_name("URL")
            .envname("OPENAI_BASE_URL")
            .capture_default_str();
        service_options.push_back(
            app.add_option(
                   "--api-key-variable", service.key_variable,
                   "environment variable that holds the server's key (default: OPENAI_API_KEY, where it is "
                   "set)")
                .type_name("NAME"));
        service_options.push_back(
            app.add_option("--dimensions", service.dimensions,
                           "numbers of a vector to ask the server for (default: the model's own)")
                .type_name("N")
                .check(within(std::int64_t{1}, std::int64_t{1} << 20)));
        service_options.push_back(
            app.add_option(
                   "--too-long", service.too_long,
                   "a text that is longer than the server's model takes is cut, or its row gets an error")
                .check(one_of({"cut", "refuse"}))
                .capture_default_str());
        service_options.push_back(app.add_option("--max-text-tokens", service.max_text_tokens,
                                                 "how long a text the server's model takes")
                                      .type_name("N")
                                      .check(within(std::int64_t{1}, std::int64_t{1} << 30))
                                      .capture_default_str());
        service_options.push_back(app.add_option("--concurrency", service.concurrency,
                                                 "requests on their way to the server at a time")
                                      .type_name("N")
                                      .check(within(1, 256))
                                      .capture_default_str());
        service_options.push_back(app.add_option("--price", service.price,
                                                 "of a million tokens: what the job cost is told at its end")
                                      .type_name("X")
                                      .check(within(0.0, 1e6)));
        break;
      case common::image_model:
        image_model_option =
            app.add_option("--image-model", image_model,
                           "image model: an id of `aisle models`, a folder or a weight file" +
                               std::string(or_none(image_model)))
                .type_name("ID")
                .capture_default_str();
        if (!image_model.empty()) image_model_option.where_empty("none");
        break;
      case common::preset:
        app.add_option("--preset", preset,
                       "how to prepare pictures, by a name that `aisle preprocess --help` lists (default: as "
                       "the image model's files say)")
            .type_name("NAME")
            .check(validator([](const std::string& name) {
              try {
                aisle::find_preset(name);
              } catch (const aisle::option_error& e) {
                return std::string(e.what());
              }
              return std::string();
            }));
        app.add_flag(
            "--scaled-jpeg", scaled_jpeg,
            "decode large JPEGs at 1/2, 1/4 or 1/8 of their size where the model wants no more: faster, "
            "with vectors of their own (default: every pixel, as Pillow)");
        break;
      case common::label:
        app.add_option("--label", label, "column with the classes").type_name("COLUMN").capture_default_str();
        break;
      case common::test_size:
        app.add_option("--test-size", test_size, "share of the rows that is tested on")
            .type_name("SHARE")
            .check(between(0, 1))
            .capture_default_str();
        break;
      case common::seed:
        app.add_option("--seed", seed, "seed of everything random")
            .type_name("N")
            .check(whole_number(std::uint64_t{1} << 53))  // JSON's numbers are doubles
            .capture_default_str();
        break;
      case common::split:
        app.add_option(
               "--split", split,
               "file that says which rows are for training and which for testing: {\"splits\": "
               "[{\"test\": [rows], \"train\": [rows]}]}, counted from 0; without \"train\" all others "
               "train")
            .type_name("FILE");
        break;
      case common::threads:
        app.add_option("--threads", threads, "threads; 0: all that this process may use")
            .type_name("N")
            .check(whole_number(std::numeric_limits<int>::max()))
            .capture_default_str();
        break;
      case common::precision:
        app.add_option("--precision", precision, "arithmetic of the models: f32, f32-fma")
            .type_name("NAME")
            .capture_default_str();
        break;
      case common::isa:
        app.add_option("--isa", isa, "kernels: one of `aisle self-test --list-isas` (default: the best)")
            .type_name("NAME")
            .envname("AISLE_ISA");
        break;
      case common::limit:
        app.add_option("--limit", limit, "take the first N rows only; 0: all")
            .type_name("N")
            .check(whole_number(std::numeric_limits<std::int64_t>::max()))
            .capture_default_str();
        break;
      case common::weights:
        app.add_option("--weights", weights, "folder of the models")
            .type_name("DIR")
            .envname("AISLE_WEIGHTS")
            .capture_default_str();
        break;
    }
}

aisle::engine_selection common_options::engine() const {
  const aisle::engine_selection selection{.isa = isa, .precision = precision};
  try {
    aisle::select_table(selection);
  } catch (const aisle::option_error& e) {
    throw usage_error(e.what());
  }
  return selection;
}

std::optional<std::string> common_options::find_model(const std::string& id) const {
  if (id.empty() || id == "none" || is_remote_model(id)) return std::nullopt;
  // Whoever writes /, ./ or ../ means that place, whatever --weights has.
  const bool is_path = id.starts_with('/') || id.starts_with("./") || id.starts_with("../");
  const std::string folder = aisle::join_path(weights, id);
  if (!is_path && aisle::folder_exists(folder)) return folder;
  if (id.find('/') != std::string::npos && (aisle::folder_exists(id) || aisle::file_exists(id))) return id;
  for (const std::string_view ending : {".pth", ".pt", ".bin", ".safetensors"})
    if (id.ends_with(ending) && aisle::file_exists(id)) return id;
  return std::nullopt;
}

std::string common_options::model_path(const std::string& id) const {
  if (const auto found = find_model(id)) return *found;
  if (is_remote_model(id))
    throw usage_error(id +
                      ": a model behind an address makes vectors of texts where there is --api-base, and of "
                      "nothing else; expected one on this machine");
  const std::string folder = aisle::join_path(weights, id);
  std::string how = "`aisle weights list` names those that can be fetched";
  for (const manifest_model& m : read_manifest())
    if (m.id == id)
      how = "`aisle weights get " + id + (m.vouched_for() ? "" : " --allow-unverified") +
            (weights == common_options().weights ? "" : " --weights " + weights) + "` fetches it";
  if (aisle::folder_exists(id)) how = "./" + id + " names the folder of that name here; " + how;
  throw aisle::file_error(folder, "no such model folder" + model_hint(*this, id) + "; " + how +
                                      ", --weights or AISLE_WEIGHTS says where models are");
}

}  // namespace aisle_command
