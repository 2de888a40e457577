#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/file.hpp>
#include <aisle/base/folder_lock.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/io/json.hpp>

// Files in a folder that are good together or not at all, as those of one experiment are. One of them, the
// index (metrics.json), names the others with their sha256 ("files"); it goes first and comes last when they
// are replaced, so that a folder without it, or with another file than it names, is known for what it is.

AISLE_NAMESPACE_BEGIN

/// Every name that an experiment may leave in its folder.
std::vector<std::string> result_file_names();

/// Files that are good together.
struct file_set {
  std::string index;               ///< a JSON object, which gets "files" where there are to be `sums`
  std::vector<std::string> names;  ///< that there may be, the index among them
  bool sums = true;
};
/// metrics.json and result_file_names().
file_set experiment_files();

/// Where an experiment that came to nothing lists the rows that it could not use: skipped.csv, and
/// skipped.failed.csv where results of another are in the folder, whose skipped.csv that one's metrics.json
/// names. The next results remove it.
std::string failed_skipped_path(const std::string& folder);

/// A folder that is about to get results, and the right to write into it. What lies there stays as it is
/// until commit(): the new files gather in a folder inside it, which goes with this object.
class results_folder {
 public:
  /// Makes the folder, takes its lock, and removes what a process that was killed has left of its own.
  /// Throws locked_error when somebody else writes into it, unless there is a `waiting` to be called
  /// meanwhile (see folder_lock); file_error when it cannot be made.
  explicit results_folder(std::string folder, file_set files = experiment_files(),
                          const std::function<void(const std::string& holder)>& waiting = {});
  results_folder(results_folder&& other) noexcept;
  results_folder& operator=(results_folder&&) = delete;
  ~results_folder();

  const std::string& path() const& noexcept { return path_; }
  std::string path() const&& { return path(); }
  /// False where the file system has no locks: others are not kept out then.
  bool locked() const noexcept { return lock_.has_value(); }
  /// The folder to write the new files to, the index among them.
  const std::string& staged();
  /// Gives them their places, and the index their sums. Those of the set that were not written are an
  /// earlier one's and removed; no other file is touched. A failure puts back what was there before; where
  /// that fails too, the folder stays without its index.
  void commit();

 private:
  std::string path_, staged_;
  file_set files_;
  std::optional<folder_lock> lock_;
};

/// A folder of results that is read, while somebody may write into it.
class results_reader {
 public:
  /// Reads metrics.json. Throws file_error where there is none, format_error when it is damaged.
  explicit results_reader(std::string folder);
  const json& metrics() const& noexcept { return metrics_; }
  json metrics() const&& { return metrics(); }
  /// The path of a file of the folder. Throws format_error when it is not the one that metrics.json names.
  /// Folders of earlier versions name none: there it is only the path.
  std::string file(const std::string& name) const;
  /// Throws format_error when the results were replaced since the constructor: what was read of them may be
  /// of two experiments.
  void finish() const;

 private:
  std::string folder_, text_;
  json metrics_;
};

/// Throws what results_reader throws, for all files that metrics.json names.
void check_results(const std::string& folder);

namespace detail {
std::string sha256_of_file(const std::string& path);
/// {NAME: sha256, …} of files of a folder.
json sums_of(const std::string& folder, const std::vector<std::string>& names);
void write_metrics(const json& metrics, const std::string& folder);
/// Waits for whoever writes into a folder, two seconds at most: results move to their places in less. False
/// when that was not enough, or there are no locks.
bool wait_for_writer(const std::string& folder);
/// What `read` makes of a folder of results; once more where they may have been replaced meanwhile.
template <class Read>
auto read_twice(const std::string& folder, Read read) {
  try {
    return read();
  } catch (const error&) {
    if (!wait_for_writer(folder)) throw;
  }
  return read();
}
/// What `read` makes of a file. One of a folder of results must be the one that metrics.json beside it names.
template <class Read>
auto read_named(const std::string& path, Read read) {
  const std::string folder = parent_folder(path), name = file_name(path);
  const std::vector<std::string> names = result_file_names();
  if (!file_exists(join_path(folder, "metrics.json")) || ranges::find(names, name) == names.end())
    return read();
  return read_twice(folder, [&] {
    const results_reader results(folder);
    results.file(name);
    auto out = read();
    results.finish();
    return out;
  });
}
/// Whether there are files that an experiment leaves beside a metrics.json, other than reports.
bool has_results(const std::string& folder);
}  // namespace detail

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/results_folder.ipp>
#endif
