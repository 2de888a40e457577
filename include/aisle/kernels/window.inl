// Sliding windows over channels-last maps: depthwise convolution and pooling. Vectors run along the channels.

/// The part of a window that lies inside the map.
struct window_range {
  std::int64_t y0, x0, ky0, ky1, kx0, kx1;
};
AISLE_ALWAYS_INLINE window_range clip_window(const window_block& b, std::int64_t oy, std::int64_t ox) {
  window_range r{oy * b.stride - b.pad_top, ox * b.stride - b.pad_left, 0, b.kernel_h, 0, b.kernel_w};
  if (r.y0 < 0) r.ky0 = -r.y0;
  if (r.x0 < 0) r.kx0 = -r.x0;
  if (r.y0 + r.ky1 > b.h) r.ky1 = b.h - r.y0;
  if (r.x0 + r.kx1 > b.w) r.kx1 = b.w - r.x0;
  return r;
}

/// P neighbouring outputs share each weight they load, V vectors of channels from `c` on at a time; a vector
/// that is alone may have but n of them. All of the outputs' columns must lie inside the map.
template <int P, int V, bool Whole>
AISLE_ALWAYS_INLINE void depthwise_tile(const window_block& b, float* y, const window_range& r,
                                        std::int64_t c, int n) {
  static_assert(Whole || V == 1);
  const auto load = [](const float* p, [[maybe_unused]] int size) {
    if constexpr (Whole)
      return vec::load(p);
    else
      return vec::load_n(p, size);
  };
  const std::int64_t step = b.stride * b.x_stride;
  vec acc[P][V];
  AISLE_UNROLL(8)
  for (int v = 0; v < V; ++v) {
    const vec bias = b.bias ? load(b.bias + c + v * vec::size, n) : vec::zero();
    AISLE_UNROLL(8)
    for (int p = 0; p < P; ++p) acc[p][v] = bias;
  }
  for (std::int64_t ky = r.ky0; ky < r.ky1; ++ky) {
    const float* x = b.x + ((r.y0 + ky) * b.w + r.x0 + r.kx0) * b.x_stride + c;
    const float* w = b.weights + (ky * b.kernel_w + r.kx0) * b.channels + c;
    for (std::int64_t kx = r.kx0; kx < r.kx1; ++kx, x += b.x_stride, w += b.channels) {
      vec weight[V];
      AISLE_UNROLL(8)
      for (int v = 0; v < V; ++v) weight[v] = load(w + v * vec::size, n);
      AISLE_UNROLL(8)
      for (int p = 0; p < P; ++p) {
        const float* at = x + p * step;
        AISLE_UNROLL(8)
        for (int v = 0; v < V; ++v) acc[p][v] = fma(weight[v], load(at + v * vec::size, n), acc[p][v]);
      }
    }
  }
  AISLE_UNROLL(8)
  for (int p = 0; p < P; ++p) {
    AISLE_UNROLL(8)
    for (int v = 0; v < V; ++v) {
      const vec out = activate(acc[p][v], b.act);
      if constexpr (Whole)
        out.store(y + p * b.y_stride + c + v * vec::size);
      else
        out.store_n(y + p * b.y_stride + c, n);
    }
  }
}

template <int P>
AISLE_ALWAYS_INLINE void depthwise_pixels(const window_block& b, std::int64_t oy, std::int64_t ox,
                                          const window_range& r) {
  float* y = b.y + (oy * b.out_w + ox) * b.y_stride;
  std::int64_t c = 0;
  for (; c + 2 * vec::size <= b.channels; c += 2 * vec::size)
    depthwise_tile<P, 2, true>(b, y, r, c, vec::size);
  if (c + vec::size <= b.channels) {
    depthwise_tile<P, 1, true>(b, y, r, c, vec::size);
    c += vec::size;
  }
  if (c < b.channels) depthwise_tile<P, 1, false>(b, y, r, c, static_cast<int>(b.channels - c));
}

inline void depthwise_kernel(const window_block& b) noexcept {
  constexpr int P = 4;
  for (std::int64_t oy = b.row_begin; oy < b.row_end; ++oy)
    for (std::int64_t ox = 0; ox < b.out_w;) {
      const window_range r = clip_window(b, oy, ox);
      const bool inside = r.kx0 == 0 && ox + P <= b.out_w && r.x0 + (P - 1) * b.stride + b.kernel_w <= b.w;
      if (inside) {
        depthwise_pixels<P>(b, oy, ox, r);
        ox += P;
      } else {
        depthwise_pixels<1>(b, oy, ox, r);
        ++ox;
      }
    }
}

/// V vectors of channels from `x` on; all but a last one alone are full, which has n.
template <int V, class Start, class Step, class End>
AISLE_ALWAYS_INLINE void pool_channels(const window_block& b, const window_range& r, const float* x, float* y,
                                       int n, Start start, Step step, End end) {
  vec acc[V];
  AISLE_UNROLL(8)
  for (int v = 0; v < V; ++v) acc[v] = start();
  for (std::int64_t ky = r.ky0; ky < r.ky1; ++ky)
    for (std::int64_t kx = r.kx0; kx < r.kx1; ++kx) {
      const float* at = x + ((r.y0 + ky) * b.w + r.x0 + kx) * b.x_stride;
      if (V == 1 && n < vec::size) {
        acc[0] = step(acc[0], vec::load_n(at, n));
      } else {
        AISLE_UNROLL(8)
        for (int v = 0; v < V; ++v) acc[v] = step(acc[v], vec::load(at + v * vec::size));
      }
    }
  AISLE_UNROLL(8)
  for (int v = 0; v < V; ++v) {
    if (V == 1 && n < vec::size)
      end(acc[v], r).store_n(y, n);
    else
      end(acc[v], r).store(y + v * vec::size);
  }
}

template <class Start, class Step, class End>
AISLE_ALWAYS_INLINE void pool_windows(const window_block& b, Start start, Step step, End end) {
  constexpr int V = 4;
  for (std::int64_t oy = b.row_begin; oy < b.row_end; ++oy)
    for (std::int64_t ox = 0; ox < b.out_w; ++ox) {
      const window_range r = clip_window(b, oy, ox);
      float* y = b.y + (oy * b.out_w + ox) * b.y_stride;
      std::int64_t c = 0;
      for (; c + V * vec::size <= b.channels; c += V * vec::size)
        pool_channels<V>(b, r, b.x + c, y + c, vec::size, start, step, end);
      for (; c < b.channels; c += vec::size) {
        const int n = b.channels - c < vec::size ? static_cast<int>(b.channels - c) : vec::size;
        pool_channels<1>(b, r, b.x + c, y + c, n, start, step, end);
      }
    }
}

/// Padding never wins: the window is clipped to the map.
inline void max_pool_kernel(const window_block& b) noexcept {
  pool_windows(
      b, [] { return vec::set1(-__builtin_inff()); }, [](vec a, vec x) { return max(a, x); },
      [](vec a, const window_range&) { return a; });
}

inline void average_pool_kernel(const window_block& b) noexcept {
  pool_windows(
      b, [] { return vec::zero(); }, [](vec a, vec x) { return a + x; },
      [&](vec a, const window_range& r) {
        const std::int64_t count =
            b.count_padding ? b.kernel_h * b.kernel_w : (r.ky1 - r.ky0) * (r.kx1 - r.kx0);
        return a * vec::set1(1.0f / static_cast<float>(count));
      });
}
