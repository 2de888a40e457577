#pragma once

#include <utility>

#include <aisle/catalogue/embed_rows.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// What a row without anything for these embedders is called.
AISLE_API std::string nothing_in(const source_row& row, const row_embedders& by) {
  if (by.text && !row.text.empty()) return {};
  if (by.image && !(row.image.empty() && row.image_problem.empty())) return {};
  return by.text && by.image ? "neither a text nor a picture" : by.text ? "no text" : "no picture";
}

/// Encodes those contents, and names in the rows what could not be done.
AISLE_API embedded encode_rows(std::vector<source_row>& rows, const std::vector<embeddable>& contents,
                               index_vector& place_of, const embedder& by, const embed_options& options) {
  embedded out = by.encode(contents, options);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (place_of[i] < 0) continue;
    std::string& error = out.errors[static_cast<std::size_t>(place_of[i])];
    if (error.empty()) continue;
    place_of[i] = -1;
    if (rows[i].error.empty()) rows[i].error = std::move(error);
  }
  return out;
}

}  // namespace detail

AISLE_API embedded_row embedded_batch::at(std::size_t i) const& {
  const source_row& from = rows[i];
  embedded_row out{.row = from.row,
                   .id = from.id,
                   .fields = from.fields,
                   .image_path = from.image,
                   .text = {},
                   .image = {},
                   .error = from.error};
  if (text_of[i] >= 0) out.text = texts.vectors.row(text_of[i]);
  if (image_of[i] >= 0) out.image = images.vectors.row(image_of[i]);
  return out;
}

AISLE_API embedded_batch embed_rows(std::vector<source_row> rows, const row_embedders& by,
                                    const embed_rows_options& options) {
  embedded_batch out{.rows = std::move(rows), .texts = {}, .images = {}, .text_of = {}, .image_of = {}};
  out.text_of.assign(out.rows.size(), -1);
  out.image_of.assign(out.rows.size(), -1);
  std::vector<bool> usable;
  for (source_row& r : out.rows) {
    if (r.error.empty()) r.error = detail::nothing_in(r, by);
    usable.push_back(r.error.empty());
  }
  std::vector<embeddable> contents;
  if (by.text) {
    for (std::size_t i = 0; i < out.rows.size(); ++i)
      if (const source_row& r = out.rows[i]; usable[i] && !r.text.empty()) {
        out.text_of[i] = static_cast<std::int64_t>(contents.size());
        contents.push_back(embeddable::text(r.text));
      }
    out.texts = detail::encode_rows(out.rows, contents, out.text_of, *by.text,
                                    {.threads = options.threads, .progress = options.progress});
  }
  if (by.image) {
    const auto before = static_cast<std::int64_t>(by.text ? out.rows.size() : 0);
    contents.clear();
    for (std::size_t i = 0; i < out.rows.size(); ++i) {
      source_row& r = out.rows[i];
      if (r.error.empty()) r.error = r.image_problem;
      if (!usable[i] || r.image.empty() || !r.image_problem.empty()) continue;
      if (options.on_picture) options.on_picture(r.image);
      out.image_of[i] = static_cast<std::int64_t>(contents.size());
      contents.push_back(embeddable::picture_file(r.image));
    }
    progress_callback progress;
    if (options.progress)
      progress = [&](const progress_event& e) {
        options.progress({.phase = e.phase, .done = before + e.done, .total = e.total, .unit = e.unit});
      };
    out.images = detail::encode_rows(out.rows, contents, out.image_of, *by.image,
                                     {.threads = options.threads, .progress = progress});
  }
  return out;
}

AISLE_NAMESPACE_END
