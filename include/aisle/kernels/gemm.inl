// C = epilogue(A B): the one loop nest behind linear layers, convolutions and the learners' products.
//
// A tile is `rows` x `cols` vectors of accumulators. Every element of C is one chain of fused multiply-adds
// over k in ascending order, whatever tile it falls in: that is what makes an item's bits independent of its
// neighbours. A chain that is cut at kc continues from what was stored in C, which is exact.

/// Packed B: a panel is k rows of its width (nr, or for the last one n
/// rounded up to a vector).
template <class V>
struct gemm_panel {
  static constexpr int nr = gemm_shape::cols * V::size;

  static AISLE_ALWAYS_INLINE std::int64_t width(std::int64_t n, std::int64_t panel) {
    const std::int64_t rest = n - panel * nr;
    return rest >= nr ? nr : (rest + V::size - 1) / V::size * V::size;
  }
};

template <class V>
inline product_memory gemm_memory(const product_shape& s) noexcept {
  return {.packed = (s.n + V::size - 1) / V::size * V::size * s.k *
                    static_cast<std::int64_t>(sizeof(typename V::scalar))};
}

template <class V>
inline void gemm_pack(const pack_block<typename V::scalar>& p) noexcept {
  using T = typename V::scalar;
  constexpr int nr = gemm_panel<V>::nr;
  const std::int64_t width = gemm_panel<V>::width(p.n, p.panel),
                     real = p.n - p.panel * nr < nr ? p.n - p.panel * nr : nr;
  T* out = reinterpret_cast<T*>(p.packed) + p.panel * nr * p.k;
  constexpr std::int64_t block = 64;  // k by width tiles of both sides stay in L1
  for (std::int64_t k0 = 0; k0 < p.k; k0 += block) {
    const std::int64_t k1 = k0 + block < p.k ? k0 + block : p.k;
    for (std::int64_t j = 0; j < width; ++j)
      for (std::int64_t i = k0; i < k1; ++i)
        out[i * width + j] = j < real ? p.columns[j * p.stride + i] : T(0);
  }
}

/// Packed B that will be read next, on its way to L2: a network's weights come from memory at every run, and
/// the processor's own prefetchers start anew with each panel.
struct prefetch_stream {
  const std::byte* at;
  std::int64_t step;  ///< bytes further for each k, at most 64

  /// What strip number `strip` of `strips`, each of `count` values of k, asks for of `bytes` bytes: its part,
  /// as memory that is asked for in bursts comes later than what is computed with.
  static AISLE_ALWAYS_INLINE prefetch_stream of_strip(const std::byte* next, std::int64_t bytes,
                                                      std::int64_t strip, std::int64_t strips,
                                                      std::int64_t count) {
    const std::int64_t ks = strips * count;
    const std::int64_t even = ks > 0 ? (bytes + ks - 1) / ks : 0, step = even < 64 ? even : 64;
    return {next + strip * count * step, step};
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
    const auto step = [&](std::int64_t k) {
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
    };
    // Four at a time: the instructions around one k take a fifth of the multiply-adds' time. Unrolled by the
    // compiler, as one that sees four steps as one block moves loads so far ahead that it runs out of
    // registers.
    if constexpr (M == gemm_shape::rows) {
      AISLE_UNROLL(4)
      for (std::int64_t k = 0; k < count; ++k) step(k);
    } else {
      for (std::int64_t k = 0; k < count; ++k) step(k);
    }
  }
  AISLE_ALWAYS_INLINE void multiply(const T* const* rows, const T* b, std::int64_t ldb, std::int64_t count) {
    multiply(rows, b, ldb, count, {reinterpret_cast<const std::byte*>(b), 0});
  }
};

/// A tile's place in C.
struct gemm_place {
  std::int64_t row, rows, col, cols;
};

