// Both passes of a resize over `struct vec`'s width. Included inside each region of dispatch.hpp.
//
// The samples that one output weighs lie side by side, for a group of outputs: of 16 rows, or of 16 pixels of
// a row. A way to sum says how many of them it takes at a time and into how many digits it cuts a
// coefficient: there are instructions that multiply bytes or 16 bit numbers and add, and none for 32 bit. The
// sums of the digits, shifted and added, are the same sum.

namespace resize {

inline constexpr int lanes = vec::size;
inline constexpr int group = static_cast<int>(resize_pass::group);
inline constexpr int vectors = group / lanes;
typedef std::int32_t ints __attribute__((vector_size(lanes * 4)));
typedef std::uint32_t words __attribute__((vector_size(lanes * 4)));
#if !AISLE_X86
typedef std::uint8_t bytes
    __attribute__((vector_size(lanes)));  // not in load: GCC 12 rejects a dependent size
#endif

/// One sample at a time, whole coefficients.
struct singles {
  static constexpr int step = 1, digits = 1;
  static constexpr std::int64_t reads = 4;  ///< bytes that pixels() reads, and writes

  static bool cut(const std::int32_t* c, std::int32_t* to) {
    *to = *c;
    return true;
  }
  static AISLE_ALWAYS_INLINE void add(ints (&sum)[digits], const std::uint8_t* p, const std::int32_t* by) {
    ints samples;
#if AISLE_X86
    int four;
    __builtin_memcpy(&four, p, sizeof four);
    const auto w = _mm_unpacklo_epi16(_mm_unpacklo_epi8(_mm_cvtsi32_si128(four), _mm_setzero_si128()),
                                      _mm_setzero_si128());
    __builtin_memcpy(&samples, &w, sizeof samples);
#else
    bytes b;
    __builtin_memcpy(&b, p, sizeof b);
    samples = __builtin_convertvector(b, ints);
#endif
    sum[0] += samples * (ints{} + by[0]);
  }
  static AISLE_ALWAYS_INLINE ints total(const ints (&sum)[digits]) { return sum[0]; }
  static AISLE_ALWAYS_INLINE void pixels(const std::uint8_t* from, std::uint8_t* to) {
    __builtin_memcpy(to, from, reads);
  }
  static AISLE_ALWAYS_INLINE void beside(const std::uint8_t* const* rows, std::uint8_t* to) {
    __builtin_memcpy(to, rows[0], group);
  }
};

#if AISLE_X86
// Templates, so that only a region that has their instructions compiles them.

/// Two samples, two digits of 16 bits: c = high * 2^12 + low.
template <int N>
struct pairs {
  static constexpr int step = 2, digits = 2;
  static constexpr std::int64_t reads = 8;

  static bool cut(const std::int32_t* c, std::int32_t* to) {
    std::int16_t low[step], high[step];
    for (int t = 0; t < step; ++t) {
      const std::int32_t rounded = (c[t] + (1 << 11)) >> 12;
      high[t] = static_cast<std::int16_t>(rounded);
      low[t] = static_cast<std::int16_t>(c[t] - rounded * (1 << 12));
    }
    __builtin_memcpy(to, low, sizeof low);
    __builtin_memcpy(to + 1, high, sizeof high);
    return true;  // 22 bits and an overshoot: high has 16 of which 12 are used
  }
  static AISLE_ALWAYS_INLINE void add(ints (&sum)[digits], const std::uint8_t* p, const std::int32_t* by) {
    AISLE_UNROLL(2)
    for (int d = 0; d < digits; ++d) {
      ints product;
      if constexpr (N == 16) {
        // masked, as the plain forms warn of their own undefined values on GCC 12
        const auto samples =
            _mm512_maskz_cvtepu8_epi16(~0u, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
        const auto w = _mm512_madd_epi16(samples, _mm512_set1_epi32(by[d]));
        __builtin_memcpy(&product, &w, sizeof product);
      } else {
        const auto samples = _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
        const auto w = _mm256_madd_epi16(samples, _mm256_set1_epi32(by[d]));
        __builtin_memcpy(&product, &w, sizeof product);
      }
      sum[d] += product;
    }
  }
  static AISLE_ALWAYS_INLINE ints total(const ints (&sum)[digits]) {
    return reinterpret_cast<ints>((reinterpret_cast<words>(sum[1]) << 12) + reinterpret_cast<words>(sum[0]));
  }
  static AISLE_ALWAYS_INLINE void pixels(const std::uint8_t* from, std::uint8_t* to) {
    const __m128i order = _mm_setr_epi8(0, 3, 1, 4, 2, 5, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
    const __m128i two = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_shuffle_epi8(two, order));
  }
  static AISLE_ALWAYS_INLINE void beside(const std::uint8_t* const* rows, std::uint8_t* to) {
    AISLE_UNROLL(3)
    for (int i = 0; i < group; i += 16) {
      const __m128i a = _mm_loadu_si128(reinterpret_cast<const __m128i*>(rows[0] + i)),
                    b = _mm_loadu_si128(reinterpret_cast<const __m128i*>(rows[1] + i));
      auto* out = reinterpret_cast<__m128i*>(to + i * step);
      _mm_storeu_si128(out, _mm_unpacklo_epi8(a, b));
      _mm_storeu_si128(out + 1, _mm_unpackhi_epi8(a, b));
    }
  }
};

/// Four samples, three digits of 8 bits, by the dot products of VNNI.
template <int N>
struct quads {
  static constexpr int step = 4, digits = 3;
  static constexpr std::int64_t reads = 16;

