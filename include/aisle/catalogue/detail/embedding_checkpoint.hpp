#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/hash.hpp>
#include <aisle/base/held_file.hpp>
#include <aisle/catalogue/detail/embedding_files.hpp>
#include <aisle/io/json.hpp>

// Rows that a job has made and that are not in the table yet: a file `CSV.PID-N.checkpoint` that grows while
// the job runs. What a killed job left is read by the next one and goes into the table with its rows.

AISLE_NAMESPACE_BEGIN
namespace detail {

class checkpoint_writer {
 public:
  checkpoint_writer(std::string csv_path, json key, std::vector<std::string> columns);
  void add(std::span<const std::string> leading, const sha256_digest& content, std::int64_t tokens,
           std::span<const float> vector);
  /// Writes the rows of before, which outlive the process then; makes the file at the first call. The work is
  /// that of the rows since the last call. Throws file_error.
  void write();
  /// The same, and has them on the disk, where they outlive the system.
  void flush();
  /// The table has the rows.
  void remove() noexcept;

 private:
  std::string csv_path_;
  json key_;
  std::vector<std::string> columns_;
  std::string pending_;
  bool unsynced_ = false;
  std::optional<held_file> file_;
};

/// What a killed job left.
struct checkpoint {
  std::string path;
  std::uint64_t size = 0;
  stored_table table;
};

/// Those for this CSV whose rows have this key; `known` are some that were read before. Of others, which a
/// job that is set up otherwise has left, those older than a week are deleted. Belongs under the folder's
/// lock.
std::vector<checkpoint> read_checkpoints(const std::string& csv_path, const json& key,
                                         const std::vector<std::string>& columns,
                                         std::vector<checkpoint> known);

}  // namespace detail
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/detail/embedding_checkpoint.ipp>
#endif
