#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include <aisle/catalogue/inputs.hpp>
#include <aisle/catalogue/product_map.hpp>
#include <aisle/learn/nearest.hpp>
#include <aisle/learn/pca.hpp>
#include <aisle/learn/tsne.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

/// Data rows with a vector in some table: at most `most` of them evenly, and all of `always`.
AISLE_API index_vector rows_of_map(const std::vector<const embedding_table*>& tables, std::int64_t most,
                                   const index_vector& always) {
  index_vector all;
  for (const embedding_table* t : tables) all.insert(all.end(), t->rows.begin(), t->rows.end());
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  const auto count = std::ssize(all);
  if (count <= most) return all;
  index_vector out;
  for (const std::int64_t r : always)
    if (std::ssize(out) < most && std::binary_search(all.begin(), all.end(), r)) out.push_back(r);
  const std::int64_t more = most - std::ssize(out);
  for (std::int64_t i = 0; i < more; ++i) out.push_back(all[static_cast<std::size_t>(i * count / more)]);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

/// Vectors of `rows` into columns [begin, …) of `out`: less their mean, of length 1.
AISLE_API void place_vectors(const embedding_table& table, const index_vector& rows, std::int64_t begin,
                             matrix<float>& out) {
  const std::int64_t width = table.vectors.cols();
  std::vector<std::pair<std::int64_t, std::int64_t>> places;  // in out, in the table
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto found = std::lower_bound(table.rows.begin(), table.rows.end(), rows[i]);
    if (found != table.rows.end() && *found == rows[i])
      places.emplace_back(static_cast<std::int64_t>(i), found - table.rows.begin());
  }
  std::vector<double> mean(static_cast<std::size_t>(width));
  for (const auto& [to, from] : places)
    for (std::int64_t c = 0; c < width; ++c)
      mean[static_cast<std::size_t>(c)] +=
          static_cast<double>(table.vectors(from, c)) / static_cast<double>(places.size());
  std::vector<double> row(static_cast<std::size_t>(width));
  for (const auto& [to, from] : places) {
    double squares = 0;
    for (std::size_t c = 0; c < row.size(); ++c) {
      row[c] = static_cast<double>(table.vectors(from, static_cast<std::int64_t>(c))) - mean[c];
      squares += row[c] * row[c];
    }
    const double scale = squares > 0 ? 1 / std::sqrt(squares) : 0;
    for (std::size_t c = 0; c < row.size(); ++c)
      out(to, begin + static_cast<std::int64_t>(c)) = static_cast<float>(row[c] * scale);
  }
}

/// Points of all rows: those of t-SNE, and the others at the mean of their three nearest of those.
AISLE_API matrix<float> lay_out(const matrix<float>& x, const map_options& options, std::int64_t& laid_out) {
  const std::int64_t rows = x.rows();
  index_vector seen;
  const std::int64_t count = std::min(rows, options.laid_out);
  for (std::int64_t i = 0; i < count; ++i) seen.push_back(i * rows / count);
  laid_out = count;
  const matrix<float> some = count == rows ? x : x.rows(seen);
  tsne_options how;
  how.perplexity = std::min(30.0, static_cast<double>(count - 1) / 3);
  how.early_iterations = 150, how.iterations = 300;  // a picture, no measurement: crowds lie where they will
  how.seed = options.seed;
  how.threads = options.threads;
  how.progress = options.progress;
  const matrix<double> points = tsne(some.view(), how).points;
  matrix<float> out(rows, 2);
  for (std::size_t i = 0; i < seen.size(); ++i)
    for (std::int64_t k = 0; k < 2; ++k)
      out(seen[i], k) = static_cast<float>(points(static_cast<std::int64_t>(i), k));
  if (count == rows) return out;
  index_vector others;
  for (std::int64_t i = 0; i < rows; ++i)
    if (!std::binary_search(seen.begin(), seen.end(), i)) others.push_back(i);
  const matrix<float> rest = x.rows(others);
  const auto found =
      nearest(rest.view(), some.view(), {.k = 3, .metric = metric::l2, .threads = options.threads});
  for (std::size_t i = 0; i < others.size(); ++i)
    for (std::int64_t k = 0; k < 2; ++k) {
      double sum = 0, weights = 0;
      for (std::int64_t n = 0; n < found.indices.cols(); ++n) {
        const auto at = static_cast<std::int64_t>(i);
        const double weight = 1 / (1e-6 + static_cast<double>(found.scores(at, n)));
        sum += weight * points(found.indices(at, n), k);
        weights += weight;
      }
      out(others[i], k) = static_cast<float>(sum / weights);
    }
  return out;
}

