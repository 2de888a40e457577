#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/progress.hpp>
#include <aisle/catalogue/embedder.hpp>
#include <aisle/catalogue/row_source.hpp>
#include <aisle/catalogue/vector_sink.hpp>
#include <aisle/tensor/matrix.hpp>

AISLE_NAMESPACE_BEGIN

/// What makes the vectors of a row; null: none of that kind.
struct row_embedders {
  std::shared_ptr<const embedder> text, image;
};

struct embed_rows_options {
  int threads = 0;
  progress_callback progress{};  ///< in vectors: texts of the batch first, then its pictures
  /// Shown each picture's path before any of them is read.
  std::function<void(const std::string& path)> on_picture{};
};

/// Rows with their vectors. A row's `error` says why it lacks one that it should have.
struct embedded_batch {
  std::vector<source_row> rows;
  embedded texts, images;
  index_vector text_of, image_of;  ///< a row's place among `texts` and `images`; -1: it has none
  /// Views this batch.
  embedded_row at(std::size_t i) const& AISLE_LIFETIME_BOUND;
  embedded_row at(std::size_t i) const&& = delete;
};

/// Vectors of a batch of rows: those that have a text (a picture) get one where there is an embedder of it.
/// What an embedder throws is thrown.
embedded_batch embed_rows(std::vector<source_row> rows, const row_embedders& by,
                          const embed_rows_options& options = {});

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/embed_rows.ipp>
#endif
