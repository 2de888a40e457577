#pragma once

#include <algorithm>
#include <utility>

#include <aisle/base/error.hpp>
#include <aisle/catalogue/similar.hpp>
#include <aisle/io/nearest_name.hpp>
#include <aisle/learn/nearest.hpp>

AISLE_NAMESPACE_BEGIN

AISLE_API std::vector<similar_product> similar_products(const embedding_table& table,
                                                        std::span<const float> query,
                                                        const similar_options& options) {
  const neighbours<float> found =
      nearest(query, table.vectors, nearest_options{.k = options.k, .threads = options.threads});
  std::vector<similar_product> out;
  for (std::int64_t i = 0; i < found.indices.cols(); ++i)
    out.push_back(
        {table.rows[static_cast<std::size_t>(found.indices(0, i))], static_cast<double>(found.scores(0, i))});
  return out;
}

AISLE_API std::vector<similar_product> similar_products(const embedding_table& table, std::int64_t row,
                                                        const similar_options& options) {
  const auto at = std::lower_bound(table.rows.begin(), table.rows.end(), row);
  if (at == table.rows.end() || *at != row)
    throw option_error("row " + std::to_string(row) + " has no vector, expected a row of the table");
  if (options.k < 1) throw option_error("k is " + std::to_string(options.k) + ", expected at least 1");
  similar_options one_more = options;
  one_more.k = std::min(options.k, table.vectors.rows()) + 1;  // the row itself is mostly the nearest
  std::vector<similar_product> out =
      similar_products(table, table.vectors.row(at - table.rows.begin()), one_more);
  out.erase(std::remove_if(out.begin(), out.end(), [&](const similar_product& p) { return p.row == row; }),
            out.end());
  if (static_cast<std::int64_t>(out.size()) > options.k) out.pop_back();  // behind others that are equal
  return out;
}

AISLE_API const product& find_product(const catalogue& products, std::string_view id) {
  std::vector<std::string> ids;
  for (const product& p : products.products) {
    if (p.id == id) return p;
    ids.push_back(p.id);
  }
  for (const skipped_row& bad : products.problems)
    if (bad.id == id && bad.row >= 0)
      throw option_error(products.path + ": the row of '" + std::string(id) +
                         "' cannot be used: " + bad.reason);
  throw option_error(products.path + ": no '" + std::string(id) + "' in column '" +
                     products.options.id_column + "'" + did_you_mean(nearest_names(id, ids)));
}

AISLE_API std::string product_name(const catalogue& products, const product& p) {
  for (const std::string& column : products.options.text_columns)
    if (const auto at = products.find_column(column); at && *at < p.fields.size())
      if (std::string text = products.text_of(p.fields[*at]); !text.empty()) return text;
  return {};
}

AISLE_NAMESPACE_END
