// C = epilogue(A B): the one loop nest behind linear layers, convolutions and the learners' products.
//
// A tile is `rows` x `cols` vectors of accumulators. Every element of C is one chain of fused multiply-adds
// over k in ascending order, whatever tile it falls in: that is what makes an item's bits independent of its
// neighbours. A chain that is cut at kc continues from what was stored in C, which is exact.

/// Packed B: panels of nr columns; a panel is k rows of its width (nr, or for the last one n rounded up to a
/// vector).
template <class V>
struct gemm_panel {
  static constexpr int nr = gemm_shape<V>::cols * V::size;

  static AISLE_ALWAYS_INLINE std::int64_t width(std::int64_t n, std::int64_t panel) {
    const std::int64_t rest = n - panel * nr;
    return rest >= nr ? nr : (rest + V::size - 1) / V::size * V::size;
  }
};

template <class V>
inline std::int64_t gemm_packed_bytes(std::int64_t k, std::int64_t n) noexcept {
  return (n + V::size - 1) / V::size * V::size * k * static_cast<std::int64_t>(sizeof(typename V::scalar));
}

/// Packs columns [panel * nr, ...) of B given as rows of its transpose: column j of the panel is `columns + j
/// * stride`.
template <class V>
inline void gemm_pack(const typename V::scalar* columns, std::int64_t stride, std::int64_t k, std::int64_t n,
                      std::int64_t panel, std::byte* packed) noexcept {
  using T = typename V::scalar;
  constexpr int nr = gemm_panel<V>::nr;
  const std::int64_t width = gemm_panel<V>::width(n, panel), real = n - panel * nr < nr ? n - panel * nr : nr;
  T* out = reinterpret_cast<T*>(packed) + panel * nr * k;
  constexpr std::int64_t block = 64;  // k by width tiles of both sides stay in L1
  for (std::int64_t k0 = 0; k0 < k; k0 += block) {
    const std::int64_t k1 = k0 + block < k ? k0 + block : k;
    for (std::int64_t j = 0; j < width; ++j)
      for (std::int64_t i = k0; i < k1; ++i) out[i * width + j] = j < real ? columns[j * stride + i] : T(0);
  }
}

/// Packed B that will be read next, on its way to L2: a network's weights come from memory at every run, and
/// the processor's own prefetchers start anew with each panel.
struct prefetch_stream {
  const std::byte* at;
  std::int64_t step;  ///< 64, or 0 when all lines have been asked for

  /// What strip number `strip` of one that takes `count` values of k asks for of `bytes` bytes.
  static AISLE_ALWAYS_INLINE prefetch_stream of_strip(const std::byte* next, std::int64_t bytes,
                                                      std::int64_t strip, std::int64_t count) {
    const std::int64_t from = strip * count * 64;
    return from < bytes ? prefetch_stream{next + from, 64} : prefetch_stream{next, 0};
  }
};

template <class V, int M, int N>
struct gemm_tile {
  using T = typename V::scalar;
  V acc[M][N];

  AISLE_ALWAYS_INLINE void clear() {
    AISLE_UNROLL(16)
    for (int m = 0; m < M; ++m) {
      AISLE_UNROLL(4)
      for (int n = 0; n < N; ++n) acc[m][n] = V::zero();
    }
  }

  /// acc += rows * b for `count` values of k; row m is at rows[m], b has N vectors every `ldb` elements. Each
  /// k asks for one line of `ahead`.
  AISLE_ALWAYS_INLINE void multiply(const T* const* rows, const T* b, std::int64_t ldb, std::int64_t count,
                                    prefetch_stream ahead) {
    const T* p[M];
    AISLE_UNROLL(16)
    for (int m = 0; m < M; ++m) p[m] = rows[m];
    for (std::int64_t k = 0; k < count; ++k) {
      if constexpr (N > 1) {  // with one vector the loads are the limit
        __builtin_prefetch(ahead.at, 0, 2);
        ahead.at += ahead.step;
      }
      V bv[N];
      AISLE_UNROLL(4)
      for (int n = 0; n < N; ++n) bv[n] = V::load(b + n * V::size);
      b += ldb;
      AISLE_UNROLL(16)
      for (int m = 0; m < M; ++m) {
        const V av = V::set1(p[m][k]);
        AISLE_UNROLL(4)
        for (int n = 0; n < N; ++n) acc[m][n] = fma(av, bv[n], acc[m][n]);
      }
    }
  }
  AISLE_ALWAYS_INLINE void multiply(const T* const* rows, const T* b, std::int64_t ldb, std::int64_t count) {
    multiply(rows, b, ldb, count, {reinterpret_cast<const std::byte*>(b), 0});
  }
};