/// From C into a buffer of rows of `width`, and back.
template <class T>
AISLE_NOINLINE inline void load_edge(const gemm_block<T>& g, const gemm_place& at, T* edge,
                                     std::int64_t width) noexcept {
  for (std::int64_t m = 0; m < at.rows; ++m)
    for (std::int64_t j = 0; j < at.cols; ++j) edge[m * width + j] = g.c[(at.row + m) * g.ldc + at.col + j];
}
template <class V>
AISLE_NOINLINE inline void store_edge(const gemm_block<typename V::scalar>& g, const gemm_place& at,
                                      const typename V::scalar* edge, std::int64_t width,
                                      bool finished) noexcept {
  for (std::int64_t m = 0; m < at.rows; ++m)
    finish_row<V>(finished ? g.epilogue : gemm_epilogue<typename V::scalar>(), at.row + m, at.col, at.cols,
                  edge + m * width, g.c + (at.row + m) * g.ldc + at.col);
}

/// What part of k a pass over the panels takes: runs [first_run, last_run) of A or, with a single run, its
/// elements [k_begin, k_end).
struct gemm_pass {
  std::int64_t first_run, last_run, k_begin, k_end;
  bool first, last;  ///< of all passes
};

/// One strip: up to M rows from `row`, N vectors of columns from `col`. Rows past the last one repeat it:
/// they are computed and stored once more.
template <class V, int M, int N>
inline void gemm_strip(const gemm_block<typename V::scalar>& g, const gemm_pass& pass, std::int64_t row,
                       std::int64_t col, prefetch_stream ahead) noexcept {
  using T = typename V::scalar;
  constexpr std::int64_t width = N * V::size;
  const gemm_place at = {row, g.row_end - row < M ? g.row_end - row : M, col,
                         g.n - col < width ? g.n - col : width};
  const std::int64_t last_row = row + at.rows - 1;
  const gemm_epilogue<T>& e = g.epilogue;
  const int tail = static_cast<int>(at.cols) - (N - 1) * V::size;
  const bool in_place = V::masks || at.cols == width;
  T edge[V::masks ? 1 : M * N * V::size];
  T* const to = in_place ? g.c + row * g.ldc + col : edge;
  const std::int64_t ldc = in_place ? g.ldc : width;
  const auto c = [&](int m) { return to + (m < at.rows ? m : at.rows - 1) * ldc; };

  gemm_tile<V, M, N> tile;
  if (pass.first && !e.accumulate) {
    tile.clear();
  } else {
    if (!in_place) load_edge(g, at, edge, width);
    AISLE_UNROLL(16)
    for (int m = 0; m < M; ++m) {
      const T* from = c(m);
      AISLE_UNROLL(4)
      for (int n = 0; n < N; ++n) tile.acc[m][n] = load_columns<V, N>(from, n, tail);
    }
  }

  const T* b = reinterpret_cast<const T*>(g.b) + col * g.k;
  if (!g.a.offsets) {
    const whole_rows<T, M> rows(g.a, row, last_row, pass.k_begin);
    tile.multiply(rows.at, b + pass.k_begin * width, width, pass.k_end - pass.k_begin, ahead);
  } else {
    window_rows<T, M> rows(g.a, row, last_row);
    for (std::int64_t t = pass.first_run; t < pass.last_run; ++t) {
      rows.to_run(t, g.a.zeros);
      tile.multiply(rows.at, b + t * g.a.run * width, width, g.a.run, ahead);
      ahead.at += ahead.step * g.a.run;
    }
  }

  if (pass.last && in_place) finish_tile(tile.acc, e, row, last_row, col, tail);
  AISLE_UNROLL(16)
  for (int m = 0; m < M; ++m) {
    T* into = c(m);
    AISLE_UNROLL(4)
    for (int n = 0; n < N; ++n) store_columns<V, N>(tile.acc[m][n], into, n, tail);
  }
  if (!in_place)
    store_edge<V>(g, at, edge, width, pass.last);
  else if (pass.last && is_long(e.act))
    for (std::int64_t m = 0; m < at.rows; ++m) activate_long(to + m * ldc, at.cols, e.act);
}

