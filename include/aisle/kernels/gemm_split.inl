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

inline product_memory memory(const product_shape& s) noexcept {
  const std::int64_t k_tiles = round_up(s.k, tile_k) / tile_k;
  return {.packed = round_up(s.n, tile_rows) * k_tiles * tile_k * parts * 2,
          .scratch = round_up(
              2 * k_tiles * parts * tile_elements * 2 + 4 * 256 * 4 * 2 + round_up(s.k, 16) * 4, 64)};
}

/// Tiles of B: [column tile][k tile][part][k pair][column][2]. A panel is two column tiles.
inline void pack(const pack_block<float>& b) noexcept {
  const std::int64_t k_tiles = round_up(b.k, tile_k) / tile_k;
  for (std::int64_t half = 0; half < 2; ++half) {
    const std::int64_t tile = b.panel * 2 + half, first = tile * tile_rows;
    if (first >= b.n) break;
    auto* out = reinterpret_cast<std::uint16_t*>(b.packed) + tile * k_tiles * parts * tile_elements;
    for (std::int64_t kt = 0; kt < k_tiles; ++kt, out += parts * tile_elements)
      for (std::int64_t i = 0; i < tile_k; ++i)
        for (std::int64_t j = 0; j < tile_rows; ++j) {
          const std::int64_t ki = kt * tile_k + i;
          std::uint16_t p[parts] = {};
          if (ki < b.k && first + j < b.n) split_value(b.columns[(half * tile_rows + j) * b.stride + ki], p);
          for (int part = 0; part < parts; ++part)
            out[part * tile_elements + (i / 2) * 32 + j * 2 + i % 2] = p[part];
        }
  }
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

/// A row with an infinity or NaN in it: inf * 0 of the split parts would be NaN, so it takes the plain sum.
AISLE_NOINLINE inline void plain_sums(const float* a, std::int64_t k, const std::uint16_t* b,
                                      float* sums) noexcept {
  for (int j = 0; j < 16; ++j) sums[j] = 0;
  for (std::int64_t i = 0; i < k; ++i) {
    const std::uint16_t* tile = b + i / tile_k * parts * tile_elements + (i % tile_k / 2) * 32 + i % 2;
    for (int j = 0; j < 16; ++j)
      sums[j] += a[i] * (float_of(tile[j * 2]) +
                         (float_of(tile[tile_elements + j * 2]) + float_of(tile[2 * tile_elements + j * 2])));
  }
}

/// Rows [row, row + 32) of A in tiles of three parts, [row tile][k tile][part][row][32], zeros past the last
/// row and k. Returns the rows that are not finite, a bit for each; what is not, is a zero in its tile.
AISLE_NOINLINE inline std::uint32_t stage_rows(const gemm_block<float>& g, std::int64_t row,
                                               std::int64_t rows, float* values,
                                               std::uint16_t* tiles) noexcept {
  const std::int64_t k_tiles = round_up(g.k, tile_k) / tile_k;
  std::uint32_t special = 0;
  for (std::int64_t m = 0; m < 32; ++m) {
    std::uint16_t* out = tiles + m / 16 * k_tiles * parts * tile_elements + m % 16 * 32;
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
  return special;
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
    const std::uint32_t special = stage_rows(g, row, rows, values, a);
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
            plain_sums(values, g.k, half ? b1 : b0, sums);
          }
          const std::int64_t first = col + half * tile_rows,
                             cols = g.n - first < tile_rows ? g.n - first : tile_rows;
          float* c = g.c + (row + m) * g.ldc + first;
          if (g.epilogue.accumulate)
            for (std::int64_t j = 0; j < cols; ++j) sums[j] = c[j] + sums[j];
          finish_row<vec>(g.epilogue, row + m, first, cols, sums, c);
        }
    }
  }
  Tiles::release();
}

template <const split_cost& cost>
inline double cost_of_tiles(const product_shape& s) noexcept {
  return split_tiles_cost(cost, s);
}

/// The entry of a list.
template <class Tiles, const split_cost& cost>
constexpr product_kernel<float> product(const char* name, bool (*fits)(const product_shape&) noexcept) {
  return {
      .name = name,
      .arithmetic = arithmetic::bf16x6,
      .a = left_format::split_bf16,
      .b = right_format::split_tiles,
      .tile_rows = kernels::tile_rows(32),
      .panel_columns = panel_columns(32),
      .block_rows = block_rows(64),
      .fits = fits,
      .cost = cost_of_tiles<cost>,
      .memory = memory,
      .pack = pack,
      .block = block<Tiles>,
  };
}

}  // namespace split
