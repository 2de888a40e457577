// Both passes of a resize over `struct vec`'s width. Included inside each region of dispatch.hpp.

namespace resize {

inline constexpr int lanes = vec::size;
inline constexpr int group = static_cast<int>(resize_pass::group);
inline constexpr int vectors = group / lanes;
typedef std::int32_t ints __attribute__((vector_size(lanes * 4)));
#if !AISLE_X86
typedef std::uint8_t bytes
    __attribute__((vector_size(lanes)));  // not in widen: GCC 12 rejects a dependent size
#endif

/// `lanes` bytes as integers. GCC 12 converts vectors of another size element by element, so x86 spells it
/// out; a template, so that only the branch of this region's width is compiled.
template <int N>
AISLE_ALWAYS_INLINE ints widen(const std::uint8_t* p) {
  ints out;
#if AISLE_X86
  if constexpr (N == 16) {
    // masked, as the plain form warns of its own undefined value on GCC 12
    const auto w = _mm512_maskz_cvtepu8_epi32(0xFFFF, _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
    __builtin_memcpy(&out, &w, sizeof out);
  } else if constexpr (N == 8) {
    const auto w = _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
    __builtin_memcpy(&out, &w, sizeof out);
  } else {
    int four;
    __builtin_memcpy(&four, p, sizeof four);
    const auto w = _mm_unpacklo_epi16(_mm_unpacklo_epi8(_mm_cvtsi32_si128(four), _mm_setzero_si128()),
                                      _mm_setzero_si128());
    __builtin_memcpy(&out, &w, sizeof out);
  }
#else
  bytes b;
  __builtin_memcpy(&b, p, sizeof b);
  out = __builtin_convertvector(b, ints);
#endif
  return out;
}

/// `group` neighbouring bytes of the output from n rows of them.
AISLE_ALWAYS_INLINE void weigh(const std::uint8_t* source, std::ptrdiff_t stride,
                               const std::int32_t* coefficients, std::int64_t n, std::uint8_t* out) {
  ints sum[vectors];
  AISLE_UNROLL(12)
  for (int v = 0; v < vectors; ++v) sum[v] = ints{} + (1 << 21);
  for (std::int64_t t = 0; t < n; ++t, source += stride) {
    const ints c = ints{} + coefficients[t];
    AISLE_UNROLL(12)
    for (int v = 0; v < vectors; ++v) sum[v] += widen<lanes>(source + v * lanes) * c;
  }
  std::int32_t all[group];
  __builtin_memcpy(all, sum, sizeof all);
  for (int i = 0; i < group; ++i) {
    const std::int32_t s = all[i] >> 22;
    const std::int32_t low = s < 0 ? 0 : s;
    out[i] = static_cast<std::uint8_t>(low > 255 ? 255 : low);
  }
}

AISLE_ALWAYS_INLINE void copy_pixel(std::uint8_t* to, const std::uint8_t* from) {
  to[0] = from[0];
  to[1] = from[1];
  to[2] = from[2];
}

/// 16 rows are interleaved pixel by pixel, so that the horizontal pass too reads neighbouring bytes.
inline void horizontal(const resize_pass& p) noexcept {
  constexpr std::int64_t rows = group / 3;
  std::uint8_t out[group + 16];
  for (std::int64_t y = 0; y < p.line_count; y += rows) {
    const std::int64_t here = p.line_count - y < rows ? p.line_count - y : rows;
    const std::uint8_t* from[rows];
    for (std::int64_t r = 0; r < rows; ++r)
      from[r] = p.source + (y + (r < here ? r : here - 1)) * p.source_stride + p.column_begin * 3;
    const std::int64_t columns = p.column_end - p.column_begin;
    std::uint8_t* to = p.scratch;
    for (std::int64_t x = 0; x + 1 < columns; ++x, to += group) {
      AISLE_UNROLL(16)
      for (int r = 0; r < rows; ++r)
        __builtin_memcpy(to + 3 * r, from[r] + 3 * x, 4);  // the next pixel repairs byte 4
    }
    for (std::int64_t r = 0; r < rows; ++r) copy_pixel(to + 3 * r, from[r] + 3 * (columns - 1));

    for (std::int64_t x = 0; x < p.count; ++x) {
      weigh(p.scratch + (p.firsts[x] - p.column_begin) * group, group, p.coefficients + x * p.taps,
            p.lengths[x], out);
      std::uint8_t* target = p.target + y * p.target_stride + 3 * x;
      if (here == rows && x + 1 < p.count) {
        AISLE_UNROLL(16)
        for (int r = 0; r < rows; ++r) __builtin_memcpy(target + r * p.target_stride, out + 3 * r, 4);
      } else {
        for (std::int64_t r = 0; r < here; ++r) copy_pixel(target + r * p.target_stride, out + 3 * r);
      }
    }
  }
}

inline void vertical(const resize_pass& p) noexcept {
  for (std::int64_t y = 0; y < p.count; ++y) {
    const std::uint8_t* source = p.source + p.firsts[y] * p.source_stride;
    std::uint8_t* target = p.target + y * p.target_stride;
    const std::int32_t* coefficients = p.coefficients + y * p.taps;
    const std::int64_t n = p.lengths[y];
    if (p.line_count < group) {  // narrower than a group
      for (std::int64_t i = 0; i < p.line_count; ++i) {
        std::int32_t s = 1 << 21;
        for (std::int64_t t = 0; t < n; ++t) s += source[t * p.source_stride + i] * coefficients[t];
        s >>= 22;
        target[i] = static_cast<std::uint8_t>(s < 0 ? 0 : s > 255 ? 255 : s);
      }
      continue;
    }
    // The last group overlaps the one before it.
    for (std::int64_t i = 0; i < p.line_count; i += group) {
      const std::int64_t at = i + group <= p.line_count ? i : p.line_count - group;
      weigh(source + at, p.source_stride, coefficients, n, target + at);
    }
  }
}

}  // namespace resize

inline void resize_horizontal_kernel(const resize_pass& p) noexcept { resize::horizontal(p); }
inline void resize_vertical_kernel(const resize_pass& p) noexcept { resize::vertical(p); }
