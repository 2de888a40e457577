#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <utility>

#include <aisle/base/error.hpp>
#include <aisle/base/parallel.hpp>
#include <aisle/base/process.hpp>
#include <aisle/learn/detail/symmetric_eigen.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// A reflection I - beta v v^T that takes x to a multiple of the first axis. `x` becomes v; the multiple is
/// returned.
inline double make_reflection(double* x, std::int64_t n, double& beta) {
  double largest = 0;
  for (std::int64_t i = 0; i < n; ++i) largest = std::max(largest, std::abs(x[i]));
  double rest = 0;
  for (std::int64_t i = 1; i < n; ++i) rest = std::max(rest, std::abs(x[i]));
  beta = 0;
  if (rest == 0) return n > 0 ? x[0] : 0;
  for (std::int64_t i = 0; i < n; ++i) x[i] /= largest;
  const double norm = std::sqrt(dot(x, x, n));
  const double to = x[0] > 0 ? -norm : norm;  // away from x: no cancellation
  x[0] -= to;
  beta = 2 / dot(x, x, n);
  return to * largest;
}

/// out[c] = sum of v[r] a(r, c) over rows and columns from `first` on, where a is symmetric.
inline void multiply_trailing(const matrix<double>& a, std::int64_t first, const double* v, double* out,
                              int threads) {
  const std::int64_t n = a.rows(), m = n - first;
  each_piece(m, threads_of_pass(m * m, threads), [&](std::int64_t begin, std::int64_t end) {
    double* to = out + begin;
    const std::int64_t width = end - begin;
    std::fill_n(to, width, 0.0);
    std::int64_t r = 0;
    for (; r + 4 <= m; r += 4) {  // four rows at a time, so that sums are loaded and stored less often
      const double* p = a.row(first + r).data() + first + begin;
      const double *q = p + n, *s = q + n, *t = s + n;
      const double v0 = v[r], v1 = v[r + 1], v2 = v[r + 2], v3 = v[r + 3];
      for (std::int64_t c = 0; c < width; ++c) to[c] += (v0 * p[c] + v1 * q[c]) + (v2 * s[c] + v3 * t[c]);
    }
    for (; r < m; ++r) {
      const double* p = a.row(first + r).data() + first + begin;
      for (std::int64_t c = 0; c < width; ++c) to[c] += v[r] * p[c];
    }
  });
}

/// T = Q^T A Q, tridiagonal, with Q a product of reflections: reflection j is row j of `reflections` from
/// column j + 1 on.
struct tridiagonal_form {
  std::vector<double> diagonal, beside, betas;
  matrix<double> reflections;
};

