#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/catalogue/embedder.hpp>
#include <aisle/catalogue/embeddings.hpp>
#include <aisle/catalogue/products.hpp>
#include <aisle/tensor/matrix.hpp>

AISLE_NAMESPACE_BEGIN

/// Vectors that were made elsewhere, of the products of a catalogue.
struct foreign_vectors {
  embedding_table table;     ///< `file` and weights_sha256 say which file; model what it says of itself
  std::int64_t missing = 0;  ///< products without a vector
  std::int64_t unknown = 0;  ///< vectors of ids that are no product's
  std::string columns{};     ///< of a table: those that make a vector, "'v0' … 'v7'"
  std::vector<std::string> notes{};  ///< what looks wrong with them or with the ids, and what to do
};

/// Reads vectors from a file and joins them to the products by id. By the name's ending:
/// - `.npy`: a matrix, [rows, dimension]; the ids of its rows are in NAME.ids.csv beside it, column `id` (or
///   the catalogue's id column, or the only one). Where there is NAME.sha256, as `sha256sum` writes it and
///   `aisle embed` does, both must be the files that it names.
/// - `.safetensors`: a matrix `text_embeddings` or `image_embeddings` (of `kind`; else the only matrix), ids
///   as a JSON list in its metadata `ids`, or in NAME.ids.csv. Rows that `has_text` or `has_image` marks 0
///   have no vector.
/// - anything else is a table (table_reader): ids in the catalogue's id column, `id`, or the first one;
///   vectors in the columns `text_N` or `image_N` (of `kind`), or where there are none in all other columns,
///   but for one without a name that counts the rows. Rows whose cells are all empty have no vector. A first
///   line of an id and numbers is no header.
/// Products without a vector are rows without that modality. Throws file_error; format_error for an id that
/// is empty or named twice, a component that is no finite number, a number of ids that is not that of the
/// vectors, when no id is a product's, and for files that were replaced while they were read.
foreign_vectors read_vectors(const catalogue& products, const std::string& path, vector_kind kind);

/// Vectors with the ids they are of, where there is no catalogue to join them to.
struct vector_file {
  std::vector<std::string> ids;
  matrix<float> vectors;             ///< [ids, dimension]
  std::int64_t missing = 0;          ///< rows of the file without a vector
  std::vector<std::string> notes{};  ///< as in foreign_vectors
};

/// Reads a file as read_vectors does, all its rows. Of the tables that embed_texts and embed_images keep, the
/// first row of an id counts. Throws file_error and format_error.
vector_file read_vector_file(const std::string& path, vector_kind kind, const std::string& id_column);
/// The kinds that a file names, both where a table has texts and pictures; none where it says nothing.
std::vector<vector_kind> vector_kinds(const std::string& path);

/// Where the ids of a matrix are: NAME.ids.csv for NAME.npy, and where the sums of both are: NAME.sha256.
std::string vector_ids_path(const std::string& path);
std::string vector_sums_path(const std::string& path);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/foreign_vectors.ipp>
#endif
