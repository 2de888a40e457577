#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/file.hpp>
#include <aisle/base/progress.hpp>
#include <aisle/catalogue/results.hpp>
#include <aisle/catalogue/row_source.hpp>
#include <aisle/io/json.hpp>
#include <aisle/tensor/matrix.hpp>

// Vectors of an input that several processes work on, each its shard, and in each shard parts that appear one
// after the other:
//
//     DIR/shard-00003-of-00016/part-00000.npy, .ids.csv, .sha256   the rows with their vectors (a
//     vector_sink's) DIR/shard-00003-of-00016/part-00000.json                     what they are, and their
//     SHA-256
//
// A part counts from the moment that its manifest is there, which is last. So a process may be killed at any
// time, and the next one goes on behind the last part; files are the same, however often that happens.

AISLE_NAMESPACE_BEGIN

/// Which rows of an input are a shard's.
struct shard_selection {
  enum class division {
    range,   ///< rows in their order, as many each
    id_hash  ///< by SHA-256 of the id (of the row's number, where it has none): the order does not matter
  };
  std::int64_t index = 0, count = 1;
  division by = division::range;
  bool operator==(const shard_selection&) const = default;
};

/// "3/16", counted from 0. Throws option_error.
shard_selection parse_shard(std::string_view text);
/// "shard 3 of 16".
std::string describe(const shard_selection& shard);

/// The rows of a shard.
class shard_rows : public row_source {
 public:
  /// `total`: rows of the input, which a division by ranges needs.
  shard_rows(std::unique_ptr<row_source> all, const shard_selection& shard, std::int64_t total);
  AISLE_API std::vector<source_row> next(std::size_t count) override;
  /// 0 where rows are divided by their ids.
  std::int64_t total() const override { return end_ - begin_; }
  const std::string& path() const override { return all_->path(); }
  /// Whether there are no more rows.
  bool at_end();

 private:
  bool is_mine(const source_row& row) const;
  std::unique_ptr<row_source> all_;
  shard_selection shard_;
  std::int64_t begin_ = 0, end_ = 0, given_ = 0;
  std::vector<source_row> ahead_;
};

struct part_file {
  std::string name;
  std::uint64_t bytes = 0;
  std::string sha256;
};

/// What the manifest of a part says.
struct vector_part {
  std::string path;  ///< of the manifest
  shard_selection shard;
  std::int64_t number = 0;  ///< within its shard
  std::int64_t rows = 0;    ///< of the input
  std::int64_t vectors = 0;
  bool last = false;  ///< of its shard
  std::string format;
  std::vector<part_file> files;  ///< in the manifest's folder; the first is that of the vectors
  /// Of a division by ids: rows of the input that the file's records are.
  index_vector record_rows;
  std::vector<skipped_row> skipped;
  json made_with;  ///< embedders and options: what decides the vectors
  json input;      ///< what the rows were read from
};

/// DIR/shard-00003-of-00016.
std::string shard_folder(const std::string& folder, const shard_selection& shard);
/// DIR/shard-00003-of-00016/part-00000, without an ending.
std::string part_stem(const std::string& folder, const shard_selection& shard, std::int64_t number);

/// Writes a part's manifest, and by that the part: its files are there. Fills in `files` of their names,
/// sizes and sums. Throws file_error.
void write_part(vector_part& part, const std::string& stem, const std::vector<std::string>& names);
/// Throws file_error and format_error.
vector_part read_part(const std::string& path);

/// What is wrong with a part's files; empty: they are what its manifest says, and vectors of NPY finite.
std::string fault_of(const vector_part& part);

/// Throws option_error where the folder has shards of another number of them: parts of two divisions in one
/// folder belong to nothing.
void expect_division(const std::string& folder, const shard_selection& shard);

/// The parts of a shard that are there and whole, from the first on; what killed processes left beside them
/// is deleted, and so are parts from the first on that is not what its manifest says, of which `warning` is
/// told. Belongs under the shard folder's lock. Throws option_error where a part was made with other
/// embedders, options or input.
std::vector<vector_part> resume_shard(const std::string& folder, const shard_selection& shard,
                                      const json& made_with, const json& input,
                                      const warning_callback& warning = {});

/// Which member of `a` differs in `b`, a path such as "text.weights"; empty: none. Where weight files are
/// does not count.
std::string first_difference(const json& a, const json& b);
namespace detail {
/// The shards of a folder by their names. Throws format_error where they are of two divisions.
std::vector<shard_selection> find_shards(const std::string& folder);
/// "text.kernel is avx2 there, avx512 here".
std::string tell_difference(const std::string& path, const json& there, const json& here);
/// The number of the part that a file belongs to; -1: of none.
std::int64_t part_of_file(std::string_view name);
/// Where the vectors of an NPY file begin, which end with the file; nothing where it is shorter than these.
std::optional<std::uint64_t> vectors_begin(const input_file& file, std::int64_t rows, std::int64_t dimension);
}  // namespace detail

/// The parts of all shards in a folder.
struct part_set {
  std::string folder;
  std::vector<std::vector<vector_part>> shards;  ///< by shard and number
  /// What is missing, damaged or does not belong together, a line each.
  std::vector<std::string> faults;
  std::int64_t rows = 0, vectors = 0;
};

/// Reads all manifests, and with `check_files` the SHA-256 of every file. Throws file_error where the folder
/// cannot be read, and nothing_to_do where it has no parts.
part_set read_parts(const std::string& folder, bool check_files, const progress_callback& progress = {});

/// Writes the vectors of all shards into one file, the one that a process alone would have written, byte for
/// byte. Throws option_error where `parts` has faults, and for an output of another format than the parts'.
void merge_parts(const part_set& parts, const std::string& path, const progress_callback& progress = {});

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/vector_parts.ipp>
#include <aisle/catalogue/vector_merge.ipp>
#endif
