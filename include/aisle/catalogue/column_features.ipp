#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <optional>
#include <utility>

#include <aisle/base/blanks.hpp>
#include <aisle/base/counted.hpp>
#include <aisle/base/error.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/catalogue/column_features.hpp>
#include <aisle/catalogue/label_findings.hpp>
#include <aisle/io/json.hpp>
#include <aisle/tensor/finite.hpp>
#include <aisle/text/case_fold.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

/// Deviations beyond which a number is as far as it gets: a cell of 1e30 must not drown all else.
inline constexpr double farthest_number = 10;

AISLE_API std::string_view name_of(column_kind kind) {
  return kind == column_kind::number ? "number" : kind == column_kind::category ? "category" : "empty";
}

AISLE_API bool is_missing(std::string_view cell) {
  const std::string_view value = trimmed(cell);
  return value.empty() || names_missing_value(value);
}

AISLE_API std::string category_of(std::string_view cell) { return fold_case(trimmed(cell)); }

AISLE_API void learn_numbers(column_encoding& column, std::span<const std::string_view> values) {
  double sum = 0, squares = 0;
  const auto count = static_cast<double>(values.size());
  for (const std::string_view v : values) sum += *read_cell_number(v, column.style);
  column.mean = sum / count;
  for (const std::string_view v : values) {
    const double off = *read_cell_number(v, column.style) - column.mean;
    squares += off * off;
  }
  column.sd = std::sqrt(squares / count);
  // Numbers of 1e300 have squares that are none.
  if (!is_finite(column.mean) || !is_finite(column.sd)) column.mean = 0, column.sd = 1;
  if (column.sd <= 0) column.sd = 1;
}

AISLE_API void learn_categories(column_encoding& column, std::span<const std::string_view> values) {
  std::map<std::string, std::int64_t> rows;
  for (const std::string_view v : values) ++rows[category_of(v)];
  std::vector<std::pair<std::int64_t, std::string>> frequent;
  for (const auto& [name, count] : rows)
    if (count > 1) frequent.emplace_back(-count, name);
  std::sort(frequent.begin(), frequent.end());
  if (frequent.size() > static_cast<std::size_t>(column_features::most_categories))
    frequent.resize(static_cast<std::size_t>(column_features::most_categories));
  for (auto& [count, name] : frequent) column.categories.push_back(std::move(name));
  std::sort(column.categories.begin(), column.categories.end());
  column.left_out = static_cast<std::int64_t>(rows.size() - column.categories.size());
}

AISLE_API column_encoding learn_column(const std::string& name, std::span<const std::string_view> cells) {
  column_encoding out{.name = name};
  std::vector<std::string_view> values;
  for (const std::string_view cell : cells)
    if (!is_missing(cell)) values.push_back(cell);
  out.rows = static_cast<std::int64_t>(cells.size());
  out.missing = static_cast<std::int64_t>(cells.size() - values.size());
  if (values.empty()) return out;
  out.tells_missing = out.missing > 0;
  if (const std::optional<number_style> style = find_number_style(values)) {
    out.kind = column_kind::number;
    out.style = *style;
    learn_numbers(out, values);
  } else {
    out.kind = column_kind::category;
    learn_categories(out, values);
  }
  return out;
}

/// How the numbers of these cells are written: as those that were learnt from, or else all in one other way.
AISLE_API number_style style_of(const column_encoding& column, std::span<const std::string_view> cells) {
  std::vector<std::string_view> values;
  bool as_learnt = true;
  for (const std::string_view cell : cells) {
    if (is_missing(cell)) continue;
    values.push_back(cell);
    as_learnt = as_learnt && read_cell_number(cell, column.style).has_value();
  }
  if (as_learnt) return column.style;
  const std::optional<number_style> other = find_number_style(values);
  return other && is_of_measure(other->unit, column.style) ? *other : column.style;
}

