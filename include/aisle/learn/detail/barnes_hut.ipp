#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include <aisle/base/parallel.hpp>
#include <aisle/learn/detail/repulsion.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Points in a tree of cells that are halved in each dimension until a cell holds few. Cells lie in the order
/// of a walk through the tree, each with the one that comes next where it is not entered.
template <int Dims>
class cell_tree {
 public:
  explicit cell_tree(const matrix<double>& points) : order_(static_cast<std::size_t>(points.cols())) {
    std::iota(order_.begin(), order_.end(), std::int32_t{0});
    double middle[Dims], half = 0;
    for (int d = 0; d < Dims; ++d) {
      const auto row = points.row(d);
      const double low = *std::min_element(row.begin(), row.end());
      const double high = *std::max_element(row.begin(), row.end());
      middle[d] = (low + high) / 2;
      half = std::max(half, (high - low) / 2);
    }
    std::vector<std::int32_t> room(order_.size());
    split(points, 0, static_cast<std::int64_t>(order_.size()), middle, half, 0, room);
    sorted_ = matrix<double>(Dims, points.cols());
    for (int d = 0; d < Dims; ++d)
      for (std::int64_t i = 0; i < points.cols(); ++i)
        sorted_(d, i) = points(d, order_[static_cast<std::size_t>(i)]);
  }

  /// Which point is the i-th of the walk.
  std::int32_t point(std::int64_t i) const noexcept { return order_[static_cast<std::size_t>(i)]; }

  /// Forces on the i-th point of the walk; returns the sum of q.
  double forces_on(std::int64_t i, double theta, double* force) const noexcept {
    double own[Dims], sum = 0;
    for (int d = 0; d < Dims; ++d) own[d] = sorted_(d, i), force[d] = 0;
    const auto add = [&](const double* apart, double square, double count) {
      const double q = 1 / (1 + square);
      sum += count * q;
      for (int d = 0; d < Dims; ++d) force[d] += count * q * q * apart[d];
    };
    for (std::size_t c = 0; c < cells_.size();) {
      const cell& at = cells_[c];
      double apart[Dims], square = 0;
      for (int d = 0; d < Dims; ++d) {
        apart[d] = own[d] - at.middle[d];
        square += apart[d] * apart[d];
      }
      const bool inside = i >= at.begin && i < at.end;
      if (!inside && at.width * at.width < theta * theta * square) {
        add(apart, square, static_cast<double>(at.end - at.begin));
        c = at.next;
      } else if (at.leaf && at.width == 0) {  // one place
        add(apart, square, static_cast<double>(at.end - at.begin - inside));
        c = at.next;
      } else if (at.leaf) {
        for (std::int64_t j = at.begin; j < at.end; ++j) {
          if (j == i) continue;
          square = 0;
          for (int d = 0; d < Dims; ++d) {
            apart[d] = own[d] - sorted_(d, j);
            square += apart[d] * apart[d];
          }
          add(apart, square, 1);
        }
        c = at.next;
      } else {
        ++c;
      }
    }
    return sum;
  }

 private:
  struct cell {
    double middle[Dims];  ///< of its points
    double width;         ///< 0: all its points are in one place
    std::int64_t begin, end;
    std::size_t next;
    bool leaf;
  };
  static constexpr std::int64_t few = 4;
  static constexpr int deepest = 100;

  void split(const matrix<double>& points, std::int64_t begin, std::int64_t end, const double* centre,
             double half, int depth, std::vector<std::int32_t>& room) {
    const std::size_t mine = cells_.size();
    cell now{{}, 2 * half, begin, end, 0, false};
    bool one_place = true;
    for (int d = 0; d < Dims; ++d) {
      const double first = points(d, order_[static_cast<std::size_t>(begin)]);
      double sum = 0;
      for (std::int64_t i = begin; i < end; ++i) {
        const double v = points(d, order_[static_cast<std::size_t>(i)]);
        sum += v;
        one_place &= v == first;
      }
      now.middle[d] = sum / static_cast<double>(end - begin);
    }
    if (one_place) {
      now.width = 0;
      for (int d = 0; d < Dims; ++d) now.middle[d] = points(d, order_[static_cast<std::size_t>(begin)]);
    }
    now.leaf = one_place || end - begin <= few || depth == deepest;
    cells_.push_back(now);
    if (!now.leaf) {
      constexpr int parts = 1 << Dims;
      const auto part_of = [&](std::int32_t point) {
        int part = 0;
        for (int d = 0; d < Dims; ++d) part |= (points(d, point) > centre[d]) << d;
        return part;
      };
      std::int64_t starts[parts + 1] = {};
      for (std::int64_t i = begin; i < end; ++i) ++starts[part_of(order_[static_cast<std::size_t>(i)]) + 1];
      for (int part = 0; part < parts; ++part) starts[part + 1] += starts[part];
      std::int64_t at[parts];
      std::copy_n(starts, parts, at);
      for (std::int64_t i = begin; i < end; ++i) {
        const std::int32_t point = order_[static_cast<std::size_t>(i)];
        room[static_cast<std::size_t>(begin + at[part_of(point)]++)] = point;
      }
      std::copy(room.begin() + begin, room.begin() + end, order_.begin() + begin);
      for (int part = 0; part < parts; ++part) {
        if (starts[part] == starts[part + 1]) continue;
        double middle[Dims];
        for (int d = 0; d < Dims; ++d) middle[d] = centre[d] + (part >> d & 1 ? half : -half) / 2;
        split(points, begin + starts[part], begin + starts[part + 1], middle, half / 2, depth + 1, room);
      }
    }
    cells_[mine].next = cells_.size();
  }

  std::vector<std::int32_t> order_;
  matrix<double> sorted_;
  std::vector<cell> cells_;
};

template <int Dims>
double barnes_hut(const matrix<double>& points, double theta, matrix<double>& forces, int threads) {
  const std::int64_t n = points.cols();
  const cell_tree<Dims> tree(points);
  std::vector<double> sums(static_cast<std::size_t>(n));
  parallel_for((n + 63) / 64, threads, [&](std::int64_t block) {
    for (std::int64_t i = 64 * block; i < std::min(n, 64 * block + 64); ++i) {
      double force[Dims];
      const std::int32_t point = tree.point(i);
      sums[static_cast<std::size_t>(point)] = tree.forces_on(i, theta, force);
      for (int d = 0; d < Dims; ++d) forces(d, point) = force[d];
    }
  });
  double all = 0;
  for (const double s : sums) all += s;
  return all;
}

AISLE_API double barnes_hut_repulsion(const matrix<double>& points, double theta, matrix<double>& forces,
                                      int threads) {
  return points.rows() == 2 ? barnes_hut<2>(points, theta, forces, threads)
                            : barnes_hut<3>(points, theta, forces, threads);
}

}  // namespace detail

AISLE_NAMESPACE_END
