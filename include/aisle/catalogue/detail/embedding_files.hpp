#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/io/json.hpp>
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

/// Writes it atomically, floats as the shortest text that reads back equal; returns the hash of the bytes.
std::uint64_t write_embedding_csv(const std::string& path, const embedding_csv& table, int threads);

/// The vectors of such a file: what stands in the last `dimension` of its columns. Throws format_error with
/// the line.
matrix<float> read_embedding_csv(std::string_view text, const std::string& path, std::int64_t dimension,
                                 int threads);

/// Rows of an earlier call: the hash of each one's content and its vector.
struct stored_embeddings {
  std::vector<std::uint64_t> hashes;
  std::vector<std::int64_t> tokens;
  matrix<float> vectors;
  std::uint64_t leading = 0;
};

/// What the manifest of an embedding file says; `key` is everything but the rows: other model, other key.
void write_manifest(const std::string& path, const json& key, const stored_embeddings& rows,
                    std::uint64_t csv_hash);

/// The rows of an earlier call, if its manifest has this key and fits the CSV. Damaged files count as none;
/// `why` then says what is wrong with them (empty where there are none).
std::optional<stored_embeddings> read_stored(const std::string& csv_path, const json& key, int threads,
                                             std::string& why);

/// SHA-256 of a model's weights and where they are, for the manifest; `before` is an earlier manifest's,
/// whose hashes are taken over for files of the same size and time.
json describe_weights(const std::string& model_path, const json* before);

/// Hash of the small files beside the weights that decide what a model computes (config, tokenizer,
/// preprocessor).
std::string hash_of_settings(const std::string& model_path);

std::string manifest_path(const std::string& csv_path);

}  // namespace detail
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/detail/embedding_files.ipp>
#endif
