// Loops over the rows of a channels-last activation: normalisation, softmax, pooling over rows, embeddings.

/// Sum of a function of each value of a row, in lanes first: the order depends on the row's length alone.
template <class Map>
AISLE_ALWAYS_INLINE float row_sum(const float* x, std::int64_t n, Map map) {
  vec a = vec::zero(), b = vec::zero();
  std::int64_t i = 0;
  for (; i + 2 * vec::size <= n; i += 2 * vec::size) {
    a = a + map(vec::load(x + i));
    b = b + map(vec::load(x + i + vec::size));
  }
  for (; i + vec::size <= n; i += vec::size) a = a + map(vec::load(x + i));
  float rest = 0;
  for (; i < n; ++i) {
    float lane[vec::size];
    map(vec::set1(x[i])).store(lane);
    rest += lane[0];
  }
  return sum(a + b) + rest;
}

inline void layer_norm_kernel(const layer_norm_block& l) noexcept {
  const float inverse = 1.0f / static_cast<float>(l.cols);
  for (std::int64_t r = 0; r < l.rows; ++r) {
    const float* x = l.x + r * l.x_stride;
    float* y = l.y + r * l.y_stride;
    const float mean = row_sum(x, l.cols, [](vec v) { return v; }) * inverse;
    const vec m = vec::set1(mean);
    const float variance = row_sum(x, l.cols, [m](vec v) { return (v - m) * (v - m); }) * inverse;
    const vec scale = vec::set1(1.0f) / sqrt(vec::set1(variance + l.eps));
    std::int64_t c = 0;
    for (; c + vec::size <= l.cols; c += vec::size)
      fma((vec::load(x + c) - m) * scale, vec::load(l.gamma + c), vec::load(l.beta + c)).store(y + c);
    if (c < l.cols) {
      const int n = static_cast<int>(l.cols - c);
      fma((vec::load_n(x + c, n) - m) * scale, vec::load_n(l.gamma + c, n), vec::load_n(l.beta + c, n))
          .store_n(y + c, n);
    }
  }
}

AISLE_ALWAYS_INLINE void add_row(float* x, const float* y, std::int64_t n) {
  std::int64_t i = 0;
  for (; i + vec::size <= n; i += vec::size) (vec::load(x + i) + vec::load(y + i)).store(x + i);
  for (; i < n; ++i) x[i] += y[i];
}

/// e^x for x <= 0, and 0 where it is below 1e-33: subnormal weights cost a hundred cycles a product, and
/// Swin's windows have them by the thousand (scores of -100). From 2e-26 on it is exp(x) to the bit.
AISLE_ALWAYS_INLINE vec exp_of_score(vec x) { return max(vec::zero(), exp(x) - vec::set1(1e-33f)); }

/// In place; returns nothing, rows of any length. Subtracting the maximum keeps exp from overflowing.
AISLE_ALWAYS_INLINE void softmax_row(float* x, std::int64_t n) {
  vec top = vec::set1(-__builtin_inff());
  std::int64_t i = 0;
  for (; i + vec::size <= n; i += vec::size) top = max(top, vec::load(x + i));
  float peak = max_element(top);
  for (; i < n; ++i) peak = x[i] > peak ? x[i] : peak;
  const vec p = vec::set1(peak);
  vec total = vec::zero();
  for (i = 0; i + vec::size <= n; i += vec::size) {
    const vec e = exp_of_score(vec::load(x + i) - p);
    e.store(x + i);
    total = total + e;
  }
  float rest = 0;
  if (i < n) {
    const int left = static_cast<int>(n - i);
    exp_of_score(vec::load_n(x + i, left) - p).store_n(x + i, left);
    for (std::int64_t j = i; j < n; ++j) rest += x[j];
  }
  const vec inverse = vec::set1(1.0f / (sum(total) + rest));
  for (i = 0; i + vec::size <= n; i += vec::size) (vec::load(x + i) * inverse).store(x + i);
  if (i < n) {
    const int left = static_cast<int>(n - i);
    (vec::load_n(x + i, left) * inverse).store_n(x + i, left);
  }
}

inline void softmax_kernel(float* x, std::int64_t rows, std::int64_t cols) noexcept {
  for (std::int64_t r = 0; r < rows; ++r) softmax_row(x + r * cols, cols);
}

inline void embedding_kernel(const embedding_block& e) noexcept {
  for (std::int64_t r = 0; r < e.rows; ++r) {
    const float *w = e.words + e.ids[r] * e.cols, *p = e.positions + e.at[r] * e.cols;
    float* y = e.y + r * e.y_stride;
    std::int64_t c = 0;
    for (; c + vec::size <= e.cols; c += vec::size)
      (vec::load(w + c) + vec::load(e.type + c) + vec::load(p + c)).store(y + c);
    for (; c < e.cols; ++c) y[c] = w[c] + e.type[c] + p[c];
  }
}

