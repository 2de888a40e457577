#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <span>
#include <type_traits>
#include <utility>

#include <aisle/base/number.hpp>
#include <aisle/catalogue/detail/map_json.hpp>
#include <aisle/tensor/finite.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

/// A float as the double with the shortest text that reads back as this float: 0.1, not 0.10000000149011612.
AISLE_API double short_double(float value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  double out = 0;
  parse_number(text, end, out);
  return static_cast<float>(out) == value ? out : static_cast<double>(value);
}

AISLE_API json to_json(const review_totals& t) {
  return json::object({{"labelled", t.labelled},
                       {"unlabelled", t.unlabelled},
                       {"suspects", t.suspects},
                       {"estimated_wrong", t.estimated_wrong},
                       {"precision", t.precision},
                       {"threshold", short_double(static_cast<float>(t.threshold))},
                       {"filed", t.filed},
                       {"filed_precision", t.filed_precision}});
}

AISLE_API review_totals read_totals(const json& j) {
  return {.labelled = j.get<std::int64_t>("labelled"),
          .unlabelled = j.get<std::int64_t>("unlabelled"),
          .suspects = j.get<std::int64_t>("suspects"),
          .estimated_wrong = j.get<double>("estimated_wrong"),
          .precision = j.get<double>("precision"),
          .threshold = j.get<double>("threshold"),
          .filed = j.get<std::int64_t>("filed"),
          .filed_precision = j.get<double>("filed_precision")};
}

AISLE_API json to_json(const std::vector<product_verdict>& verdicts) {
  json rows = json::array(), given = json::array(), suspect = json::array(), counts = json::array(),
       codes = json::array(), probabilities = json::array();
  for (const product_verdict& v : verdicts) {
    rows.push_back(v.row);
    given.push_back(v.given);
    suspect.push_back(v.suspect);
    counts.push_back(std::ssize(v.likely));
    for (const likely_class& l : v.likely) {
      codes.push_back(l.code);
      probabilities.push_back(short_double(l.probability));
    }
  }
  return json::object({{"row", std::move(rows)},
                       {"given", std::move(given)},
                       {"suspect", std::move(suspect)},
                       {"likely", std::move(counts)},
                       {"class", std::move(codes)},
                       {"probability", std::move(probabilities)}});
}

AISLE_API std::vector<product_verdict> read_verdicts(const json& j, std::int64_t classes) {
  const auto rows = j["row"].as_vector<std::int64_t>(), suspect = j["suspect"].as_vector<std::int64_t>(),
             counts = j["likely"].as_vector<std::int64_t>();
  const auto given = j["given"].as_vector<std::int32_t>(), codes = j["class"].as_vector<std::int32_t>();
  const auto probabilities = j["probability"].as_vector<float>();
  if (given.size() != rows.size() || suspect.size() != rows.size() || counts.size() != rows.size())
    j.fail("expected as many classes and counts as rows");
  if (codes.size() != probabilities.size()) j.fail("expected as many classes as probabilities");
  if (!all_finite(std::span<const float>(probabilities))) j["probability"].fail("expected finite numbers");
  std::vector<product_verdict> out;
  std::size_t at = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i > 0 && rows[i] <= rows[i - 1]) j["row"].fail("expected ascending rows");
    if (given[i] < -1 || given[i] >= classes) j["given"].fail("expected classes, or -1");
    const auto count = static_cast<std::size_t>(counts[i]);
    if (counts[i] < 0 || counts[i] > 3 || count > codes.size() - at)
      j["likely"].fail("expected at most three classes of each row");
    product_verdict v{.row = rows[i], .given = given[i], .likely = {}, .suspect = suspect[i]};
    for (std::size_t k = 0; k < count; ++k, ++at) {
      if (codes[at] < 0 || codes[at] >= classes) j["class"].fail("expected classes");
      v.likely.push_back({codes[at], probabilities[at]});
    }
    out.push_back(std::move(v));
  }
  if (at != codes.size()) j["class"].fail("expected as many classes as the rows have");
  return out;
}

template <class T>
json columns_of(const matrix<T>& m) {
  json out = json::array();
  for (std::int64_t r = 0; r < m.rows(); ++r)
    for (const T v : m.row(r))
      if constexpr (std::is_same_v<T, float>)
        out.push_back(short_double(v));
      else
        out.push_back(v);
  return out;
}

/// As many rows as `rows`, or none at all where `may_be_empty`.
template <class T>
matrix<T> matrix_of(const json& j, std::size_t rows, std::size_t most_columns, bool may_be_empty) {
  const std::vector<T> values = j.as_vector<T>();
  if (values.empty() && may_be_empty) return {};
  if (rows == 0 || values.size() % rows != 0 || values.size() / rows > most_columns)
    j.fail("expected at most " + std::to_string(most_columns) + " numbers for each of " +
           std::to_string(rows) + " rows, found " + std::to_string(values.size()) + " in all");
  matrix<T> out(static_cast<std::int64_t>(rows), static_cast<std::int64_t>(values.size() / rows));
  std::copy(values.begin(), values.end(), out.data());
  return out;
}

AISLE_API json to_json(const product_map& map) {
  return json::object({{"of", map.of},
                       {"row", json::array_of(map.rows)},
                       {"tsne", columns_of(map.tsne)},
                       {"pca", columns_of(map.axes)},
                       {"explained", map.explained},
                       {"laid_out", map.laid_out},
                       {"dimensions", map.dimensions},
                       {"nearest", columns_of(map.nearest)}});
}

AISLE_API product_map read_map(const json& j) {
  product_map out;
  out.of = j.get<std::string>("of");
  out.rows = j["row"].as_vector<std::int64_t>();
  for (std::size_t i = 1; i < out.rows.size(); ++i)
    if (out.rows[i] <= out.rows[i - 1]) j["row"].fail("expected ascending rows");
  out.tsne = matrix_of<float>(j["tsne"], out.rows.size(), 3, true);
  out.axes = matrix_of<float>(j["pca"], out.rows.size(), 3, false);
  out.nearest = matrix_of<std::int64_t>(j["nearest"], out.rows.size(), 5, true);
  for (const auto& [name, points] : {std::pair{"tsne", &out.tsne}, std::pair{"pca", &out.axes}})
    for (std::int64_t r = 0; r < points->rows(); ++r)
      if (!all_finite(std::as_const(*points).row(r))) j[name].fail("expected finite numbers");
  if (!out.tsne.empty() && out.tsne.cols() < 2) j["tsne"].fail("expected two or three numbers a row");
  if (out.axes.cols() != 3) j["pca"].fail("expected three numbers a row");
  out.explained = j.get<double>("explained");
  out.laid_out = j.get<std::int64_t>("laid_out");
  out.dimensions = j.get<std::int64_t>("dimensions");
  return out;
}

}  // namespace detail
AISLE_NAMESPACE_END