/// As LAPACK's dsytrd: the trailing matrix takes up a panel of reflections at once; within the panel products
/// with it are corrected by those that it has not taken up yet.
AISLE_API tridiagonal_form make_tridiagonal(matrix<double> a, int threads) {
  constexpr std::int64_t panel = 32;
  const std::int64_t n = a.rows();
  tridiagonal_form out{std::vector<double>(static_cast<std::size_t>(n)),
                       std::vector<double>(static_cast<std::size_t>(n), 0.0),
                       std::vector<double>(static_cast<std::size_t>(n), 0.0),
                       {}};
  matrix<double> v(panel, n), w(panel, n);  // of the panel: A - sum of v w^T + w v^T
  for (std::int64_t start = 0; start < n; start += panel) {
    throw_if_interrupted();
    const std::int64_t count = std::min(panel, n - start);
    for (std::int64_t k = 0; k < count; ++k) {
      const std::int64_t j = start + k, m = n - j - 1;
      double* row = a.row(j).data();
      for (std::int64_t q = 0; q < k; ++q)
        for (std::int64_t c = j; c < n; ++c) row[c] -= v(q, j) * w(q, c) + w(q, j) * v(q, c);
      out.diagonal[static_cast<std::size_t>(j)] = row[j];
      std::fill_n(v.row(k).data(), n, 0.0);
      std::fill_n(w.row(k).data(), n, 0.0);
      if (m == 0) break;
      double& beta = out.betas[static_cast<std::size_t>(j)];
      out.beside[static_cast<std::size_t>(j)] = make_reflection(row + j + 1, m, beta);
      if (beta == 0) continue;
      double *vk = v.row(k).data() + j + 1, *wk = w.row(k).data() + j + 1;
      std::copy_n(row + j + 1, m, vk);
      multiply_trailing(a, j + 1, vk, wk, threads);
      for (std::int64_t q = 0; q < k; ++q) {
        const double *vq = v.row(q).data() + j + 1, *wq = w.row(q).data() + j + 1;
        const double by_w = dot(wq, vk, m), by_v = dot(vq, vk, m);
        for (std::int64_t c = 0; c < m; ++c) wk[c] -= by_w * vq[c] + by_v * wq[c];
      }
      const double half = beta * beta * dot(wk, vk, m) / 2;
      for (std::int64_t c = 0; c < m; ++c) wk[c] = beta * wk[c] - half * vk[c];
    }
    const std::int64_t from = start + count;
    parallel_for(n - from, threads_of_pass((n - from) * (n - from), threads), [&](std::int64_t i) {
      const std::int64_t r = from + i;
      double* row = a.row(r).data();
      for (std::int64_t q = 0; q < count; ++q) {
        const double vr = v(q, r), wr = w(q, r);
        const double *vq = v.row(q).data(), *wq = w.row(q).data();
        for (std::int64_t c = from; c < n; ++c) row[c] -= vr * wq[c] + wr * vq[c];
      }
    });
  }
  out.reflections = std::move(a);
  return out;
}

/// A rotation of rows i and i + 1.
struct plane_rotation {
  std::int64_t i;
  double c, s;
};

/// Eigenvalues of a tridiagonal matrix take the diagonal's place, in no order. Returns the rotations that
/// did it.
AISLE_API std::vector<plane_rotation> diagonalise(std::vector<double>& d, std::vector<double>& e) {
  const auto n = static_cast<std::int64_t>(d.size());
  std::vector<plane_rotation> rotations;
  const auto at = [](std::vector<double>& list, std::int64_t i) -> double& {
    return list[static_cast<std::size_t>(i)];
  };
  double norm = 0;
  for (std::int64_t i = 0; i < n; ++i) norm = std::max(norm, std::abs(at(d, i)) + std::abs(at(e, i)));
  // What is below the rounding of the whole matrix is nothing: where most of it is rounding (rows of few
  // directions), each sweep would leave as much again.
  const double nothing = norm * std::numeric_limits<double>::epsilon();
  for (std::int64_t l = 0; l < n; ++l) {
    for (int sweep = 0;; ++sweep) {
      std::int64_t m = l;
      for (; m + 1 < n; ++m) {
        const double near_by = std::abs(at(d, m)) + std::abs(at(d, m + 1));
        if (std::abs(at(e, m)) <= std::max(nothing, std::numeric_limits<double>::epsilon() * near_by)) break;
      }
      if (m == l) break;
      if (sweep == 60) throw error{"the eigenvalues of a symmetric matrix were not found in 60 sweeps"};
      double g = (at(d, l + 1) - at(d, l)) / (2 * at(e, l)), r = std::hypot(g, 1.0);
      g = at(d, m) - at(d, l) + at(e, l) / (g + (g >= 0 ? r : -r));
      double s = 1, c = 1, p = 0;
      std::int64_t i = m - 1;
      for (; i >= l; --i) {
        const double f = s * at(e, i), b = c * at(e, i);
        r = std::hypot(f, g);
        at(e, i + 1) = r;
        if (r == 0) {  // the matrix falls apart here
          at(d, i + 1) -= p;
          at(e, m) = 0;
          break;
        }
        s = f / r;
        c = g / r;
        g = at(d, i + 1) - p;
        r = (at(d, i) - g) * s + 2 * c * b;
        p = s * r;
        at(d, i + 1) = g + p;
        g = c * r - b;
        rotations.push_back({i, c, s});
      }
      if (i >= l) continue;
      at(d, l) -= p;
      at(e, l) = g;
      at(e, m) = 0;
    }
  }
  return rotations;
}

