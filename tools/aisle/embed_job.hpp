#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <aisle/catalogue/embed_rows.hpp>
#include <aisle/catalogue/products.hpp>
#include <aisle/catalogue/row_source.hpp>
#include <aisle/catalogue/vector_parts.hpp>
#include <aisle/catalogue/vector_sink.hpp>

#include "command.hpp"
#include "output_guard.hpp"

// What the forms of `aisle embed` share: rows in, vectors out.

namespace aisle_command {

struct embed_command {
  common_options common;
  std::string data, in, out, format, skipped, image_root;
  std::string shard, shard_by = "range";
  std::int64_t batch = 0;      ///< 0: as many as suit the models
  std::int64_t part_rows = 0;  ///< 0: as many as suit the models
  bool resume = false;
  bool dry_run = false;
  std::string vectors = "floats";
  bool allow_outside = false;
  aisle::csv_write_options csv = {};
  aisle::catalogue_options columns;
};

/// Where rows come from, with the columns of a catalogue.
struct embed_input {
  std::unique_ptr<aisle::row_source> rows;
  std::vector<std::string> header;
};

/// The embedders, and what is counted over the whole job.
struct embed_job {
  const embed_command& o;
  const output_guard& guard;
  aisle::row_embedders by;
  progress_bar bar{};
  std::int64_t rows = 0, total = 0;  ///< done, and in all; 0: unknown
  std::int64_t texts = 0, cut = 0, vectors = 0;
  std::vector<aisle::skipped_row> skipped{};
  std::int64_t skipped_count = 0;
  std::size_t told = 0;  ///< of `skipped`

  /// Rows of a batch.
  std::int64_t batch() const;
  std::int64_t kinds() const { return (by.text != nullptr) + (by.image != nullptr); }
  /// A sink of --format for these embedders, at `path`.
  std::unique_ptr<aisle::vector_sink> make_sink(const std::string& path, const std::string& format,
                                                const std::vector<std::string>& header) const;
  /// The next rows, at most `most`, to the sink; none at the end.
  aisle::embedded_batch step(aisle::row_source& input, aisle::vector_sink& sink, std::int64_t most);
  /// Tells of the rows that were skipped and not told of yet.
  void tell_rest() const;

 private:
  void skip(const aisle::row_source& input, const aisle::source_row& r);
};

/// Throws nothing_to_do for an input of so many rows, none of them usable.
[[noreturn]] void throw_nothing(const std::string& input, std::int64_t rows);
/// Says how many rows were skipped; the exit code.
int finish_rows(std::int64_t rows, std::int64_t skipped);
/// Says how many texts were cut.
void report_cut(std::int64_t cut, std::int64_t texts, std::int64_t max_tokens);

/// --shard: one process's part of the work, into a folder that all of them share.
int embed_shard(const embed_command& o, const std::string& format, embed_job& job, embed_input input);

}  // namespace aisle_command
