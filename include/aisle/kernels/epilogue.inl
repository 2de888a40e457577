// What becomes of sums before they are stored, for every product kernel: bias, residual, activation, in this
// order, over a tile in registers or a row in memory. GELU and tanh are too long to be repeated for each
// accumulator: they run over a tile's stored rows while these are in L1.

AISLE_ALWAYS_INLINE bool is_long(activation act) {
  return act == activation::gelu || act == activation::tanh;
}

/// Those that are a bound or two.
template <class V>
AISLE_ALWAYS_INLINE V clamp_to(V v, activation act) {
  if (act == activation::relu || act == activation::relu6) v = max(V::zero(), v);
  if (act == activation::relu6) v = min(V::set1(typename V::scalar(6)), v);
  return v;
}

AISLE_ALWAYS_INLINE void activate_long(float* y, std::int64_t n, activation act) {
  if (is_long(act)) activate_row(y, y, n, act);
}
AISLE_ALWAYS_INLINE void activate_long(double*, std::int64_t, activation) {}  // learners have none of these

/// Vector n of the N of a tile's row. Of the last one only `tail` columns exist: they are masked where that
/// costs nothing; elsewhere a tile at C's edge is computed in a buffer of whole vectors.
template <class V, int N>
AISLE_ALWAYS_INLINE V load_columns(const typename V::scalar* p, int n, int tail) {
  if constexpr (V::masks)
    if (n == N - 1) return V::load_n(p + n * V::size, tail);
  return V::load(p + n * V::size);
}
template <class V, int N>
AISLE_ALWAYS_INLINE void store_columns(V v, typename V::scalar* p, int n, int tail) {
  if constexpr (V::masks)
    if (n == N - 1) return v.store_n(p + n * V::size, tail);
  v.store(p + n * V::size);
}

/// A tile from `row`, whose rows past `last_row` repeat it, and `col`; the long activations are left.
template <class V, int M, int N>
AISLE_ALWAYS_INLINE void finish_tile(V (&sums)[M][N], const gemm_epilogue<typename V::scalar>& e,
                                     std::int64_t row, std::int64_t last_row, std::int64_t col, int tail) {
  if (e.bias) {
    AISLE_UNROLL(4)
    for (int n = 0; n < N; ++n) {
      const V bias = load_columns<V, N>(e.bias + col, n, tail);
      AISLE_UNROLL(16)
      for (int m = 0; m < M; ++m) sums[m][n] = sums[m][n] + bias;
    }
  }
  if (e.residual) {
    AISLE_UNROLL(16)
    for (int m = 0; m < M; ++m) {
      const auto* r = e.residual + (row + m < last_row ? row + m : last_row) * e.residual_stride + col;
      AISLE_UNROLL(4)
      for (int n = 0; n < N; ++n) sums[m][n] = sums[m][n] + load_columns<V, N>(r, n, tail);
    }
  }
  if (e.act == activation::relu || e.act == activation::relu6) {
    AISLE_UNROLL(16)
    for (int m = 0; m < M; ++m) {
      AISLE_UNROLL(4)
      for (int n = 0; n < N; ++n) sums[m][n] = max(V::zero(), sums[m][n]);
    }
  }
  if (e.act == activation::relu6) {
    AISLE_UNROLL(16)
    for (int m = 0; m < M; ++m) {
      AISLE_UNROLL(4)
      for (int n = 0; n < N; ++n) sums[m][n] = min(V::set1(typename V::scalar(6)), sums[m][n]);
    }
  }
}

/// c = epilogue(sums) for `cols` columns of one row from column `col`.
template <class V>
inline void finish_row(const gemm_epilogue<typename V::scalar>& e, std::int64_t row, std::int64_t col,
                       std::int64_t cols, const typename V::scalar* sums, typename V::scalar* c) {
  const auto* residual = e.residual ? e.residual + row * e.residual_stride + col : nullptr;
  for (std::int64_t j = 0; j < cols; j += V::size) {
    const int n = cols - j < V::size ? static_cast<int>(cols - j) : V::size;
    V v = V::load_n(sums + j, n);
    if (e.bias) v = v + V::load_n(e.bias + col + j, n);
    if (residual) v = v + V::load_n(residual + j, n);
    clamp_to(v, e.act).store_n(c + j, n);
  }
  activate_long(c, cols, e.act);
}
