#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/io/csv.hpp>
#include <aisle/io/json.hpp>

// Where vectors go, row by row.

AISLE_NAMESPACE_BEGIN

/// A row with its vectors.
struct embedded_row {
  std::int64_t row = 0;                              ///< 0-based, of the input
  json id;                                           ///< as the input gave it
  const std::vector<std::string>* fields = nullptr;  ///< the catalogue's columns
  std::string image_path;
  std::span<const float> text, image;  ///< empty: none
  std::string error;                   ///< why a vector is missing
};

/// Takes rows in the order of the input. Files appear with finish() and not before.
class vector_sink {
 public:
  virtual ~vector_sink() = default;
  virtual void put(const embedded_row& r) = 0;
  /// A batch is complete.
  virtual void flush() {}
  virtual void finish() = 0;
};

/// What is written when there is no file: both are called from put(), flush() and finish().
struct text_output {
  std::function<void(std::string_view)> write;
  std::function<void()> flush;
};

struct vector_sink_options {
  std::string path = {};                 ///< "-": to `output`; the folder must exist
  std::string format = {};               ///< csv, npy, safetensors, jsonl
  csv_write_options csv = {};            ///< of CSV
  std::string id_column = "id";          ///< of CSV input
  std::vector<std::string> header = {};  ///< the catalogue's columns; empty for rows that were JSON
  std::int64_t text_dimension = 0, image_dimension = 0;  ///< 0: not asked for
  std::string text_model = {}, image_model = {},
              kernel = {};  ///< for formats that can say where vectors come from
  bool base64 = false;      ///< of jsonl: a vector is a string, its float32 in little-endian order as base64
  text_output output = {};
};

/// - jsonl: a line a row, {"id":…,"text_embedding":[…],"image_embedding":[…]}; of one that could not be done
///   {"id":…,"error":"…"} and the vector that it has all the same.
/// - csv: the input's columns (the id of JSON rows), then text_1…, image_0…; of pictures alone ImageName, the
///   id column, image_0…. Rows without a vector are left out; cells of one that a row lacks are empty.
/// - npy: a float32 matrix of the rows that have a vector; NAME.ids.csv beside it has their rows and ids,
///   NAME.sha256 the sums of both.
/// - safetensors: rows, text_embeddings, image_embeddings, ids in the metadata; held in memory until the end.
/// Throws option_error for another format, one that needs a file, and npy for two vectors.
std::unique_ptr<vector_sink> make_sink(const vector_sink_options& o);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/vector_sink.ipp>
#endif
