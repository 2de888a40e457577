#pragma once

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include <aisle/base/hash.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/catalogue/experiment_options.hpp>
#include <aisle/catalogue/inputs.hpp>
#include <aisle/catalogue/results_folder.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

AISLE_API std::string sha256_of_file(const std::string& path) { return sha256_of(input_file(path)); }

AISLE_API json sums_of(const std::string& folder, const std::vector<std::string>& names) {
  json out = json::object();
  for (const std::string& name : names) out[name] = sha256_of_file(join_path(folder, name));
  return out;
}

AISLE_API void write_metrics(const json& metrics, const std::string& folder) {
  write_file(join_path(folder, "metrics.json"), metrics.dump(1) + "\n");
}

AISLE_API bool wait_for_writer(const std::string& folder) {
  struct gave_up {};
  int tries = 20;  // ten a second
  try {
    const folder_lock lock(folder, [&](const std::string&) {
      if (--tries < 0) throw gave_up();
    });
    return true;
  } catch (const gave_up&) {
    return false;
  } catch (const file_error&) {
    return false;
  }
}

AISLE_API bool has_results(const std::string& folder) {
  return ranges::any_of(result_file_names(), [&](const std::string& name) {
    return !name.starts_with("report.") && !name.starts_with("skipped.") &&
           file_exists(join_path(folder, name));
  });
}

/// Files of a folder by a second name, to put back those that others have taken the places of.
class kept_files {
 public:
  explicit kept_files(const std::string& folder)
      : folder_(folder), kept_(make_part_folder(join_path(folder, ".results"))) {}
  kept_files(const kept_files&) = delete;
  kept_files& operator=(const kept_files&) = delete;
  ~kept_files() { remove_flat_folder(kept_); }

  /// Whether there is one or not.
  void keep(const std::string& name);
  /// The last one kept comes back last.
  void put_back() const;

 private:
  std::string folder_, kept_;
  std::vector<std::string> names_;
};

AISLE_API void kept_files::keep(const std::string& name) {
  names_.push_back(name);
  const std::string path = join_path(folder_, name), other = join_path(kept_, name);
  if (!file_exists(path)) return;
  std::error_code code;
  std::filesystem::create_hard_link(follow_links(path), other, code);
  if (!code) return;
  // Behind a link to another file system, or on one that has no second names.
  atomic_file copy(other);
  read_pieces(input_file(path), [&](std::string_view bytes) { copy.write(bytes); });
  copy.commit();
}

AISLE_API void kept_files::put_back() const {
  for (const std::string& name : names_) {
    const std::string path = join_path(folder_, name), other = join_path(kept_, name);
    if (file_exists(other))
      replace_file(other, path);
    else
      remove_file(follow_links(path));
  }
}

}  // namespace detail

AISLE_API std::vector<std::string> result_file_names() {
  std::vector<std::string> out = {"metrics.json",         "predictions.csv", "skipped.csv",
                                  "skipped.failed.csv",   "report.json",     "review.csv",
                                  "suggested_labels.csv", "duplicates.csv",  "quality.csv",
                                  "learning_curve.csv",   "report.html",     "report.md",
                                  "report.ipynb"};
  for (const product_inputs& inputs : all_inputs)
    for (const char* ending : {"_results.csv", ".safetensors"}) {
      const std::string modality(inputs.name());
      out.push_back(modality + ending);
      for (const std::string& learner : experiment_learners())
        out.push_back(modality + "_" + learner + ending);
    }
  return out;
}

AISLE_API std::string failed_skipped_path(const std::string& folder) {
  return join_path(folder,
                   file_exists(join_path(folder, "metrics.json")) ? "skipped.failed.csv" : "skipped.csv");
}

AISLE_API file_set experiment_files() { return {.index = "metrics.json", .names = result_file_names()}; }

