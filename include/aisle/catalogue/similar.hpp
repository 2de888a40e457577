#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/catalogue/embeddings.hpp>
#include <aisle/catalogue/products.hpp>

AISLE_NAMESPACE_BEGIN

/// A product that is like a query.
struct similar_product {
  std::int64_t row = 0;  ///< data row
  double cosine = 0;     ///< of its vector and the query's
};

struct similar_options {
  std::int64_t k = 10;  ///< products asked for; fewer come where there are fewer
  int threads = 0;
};

/// The rows of a table whose vectors are nearest to the query's by cosine, compared with all of them, the
/// nearest first. Throws shape_error when the widths differ and option_error for k below 1.
std::vector<similar_product> similar_products(const embedding_table& table, std::span<const float> query,
                                              const similar_options& options = {});
/// Those nearest to one of its rows (a data row), which is left out itself. Throws option_error when the row
/// has no vector.
std::vector<similar_product> similar_products(const embedding_table& table, std::int64_t row,
                                              const similar_options& options = {});

/// The product of an id. Throws option_error that says which ids are near it.
const product& find_product(const catalogue& products, std::string_view id);
/// What a product is called: its first text column that is not empty, without HTML.
std::string product_name(const catalogue& products, const product& p);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/similar.ipp>
#endif
