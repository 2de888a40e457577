#pragma once

#include <algorithm>
#include <unordered_map>

#include <aisle/base/file.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/catalogue/detail/label_paths.hpp>
#include <aisle/catalogue/detail/missing_value.hpp>
#include <aisle/catalogue/detail/plain_text.hpp>
#include <aisle/catalogue/name_match.hpp>
#include <aisle/catalogue/picture_paths.hpp>
#include <aisle/catalogue/products.hpp>
#include <aisle/io/csv.hpp>
#include <aisle/io/nearest_name.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Fills in the columns that were left open and finds all of them in the header.
struct product_columns {
  std::size_t id = 0;
  std::vector<std::size_t> text;
  std::optional<std::size_t> image, label, group;

  product_columns(const table_reader& table, catalogue_options& options) {
    const auto passed_over = [&](const std::string& name) {
      return options.missing_columns && !table.find_column(name) &&
             alike_column(table.header(), name).empty();
    };
    // The options get the names as the header has them, without blanks at the ends.
    const auto find = [&](std::string& name, const char* role) {
      if (!table.find_column(name))
        if (std::string alike = alike_column(table.header(), name); !alike.empty()) name = std::move(alike);
      const std::size_t at = table.column(name, role);
      name = table.header()[at];
      return at;
    };
    id = find(options.id_column, "id_column");
    if (options.text_columns.empty()) {
      for (const char* name : {"name", "description"})
        if (table.find_column(name)) options.text_columns.emplace_back(name);
    } else {
      std::erase_if(options.text_columns, passed_over);
    }
    for (std::string& name : options.text_columns) text.push_back(find(name, "text_columns"));
    if (options.image_column.empty() && table.find_column("image_path")) options.image_column = "image_path";
    if (!options.image_column.empty() && passed_over(options.image_column)) options.image_column.clear();
    if (!options.image_column.empty()) image = find(options.image_column, "image_column");
    if (!options.label_column.empty()) label = find(options.label_column, "label_column");
    if (!options.group_column.empty()) group = find(options.group_column, "group_column");
  }
};

/// Names that a products table probably has.
AISLE_API std::vector<std::string> expected_columns(const catalogue_options& options) {
  std::vector<std::string> out = {options.id_column, options.image_column, options.label_column,
                                  options.group_column};
  out.insert(out.end(), options.text_columns.begin(), options.text_columns.end());
  if (options.text_columns.empty()) out.insert(out.end(), {"name", "description"});
  if (options.image_column.empty()) out.emplace_back("image_path");
  std::erase(out, "");
  return out;
}

[[noreturn]] AISLE_API void throw_nothing_to_look_at(const std::string& path,
                                                     const std::vector<std::string>& header) {
  std::vector<std::string> nearest;
  for (const char* name : {"name", "description", "image_path"})
    for (const std::string& n : nearest_names(name, header, 1)) nearest.push_back(n);
  throw option_error(path +
                     ": no column of texts (name, description) and none of pictures (image_path); columns: " +
                     list_columns(header) + did_you_mean(nearest));
}

/// Where `asked` names columns of texts and pictures and the table has none of them.
[[noreturn]] AISLE_API void throw_none_of(const std::string& path, const catalogue_options& asked,
                                          const std::vector<std::string>& header) {
  std::vector<std::string> names = asked.text_columns, nearest;
  if (!asked.image_column.empty()) names.push_back(asked.image_column);
  const auto add_nearest = [&](const std::string& name) {
    for (const std::string& n : nearest_names(name, header, 1))
      if (ranges::find(nearest, n) == nearest.end()) nearest.push_back(n);
  };
  for (const std::string& name : names) add_nearest(name);
  if (nearest.empty())
    for (const char* usual : {"name", "description", "image_path"}) add_nearest(usual);
  throw column_error(path, (names.size() == 1 ? "no column " : "none of the columns ") + list_columns(names),
                     asked.image_column.empty()   ? "text_columns"
                     : asked.text_columns.empty() ? "image_column"
                                                  : "text_columns, image_column",
                     "; columns: " + list_columns(header) + did_you_mean(nearest));
}

/// Takes over what a cell names; true where that is a file that is not there.
AISLE_API bool name_picture(product& p, picture_reference named) {
  p.image_path = std::move(named.path);
  p.image_url = std::move(named.url);
  p.image_problem = std::move(named.problem);
  return !p.image_path.empty() && !named.found;
}

/// The labels of all products, once their cells are known.
AISLE_API void read_labels(catalogue& c, std::size_t column) {
  label_paths paths(c.options.labels);
  for (const product& p : c.products) paths.add(p.fields[column]);
  for (product& p : c.products) {
    p.label = paths.apply(p.fields[column]);
    if (p.label.empty()) c.problems.push_back(c.problem(p, c.options.label_column, "empty label"));
  }
  std::stable_sort(c.problems.begin(), c.problems.end(),
                   [](const skipped_row& a, const skipped_row& b) { return a.row < b.row; });
}

}  // namespace detail

