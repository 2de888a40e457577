#pragma once

#include <cstdint>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/learn/detail/fourier.hpp>
#include <aisle/tensor/matrix.hpp>

// How the points of t-SNE push each other away. Points are [dims, n]. With q = 1 / (1 + squared distance),
// `forces` [dims, n] becomes the sum of q^2 (own point - other point) over all others; what is returned is
// the sum of q over all ordered pairs. Sums run in an order that does not depend on threads.

AISLE_NAMESPACE_BEGIN

namespace detail {

double exact_repulsion(const matrix<double>& points, matrix<double>& forces, int threads);

/// Points in a cell that is narrower than `theta` times its distance count as one at their middle.
double barnes_hut_repulsion(const matrix<double>& points, double theta, matrix<double>& forces, int threads);

/// In two dimensions: points give what they hold to the nodes of a grid, nodes act on each other by a
/// convolution, points take from the nodes. Polynomials of degree 2 interpolate between the three nodes that
/// are nearest in each dimension; FIt-SNE's, between the three of a fixed box, are off by up to five times as
/// much.
class interpolated_repulsion {
 public:
  double operator()(const matrix<double>& points, matrix<double>& forces, int threads);

 private:
  void choose_grid(const matrix<double>& points, int threads);
  void transform_kernel(int threads);
  void spread(const matrix<double>& points, int threads);
  void convolve(int threads);

  std::int64_t nodes_ = 0;  ///< on a side
  double step_ = 0;         ///< from a node to the next
  double origin_[2] = {};
  fourier_transform transform_;
  /// Of nodes at an offset, its transform: [nodes + 1, nodes + 1], as the rest is symmetric.
  matrix<double> kernel_;
  matrix<double> fields_[4];           ///< [nodes, nodes]: 1, x, y and x^2 + y^2 of the points
  matrix<double> columns_[4];          ///< halfway: [2 nodes, nodes]
  std::vector<std::int32_t> corners_;  ///< first of each point's three nodes, in x and y
  std::vector<double> weights_;        ///< of three nodes in x and three in y
};

}  // namespace detail

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/learn/detail/barnes_hut.ipp>
#include <aisle/learn/detail/repulsion.ipp>
#endif