AISLE_API matrix<std::int64_t> neighbours_on_map(const matrix<float>& x, const index_vector& rows,
                                                 int threads) {
  const std::int64_t count = std::min<std::int64_t>(5, x.rows() - 1);
  matrix<std::int64_t> out(x.rows(), count);
  const auto found = nearest(x.view(), x.view(), {.k = count + 1, .threads = threads});
  for (std::int64_t r = 0; r < x.rows(); ++r) {
    std::int64_t n = 0;
    // Itself is not always the first: another may be the very same.
    for (std::int64_t k = 0; k < found.indices.cols() && n < count; ++k)
      if (found.indices(r, k) != r) out(r, n++) = rows[static_cast<std::size_t>(found.indices(r, k))];
  }
  return out;
}

}  // namespace detail

AISLE_API product_map map_products(const embedding_table* text, const embedding_table* image,
                                   const map_options& options) {
  if (options.rows < 2 || options.laid_out < 2 || options.components < 1)
    throw option_error("map of products: " + std::to_string(options.rows) + " rows, " +
                       std::to_string(options.laid_out) + " laid out, " + std::to_string(options.components) +
                       " components; expected at least 2, 2 and 1");
  const auto wanted = [&](const embedding_table* t, const char* other) {
    return t != nullptr && !t->rows.empty() && t->vectors.cols() > 0 && options.modality != other;
  };
  std::vector<const embedding_table*> tables;
  if (wanted(text, "image")) tables.push_back(text);
  if (wanted(image, "text")) tables.push_back(image);
  product_map out;
  if (tables.empty()) return out;
  out.rows = detail::rows_of_map(tables, options.rows, options.always);
  if (out.rows.size() < 2) return {};
  out.of = product_inputs{.text = tables.front() == text, .image = tables.back() == image}.name();
  std::int64_t width = 0;
  for (const embedding_table* t : tables) width += t->vectors.cols();
  const auto rows = static_cast<std::int64_t>(out.rows.size());
  matrix<float> x(rows, width);
  std::int64_t begin = 0;
  for (const embedding_table* t : tables) {
    detail::place_vectors(*t, out.rows, begin, x);
    begin += t->vectors.cols();
  }
  pca_options how;
  how.components = std::min({options.components, rows, width});
  how.seed = options.seed;
  how.threads = options.threads;
  const auto axes = pca<float>::fit(x.view(), how);
  x = axes.transform(x.view(), options.threads);
  out.dimensions = how.components;
  out.axes = matrix<float>(rows, 3);
  for (std::int64_t k = 0; k < std::min<std::int64_t>(3, x.cols()); ++k) {
    out.explained += axes.explained_variance_ratio()[static_cast<std::size_t>(k)];
    for (std::int64_t r = 0; r < rows; ++r) out.axes(r, k) = x(r, k);
  }
  constexpr std::int64_t enough = 10;  // of fewer rows t-SNE has nothing to say
  if (rows >= enough) out.tsne = detail::lay_out(x, options, out.laid_out);
  out.nearest = detail::neighbours_on_map(x, out.rows, options.threads);
  return out;
}

AISLE_NAMESPACE_END