template <class V, int N>
AISLE_NOINLINE inline void gemm_panel_strips(const gemm_block<typename V::scalar>& g, const gemm_pass& pass,
                                             std::int64_t col, const std::byte* next) noexcept {
  constexpr int M = gemm_shape::rows;
  const std::int64_t count = (pass.last_run - pass.first_run) * (pass.k_end - pass.k_begin),
                     bytes = count * N * static_cast<std::int64_t>(sizeof(V));
  std::int64_t row = g.row_begin, strip = 0;
  const std::int64_t strips = (g.row_end - g.row_begin + M - 1) / M;
  const auto ahead = [&] { return prefetch_stream::of_strip(next, bytes, strip++, strips, count); };
  for (; g.row_end - row > M / 2; row += M) gemm_strip<V, M, N>(g, pass, row, col, ahead());
  if (g.row_end - row > 1)
    gemm_strip<V, M / 2, N>(g, pass, row, col, ahead());
  else if (g.row_end > row)
    gemm_strip<V, 1, N>(g, pass, row, col, ahead());
}

template <class V>
inline void gemm_block_kernel(const gemm_block<typename V::scalar>& g) noexcept {
  using T = typename V::scalar;
  using panel = gemm_panel<V>;
  constexpr int N = gemm_shape::cols;
  constexpr std::int64_t kc = gemm_shape::kc;
  const auto panel_at = [&](std::int64_t p, std::int64_t k) {
    return g.b + (p * panel::nr * g.k + k * panel::width(g.n, p)) * static_cast<std::int64_t>(sizeof(T));
  };
  const auto panels = [&](const gemm_pass& pass) {
    const std::int64_t k_first = pass.first_run * g.a.run + pass.k_begin,
                       k_last = (pass.last_run - 1) * g.a.run + pass.k_end;
    for (std::int64_t p = g.panel_begin; p < g.panel_end; ++p) {
      const std::int64_t width = panel::width(g.n, p), col = p * panel::nr;
      const std::byte* next =
          p + 1 < g.panel_end ? panel_at(p + 1, k_first) : panel_at(g.panel_begin, k_last);
      if (width == panel::nr)
        gemm_panel_strips<V, N>(g, pass, col, next);
      else if (N == 3 && width == 2 * V::size)
        gemm_panel_strips<V, 2>(g, pass, col, next);
      else
        gemm_panel_strips<V, 1>(g, pass, col, next);
    }
  };
  if (g.a.offsets) {
    // Whole runs at a time, as many as make about kc.
    const std::int64_t step = g.a.run >= kc ? 1 : kc / (g.a.run > 0 ? g.a.run : 1);
    for (std::int64_t t = 0; t < g.a.taps; t += step) {
      const std::int64_t end = t + step < g.a.taps ? t + step : g.a.taps;
      panels({t, end, 0, g.a.run, t == 0, end == g.a.taps});
    }
  } else {
    for (std::int64_t k = 0; k < g.k || k == 0; k += kc) {
      const std::int64_t end = k + kc < g.k ? k + kc : g.k;
      panels({0, 1, k, end, k == 0, end == g.k});
    }
  }
}

inline bool fits_everywhere(const product_shape&) noexcept { return true; }
template <class V, const vector_costs& cost>
inline double cost_of_panels(const product_shape& s) noexcept {
  return panels_cost(cost.tile, s, gemm_shape::rows, V::size, gemm_shape::cols);
}

/// The entry of a list of products.
template <class V, const vector_costs& cost>
inline constexpr product_kernel<typename V::scalar> panel_product = {
    .name = "fma",
    .arithmetic = arithmetic::fma,
    .a = left_format::in_place,
    .b = right_format::panels,
    .tile_rows = tile_rows(gemm_shape::rows),
    .panel_columns = panel_columns(gemm_panel<V>::nr),
    .block_rows = block_rows(gemm_shape::mc),
    .fits = fits_everywhere,
    .cost = cost_of_panels<V, cost>,
    .memory = gemm_memory<V>,
    .pack = gemm_pack<V>,
    .block = gemm_block_kernel<V>,
};
