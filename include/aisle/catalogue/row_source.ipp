#pragma once

#include <algorithm>
#include <utility>

#include <aisle/base/blanks.hpp>
#include <aisle/base/file.hpp>
#include <aisle/catalogue/detail/plain_text.hpp>
#include <aisle/catalogue/row_source.hpp>

AISLE_NAMESPACE_BEGIN

AISLE_API void row_source::skip(std::int64_t count) {
  while (count > 0) {
    const auto n =
        static_cast<std::int64_t>(next(static_cast<std::size_t>(std::min<std::int64_t>(count, 1024))).size());
    if (n == 0) return;
    count -= n;
  }
}

AISLE_API catalogue_rows::catalogue_rows(catalogue products) : products_(std::move(products)) {
  std::stable_sort(products_.problems.begin(), products_.problems.end(),
                   [](const skipped_row& a, const skipped_row& b) { return a.row < b.row; });
}

AISLE_API bool catalogue_rows::product_is_next() const {
  const auto& products = products_.products;
  const auto& problems = products_.problems;
  if (product_ == products.size() || problem_ == problems.size()) return product_ < products.size();
  return products[product_].row <= problems[problem_].row;
}

AISLE_API source_row catalogue_rows::take_next() {
  if (product_is_next()) {
    product& p = products_.products[product_++];
    return {.row = p.row,
            .line = p.line,
            .id = json(std::move(p.id)),
            .text = std::move(p.text),
            .image = std::move(p.image_path),
            .error = {},
            .image_problem = std::move(p.image_problem),
            .fields = &p.fields};
  }
  skipped_row& p = products_.problems[problem_++];
  return {.row = p.row,
          .line = p.line,
          .id = p.id.empty() ? json() : json(std::move(p.id)),
          .text = {},
          .image = {},
          .error = (p.column.empty() ? std::string() : "column " + p.column + ": ") + p.reason,
          .image_problem = {}};
}

AISLE_API std::vector<source_row> catalogue_rows::next(std::size_t count) {
  std::vector<source_row> out;
  const std::size_t left = static_cast<std::size_t>(total()) - product_ - problem_;
  out.reserve(std::min(count, left));
  while (out.size() < std::min(count, left)) out.push_back(take_next());
  return out;
}

AISLE_API void catalogue_rows::skip(std::int64_t count) {
  for (std::int64_t left = total() - static_cast<std::int64_t>(product_ + problem_); count > 0 && left > 0;
       --count, --left)
    ++(product_is_next() ? product_ : problem_);
}

AISLE_API json_rows::json_rows(const std::string& path, const json_rows_options& options)
    : lines_(path),
      pictures_(path == "-" ? "." : parent_folder(path), options.image_root, options.allow_outside),
      limit_(options.limit),
      keep_html_(options.keep_html) {}

namespace detail {
AISLE_API bool is_blank_line(const std::string& line) {
  return line.find_first_not_of(" \t\r") == std::string::npos;
}

/// A line of an array that was written without its brackets.
AISLE_API std::string_view without_comma(std::string_view line) {
  const std::size_t last = line.find_last_not_of(" \t\r");
  return last != line.npos && line[last] == ',' ? line.substr(0, last) : line;
}
}  // namespace detail

/// That of the next row. Blank lines count as nothing: with `waits` false, false where only they are there.
AISLE_API bool json_rows::next_line(bool waits) {
  if (limit_ > 0 && rows_ >= limit_) return false;
  while ((waits || lines_.ready()) && lines_.next(line_))
    if (!detail::is_blank_line(line_)) return true;
  return false;
}

AISLE_API void json_rows::skip(std::int64_t count) {
  for (; count > 0 && next_line(true); --count) ++rows_;
}

AISLE_API std::vector<source_row> json_rows::next(std::size_t count) {
  std::vector<source_row> out;
  while (out.size() < count && next_line(out.empty())) {
    source_row row;
    row.row = rows_++;
    row.line = lines_.number();
    try {
      read(row);
    } catch (const machine_error&) {
      throw;  // no fault of the row
    } catch (const error& e) {
      row.error = e.what();
      row.line = 0;  // the message names it
    }
    out.push_back(std::move(row));
  }
  return out;
}

AISLE_API void json_rows::read(source_row& row) {
  const std::string where = "line " + std::to_string(lines_.number());  // whoever tells it names the file
  if (lines_.too_long()) throw format_error(where, "longer than 64 MB");
  const json j = parse_json_line(detail::without_comma(line_), where);
  if (!j.is_object()) j.fail("expected an object such as {\"id\":1,\"text\":\"...\",\"image\":\"path\"}");
  if (const json* id = j.find("id")) row.id = *id;
  const json* text = j.find("text");
  const bool parts = text && (text->is_array() || text->is_object());
  row.text = parts ? detail::plain_text(*text, keep_html_)
                   : detail::plain_text(std::string_view(j.get("text", "")), keep_html_);
  picture_reference picture = pictures_.resolve(trimmed(j.get("image", "")));
  row.image = std::move(picture.path);
  row.image_problem = std::move(picture.problem);
}

AISLE_API std::int64_t count_json_rows(const std::string& path) {
  line_reader reader(path);
  std::int64_t rows = 0;
  for (std::string line; reader.next(line);) rows += !detail::is_blank_line(line);
  return rows;
}

AISLE_NAMESPACE_END
