#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/file.hpp>
#include <aisle/base/hash.hpp>
#include <aisle/tensor/matrix.hpp>

// Embeddings as CSV: leading columns and one column a component.

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
  sha256_digest leading_hash() const;
};

/// Writes it, floats as the shortest text that reads back equal; returns the hash of the bytes.
sha256_digest write_embedding_csv(atomic_file& file, const embedding_csv& table, int threads);

/// What such a file holds: vectors stand in the last `dimension` of its columns.
struct embedding_rows {
  std::vector<std::string> header;
  std::vector<bool> has;                          ///< of each column, whether the file has it
  std::vector<std::vector<std::string>> leading;  ///< fields of `header`, empty where the file has none
  matrix<float> vectors;
};

/// The fields of other columns than the file's own, which are taken from it by name; of several of one name
/// the first is the first.
class column_choice {
 public:
  column_choice() = default;
  explicit column_choice(std::span<const std::string> wanted, std::span<const std::string> there);
  const std::vector<bool>& has() const noexcept { return has_; }
  /// Of a record that begins at `begin` and has these commas. The file may have any number of columns: only
  /// the wanted fields are copied.
  std::vector<std::string> fields(std::string_view text, std::size_t begin,
                                  std::span<const std::size_t> commas) const;

 private:
  std::vector<bool> has_;
  std::vector<std::size_t> place_;  // of each of the file's columns; has_.size(): it is not wanted
};

/// Reads such a file from its bytes as they come; throws format_error with the row.
class embedding_csv_reader {
 public:
  /// `columns`: the leading columns to take; null: all there are.
  embedding_csv_reader(std::string path, std::int64_t rows, std::int64_t dimension, int threads,
                       const std::vector<std::string>* columns = nullptr);
  void feed(std::string_view bytes);
  embedding_rows finish();

 private:
  void read_header(std::size_t end);
  void read_records(bool last);
  void read_vectors(std::span<const std::pair<std::size_t, std::size_t>> texts);

  std::string path_, rest_;
  std::int64_t rows_, dimension_, done_ = 0;
  int threads_;
  const std::vector<std::string>* columns_;
  std::size_t width_ = 0;  // columns of the file; 0: its header is still to come
  std::vector<std::size_t> commas_;
  column_choice choice_;
  embedding_rows out_;
};

/// The same from a text that is there as a whole, all its columns.
embedding_rows read_embedding_csv(std::string_view text, const std::string& path, std::int64_t dimension,
                                  int threads);

/// Fields as csv_writer writes them, with commas between them.
void append_csv_fields(std::string& out, std::span<const std::string> fields);
/// Where the record that starts at `at` ends (behind its line end), or npos where its line end is still to
/// come; and the commas between its fields.
std::size_t end_of_record(std::string_view text, std::size_t at, std::vector<std::size_t>& commas);

}  // namespace detail
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/detail/embedding_csv.ipp>
#endif