AISLE_API std::optional<std::size_t> catalogue::find_column(std::string_view name) const noexcept {
  const auto found = std::find(header.begin(), header.end(), name);
  if (found == header.end()) return std::nullopt;
  return static_cast<std::size_t>(found - header.begin());
}

AISLE_API std::string catalogue::text_of(std::string_view cell) const {
  const bool of_json = format.kind != table_format::kinds::separated;
  if (!of_json && detail::is_missing_text(cell)) return {};
  return detail::plain_text_of_cell(cell, of_json, options.keep_html);
}

AISLE_API catalogue load_catalogue(const std::string& path, const catalogue_options& options) {
  catalogue out;
  out.path = path;
  out.options = options;
  std::optional<std::size_t> id_column;
  const auto on_problem = [&](const csv_problem& p) {
    if (options.limit > 0 && p.row >= options.limit) return;
    out.data_rows = std::max(out.data_rows, p.row + 1);
    out.problems.push_back(skipped_record(path, p, id_column));
  };
  table_reader table(path, {.delimiter = options.delimiter,
                            .encoding = options.encoding,
                            .expected = detail::expected_columns(options),
                            .field_limit = options.cell_limit,
                            .on_problem = on_problem});
  out.format = table.format();
  const detail::product_columns columns(table, out.options);
  id_column = columns.id;
  if (columns.text.empty() && !columns.image && !options.bare_rows) {
    if (!options.text_columns.empty() || !options.image_column.empty())
      detail::throw_none_of(path, options, table.header());
    detail::throw_nothing_to_look_at(path, table.header());
  }
  out.header = table.header();

  picture_finder pictures(parent_folder(path), options.image_root, options.allow_outside);
  std::unordered_map<std::string, std::pair<std::int64_t, std::int64_t>> seen;  // ids; their rows and lines
  for (table_row row; table.next(row);) {
    if (options.limit > 0 && row.row >= options.limit) break;
    out.data_rows = std::max(out.data_rows, row.row + 1);
    out.padded.add(row);
    product p;
    p.row = row.row;
    p.line = row.line;
    p.id = trimmed(row.fields[columns.id]);
    if (p.id.empty()) {
      out.problems.push_back(out.problem(p, out.options.id_column, "empty id"));
      continue;
    }
    if (const auto [first, is_new] = seen.try_emplace(p.id, p.row, p.line); !is_new) {
      out.problems.push_back(
          out.problem(p, out.options.id_column,
                      "duplicate id, already in " + row_name(first->second.first, first->second.second)));
      continue;
    }
    for (const std::size_t c : columns.text) {
      const std::string part = out.text_of(row.fields[c]);
      if (part.empty()) {
        if (detail::is_missing_text(row.fields[c])) ++out.missing_texts;
        continue;
      }
      if (!p.text.empty()) p.text += ' ';
      p.text += part;
    }
    if (columns.image)
      out.missing_pictures += detail::name_picture(p, pictures.resolve(trimmed(row.fields[*columns.image])));
    if (p.text.empty() && p.image_path.empty() && !options.bare_rows) {
      out.problems.push_back(p.image_problem.empty()
                                 ? out.problem(p, {}, std::string(detail::no_content))
                                 : out.problem(p, out.options.image_column, p.image_problem));
      continue;
    }
    if (columns.group) p.group = trimmed(row.fields[*columns.group]);
    p.fields = std::move(row.fields);
    out.products.push_back(std::move(p));
  }
  if (columns.label) detail::read_labels(out, *columns.label);
  return out;
}

AISLE_API skipped_row skipped_record(const std::string& file, const csv_problem& problem,
                                     std::optional<std::size_t> id_column) {
  // A fault that is not where the line begins says where it is.
  const std::string at =
      problem.column > 1 ? ", at byte " + std::to_string(problem.column) + " of the line" : "";
  std::string id;
  if (id_column && *id_column < problem.fields.size()) id = trimmed(problem.fields[*id_column]);
  return {file, problem.row, std::move(id), {}, problem.reason + at, problem.line};
}

AISLE_API void write_skipped(const std::string& path, const std::vector<skipped_row>& rows,
                             csv_write_options how) {
  csv_writer out(path, how);
  for (const char* name : {"file", "row", "line", "id", "column", "reason"}) out.field(name);
  out.end_row();
  for (const skipped_row& r : rows) {
    out.field(r.file).field(r.row);
    if (r.line > 0)
      out.field(r.line);
    else
      out.field("");
    out.field(r.id).field(r.column).field(r.reason);
    out.end_row();
  }
  out.commit();
}

AISLE_NAMESPACE_END
