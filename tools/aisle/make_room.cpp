#include "make_room.hpp"

#include <filesystem>

#include <aisle/base/file.hpp>

#include "fetch.hpp"

namespace aisle_command {

namespace {

bool is_of_a_source(const manifest_model& model, const std::string& path, const std::string& sum) {
  for (const manifest_source& s : model.sources)
    for (const manifest_file& f : s.files)
      if (f.path == path && f.sha256 == sum) return true;
  return false;
}

std::string free_name(const std::string& path) {
  std::error_code ignored;
  std::string out = path + ".old";
  for (int i = 2; std::filesystem::exists(std::filesystem::symlink_status(out, ignored)); ++i)
    out = path + ".old." + std::to_string(i);
  return out;
}

}  // namespace

void make_room(const manifest_model& model, const std::string& folder, const std::string& path,
               const std::string& replacement, progress_bar& bar) {
  const std::string file = aisle::join_path(folder, path);
  if (!aisle::file_exists(file)) return;
  const std::string sum = sha256_of(file, bar);
  if (is_of_a_source(model, path, sum) ||
      (aisle::file_exists(replacement) && sha256_of(replacement, bar) == sum))
    return aisle::remove_file(file);
  const std::string aside = free_name(file);
  aisle::rename_file(file, aside);
  say("  " + path + ": of no known source, kept as " + aisle::file_name(aside));
}

}  // namespace aisle_command