/// Loads or stores vector n of a row of which only `cols` columns exist.
template <class V>
AISLE_ALWAYS_INLINE V load_columns(const typename V::scalar* p, std::int64_t n, std::int64_t cols) {
  const std::int64_t left = cols - n * V::size;
  if (left >= V::size) return V::load(p + n * V::size);
  return left > 0 ? V::load_n(p + n * V::size, static_cast<int>(left)) : V::zero();
}
template <class V>
AISLE_ALWAYS_INLINE void store_columns(V v, typename V::scalar* p, std::int64_t n, std::int64_t cols) {
  const std::int64_t left = cols - n * V::size;
  if (left >= V::size)
    v.store(p + n * V::size);
  else if (left > 0)
    v.store_n(p + n * V::size, static_cast<int>(left));
}

/// One strip: up to M rows from `row`, N vectors of columns from `col`, runs [first_run, last_run) of A or,
/// with a single run, its elements [k_begin, k_end).
template <class V, int M, int N>
inline void gemm_strip(const gemm_block<typename V::scalar>& g, std::int64_t row, std::int64_t col,
                       std::int64_t width, std::int64_t first_run, std::int64_t last_run,
                       std::int64_t k_begin, std::int64_t k_end, prefetch_stream ahead) noexcept {
  using T = typename V::scalar;
  const std::int64_t rows = g.row_end - row < M ? g.row_end - row : M;
  const std::int64_t cols = g.n - col < N * V::size ? g.n - col : N * V::size;
  const bool first = first_run == 0 && k_begin == 0, last = last_run == g.a.taps && k_end == g.a.run;
  gemm_tile<V, M, N> tile;

  T* c[M];
  AISLE_UNROLL(16)
  for (int m = 0; m < M; ++m) c[m] = g.c + (row + (m < rows ? m : rows - 1)) * g.ldc + col;
  if (first && !g.accumulate) {
    tile.clear();
  } else {
    AISLE_UNROLL(16)
    for (int m = 0; m < M; ++m) {
      AISLE_UNROLL(4)
      for (int n = 0; n < N; ++n) tile.acc[m][n] = load_columns<V>(c[m], n, cols);
    }
  }

  // Rows past the last one repeat it: they are computed and thrown away.
  const T* a[M];
  const std::byte* packed = g.b + static_cast<std::size_t>(col * g.k) * sizeof(T);
  const T* b = reinterpret_cast<const T*>(packed);
  if (!g.a.offsets) {
    AISLE_UNROLL(16)
    for (int m = 0; m < M; ++m) a[m] = g.a.data + (row + (m < rows ? m : rows - 1)) * g.a.stride + k_begin;
    tile.multiply(a, b + k_begin * width, width, k_end - k_begin, ahead);
  } else {
    const T* item[M];
    const std::int32_t* offsets[M];
    AISLE_UNROLL(16)
    for (int m = 0; m < M; ++m) {
      const std::int64_t r = row + (m < rows ? m : rows - 1), i = r / g.a.rows_per_item;
      item[m] = g.a.data + i * g.a.item_stride;
      offsets[m] = g.a.offsets + (r - i * g.a.rows_per_item) * g.a.taps;
    }
    for (std::int64_t t = first_run; t < last_run; ++t) {
      AISLE_UNROLL(16)
      for (int m = 0; m < M; ++m) a[m] = offsets[m][t] < 0 ? g.a.zeros : item[m] + offsets[m][t];
      tile.multiply(a, b + t * g.a.run * width, width, g.a.run, ahead);
      ahead.at += ahead.step * g.a.run;
    }
  }

  if (last) {
    AISLE_UNROLL(4)
    for (int n = 0; n < N; ++n) {
      const V bias = g.bias ? load_columns<V>(g.bias + col, n, cols) : V::zero();
      if (g.bias) {
        AISLE_UNROLL(16)
        for (int m = 0; m < M; ++m) tile.acc[m][n] = tile.acc[m][n] + bias;
      }
    }
    if (g.residual) {
      AISLE_UNROLL(16)
      for (int m = 0; m < M; ++m) {
        const T* r = g.residual + (row + (m < rows ? m : rows - 1)) * g.ldr + col;
        AISLE_UNROLL(4)
        for (int n = 0; n < N; ++n) tile.acc[m][n] = tile.acc[m][n] + load_columns<V>(r, n, cols);
      }
    }
    if (g.act == activation::relu || g.act == activation::relu6) {
      AISLE_UNROLL(16)
      for (int m = 0; m < M; ++m) {
        AISLE_UNROLL(4)
        for (int n = 0; n < N; ++n) tile.acc[m][n] = max(V::zero(), tile.acc[m][n]);
      }
    }
    if (g.act == activation::relu6) {
      AISLE_UNROLL(16)
      for (int m = 0; m < M; ++m) {
        AISLE_UNROLL(4)
        for (int n = 0; n < N; ++n) tile.acc[m][n] = min(V::set1(T(6)), tile.acc[m][n]);
      }
    }
  }
  AISLE_UNROLL(16)
  for (int m = 0; m < M; ++m) {
    if (m >= rows) break;
    AISLE_UNROLL(4)
    for (int n = 0; n < N; ++n) store_columns(tile.acc[m][n], c[m], n, cols);
  }
  // Costlier activations run over the tile while it is in L1, instead of being unrolled once for each
  // accumulator.
  if constexpr (sizeof(T) == sizeof(float)) {
    if (last && (g.act == activation::gelu || g.act == activation::tanh))
      for (std::int64_t m = 0; m < rows; ++m) activate_row(c[m], c[m], cols, g.act);
  }
}

