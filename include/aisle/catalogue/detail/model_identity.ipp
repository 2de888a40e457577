#pragma once

#include <chrono>
#include <map>

#include <aisle/base/file.hpp>
#include <aisle/base/hash.hpp>
#include <aisle/catalogue/detail/model_identity.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

AISLE_API weights_identity::weights_identity(const state_dict& weights) {
  std::map<std::string, std::shared_ptr<const weight_file>> files;
  for (const auto& e : weights.entries())
    if (e.file) files.emplace(e.file->file().path(), e.file);
  sha256 all;
  for (const auto& [path, file] : files) {
    // Two writes within one tick of the clock leave one stamp, so a file must be older than some ticks for
    // its stamp to tell of the next write.
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto age =
        std::chrono::duration_cast<std::chrono::nanoseconds>(now).count() - file->opened().changed_ns;
    parts_.push_back({file, sha256_of(file->file()), age > 2'000'000'000});
    if (file->file().stamp().modified_ns != file->opened().modified_ns ||
        file->file().stamp().size != file->opened().size)
      throw file_error(path, "has changed since it was opened");
    all.update(parts_.back().sha256);
  }
  sha256_ = parts_.size() == 1 ? parts_.front().sha256 : all.hex();
}

AISLE_API json weights_identity::files() const {
  json list = json::array();
  for (const part& p : parts_)
    list.push_back(json::object(
        {{"path", p.file->file().path()}, {"size", p.file->file().size()}, {"sha256", p.sha256}}));
  return list;
}

AISLE_API void weights_identity::require_unchanged() const {
  for (const part& p : parts_) {
    if (p.settled && p.file->file().stamp() == p.file->opened()) continue;
    if (sha256_of(p.file->file()) != p.sha256)
      throw file_error(p.file->file().path(), "has changed while the model was loaded from it");
  }
}

AISLE_API std::string hash_of_settings(const std::string& model_path) {
  const std::string folder = folder_exists(model_path) ? model_path : parent_folder(model_path);
  sha256 hash;
  const auto add = [&](const std::string& text) {
    hash.update(std::to_string(text.size()) + ":");
    hash.update(text);
  };
  // Modules of a text model have folders of their own.
  std::vector<std::string> folders = {folder};
  if (const std::string modules = join_path(folder, "modules.json"); file_exists(modules)) {
    const json list = read_json(modules);
    for (const json& m : list.elements())
      if (const std::string path = m.get("path", ""); !path.empty())
        folders.push_back(join_path(folder, path));
  }
  for (const std::string& in : folders)
    for (const char* name :
         {"config.json", "preprocessor_config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt",
          "special_tokens_map.json", "added_tokens.json", "sentence_bert_config.json", "modules.json"})
      if (const std::string path = join_path(in, name); file_exists(path)) {
        add(name);
        add(read_file(path));
      }
  return hash.hex();
}

}  // namespace detail
AISLE_NAMESPACE_END
