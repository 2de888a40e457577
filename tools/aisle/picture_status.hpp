#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/held_file.hpp>

// What became of each row of a catalogue: OUT/status.csv, and the journal that stands for it while a run
// works.

namespace aisle_command {

struct picture_status {
  std::int64_t row = 0, line = 0;  ///< as in skipped.csv
  std::string id, url, file;       ///< file: its name in the folder
  /// ok, failed, pending (not tried yet), none (the row names no picture), skipped (the row is bad).
  std::string status;
  std::string error;
  std::int64_t bytes = 0;  ///< of the file, as all that follows
  std::string sha256;
  int width = 0, height = 0;
  double seconds = 0;  ///< from the first request to the end
  std::string form;    ///< picture_form::name()
};

/// Rows of status.csv; what cannot be read of it is not there. Throws format_error for a table of something
/// else.
std::vector<picture_status> read_status(const std::string& path);
/// As a file that appears whole or not at all.
void write_status(const std::string& path, const std::vector<picture_status>& rows);

/// The rows that are done, as they are done: what a run that was killed leaves to the next.
class status_journal {
 public:
  /// Beside `path`.
  explicit status_journal(const std::string& path);
  void add(const picture_status& row);
  /// Passes on what was added.
  void flush();
  /// Deletes it, when status.csv holds its rows.
  void remove() noexcept;

 private:
  aisle::held_file file_;
  std::string lines_;
};
/// The rows of journals that were left beside `path`, and their files.
struct left_journals {
  std::vector<picture_status> rows;
  std::vector<std::string> files;
};
left_journals read_left_journals(const std::string& path);

}  // namespace aisle_command
