#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <aisle/base/parallel.hpp>
#include <aisle/learn/detail/repulsion.hpp>
#include <aisle/tensor/buffer.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Forces on point i by all others, over `Dims` dimensions; returns the sum of q.
template <int Dims>
double repulsion_of(const matrix<double>& points, std::int64_t i, matrix<double>& forces) {
  constexpr std::int64_t lanes = 8;
  const std::int64_t n = points.cols();
  double own[Dims], sum[lanes] = {}, force[Dims][lanes] = {};
  for (int d = 0; d < Dims; ++d) own[d] = points(d, i);
  std::int64_t j = 0;
  for (; j + lanes <= n; j += lanes)
    for (std::int64_t l = 0; l < lanes; ++l) {
      double square = 1, apart[Dims];
      for (int d = 0; d < Dims; ++d) {
        apart[d] = own[d] - points(d, j + l);
        square += apart[d] * apart[d];
      }
      const double q = 1 / square;
      sum[l] += q;
      for (int d = 0; d < Dims; ++d) force[d][l] += q * q * apart[d];
    }
  for (; j < n; ++j) {
    double square = 1, apart[Dims];
    for (int d = 0; d < Dims; ++d) {
      apart[d] = own[d] - points(d, j);
      square += apart[d] * apart[d];
    }
    const double q = 1 / square;
    sum[0] += q;
    for (int d = 0; d < Dims; ++d) force[d][0] += q * q * apart[d];
  }
  const auto total = [](const double* s) {
    return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
  };
  for (int d = 0; d < Dims; ++d) forces(d, i) = total(force[d]);
  return total(sum) - 1;  // the point itself
}

AISLE_API double exact_repulsion(const matrix<double>& points, matrix<double>& forces, int threads) {
  const std::int64_t n = points.cols();
  std::vector<double> sums(static_cast<std::size_t>(n));
  parallel_for((n + 31) / 32, threads, [&](std::int64_t block) {
    for (std::int64_t i = 32 * block; i < std::min(n, 32 * block + 32); ++i)
      sums[static_cast<std::size_t>(i)] =
          points.rows() == 2 ? repulsion_of<2>(points, i, forces) : repulsion_of<3>(points, i, forces);
  });
  double all = 0;
  for (const double s : sums) all += s;
  return all;
}

// --- interpolation

AISLE_API double interpolated_repulsion::operator()(const matrix<double>& points, matrix<double>& forces,
                                                    int threads) {
  choose_grid(points, threads);
  spread(points, threads);
  convolve(threads);
  const std::int64_t n = points.cols();
  std::vector<double> sums(static_cast<std::size_t>(n));
  parallel_for((n + 255) / 256, threads, [&](std::int64_t block) {
    for (std::int64_t i = 256 * block; i < std::min(n, 256 * block + 256); ++i) {
      const double* w = weights_.data() + 6 * i;
      const auto at = static_cast<std::size_t>(2 * i);
      double field[4] = {};
      for (int a = 0; a < 3; ++a)
        for (int b = 0; b < 3; ++b)
          for (int f = 0; f < 4; ++f)
            field[f] += w[a] * w[3 + b] * fields_[f](corners_[at] + a, corners_[at + 1] + b);
      const double x = points(0, i), y = points(1, i);
      forces(0, i) = x * field[0] - field[1];
      forces(1, i) = y * field[0] - field[2];
      // q = (1 + |a|^2 - 2 a b + |b|^2) q^2
      sums[static_cast<std::size_t>(i)] =
          (1 + x * x + y * y) * field[0] - 2 * (x * field[1] + y * field[2]) + field[3];
    }
  });
  double all = 0;
  for (const double s : sums) all += s;
  return all - static_cast<double>(n);  // the points themselves
}

