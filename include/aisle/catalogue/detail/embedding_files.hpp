#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/file.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/state_dict.hpp>
#include <aisle/tensor/matrix.hpp>

// Embeddings as files: a CSV of leading columns and one column a component, and a manifest beside it that
// says which model made them from which content.

AISLE_NAMESPACE_BEGIN
namespace detail {

/// A table of vectors as it goes to its CSV.
struct embedding_csv {
  std::vector<std::string> header;                ///< of the leading columns
  std::vector<std::vector<std::string>> leading;  ///< a row each
  std::string prefix;                             ///< of the components' columns: "image_", "text_"
  int first = 0;                                  ///< number of the first component
  matrix_view<const float> vectors;

  /// Hash of header and leading columns.
  std::uint64_t leading_hash() const;
};

/// Writes it, floats as the shortest text that reads back equal; returns the hash of the bytes.
std::uint64_t write_embedding_csv(atomic_file& file, const embedding_csv& table, int threads);

/// What such a file holds: vectors stand in the last `dimension` of its columns.
struct embedding_rows {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> leading;
  matrix<float> vectors;
};
/// Throws format_error with the row.
embedding_rows read_embedding_csv(std::string_view text, const std::string& path, std::int64_t dimension,
                                  int threads);

/// Rows of earlier calls: what stands in the CSV, and the hash of each one's content.
struct stored_embeddings {
  embedding_rows rows;
  std::vector<std::uint64_t> hashes;
  std::vector<std::int64_t> tokens;
  std::uint64_t leading = 0;
};

/// Writes the CSV and its manifest, each atomically and neither before there is room for both. `key` is what
/// the manifest says beside the rows: other model, other key. `keep`: files of these names go to aside_path.
void write_stored(const std::string& csv_path, const json& key, const embedding_csv& table,
                  std::span<const std::uint64_t> hashes, std::span<const std::int64_t> tokens, bool keep,
                  int threads);

/// The rows of earlier calls, if the manifest has this key and fits the CSV. Damaged files count as none;
/// `why` then says what is wrong with them (empty where there are none).
std::optional<stored_embeddings> read_stored(const std::string& csv_path, const json& key, int threads,
                                             std::string& why);

/// Where a CSV goes, with its manifest, that was made otherwise than the one that takes its place:
/// NAME.old.csv. One generation is kept.
std::string aside_path(const std::string& csv_path);

/// SHA-256 of a model's weights and where they are, for the manifest; `before` is an earlier manifest's,
/// whose hashes are taken over for files of the same size and time.
json describe_weights(const state_dict& weights, const json* before);

/// Hash of the small files beside the weights that decide what a model computes (config, tokenizer,
/// preprocessor).
std::string hash_of_settings(const std::string& model_path);

std::string manifest_path(const std::string& csv_path);

}  // namespace detail
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/detail/embedding_files.ipp>
#endif
