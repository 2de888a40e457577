// Single-precision products from bfloat16 tiles. Each float is the sum of three bfloat16 (8 bits each: 24 in
// all); of the nine products of the parts the six largest are summed, the others lie below float's last bit.
// Within a chunk of k the five small products are accumulated before the large one, so that their roundings
// stay small, and chunks are added in float: the error against double is no larger than that of a chain of
// fused multiply-adds.
//
// `Tiles` multiplies 16 x 32 by 32 x 16 bfloat16 tiles: AMX instructions, or a scalar emulation with the same
// layouts.

namespace split {

constexpr std::int64_t tile_rows = 16, tile_k = 32, tile_elements = 512, kc = 256;
constexpr int parts = 3;

AISLE_ALWAYS_INLINE std::uint32_t bits_of(float x) {
  std::uint32_t b;
  __builtin_memcpy(&b, &x, 4);
  return b;
}
AISLE_ALWAYS_INLINE float float_of(std::uint16_t h) {
  const std::uint32_t b = static_cast<std::uint32_t>(h) << 16;
  float x;
  __builtin_memcpy(&x, &b, 4);
  return x;
}
/// Nearest bfloat16, ties to even; a finite value that would round to infinity is truncated, its rest goes to
/// the next part.
AISLE_ALWAYS_INLINE std::uint16_t nearest(float x) {
  const std::uint32_t b = bits_of(x), r = b + 0x7FFFu + ((b >> 16) & 1u);
  return static_cast<std::uint16_t>(((r & 0x7F800000u) == 0x7F800000u ? b : r) >> 16);
}
AISLE_ALWAYS_INLINE bool finite(float x) { return (bits_of(x) & 0x7F800000u) != 0x7F800000u; }

AISLE_ALWAYS_INLINE void split_value(float x, std::uint16_t out[parts]) {
  out[0] = nearest(x);
  if (!finite(x)) {  // inf - inf would make the rest NaN
    if ((bits_of(x) & 0x7FFFFFu) != 0) out[0] = static_cast<std::uint16_t>(out[0] | 0x40u);
    out[1] = out[2] = 0;
    return;
  }
  const float rest = x - float_of(out[0]);
  out[1] = nearest(rest);
  out[2] = nearest(rest - float_of(out[1]));
}

AISLE_ALWAYS_INLINE std::int64_t round_up(std::int64_t n, std::int64_t to) { return (n + to - 1) / to * to; }

inline std::int64_t packed_bytes(std::int64_t k, std::int64_t n) noexcept {
  return round_up(n, tile_rows) * round_up(k, tile_k) * parts * 2;
}

/// Tiles of B: [column tile][k tile][part][k pair][column][2]. A panel is two column tiles.
inline void pack(const float* columns, std::int64_t stride, std::int64_t k, std::int64_t n,
                 std::int64_t panel, std::byte* packed) noexcept {
  const std::int64_t k_tiles = round_up(k, tile_k) / tile_k;
  for (std::int64_t half = 0; half < 2; ++half) {
    const std::int64_t tile = panel * 2 + half, first = tile * tile_rows;
    if (first >= n) break;
    auto* out = reinterpret_cast<std::uint16_t*>(packed) + tile * k_tiles * parts * tile_elements;
    for (std::int64_t kt = 0; kt < k_tiles; ++kt, out += parts * tile_elements)
      for (std::int64_t i = 0; i < tile_k; ++i)
        for (std::int64_t j = 0; j < tile_rows; ++j) {
          const std::int64_t ki = kt * tile_k + i;
          std::uint16_t p[parts] = {};
          if (ki < k && first + j < n) split_value(columns[(half * tile_rows + j) * stride + ki], p);
          for (int part = 0; part < parts; ++part)
            out[part * tile_elements + (i / 2) * 32 + j * 2 + i % 2] = p[part];
        }
  }
}

inline std::int64_t scratch_bytes(std::int64_t k) noexcept {
  return 2 * round_up(k, tile_k) / tile_k * parts * tile_elements * 2 + 4 * 256 * 4 * 2 + round_up(k, 16) * 4;
}

/// The same layouts, one multiply-add after the other in the instruction's order of k.
struct emulated_tiles {
  float acc[4][256];
  static AISLE_ALWAYS_INLINE void configure() {}
  static AISLE_ALWAYS_INLINE void release() {}
  AISLE_ALWAYS_INLINE void clear() { __builtin_memset(acc, 0, sizeof acc); }
  static AISLE_ALWAYS_INLINE void dot(float* c, const std::uint16_t* a, const std::uint16_t* b) {
    for (int m = 0; m < 16; ++m)
      for (int pair = 0; pair < 16; ++pair) {
        const float a0 = float_of(a[m * 32 + pair * 2]), a1 = float_of(a[m * 32 + pair * 2 + 1]);
        for (int n = 0; n < 16; ++n) {
          c[m * 16 + n] += a0 * float_of(b[pair * 32 + n * 2]);
          c[m * 16 + n] += a1 * float_of(b[pair * 32 + n * 2 + 1]);
        }
      }
  }
  AISLE_ALWAYS_INLINE void step(const std::uint16_t* a0, const std::uint16_t* a1, const std::uint16_t* b0,
                                const std::uint16_t* b1) {
    dot(acc[0], a0, b0);
    dot(acc[1], a0, b1);
    dot(acc[2], a1, b0);
    dot(acc[3], a1, b1);
  }
  AISLE_ALWAYS_INLINE void read(float* out) const { __builtin_memcpy(out, acc, sizeof acc); }
};

/// Row `r` of A in one piece.
AISLE_ALWAYS_INLINE void gather_row(const gemm_rows<float>& a, std::int64_t r, std::int64_t k, float* out) {
  if (!a.offsets) {
    __builtin_memcpy(out, a.data + r * a.stride, static_cast<std::size_t>(k) * sizeof(float));
    return;
  }
  const std::int64_t item = r / a.rows_per_item;
  const std::int32_t* offsets = a.offsets + (r - item * a.rows_per_item) * a.taps;
  for (std::int64_t t = 0; t < a.taps; ++t) {
    const float* from = offsets[t] < 0 ? a.zeros : a.data + item * a.item_stride + offsets[t];
    __builtin_memcpy(out + t * a.run, from, static_cast<std::size_t>(a.run) * sizeof(float));
  }
}

/// Bias, residual and activation of one row of up to 16 columns.
AISLE_ALWAYS_INLINE void finish_row(const gemm_block<float>& g, std::int64_t row, std::int64_t col,
                                    const float* sums) {
  const std::int64_t cols = g.n - col < tile_rows ? g.n - col : tile_rows;
  float* c = g.c + row * g.ldc + col;
  for (std::int64_t j = 0; j < cols; ++j) {
    float v = g.accumulate ? c[j] + sums[j] : sums[j];
    if (g.bias) v += g.bias[col + j];
    if (g.residual) v += g.residual[row * g.ldr + col + j];
    c[j] = v;
  }
  if (g.act != activation::none) activate_row(c, c, cols, g.act);
}

/// A row with an infinity or NaN in it: inf * 0 of the split parts would be NaN, so it takes the plain sum.
AISLE_NOINLINE inline void plain_row(const gemm_block<float>& g, std::int64_t row, std::int64_t col,
                                     const float* a, const std::uint16_t* b, float* sums) noexcept {
  for (int j = 0; j < 16; ++j) sums[j] = 0;
  for (std::int64_t i = 0; i < g.k; ++i) {
    const std::uint16_t* tile = b + i / tile_k * parts * tile_elements + (i % tile_k / 2) * 32 + i % 2;
    for (int j = 0; j < 16; ++j)
      sums[j] += a[i] * (float_of(tile[j * 2]) +
                         (float_of(tile[tile_elements + j * 2]) + float_of(tile[2 * tile_elements + j * 2])));
  }
  finish_row(g, row, col, sums);
}

template <class Tiles>
inline void block(const gemm_block<float>& g) noexcept {
  const std::int64_t k_tiles = round_up(g.k, tile_k) / tile_k, a_tile = parts * tile_elements;
  auto* a = reinterpret_cast<std::uint16_t*>(g.scratch);  // [2 row tiles][k tile][part][row][32]
  auto* chunk = reinterpret_cast<float*>(g.scratch + 2 * k_tiles * a_tile * 2);
  float *total = chunk + 4 * 256, *values = total + 4 * 256;
  const auto* packed = reinterpret_cast<const std::uint16_t*>(g.b);
  Tiles tiles;
  Tiles::configure();
  for (std::int64_t row = g.row_begin; row < g.row_end; row += 32) {
    const std::int64_t rows = g.row_end - row < 32 ? g.row_end - row : 32;
    std::uint32_t special = 0;
    for (std::int64_t m = 0; m < 32; ++m) {
      std::uint16_t* out = a + m / 16 * k_tiles * a_tile + m % 16 * 32;
      const bool real = m < rows;
      if (real) gather_row(g.a, row + m, g.k, values);
      bool all_finite = true;
      for (std::int64_t i = 0; i < k_tiles * tile_k; ++i) {
        std::uint16_t p[parts] = {};
        if (real && i < g.k) {
          if (finite(values[i]))
            split_value(values[i], p);
          else
            all_finite = false;
        }
        for (int part = 0; part < parts; ++part)
          out[(i / tile_k * parts + part) * tile_elements + i % tile_k] = p[part];
      }
      if (!all_finite) special |= 1u << m;
    }
    for (std::int64_t panel = g.panel_begin; panel < g.panel_end; ++panel) {
      const std::int64_t col = panel * 32;
      const bool second = col + 16 < g.n;
      const std::uint16_t* b0 = packed + panel * 2 * k_tiles * a_tile;
      const std::uint16_t* b1 = second ? b0 + k_tiles * a_tile : b0;
      for (int i = 0; i < 4 * 256; ++i) total[i] = 0;
      for (std::int64_t k0 = 0; k0 < k_tiles; k0 += kc / tile_k) {
        const std::int64_t k1 = k0 + kc / tile_k < k_tiles ? k0 + kc / tile_k : k_tiles;
        tiles.clear();
        constexpr int pairs[6][2] = {{0, 2}, {2, 0}, {1, 1}, {0, 1}, {1, 0}, {0, 0}};
        for (int pair = 0; pair < 6; ++pair)
          for (std::int64_t kt = k0; kt < k1; ++kt) {
            const std::int64_t pa = (kt * parts + pairs[pair][0]) * tile_elements;
            const std::int64_t pb = (kt * parts + pairs[pair][1]) * tile_elements;
            tiles.step(a + pa, a + k_tiles * a_tile + pa, b0 + pb, b1 + pb);
          }
        tiles.read(chunk);
        for (int i = 0; i < 4 * 256; ++i) total[i] += chunk[i];
      }
      for (std::int64_t m = 0; m < rows; ++m)
        for (int half = 0; half < (second ? 2 : 1); ++half) {
          float* sums = total + (m / 16 * 2 + half) * 256 + m % 16 * 16;
          if (special & (1u << m)) {
            gather_row(g.a, row + m, g.k, values);
            plain_row(g, row + m, col + half * 16, values, half ? b1 : b0, sums);
          } else {
            finish_row(g, row + m, col + half * 16, sums);
          }
        }
    }
  }
  Tiles::release();
}

}  // namespace split