AISLE_API results_folder::results_folder(std::string folder, file_set files,
                                         const std::function<void(const std::string& holder)>& waiting)
    : path_(std::move(folder)), files_(std::move(files)) {
  make_folders(path_);
  try {
    if (waiting)
      lock_.emplace(path_, waiting);
    else
      lock_.emplace(path_);
  } catch (const locked_error&) {
    throw;
  } catch (const file_error&) {  // a file system without locks
    return;
  }
  for (const std::string& name : folder_entries(path_))
    if (name.starts_with(".results.") && name.ends_with(".part")) remove_tree(join_path(path_, name));
}
AISLE_API results_folder::results_folder(results_folder&& other) noexcept
    : path_(std::move(other.path_)),
      staged_(std::exchange(other.staged_, {})),
      files_(std::move(other.files_)),
      lock_(std::exchange(other.lock_, std::nullopt)) {}
AISLE_API results_folder::~results_folder() {
  if (!staged_.empty()) remove_flat_folder(staged_);
}

AISLE_API const std::string& results_folder::staged() {
  if (staged_.empty()) staged_ = make_part_folder(join_path(path_, ".results"));
  return staged_;
}

AISLE_API void results_folder::commit() {
  const std::string from = staged(), index = files_.index;
  std::vector<std::string> names = folder_entries(from);
  names.erase(std::remove(names.begin(), names.end(), index), names.end());
  if (files_.sums) {
    json contents = read_json(join_path(from, index));
    contents["files"] = detail::sums_of(from, names);
    write_file(join_path(from, index), contents.dump(1) + "\n");
  }
  names.push_back(index);
  for (const std::string& name : names)
    if (folder_exists(join_path(path_, name)))
      throw file_error(join_path(path_, name), "is a folder, expected a file of earlier results, or none");

  std::vector<std::string> obsolete;
  for (const std::string& name : files_.names)
    if (file_exists(join_path(path_, name)) && std::find(names.begin(), names.end(), name) == names.end())
      obsolete.push_back(name);
  detail::kept_files before(path_);
  for (const std::vector<std::string>* list : {&obsolete, &names})
    for (const std::string& name : *list) before.keep(name);
  try {
    // Without this file there are no results; with the new one they are whole.
    keep_permissions(join_path(from, index), join_path(path_, index));
    remove_file(follow_links(join_path(path_, index)));
    for (const std::string& name : obsolete) remove_file(join_path(path_, name));
    for (const std::string& name : names) replace_file(join_path(from, name), join_path(path_, name));
  } catch (...) {
    try {
      before.put_back();
    } catch (...) {  // what is there is no whole, and without its index known for it
    }
    throw;
  }
  remove_flat_folder(from);
  staged_.clear();
}

AISLE_API results_reader::results_reader(std::string folder) : folder_(std::move(folder)) {
  const std::string path = join_path(folder_, "metrics.json");
  if (!file_exists(path))
    throw file_error(folder_,
                     detail::has_results(folder_)
                         ? "holds files of results and no metrics.json, which comes last: a run is writing "
                           "them, or was stopped while it did; run it again"
                         : "holds no metrics.json, expected a folder that `aisle run` wrote, or a pipeline "
                           "file");
  text_ = read_file(path);
  metrics_ = parse_json(text_, path);
}

AISLE_API std::string results_reader::file(const std::string& name) const {
  const std::string path = join_path(folder_, name);
  const json* files = metrics_.find("files");
  if (files == nullptr) return path;
  const json* sum = files->find(name);
  if (sum == nullptr)
    throw format_error(path, "metrics.json beside it does not name it: it is of another run");
  if (!file_exists(path)) throw file_error(path, "no such file, though metrics.json beside it names it");
  if (detail::sha256_of_file(path) != sum->as<std::string>())
    throw format_error(path,
                       "is not the file that metrics.json beside it names (by its sha256): results of two "
                       "runs, or changed since");
  return path;
}

AISLE_API void results_reader::finish() const {
  // Whoever replaces results removes this file before and writes it after all others.
  const std::string path = join_path(folder_, "metrics.json");
  if (!file_exists(path) || read_file(path) != text_)
    throw format_error(folder_, "its results were replaced while they were read; try again");
}

AISLE_API void check_results(const std::string& folder) {
  const results_reader reader(folder);
  if (const json* files = reader.metrics().find("files"))
    for (const auto& [name, sum] : files->members()) reader.file(name);
  reader.finish();
}

AISLE_NAMESPACE_END
