#pragma once

#include <cstdint>
#include <functional>

#include <aisle/base/config.hpp>
#include <aisle/base/progress.hpp>
#include <aisle/tensor/matrix.hpp>

AISLE_NAMESPACE_BEGIN

/// How points push each other away.
enum class tsne_gradient {
  automatic,     ///< exact to 1,000 rows; then in two dimensions interpolated from 4,000 rows on, else
                 ///< Barnes-Hut
  exact,         ///< every pair
  barnes_hut,    ///< far ones together (van der Maaten 2014)
  interpolation  ///< by a grid and Fourier transforms (FIt-SNE, Linderman et al. 2019); two dimensions alone
};

/// Where points start.
enum class tsne_start {
  pca,    ///< on the first principal components, which keeps clusters where they are to each other
  random  ///< around 0
};

/// How far t-SNE has come.
struct tsne_step {
  std::int64_t iteration = 0, iterations = 0;
  double kl_divergence = 0;  ///< of the neighbourhoods of rows from those of points, without exaggeration
};

/// Schedule, step sizes and gains are openTSNE's defaults: 250 iterations with exaggeration 12, then 500
/// without, momentum 0.8, a learning rate of rows / exaggeration, no step longer than 5.
struct tsne_options {
  int dims = 2;            ///< 2 or 3
  double perplexity = 30;  ///< about how many neighbours a row has
  double early_exaggeration = 12;
  std::int64_t early_iterations = 250, iterations = 500;
  double learning_rate = 0;     ///< 0: rows / exaggeration
  std::int64_t neighbours = 0;  ///< that count at all; 0: three times the perplexity
  tsne_start start = tsne_start::pca;
  tsne_gradient gradient = tsne_gradient::automatic;
  double theta = 0.5;  ///< of Barnes-Hut: how wide, for its distance, may be what counts as one; 0 to 1
  std::uint64_t seed = 0;
  int threads = 0;  ///< 0: all the process may use
  progress_callback progress{};
  /// Called every 50 iterations and at the end; like `progress` it may throw to cancel.
  std::function<void(const tsne_step&)> on_step{};
};

struct tsne_result {
  matrix<double> points;  ///< [rows, dims], around 0
  double kl_divergence = 0;
  tsne_gradient gradient = tsne_gradient::exact;  ///< that was used
};

/// t-distributed stochastic neighbour embedding (van der Maaten, Hinton 2008) of rows [n, d] with Euclidean
/// distances: points in two or three dimensions whose neighbours are those of the rows. Nearest rows are
/// found exactly. The same result for a seed whatever the number of threads. Throws shape_error for fewer
/// than two rows or no features, option_error for options out of range (a perplexity not below the number of
/// rows too), row_error for NaN and infinities.
tsne_result tsne(matrix_view<const float> x, const tsne_options& options = {});
tsne_result tsne(matrix_view<const double> x, const tsne_options& options = {});

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/learn/tsne.ipp>
#endif