AISLE_API eigen_system symmetric_eigen(matrix<double> a, std::int64_t count, int threads) {
  threads = thread_budget(threads);
  const std::int64_t n = a.rows();
  count = std::min(count, n);
  tridiagonal_form form = make_tridiagonal(std::move(a), threads);
  const std::vector<plane_rotation> rotations = diagonalise(form.diagonal, form.beside);
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  const auto value = [&](std::int64_t i) { return form.diagonal[static_cast<std::size_t>(i)]; };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::int64_t x, std::int64_t y) { return value(x) > value(y); });
  eigen_system out{{}, matrix<double>(count, n)};
  for (const std::int64_t i : order) out.values.push_back(value(i));

  // A few vectors at a time, one a column: what rotates and reflects them goes over rows of them.
  constexpr std::int64_t together = 16;
  const std::int64_t groups = (count + together - 1) / together;
  parallel_for(groups, threads_of_pass(n * n * count, threads), [&](std::int64_t group) {
    const std::int64_t first = group * together, width = std::min(together, count - first);
    matrix<double> z(n, together);
    for (std::int64_t k = 0; k < width; ++k) z(order[static_cast<std::size_t>(first + k)], k) = 1;
    for (auto turn = rotations.rbegin(); turn != rotations.rend(); ++turn) {
      double *x = z.row(turn->i).data(), *y = x + together;
      for (std::int64_t k = 0; k < together; ++k) {
        const double low = x[k], high = y[k];
        x[k] = turn->c * low + turn->s * high;
        y[k] = turn->c * high - turn->s * low;
      }
    }
    for (std::int64_t j = n - 2; j >= 0; --j) {
      const double beta = form.betas[static_cast<std::size_t>(j)];
      if (beta == 0) continue;
      const double* v = form.reflections.row(j).data();
      double sums[together] = {};
      for (std::int64_t r = j + 1; r < n; ++r)
        for (std::int64_t k = 0; k < together; ++k) sums[k] += v[r] * z(r, k);
      for (double& sum : sums) sum *= beta;
      for (std::int64_t r = j + 1; r < n; ++r)
        for (std::int64_t k = 0; k < together; ++k) z(r, k) -= v[r] * sums[k];
    }
    for (std::int64_t k = 0; k < width; ++k)
      for (std::int64_t r = 0; r < n; ++r) out.vectors(first + k, r) = z(r, k);
  });
  return out;
}

/// Takes the part along the first `count` rows out of `x`.
inline void take_out(const matrix<double>& rows, std::int64_t count, double* x, int threads) {
  const std::int64_t n = rows.cols();
  std::vector<double> parts(static_cast<std::size_t>(count));
  threads = threads_of_pass(count * n, threads);
  parallel_for(count, threads,
               [&](std::int64_t i) { parts[static_cast<std::size_t>(i)] = dot(rows.row(i).data(), x, n); });
  each_piece(n, threads, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = 0; i < count; ++i) {
      const double part = parts[static_cast<std::size_t>(i)];
      const double* row = rows.row(i).data();
      for (std::int64_t c = begin; c < end; ++c) x[c] -= part * row[c];
    }
  });
}

AISLE_API void orthonormalise_rows(matrix<double>& rows, double scale, int threads) {
  threads = thread_budget(threads);
  const std::int64_t n = rows.cols();
  std::int64_t axis = 0;
  for (std::int64_t k = 0; k < rows.rows(); ++k) {
    double* x = rows.row(k).data();
    double least = scale * 1e-13, norm = 0;
    for (;;) {
      take_out(rows, k, x, threads);
      take_out(rows, k, x, threads);
      norm = std::sqrt(dot(x, x, n));
      if (norm > least || axis >= n) break;
      std::fill_n(x, n, 0.0);
      x[axis++] = 1;
      // Some axis keeps this much: the squares of what all n of them keep sum up to n - k.
      least = 0.5 / std::sqrt(static_cast<double>(n));
    }
    for (std::int64_t c = 0; c < n; ++c) x[c] /= norm;
  }
}

}  // namespace detail

AISLE_NAMESPACE_END