AISLE_API void interpolated_repulsion::choose_grid(const matrix<double>& points, int threads) {
  double side = 0, middle[2] = {};
  for (int d = 0; d < 2; ++d) {
    const auto row = points.row(d);
    const double low = *std::min_element(row.begin(), row.end());
    const double high = *std::max_element(row.begin(), row.end());
    side = std::max(side, high - low);
    middle[d] = (low + high) / 2;
  }
  // At least 150 nodes a side, three for a length of 1 until there are 750: FIt-SNE's grid.
  const double wanted = std::clamp(std::ceil(3 * side), 150.0, 750.0);
  const std::int64_t nodes = fourier_transform::length_from(static_cast<std::int64_t>(wanted));
  // Steps are taken from a ladder of sixteenths of an octave: the kernel serves for many iterations.
  const double least = std::max(side * 1.0001, 1e-12) / static_cast<double>(nodes);
  const double step = std::exp2(std::ceil(16 * std::log2(least)) / 16);
  for (int d = 0; d < 2; ++d) origin_[d] = middle[d] - step * static_cast<double>(nodes) / 2;
  if (nodes == nodes_ && step == step_) return;
  if (nodes != nodes_) {
    nodes_ = nodes;
    transform_ = fourier_transform(2 * nodes_);
    for (auto& field : fields_) field = matrix<double>(nodes_, nodes_);
    for (auto& column : columns_) column = matrix<double>(2 * nodes_, nodes_);
  }
  step_ = step;
  transform_kernel(threads);
}

AISLE_API void interpolated_repulsion::transform_kernel(int threads) {
  constexpr std::int64_t lanes = fourier_transform::together;
  const std::int64_t size = nodes_ + 1, length = transform_.length();
  const double scale = 1 / (static_cast<double>(length) * static_cast<double>(length));
  matrix<double> kernel(size, size);
  for (std::int64_t r = 0; r < size; ++r)
    for (std::int64_t c = 0; c < size; ++c) {
      const double a = step_ * static_cast<double>(r), b = step_ * static_cast<double>(c);
      const double q = 1 / (1 + a * a + b * b);
      kernel(r, c) = q * q * scale;
    }
  // Even in both directions, so that transforms of columns, and of rows of those, are real and even too.
  const auto pass = [&](matrix<double>& m) {
    matrix<double> out(size, size);
    parallel_for((size + lanes - 1) / lanes, threads, [&](std::int64_t block) {
      buffer<double> re(transform_.elements()), im(transform_.elements(), 0.0),
          work(2 * transform_.elements());
      const std::int64_t first = block * lanes, count = std::min(lanes, size - first);
      std::fill(re.begin(), re.end(), 0.0);
      for (std::int64_t r = 0; r < length; ++r)
        for (std::int64_t l = 0; l < count; ++l)
          re[static_cast<std::size_t>(r * lanes + l)] = m(first + l, std::min(r, length - r));
      transform_.run(re.data(), im.data(), work.data());
      for (std::int64_t r = 0; r < size; ++r)
        for (std::int64_t l = 0; l < count; ++l)
          out(r, first + l) = re[static_cast<std::size_t>(r * lanes + l)];
    });
    m = std::move(out);
  };
  pass(kernel);
  pass(kernel);
  kernel_ = std::move(kernel);
}

AISLE_API void interpolated_repulsion::spread(const matrix<double>& points, int threads) {
  const std::int64_t n = points.cols();
  corners_.resize(static_cast<std::size_t>(2 * n));
  weights_.resize(static_cast<std::size_t>(6 * n));
  parallel_for((n + 1023) / 1024, threads, [&](std::int64_t block) {
    for (std::int64_t i = 1024 * block; i < std::min(n, 1024 * block + 1024); ++i)
      for (int d = 0; d < 2; ++d) {
        const double at = (points(d, i) - origin_[d]) / step_ - 0.5;  // nodes are in the middle of steps
        const double node = std::clamp(std::floor(at + 0.5), 1.0, static_cast<double>(nodes_ - 2));
        corners_[static_cast<std::size_t>(2 * i + d)] = static_cast<std::int32_t>(node) - 1;
        const double t = at - node;  // Lagrange's polynomials of -1, 0 and 1
        double* w = weights_.data() + 6 * i + 3 * d;
        w[0] = t * (t - 1) / 2;
        w[1] = 1 - t * t;
        w[2] = t * (t + 1) / 2;
      }
  });
  // Each field by one thread, point by point: sums come in one order.
  parallel_for(4, threads, [&](std::int64_t f) {
    matrix<double>& field = fields_[f];
    std::fill_n(field.data(), nodes_ * nodes_, 0.0);
    for (std::int64_t i = 0; i < n; ++i) {
      const double x = points(0, i), y = points(1, i);
      const double charge = f == 0 ? 1 : f == 1 ? x : f == 2 ? y : x * x + y * y;
      const double* w = weights_.data() + 6 * i;
      const auto at = static_cast<std::size_t>(2 * i);
      for (int a = 0; a < 3; ++a)
        for (int b = 0; b < 3; ++b) field(corners_[at] + a, corners_[at + 1] + b) += charge * w[a] * w[3 + b];
    }
  });
}