/// Sums over rows in blocks of fixed size: partial sums keep the error of a long column small, and the order
/// is the same whoever computes it.
template <class Map>
AISLE_ALWAYS_INLINE void column_sums(const columns_block& b, Map map) {
  constexpr std::int64_t block = 64;
  for (std::int64_t c = b.col_begin; c < b.col_end; c += vec::size) {
    const int n = b.col_end - c < vec::size ? static_cast<int>(b.col_end - c) : vec::size;
    vec total = vec::zero();
    for (std::int64_t r0 = 0; r0 < b.rows; r0 += block) {
      const std::int64_t r1 = r0 + block < b.rows ? r0 + block : b.rows;
      vec part = vec::zero();
      if (n == vec::size)
        for (std::int64_t r = r0; r < r1; ++r) part = map(vec::load(b.x + r * b.x_stride + c), part);
      else
        for (std::int64_t r = r0; r < r1; ++r) part = map(vec::load_n(b.x + r * b.x_stride + c, n), part);
      total = total + part;
    }
    (total * vec::set1(b.scale)).store_n(b.y + c, n);
  }
}

/// N vectors of a sum of gathered rows; rows in blocks, as column_sums has them. What each block's sum loses
/// in the total is carried to the next (Kahan): texts may have millions of tokens.
template <int N, bool Weighted>
AISLE_ALWAYS_INLINE void gather_columns(const gather_block& b, std::int64_t c, int last) {
  constexpr std::int64_t block = 64;
  vec total[N], lost[N];
  for (int n = 0; n < N; ++n) total[n] = lost[n] = vec::zero();
  for (std::int64_t r0 = 0; r0 < b.count; r0 += block) {
    const std::int64_t r1 = r0 + block < b.count ? r0 + block : b.count;
    vec part[N];
    for (int n = 0; n < N; ++n) part[n] = vec::zero();
    for (std::int64_t r = r0; r < r1; ++r) {
      const float* x = b.table + b.rows[r] * b.cols + c;
      for (int n = 0; n < N; ++n) {
        const vec v = last == vec::size ? vec::load(x + n * vec::size) : vec::load_n(x, last);
        if constexpr (Weighted)
          part[n] = fma(vec::set1(b.weights[r]), v, part[n]);
        else
          part[n] = part[n] + v;
      }
    }
    for (int n = 0; n < N; ++n) {
      const vec more = part[n] - lost[n], sum = total[n] + more;
      lost[n] = (sum - total[n]) - more;
      total[n] = sum;
    }
  }
  for (int n = 0; n < N; ++n) {
    const vec y = total[n] * vec::set1(b.scale);
    if (last == vec::size)
      y.store(b.y + c + n * vec::size);
    else
      y.store_n(b.y + c, last);
  }
}

template <bool Weighted>
AISLE_ALWAYS_INLINE void gather_rows(const gather_block& b) {
  constexpr int wide = 4;
  std::int64_t c = 0;
  for (; c + wide * vec::size <= b.cols; c += wide * vec::size)
    gather_columns<wide, Weighted>(b, c, vec::size);
  for (; c + vec::size <= b.cols; c += vec::size) gather_columns<1, Weighted>(b, c, vec::size);
  if (c < b.cols) gather_columns<1, Weighted>(b, c, static_cast<int>(b.cols - c));
}

inline void gather_sum_kernel(const gather_block& b) noexcept {
  if (b.weights)
    gather_rows<true>(b);
  else
    gather_rows<false>(b);
}

/// y[c] = scale * sum over rows of x[., c]
inline void column_sum_kernel(const columns_block& b) noexcept {
  column_sums(b, [](vec v, vec acc) { return acc + v; });
}
/// y[c] = scale * sum over rows of x[., c]^2
inline void column_squares_kernel(const columns_block& b) noexcept {
  column_sums(b, [](vec v, vec acc) { return fma(v, v, acc); });
}

inline void affine_kernel(const affine_block& b) noexcept {
  for (std::int64_t r = 0; r < b.rows; ++r) {
    const float* x = b.x + r * b.x_stride;
    const float* residual = b.residual ? b.residual + r * b.residual_stride : nullptr;
    float* y = b.y + r * b.y_stride;
    for (std::int64_t c = 0; c < b.cols; c += vec::size) {
      const int n = b.cols - c < vec::size ? static_cast<int>(b.cols - c) : vec::size;
      const auto load = [&](const float* p) {
        return n == vec::size ? vec::load(p + c) : vec::load_n(p + c, n);
      };
      vec v = load(x);
      if (b.scale) v = b.shift ? fma(v, load(b.scale), load(b.shift)) : v * load(b.scale);
      if (!b.scale && b.shift) v = v + load(b.shift);
      if (residual) v = v + load(residual);
      v = activate(v, b.act);
      if (n == vec::size)
        v.store(y + c);
      else
        v.store_n(y + c, n);
    }
  }
}