  static bool cut(const std::int32_t* c, std::int32_t* to) {
    std::int8_t digit[digits][step];
    for (int t = 0; t < step; ++t) {
      std::int32_t rest = c[t];
      for (int d = 0; d < digits; ++d) {
        digit[d][t] = static_cast<std::int8_t>(rest);
        rest = (rest - digit[d][t]) / 256;
      }
      if (rest != 0) return false;  // no filter has weights of 2 and more; its sums could have
    }
    __builtin_memcpy(to, digit, sizeof digit);
    return true;
  }
  static AISLE_ALWAYS_INLINE void add(ints (&sum)[digits], const std::uint8_t* p, const std::int32_t* by) {
    static_assert(N == 16);
    const __m512i samples = _mm512_loadu_si512(p);
    AISLE_UNROLL(3)
    for (int d = 0; d < digits; ++d) {
      __m512i s;
      __builtin_memcpy(&s, &sum[d], sizeof s);
      s = _mm512_dpbusd_epi32(s, samples, _mm512_set1_epi32(by[d]));
      __builtin_memcpy(&sum[d], &s, sizeof s);
    }
  }
  static AISLE_ALWAYS_INLINE ints total(const ints (&sum)[digits]) {
    return reinterpret_cast<ints>((reinterpret_cast<words>(sum[2]) << 16) +
                                  (reinterpret_cast<words>(sum[1]) << 8) + reinterpret_cast<words>(sum[0]));
  }
  static AISLE_ALWAYS_INLINE void pixels(const std::uint8_t* from, std::uint8_t* to) {
    const __m128i order = _mm_setr_epi8(0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11, -1, -1, -1, -1);
    const __m128i four = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm_shuffle_epi8(four, order));
  }
  static AISLE_ALWAYS_INLINE void beside(const std::uint8_t* const* rows, std::uint8_t* to) {
    AISLE_UNROLL(3)
    for (int i = 0; i < group; i += 16) {
      __m128i r[step];
      AISLE_UNROLL(4)
      for (int t = 0; t < step; ++t) r[t] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(rows[t] + i));
      const __m128i low01 = _mm_unpacklo_epi8(r[0], r[1]), low23 = _mm_unpacklo_epi8(r[2], r[3]),
                    high01 = _mm_unpackhi_epi8(r[0], r[1]), high23 = _mm_unpackhi_epi8(r[2], r[3]);
      auto* out = reinterpret_cast<__m128i*>(to + i * step);
      _mm_storeu_si128(out, _mm_unpacklo_epi16(low01, low23));
      _mm_storeu_si128(out + 1, _mm_unpackhi_epi16(low01, low23));
      _mm_storeu_si128(out + 2, _mm_unpacklo_epi16(high01, high23));
      _mm_storeu_si128(out + 3, _mm_unpackhi_epi16(high01, high23));
    }
  }
};
#endif

