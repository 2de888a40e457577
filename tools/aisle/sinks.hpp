#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <aisle/io/csv.hpp>
#include <aisle/io/json.hpp>

namespace aisle_command {

/// What `aisle embed` found out about one row of its input.
struct embedded_row {
  std::int64_t row = 0;                              ///< 0-based, of the input
  aisle::json id;                                    ///< as the input gave it
  const std::vector<std::string>* fields = nullptr;  ///< the catalogue's columns
  std::string image_path;
  std::span<const float> text, image;  ///< empty: none
  std::string error;                   ///< why a vector is missing
};

/// Where vectors go, row by row in the order of the input. Files appear with finish() and not before.
class vector_sink {
 public:
  virtual ~vector_sink() = default;
  virtual void put(const embedded_row& r) = 0;
  /// A batch is complete.
  virtual void flush() {}
  virtual void finish() = 0;
};

struct sink_options {
  std::string path;                 ///< "-": stdout
  std::string format;               ///< csv, npy, safetensors, jsonl
  aisle::csv_write_options csv;     ///< of CSV output
  std::string id_column;            ///< of CSV input
  std::vector<std::string> header;  ///< the catalogue's columns; empty for rows that were JSON
  std::int64_t text_dimension = 0, image_dimension = 0;  ///< 0: not asked for
  std::string text_model, image_model, kernel;           ///< for formats that can say where vectors come from
};

std::unique_ptr<vector_sink> make_sink(const sink_options& o);

}  // namespace aisle_command