/// Writes the features of a cell, all of which are 0.
AISLE_API void encode(const column_encoding& column, const number_style& style, std::string_view cell,
                      double scale, std::span<float> to) {
  const auto one = static_cast<float>(scale);
  bool missing = is_missing(cell);
  if (column.kind == column_kind::number) {
    const std::optional<double> value = missing ? std::nullopt : read_cell_number(cell, style);
    if (value) {
      const double off = (*value - column.mean) / column.sd;
      to[0] = static_cast<float>(scale * std::clamp(off, -farthest_number, farthest_number));
    }
    missing = !value;
  } else if (!missing || !column.tells_missing) {
    const auto at = std::lower_bound(column.categories.begin(), column.categories.end(), category_of(cell));
    const bool known = at != column.categories.end() && *at == category_of(cell);
    to[known ? static_cast<std::size_t>(at - column.categories.begin()) : column.categories.size()] = one;
  }
  if (missing && column.tells_missing) to.back() = one;
}

AISLE_API std::string number_example(const number_style& style) {
  return (style.decimal == '.' ? "1,299.00" : "1.299,00") + (style.unit.empty() ? "" : " " + style.unit);
}

AISLE_API column_encoding read_column(const json& from) {
  column_encoding out{.name = from.get<std::string>("name")};
  const auto kind = from.get<std::string>("kind");
  out.tells_missing = from.get<bool>("tells_missing");
  out.rows = from.get<std::int64_t>("rows");
  out.missing = from.get<std::int64_t>("missing");
  if (kind == "number") {
    out.kind = column_kind::number;
    const auto decimal = from.get<std::string>("decimal");
    if (decimal != "." && decimal != ",") from.at("decimal").fail("expected a point or a comma");
    out.style = {.decimal = decimal.front(), .unit = from.get<std::string>("unit")};
    out.mean = from.get<double>("mean");
    out.sd = from.get<double>("sd");
    if (!is_finite(out.mean)) from.at("mean").fail("expected a number");
    if (!is_finite(out.sd) || out.sd <= 0) from.at("sd").fail("expected a number above 0");
  } else if (kind == "category") {
    out.kind = column_kind::category;
    out.categories = from.at("categories").as_vector<std::string>();
    out.left_out = from.get<std::int64_t>("left_out");
    if (!std::is_sorted(out.categories.begin(), out.categories.end()))
      from.at("categories").fail("expected them sorted");
  } else if (kind == "empty") {
    if (out.tells_missing) from.at("tells_missing").fail("expected false, as the column is empty");
  } else {
    from.at("kind").fail("expected number, category or empty");
  }
  return out;
}

AISLE_API void require_cells(std::span<const column_features::cells> columns, std::size_t names,
                             std::int64_t rows) {
  if (columns.size() != names)
    throw shape_error("cells of " + counted(columns.size(), "column") + " for " + std::to_string(names));
  for (const column_features::cells& c : columns)
    if (static_cast<std::int64_t>(c.size()) != rows)
      throw shape_error("columns of " + std::to_string(rows) + " and " + counted(c.size(), "row") +
                        ", expected as many");
}

}  // namespace detail

AISLE_API std::int64_t column_encoding::dimension() const noexcept {
  const std::int64_t values = kind == column_kind::number ? 1
                              : kind == column_kind::category
                                  ? static_cast<std::int64_t>(categories.size()) + 1
                                  : 0;
  return values + (tells_missing ? 1 : 0);
}

AISLE_API std::string describe(const column_encoding& column) {
  std::string out = column.name + ": ";
  if (column.kind == column_kind::empty)
    return out + "no value in " + counted(column.rows, "row") + ", nothing to learn from";
  if (column.kind == column_kind::number) {
    char mean[64];
    std::snprintf(mean, sizeof mean, "mean %g, standard deviation %g", column.mean, column.sd);
    out += "numbers, written as in " + detail::number_example(column.style) + " (" + mean + ")";
  } else {
    const auto count = static_cast<std::int64_t>(column.categories.size());
    out += count == 0 ? "categories, none of them in two rows: it tells nothing"
                      : counted(count, "category", "categories");
    if (count >= column_features::most_categories)
      out += ", the most frequent; " + std::to_string(column.left_out) + " more are one";
    else if (count > 0 && column.left_out > 0)
      out += " and " + std::to_string(column.left_out) + " in one row each, which are one";
  }
  if (column.missing > 0)
    out += "; " + std::to_string(column.missing) + " of " + counted(column.rows, "row") + " without";
  return out;
}

