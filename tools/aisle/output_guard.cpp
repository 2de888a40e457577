#include "output_guard.hpp"

#include <algorithm>
#include <filesystem>

#include <aisle/catalogue/detail/embedding_files.hpp>
#include <aisle/catalogue/embeddings.hpp>
#include <aisle/catalogue/foreign_vectors.hpp>
#include <aisle/catalogue/report.hpp>
#include <aisle/catalogue/results_folder.hpp>
#include <aisle/io/checkpoint.hpp>
#include <aisle/io/json.hpp>

#include "command.hpp"
#include "remote_embeddings.hpp"

namespace aisle_command {

namespace {

namespace fs = std::filesystem;

/// What a model's folder may hold beside its weights, and the folders of its modules with theirs.
const std::vector<std::string> setting_names = {"config.json",
                                                "preprocessor_config.json",
                                                "tokenizer.json",
                                                "tokenizer_config.json",
                                                "vocab.txt",
                                                "special_tokens_map.json",
                                                "added_tokens.json",
                                                "sentence_bert_config.json",
                                                "config_sentence_transformers.json",
                                                "modules.json"};
const std::vector<std::string> module_names = {"config.json", "model.safetensors", "pytorch_model.bin"};

}  // namespace

std::string output_guard::output::name() const {
  return option + " " + (folder.empty() ? path : folder + ": " + path);
}

void output_guard::add(output o) {
  std::error_code ignored;
  o.whole_path = fs::weakly_canonical(fs::absolute(aisle::follow_links(o.path), ignored), ignored).string();
  o.identity = aisle::identify_file(o.path);
  for (const output& other : outputs_)
    if (other.whole_path == o.whole_path || (o.identity && other.identity == o.identity))
      throw usage_error(o.name() + ": is also written by " + other.name() + ", expected another");
  outputs_.push_back(std::move(o));
}

void output_guard::add_in_folder(const char* option, const std::string& folder,
                                 const std::vector<std::string>& names) {
  if (folder.empty()) return;
  for (const std::string& name : names) add({option, aisle::join_path(folder, name), {}, folder, {}});
}

void output_guard::writes(const char* option, const std::string& path) {
  if (!path.empty() && path != "-") add({option, path, {}, {}, {}});
}

void output_guard::writes_vectors(const char* option, const std::string& path) {
  writes(option, path);
  for (const std::string& file : {aisle::vector_ids_path(path), aisle::vector_sums_path(path)})
    writes(option, file);
}

void output_guard::writes_results(const char* option, const std::string& folder) {
  add_in_folder(option, folder, aisle::result_file_names());
}

void output_guard::writes_reports(const char* option, const std::string& folder) {
  add_in_folder(option, folder, aisle::detail::report_names());
}

void output_guard::writes_embeddings(const char* option, const std::string& folder,
                                     const std::string& text_model, const std::string& image_model) {
  for (const bool text : {true, false}) {
    const std::string id = text ? text_model : image_model,
                      model = is_remote_model(id) ? id : aisle::file_name(id);
    if (model.empty() || model == "none" || folder.empty()) continue;
    const std::string csv = aisle::file_name(text ? aisle::text_embeddings_path(folder, model)
                                                  : aisle::image_embeddings_path(folder, model));
    const std::string aside = aisle::file_name(aisle::detail::aside_path(csv));
    add_in_folder(option, folder,
                  {csv, aisle::detail::manifest_path(csv), aside, aisle::detail::manifest_path(aside)});
  }
}

void output_guard::writes_shards(const std::string& folder) {
  std::error_code ignored;
  shards_ = fs::weakly_canonical(fs::absolute(folder, ignored), ignored).string();
}

void output_guard::reads(const std::string& path) const {
  if (!shards_.empty() && path.find("shard-") != std::string::npos) {
    std::error_code ignored;
    const std::string whole = fs::weakly_canonical(fs::absolute(path, ignored), ignored).string();
    if (whole.starts_with(aisle::join_path(shards_, "shard-")))
      throw usage_error("--out " + shards_ + ": holds " + path + ", which is read; expected another folder");
  }
  const bool any =
      std::any_of(outputs_.begin(), outputs_.end(), [](const output& o) { return o.identity.has_value(); });
  if (!any || path.empty()) return;
  const auto identity = aisle::identify_file(path);
  for (const output& o : outputs_)
    if (identity && o.identity == identity)
      throw usage_error(o.name() + ": is the file that is read" + (o.path == path ? "" : " as " + path) +
                        ", expected another");
}

void output_guard::reads_vectors(const std::string& path) const {
  if (path.empty()) return;
  for (const std::string& file : {path, aisle::vector_ids_path(path), aisle::vector_sums_path(path)})
    reads(file);
}

void output_guard::reads_results(const std::string& path) const {
  reads(path);
  if (aisle::folder_exists(path))
    for (const std::string& name : aisle::result_file_names()) reads(aisle::join_path(path, name));
}

void output_guard::reads_model(const std::string& path) const {
  const bool is_folder = aisle::folder_exists(path);
  const std::string folder = is_folder ? path : aisle::parent_folder(path);
  if (!is_folder) reads(path);
  for (const std::string& name : setting_names) reads(aisle::join_path(folder, name));
  try {
    if (aisle::folder_exists(folder))
      for (const std::string& entry : aisle::folder_entries(folder))
        if (const std::string module = aisle::join_path(folder, entry); aisle::folder_exists(module))
          for (const std::string& name : module_names) reads(aisle::join_path(module, name));
    const std::string file = is_folder ? aisle::find_checkpoint(path) : path;
    reads(file);
    if (!file.ends_with(".json")) return;
    const aisle::json index = aisle::read_json(file);
    for (const auto& [tensor, shard] : index.at("weight_map").members())
      reads(aisle::join_path(aisle::parent_folder(file), shard.as<std::string>()));
  } catch (const aisle::error&) {  // whoever opens the model says so
  }
}

void output_guard::reads_weights(const aisle::state_dict& weights) const {
  reads(weights.path());
  for (const auto& e : weights.entries())
    if (e.file) reads(e.file->file().path());
}

void output_guard::reads_pictures(const aisle::catalogue& products) const {
  for (const aisle::product& p : products.products) reads(p.image_path);
}

}  // namespace aisle_command
