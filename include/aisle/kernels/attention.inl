// Attention of one head of one sequence, a strip of queries at a time: the scores of a strip never leave the
// cache.

inline std::int64_t attention_padded(std::int64_t rows) noexcept {
  constexpr std::int64_t nr = gemm_panel<vec>::nr;
  return (rows + nr - 1) / nr * nr;
}

inline std::int64_t attention_scratch_floats(std::int64_t rows, std::int64_t width) noexcept {
  return attention_padded(rows) * (width + gemm_shape::rows);
}

template <int M, int N>
AISLE_ALWAYS_INLINE void attention_values(const attention_block& a, const float* const* scores,
                                          std::int64_t query, std::int64_t rows, std::int64_t col) {
  gemm_tile<vec, M, N> tile;
  tile.clear();
  tile.multiply(scores, a.v + col, a.stride, a.rows);
  for (std::int64_t m = 0; m < rows; ++m) {
    AISLE_UNROLL(4)
    for (int n = 0; n < N; ++n)
      tile.acc[m][n].store(a.out + (query + m) * a.out_stride + col + n * vec::size);
  }
}

inline void attention_kernel(const attention_block& a) noexcept {
  constexpr int M = gemm_shape::rows, N = gemm_shape::cols, nr = N * vec::size;
  const std::int64_t padded = attention_padded(a.rows);
  float* keys = a.scratch;                       // panels of nr keys: width x nr each, scaled
  float* scores = a.scratch + padded * a.width;  // M x padded

  for (std::int64_t j0 = 0; j0 < padded; j0 += nr) {
    float* panel = keys + j0 * a.width;
    for (std::int64_t j = 0; j < nr; ++j) {
      const bool real = j0 + j < a.rows;
      const float* k = a.k + (real ? j0 + j : 0) * a.stride;
      for (std::int64_t d = 0; d < a.width; ++d) panel[d * nr + j] = real ? k[d] * a.scale : 0.0f;
    }
  }

  for (std::int64_t query = 0; query < a.rows; query += M) {
    const std::int64_t rows = a.rows - query < M ? a.rows - query : M;
    const float *q[M], *s[M];
    for (int m = 0; m < M; ++m) {
      q[m] = a.q + (query + (m < rows ? m : rows - 1)) * a.stride;
      s[m] = scores + m * padded;
    }
    for (std::int64_t j0 = 0; j0 < padded; j0 += nr) {
      gemm_tile<vec, M, N> tile;
      tile.clear();
      tile.multiply(q, keys + j0 * a.width, nr, a.width);
      AISLE_UNROLL(16)
      for (int m = 0; m < M; ++m) {
        AISLE_UNROLL(4)
        for (int n = 0; n < N; ++n) tile.acc[m][n].store(scores + m * padded + j0 + n * vec::size);
      }
    }
    for (std::int64_t m = 0; m < rows; ++m) {
      if (a.bias) add_row(scores + m * padded, a.bias + (query + m) * a.rows, a.rows);
      softmax_row(scores + m * padded, a.rows);
    }
    for (std::int64_t m = rows; m < M; ++m)  // rows that do not exist: anything finite
      for (std::int64_t j = 0; j < a.rows; ++j) scores[m * padded + j] = 0;

    std::int64_t d = 0;
    for (; d + nr <= a.width; d += nr) attention_values<M, N>(a, s, query, rows, d);
    for (; d + 2 * vec::size <= a.width; d += 2 * vec::size) attention_values<M, 2>(a, s, query, rows, d);
    for (; d + vec::size <= a.width; d += vec::size) attention_values<M, 1>(a, s, query, rows, d);
    for (; d < a.width; ++d)  // head widths that are no multiple of a vector
      for (std::int64_t m = 0; m < rows; ++m) {
        float v = 0;
        for (std::int64_t j = 0; j < a.rows; ++j) v += scores[m * padded + j] * a.v[j * a.stride + d];
        a.out[(query + m) * a.out_stride + d] = v;
      }
  }
}