AISLE_API column_features column_features::fit(std::span<const std::string> names,
                                               std::span<const cells> columns, double scale) {
  detail::require_cells(columns, names.size(),
                        columns.empty() ? 0 : static_cast<std::int64_t>(columns[0].size()));
  column_features out;
  out.scale_ = scale;
  for (std::size_t c = 0; c < names.size(); ++c)
    out.columns_.push_back(detail::learn_column(names[c], columns[c]));
  return out;
}

AISLE_API std::vector<std::string> column_features::names() const {
  std::vector<std::string> out;
  for (const column_encoding& c : columns_) out.push_back(c.name);
  return out;
}

AISLE_API std::int64_t column_features::dimension() const noexcept {
  std::int64_t out = 0;
  for (const column_encoding& c : columns_) out += c.dimension();
  return out;
}

AISLE_API std::vector<std::int64_t> column_features::unreadable(std::span<const cells> columns) const {
  detail::require_cells(columns, columns_.size(),
                        columns.empty() ? 0 : static_cast<std::int64_t>(columns[0].size()));
  std::vector<std::int64_t> out;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    out.push_back(0);
    if (columns_[c].kind != column_kind::number) continue;
    const number_style style = detail::style_of(columns_[c], columns[c]);
    for (const std::string_view cell : columns[c])
      out.back() += !detail::is_missing(cell) && !detail::read_cell_number(cell, style);
  }
  return out;
}

AISLE_API void column_features::transform(std::span<const cells> columns, matrix_view<float> out,
                                          std::int64_t first) const {
  detail::require_cells(columns, columns_.size(), out.rows());
  if (first < 0 || out.cols() - first < dimension())
    throw shape_error("columns of " + counted(dimension(), "feature") + ", " +
                      std::to_string(out.cols() - first) + " to fill");
  auto at = static_cast<std::size_t>(first);
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    const auto width = static_cast<std::size_t>(columns_[c].dimension());
    number_style style;
    if (columns_[c].kind == column_kind::number) style = detail::style_of(columns_[c], columns[c]);
    for (std::int64_t r = 0; width > 0 && r < out.rows(); ++r) {
      const std::span<float> to = out.row(r).subspan(at, width);
      std::fill(to.begin(), to.end(), 0.0f);
      detail::encode(columns_[c], style, columns[c][static_cast<std::size_t>(r)], scale_, to);
    }
    at += width;
  }
}

AISLE_API json column_features::to_json() const {
  json columns = json::array();
  for (const column_encoding& c : columns_) {
    json one = json::object({{"name", c.name},
                             {"kind", std::string(detail::name_of(c.kind))},
                             {"tells_missing", c.tells_missing},
                             {"rows", c.rows},
                             {"missing", c.missing}});
    if (c.kind == column_kind::number) {
      one["decimal"] = std::string(1, c.style.decimal);
      one["unit"] = c.style.unit;
      one["mean"] = c.mean;
      one["sd"] = c.sd;
    } else if (c.kind == column_kind::category) {
      one["categories"] = json::array_of(c.categories);
      one["left_out"] = c.left_out;
    }
    columns.push_back(std::move(one));
  }
  return json::object({{"scale", scale_}, {"columns", std::move(columns)}});
}

AISLE_API column_features column_features::read(const json& from) {
  column_features out;
  out.scale_ = from.get<double>("scale");
  if (!is_finite(out.scale_) || out.scale_ <= 0 || out.scale_ > 1e6)
    from.at("scale").fail("expected a number above 0 and at most a million");
  for (const json& c : from.at("columns").elements()) out.columns_.push_back(detail::read_column(c));
  return out;
}

AISLE_NAMESPACE_END