/// A group of sums, shifted back and clipped.
template <int N>
AISLE_ALWAYS_INLINE void finish(const ints (&sum)[vectors], std::uint8_t* out) {
#if AISLE_X86
  if constexpr (N == 16) {
    AISLE_UNROLL(3)
    for (int v = 0; v < vectors; ++v) {
      const ints low = sum[v] >> 22;
      __m512i w;
      __builtin_memcpy(&w, &low, sizeof w);
      const auto all = static_cast<__mmask16>(~0);
      _mm_storeu_si128(
          reinterpret_cast<__m128i*>(out + v * lanes),
          _mm512_maskz_cvtusepi32_epi8(all, _mm512_maskz_max_epi32(all, w, _mm512_setzero_si512())));
    }
    return;
  } else if constexpr (N == 8) {
    __m256i w[group / 8];
    AISLE_UNROLL(6)
    for (int v = 0; v < vectors; ++v) {
      const ints s = sum[v] >> 22;
      __builtin_memcpy(&w[v], &s, sizeof s);
    }
    // Packing saturates, within each half of a register.
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    const __m256i first = _mm256_packus_epi16(_mm256_packs_epi32(w[0], w[1]), _mm256_packs_epi32(w[2], w[3])),
                  rest = _mm256_packs_epi32(w[4], w[5]);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), _mm256_permutevar8x32_epi32(first, order));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + 32), _mm256_castsi256_si128(_mm256_permutevar8x32_epi32(
                                                               _mm256_packus_epi16(rest, rest), order)));
    return;
  }
#endif
  std::int32_t all[group];
  __builtin_memcpy(all, sum, sizeof all);
  for (int i = 0; i < group; ++i) {
    const std::int32_t s = all[i] >> 22;
    const std::int32_t low = s < 0 ? 0 : s;
    out[i] = static_cast<std::uint8_t>(low > 255 ? 255 : low);
  }
}

/// `group` neighbouring bytes of the output from `count` times Sum::step samples of each.
template <class Sum>
AISLE_ALWAYS_INLINE void weigh(const std::uint8_t* samples, const std::int32_t* by, std::int64_t count,
                               std::uint8_t* out) {
  ints sum[vectors][Sum::digits];
  AISLE_UNROLL(12)
  for (int v = 0; v < vectors; ++v) {
    AISLE_UNROLL(3)
    for (int d = 0; d < Sum::digits; ++d) sum[v][d] = ints{} + (d == 0 ? 1 << 21 : 0);
  }
  for (std::int64_t t = 0; t < count; ++t, samples += group * Sum::step, by += Sum::digits) {
    AISLE_UNROLL(12)
    for (int v = 0; v < vectors; ++v) Sum::add(sum[v], samples + v * lanes * Sum::step, by);
  }
  ints all[vectors];
  AISLE_UNROLL(12)
  for (int v = 0; v < vectors; ++v) all[v] = Sum::total(sum[v]);
  finish<lanes>(all, out);
}

/// A pass's coefficients in digits, and which samples they meet: those of output i, `steps(i)` times
/// Sum::step of them, begin at sample begin(i) of the group, a multiple of Sum::step.
template <class Sum>
class digits {
 public:
  /// They stand at the start of the pass's scratch. False where they do not fit Sum's digits.
  AISLE_ALWAYS_INLINE bool cut(const resize_pass& p) {
    pass_ = &p;
    stride_ = (p.taps + 2 * Sum::step - 2) / Sum::step * Sum::digits;
    all_ = reinterpret_cast<std::int32_t*>(p.scratch);
    for (std::int64_t i = 0; i < p.count; ++i) {
      const std::int64_t lead = p.firsts[i] - p.begin - begin(i);
      for (std::int64_t s = 0; s < steps(i); ++s) {
        std::int32_t c[Sum::step];
        for (int t = 0; t < Sum::step; ++t) {
          const std::int64_t k = s * Sum::step + t - lead;
          c[t] = k >= 0 && k < p.lengths[i] ? p.coefficients[i * p.taps + k] : 0;
        }
        if (!Sum::cut(c, all_ + i * stride_ + s * Sum::digits)) return false;
      }
    }
    return true;
  }
  AISLE_ALWAYS_INLINE std::int64_t begin(std::int64_t i) const {
    return (pass_->firsts[i] - pass_->begin) / Sum::step * Sum::step;
  }
  AISLE_ALWAYS_INLINE std::int64_t steps(std::int64_t i) const {
    return (pass_->firsts[i] - pass_->begin - begin(i) + pass_->lengths[i] + Sum::step - 1) / Sum::step;
  }
  /// The samples, behind the digits.
  AISLE_ALWAYS_INLINE std::uint8_t* samples() const {
    return pass_->scratch + (pass_->count * stride_ * 4 + 63) / 64 * 64;
  }
  AISLE_ALWAYS_INLINE void weigh_output(std::int64_t i, std::uint8_t* out) const {
    weigh<Sum>(samples() + begin(i) * group, all_ + i * stride_, steps(i), out);
  }

 private:
  const resize_pass* pass_ = nullptr;
  std::int64_t stride_ = 0;
  std::int32_t* all_ = nullptr;
};