template <class V, int N>
inline void gemm_panel_strips(const gemm_block<typename V::scalar>& g, std::int64_t col, std::int64_t width,
                              std::int64_t first_run, std::int64_t last_run, std::int64_t k_begin,
                              std::int64_t k_end, const std::byte* next) noexcept {
  constexpr int M = gemm_shape<V>::rows;
  const std::int64_t count = (last_run - first_run) * (k_end - k_begin),
                     bytes = count * N * static_cast<std::int64_t>(sizeof(V));
  std::int64_t row = g.row_begin, strip = 0;
  const auto ahead = [&] { return prefetch_stream::of_strip(next, bytes, strip++, count); };
  for (; g.row_end - row > M / 2; row += M)
    gemm_strip<V, M, N>(g, row, col, width, first_run, last_run, k_begin, k_end, ahead());
  if (g.row_end - row > 1)
    gemm_strip<V, M / 2, N>(g, row, col, width, first_run, last_run, k_begin, k_end, ahead());
  else if (g.row_end > row)
    gemm_strip<V, 1, N>(g, row, col, width, first_run, last_run, k_begin, k_end, ahead());
}

template <class V>
inline void gemm_block_kernel(const gemm_block<typename V::scalar>& g) noexcept {
  using T = typename V::scalar;
  constexpr int N = gemm_shape<V>::cols, nr = N * V::size;
  constexpr std::int64_t kc = gemm_shape<V>::kc;
  const auto panel_at = [&](std::int64_t p, std::int64_t k) {
    return g.b + (p * nr * g.k + k * gemm_panel<V>::width(g.n, p)) * static_cast<std::int64_t>(sizeof(T));
  };
  const auto panels = [&](std::int64_t first_run, std::int64_t last_run, std::int64_t k_begin,
                          std::int64_t k_end) {
    const std::int64_t k_first = first_run * g.a.run + k_begin, k_last = (last_run - 1) * g.a.run + k_end;
    for (std::int64_t p = g.panel_begin; p < g.panel_end; ++p) {
      const std::int64_t width = gemm_panel<V>::width(g.n, p);
      const std::byte* next =
          p + 1 < g.panel_end ? panel_at(p + 1, k_first) : panel_at(g.panel_begin, k_last);
      const auto strips = [&]<int n>() {
        gemm_panel_strips<V, n>(g, p * nr, width, first_run, last_run, k_begin, k_end, next);
      };
      if (width == nr)
        strips.template operator()<N>();
      else if (N == 3 && width == 2 * V::size)
        strips.template operator()<2>();
      else
        strips.template operator()<1>();
    }
  };
  if (g.a.offsets) {
    // Whole runs at a time, as many as make about kc.
    const std::int64_t step = g.a.run >= kc ? 1 : kc / (g.a.run > 0 ? g.a.run : 1);
    for (std::int64_t t = 0; t < g.a.taps; t += step)
      panels(t, t + step < g.a.taps ? t + step : g.a.taps, 0, g.a.run);
  } else {
    for (std::int64_t k = 0; k < g.k || k == 0; k += kc) panels(0, 1, k, k + kc < g.k ? k + kc : g.k);
  }
}