/// Two fields at a time, one as real and one as imaginary part: the kernel's transform is real and keeps them
/// apart.
AISLE_API void interpolated_repulsion::convolve(int threads) {
  constexpr std::int64_t lanes = fourier_transform::together;
  const std::int64_t length = transform_.length(), blocks = (nodes_ + lanes - 1) / lanes;
  const auto scratch = [&] { return buffer<double>(4 * transform_.elements()); };
  const auto element = static_cast<std::ptrdiff_t>(transform_.elements());
  // Down the columns; below the grid are zeros.
  parallel_for(2 * blocks, threads, [&](std::int64_t task) {
    buffer<double> room = scratch();
    double *re = room.data(), *im = re + element, *work = im + element;
    const std::int64_t pair = 2 * (task / blocks), first = task % blocks * lanes;
    const std::int64_t count = std::min(lanes, nodes_ - first);
    std::fill_n(re, 2 * element, 0.0);
    for (std::int64_t r = 0; r < nodes_; ++r) {
      std::copy_n(fields_[pair].row(r).data() + first, count, re + r * lanes);
      std::copy_n(fields_[pair + 1].row(r).data() + first, count, im + r * lanes);
    }
    transform_.run(re, im, work);
    for (std::int64_t r = 0; r < length; ++r) {
      std::copy_n(re + r * lanes, count, columns_[pair].row(r).data() + first);
      std::copy_n(im + r * lanes, count, columns_[pair + 1].row(r).data() + first);
    }
  });
  // Along the rows, times the kernel, and back.
  const std::int64_t strips = (length + lanes - 1) / lanes;
  parallel_for(2 * strips, threads, [&](std::int64_t task) {
    buffer<double> room = scratch();
    double *re = room.data(), *im = re + element, *work = im + element;
    const std::int64_t pair = 2 * (task / strips), first = task % strips * lanes;
    const std::int64_t count = std::min(lanes, length - first);
    std::fill_n(re, 2 * element, 0.0);
    for (std::int64_t l = 0; l < count; ++l)
      for (std::int64_t c = 0; c < nodes_; ++c) {
        re[c * lanes + l] = columns_[pair](first + l, c);
        im[c * lanes + l] = columns_[pair + 1](first + l, c);
      }
    transform_.run(re, im, work);
    for (std::int64_t l = 0; l < count; ++l) {
      const double* k = kernel_.row(std::min(first + l, length - first - l)).data();
      for (std::int64_t c = 0; c < length; ++c) {
        re[c * lanes + l] *= k[std::min(c, length - c)];
        im[c * lanes + l] *= k[std::min(c, length - c)];
      }
    }
    transform_.run(im, re, work);
    for (std::int64_t l = 0; l < count; ++l)
      for (std::int64_t c = 0; c < nodes_; ++c) {
        columns_[pair](first + l, c) = re[c * lanes + l];
        columns_[pair + 1](first + l, c) = im[c * lanes + l];
      }
  });
  // Up the columns.
  parallel_for(2 * blocks, threads, [&](std::int64_t task) {
    buffer<double> room = scratch();
    double *re = room.data(), *im = re + element, *work = im + element;
    const std::int64_t pair = 2 * (task / blocks), first = task % blocks * lanes;
    const std::int64_t count = std::min(lanes, nodes_ - first);
    std::fill_n(re, 2 * element, 0.0);
    for (std::int64_t r = 0; r < length; ++r) {
      std::copy_n(columns_[pair].row(r).data() + first, count, re + r * lanes);
      std::copy_n(columns_[pair + 1].row(r).data() + first, count, im + r * lanes);
    }
    transform_.run(im, re, work);
    for (std::int64_t r = 0; r < nodes_; ++r) {
      std::copy_n(re + r * lanes, count, fields_[pair].row(r).data() + first);
      std::copy_n(im + r * lanes, count, fields_[pair + 1].row(r).data() + first);
    }
  });
}

}  // namespace detail

AISLE_NAMESPACE_END