/// 16 rows at a time, their pixels interleaved. False, and nothing done, where Sum's digits are too small.
template <class Sum>
inline bool horizontal(const resize_pass& p) noexcept {
  digits<Sum> by;
  if (!by.cut(p)) return false;
  constexpr std::int64_t rows = group / 3;
  std::uint8_t out[group + 16];
  for (std::int64_t y = 0; y < p.line_count; y += rows) {
    const std::int64_t here = p.line_count - y < rows ? p.line_count - y : rows;
    const std::uint8_t* from[rows];
    for (std::int64_t r = 0; r < rows; ++r)
      from[r] = p.source + (y + (r < here ? r : here - 1)) * p.source_stride + p.begin * 3;
    const std::int64_t row_bytes = (p.end - p.begin) * 3;
    std::uint8_t* to = by.samples();
    // What a row's pixels write past their end is repaired by the next row's.
    std::int64_t at = 0;
    for (; at + Sum::reads <= row_bytes; at += 3 * Sum::step, to += group * Sum::step) {
      AISLE_UNROLL(16)
      for (int r = 0; r < rows; ++r) Sum::pixels(from[r] + at, to + 3 * Sum::step * r);
    }
    for (; at < row_bytes; at += 3 * Sum::step, to += group * Sum::step)
      for (std::int64_t r = 0; r < rows; ++r) {
        std::uint8_t last[Sum::reads] = {};
        __builtin_memcpy(last, from[r] + at, static_cast<std::size_t>(row_bytes - at));
        Sum::pixels(last, to + 3 * Sum::step * r);
      }

    for (std::int64_t x = 0; x < p.count; ++x) {
      by.weigh_output(x, out);
      std::uint8_t* target = p.target + y * p.target_stride + 3 * x;
      if (here == rows && x + 1 < p.count) {
        AISLE_UNROLL(16)
        for (int r = 0; r < rows; ++r)  // the next pixel repairs byte 4
          __builtin_memcpy(target + r * p.target_stride, out + 3 * r, 4);
      } else {
        for (std::int64_t r = 0; r < here; ++r)
          __builtin_memcpy(target + r * p.target_stride, out + 3 * r, 3);
      }
    }
  }
  return true;
}

/// Rows narrower than a group.
inline void vertical_narrow(const resize_pass& p) noexcept {
  for (std::int64_t y = 0; y < p.count; ++y)
    for (std::int64_t i = 0; i < p.line_count; ++i) {
      const std::uint8_t* source = p.source + p.firsts[y] * p.source_stride + i;
      std::int32_t s = 1 << 21;
      for (std::int64_t t = 0; t < p.lengths[y]; ++t)
        s += source[t * p.source_stride] * p.coefficients[y * p.taps + t];
      s >>= 22;
      p.target[y * p.target_stride + i] = static_cast<std::uint8_t>(s < 0 ? 0 : s > 255 ? 255 : s);
    }
}

/// A group of bytes at a time, of all rows. False, and nothing done, where Sum's digits are too small.
template <class Sum>
inline bool vertical(const resize_pass& p) noexcept {
  if (p.line_count < group) {
    vertical_narrow(p);
    return true;
  }
  digits<Sum> by;
  if (!by.cut(p)) return false;
  for (std::int64_t i = 0; i < p.line_count; i += group) {
    // The last group overlaps the one before it.
    const std::int64_t at = i + group <= p.line_count ? i : p.line_count - group;
    std::uint8_t* to = by.samples();
    for (std::int64_t y = p.begin; y < p.end; y += Sum::step, to += group * Sum::step) {
      const std::uint8_t* rows[Sum::step];
      for (int t = 0; t < Sum::step; ++t)  // past the last row any will do: its digits are 0
        rows[t] = p.source + (y + t < p.end ? y + t : p.end - 1) * p.source_stride + at;
      Sum::beside(rows, to);
    }
    for (std::int64_t y = 0; y < p.count; ++y) by.weigh_output(y, p.target + y * p.target_stride + at);
  }
  return true;
}

template <int N>
struct way {
#if AISLE_X86
  using best = pairs<N>;
#else
  using best = singles;
#endif
};
template <>
struct way<4> {
  using best = singles;
};
using sums = way<lanes>::best;

}  // namespace resize

inline void resize_horizontal_kernel(const resize_pass& p) noexcept { resize::horizontal<resize::sums>(p); }
inline void resize_vertical_kernel(const resize_pass& p) noexcept { resize::vertical<resize::sums>(p); }
