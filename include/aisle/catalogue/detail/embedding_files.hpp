#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/hash.hpp>
#include <aisle/catalogue/detail/embedding_csv.hpp>
#include <aisle/io/json.hpp>

// Embeddings as files: a CSV, and a manifest beside it that says which model made them from which content,
// and by its SHA-256 which CSV it is about.
//
// A new table is written beside the one there is, as a pair of its own, NAME.next.csv and its manifest. From
// the moment that it is whole it counts, and finish_write gives it the old one's place; until then the old
// one does. So a writer that is killed at any time leaves a pair. Both belong under the folder's lock.

AISLE_NAMESPACE_BEGIN
namespace detail {

inline constexpr std::string_view embeddings_format = "aisle embeddings 2";

/// Rows of earlier calls, and the hash of each one's content.
struct stored_table {
  embedding_rows rows;
  std::vector<sha256_digest> hashes;
  std::vector<std::int64_t> tokens;  ///< empty for pictures
  std::int64_t max_tokens = 0;
  std::string leading;  ///< what the manifest says of header and leading columns
};

/// Which of the things that decide a vector differs between what a manifest says and `key`; empty: none.
/// Members that only a loaded model knows ("dimension", "max_tokens") count where `key` has them.
std::string other_than(const json& said, const json& key);

/// Writes the CSV and its manifest, neither before there is room for both. `key` is what the manifest says
/// beside the rows: other model, other key. `keep`: files of these names go to aside_path.
void write_stored(const std::string& csv_path, const json& key, const embedding_csv& table,
                  std::span<const sha256_digest> hashes, std::span<const std::int64_t> tokens, bool keep,
                  int threads);

/// Does what is left of the work of a writer that was killed, and deletes what it left.
void finish_write(const std::string& csv_path);

/// The rows of earlier calls, if the manifest has this key and is that of the CSV, with their fields of
/// `columns`. Damaged files count as none; `why` then says what is wrong with them (empty where there are
/// none).
std::optional<stored_table> read_stored(const std::string& csv_path, const json& key,
                                        const std::vector<std::string>& columns, int threads,
                                        std::string& why);

/// Where a CSV goes, with its manifest, that was made otherwise than the one that takes its place:
/// NAME.old.csv. One generation is kept.
std::string aside_path(const std::string& csv_path);

std::string manifest_path(const std::string& csv_path);

}  // namespace detail
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/detail/embedding_files.ipp>
#endif
