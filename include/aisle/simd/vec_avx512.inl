// AVX-512 F, BW, DQ, VL: 16 floats or 8 doubles. The zero-masked forms with a full mask compile to the plain
// instructions; GCC 12 warns of an uninitialised operand inside its own header for the unmasked ones.

struct vec {
  using scalar = float;
  static constexpr int size = 16;
  static constexpr bool masks = true;  ///< load_n and store_n cost what load and store do
  __m512 v;

  static AISLE_ALWAYS_INLINE vec zero() { return {_mm512_setzero_ps()}; }
  static AISLE_ALWAYS_INLINE vec set1(float x) { return {_mm512_set1_ps(x)}; }
  static AISLE_ALWAYS_INLINE vec load(const float* p) { return {_mm512_loadu_ps(p)}; }
  static AISLE_ALWAYS_INLINE __mmask16 first(int n) { return static_cast<__mmask16>((1u << n) - 1u); }
  static AISLE_ALWAYS_INLINE vec load_n(const float* p, int n) {
    return {_mm512_maskz_loadu_ps(first(n), p)};
  }
  AISLE_ALWAYS_INLINE void store(float* p) const { _mm512_storeu_ps(p, v); }
  AISLE_ALWAYS_INLINE void store_n(float* p, int n) const { _mm512_mask_storeu_ps(p, first(n), v); }

  friend AISLE_ALWAYS_INLINE vec operator+(vec a, vec b) { return {_mm512_add_ps(a.v, b.v)}; }
  friend AISLE_ALWAYS_INLINE vec operator-(vec a, vec b) { return {_mm512_sub_ps(a.v, b.v)}; }
  friend AISLE_ALWAYS_INLINE vec operator*(vec a, vec b) { return {_mm512_mul_ps(a.v, b.v)}; }
  friend AISLE_ALWAYS_INLINE vec operator/(vec a, vec b) { return {_mm512_div_ps(a.v, b.v)}; }
};
AISLE_ALWAYS_INLINE vec fma(vec a, vec b, vec c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
AISLE_ALWAYS_INLINE vec max(vec a, vec b) { return {_mm512_maskz_max_ps(0xFFFF, a.v, b.v)}; }
AISLE_ALWAYS_INLINE vec min(vec a, vec b) { return {_mm512_maskz_min_ps(0xFFFF, a.v, b.v)}; }
AISLE_ALWAYS_INLINE float sum(vec a) {
  const __m256 h =
      _mm256_add_ps(_mm512_maskz_extractf32x8_ps(0xFF, a.v, 0), _mm512_maskz_extractf32x8_ps(0xFF, a.v, 1));
  __m128 s = _mm_add_ps(_mm256_castps256_ps128(h), _mm256_extractf128_ps(h, 1));
  s = _mm_add_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}
AISLE_ALWAYS_INLINE float max_element(vec a) {
  const __m256 h =
      _mm256_max_ps(_mm512_maskz_extractf32x8_ps(0xFF, a.v, 0), _mm512_maskz_extractf32x8_ps(0xFF, a.v, 1));
  __m128 m = _mm_max_ps(_mm256_castps256_ps128(h), _mm256_extractf128_ps(h, 1));
  m = _mm_max_ps(m, _mm_movehl_ps(m, m));
  return _mm_cvtss_f32(_mm_max_ss(m, _mm_movehdup_ps(m)));
}
AISLE_ALWAYS_INLINE vec sqrt(vec a) { return {_mm512_maskz_sqrt_ps(0xFFFF, a.v)}; }
AISLE_ALWAYS_INLINE vec round(vec a) {
  return {_mm512_maskz_roundscale_ps(0xFFFF, a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}
AISLE_ALWAYS_INLINE vec exp2_whole(vec n) {
  const __m512i whole = _mm512_maskz_cvtps_epi32(0xFFFF, n.v);
  const __m512i bits = _mm512_maskz_slli_epi32(0xFFFF, _mm512_add_epi32(whole, _mm512_set1_epi32(127)), 23);
  return {_mm512_castsi512_ps(bits)};
}

struct vecd {
  using scalar = double;
  static constexpr int size = 8;
  static constexpr bool masks = true;
  __m512d v;

  static AISLE_ALWAYS_INLINE vecd zero() { return {_mm512_setzero_pd()}; }
  static AISLE_ALWAYS_INLINE vecd set1(double x) { return {_mm512_set1_pd(x)}; }
  static AISLE_ALWAYS_INLINE vecd load(const double* p) { return {_mm512_loadu_pd(p)}; }
  static AISLE_ALWAYS_INLINE __mmask8 first(int n) { return static_cast<__mmask8>((1u << n) - 1u); }
  static AISLE_ALWAYS_INLINE vecd load_n(const double* p, int n) {
    return {_mm512_maskz_loadu_pd(first(n), p)};
  }
  AISLE_ALWAYS_INLINE void store(double* p) const { _mm512_storeu_pd(p, v); }
  AISLE_ALWAYS_INLINE void store_n(double* p, int n) const { _mm512_mask_storeu_pd(p, first(n), v); }

  friend AISLE_ALWAYS_INLINE vecd operator+(vecd a, vecd b) { return {_mm512_add_pd(a.v, b.v)}; }
  friend AISLE_ALWAYS_INLINE vecd operator-(vecd a, vecd b) { return {_mm512_sub_pd(a.v, b.v)}; }
  friend AISLE_ALWAYS_INLINE vecd operator*(vecd a, vecd b) { return {_mm512_mul_pd(a.v, b.v)}; }
  friend AISLE_ALWAYS_INLINE vecd operator/(vecd a, vecd b) { return {_mm512_div_pd(a.v, b.v)}; }
};
AISLE_ALWAYS_INLINE vecd fma(vecd a, vecd b, vecd c) { return {_mm512_fmadd_pd(a.v, b.v, c.v)}; }
AISLE_ALWAYS_INLINE vecd max(vecd a, vecd b) { return {_mm512_maskz_max_pd(0xFF, a.v, b.v)}; }
AISLE_ALWAYS_INLINE vecd min(vecd a, vecd b) { return {_mm512_maskz_min_pd(0xFF, a.v, b.v)}; }
AISLE_ALWAYS_INLINE double sum(vecd a) {
  const __m256d h =
      _mm256_add_pd(_mm512_maskz_extractf64x4_pd(0xF, a.v, 0), _mm512_maskz_extractf64x4_pd(0xF, a.v, 1));
  const __m128d s = _mm_add_pd(_mm256_castpd256_pd128(h), _mm256_extractf128_pd(h, 1));
  return _mm_cvtsd_f64(_mm_add_sd(s, _mm_unpackhi_pd(s, s)));
}
AISLE_ALWAYS_INLINE double max_element(vecd a) {
  const __m256d h =
      _mm256_max_pd(_mm512_maskz_extractf64x4_pd(0xF, a.v, 0), _mm512_maskz_extractf64x4_pd(0xF, a.v, 1));
  const __m128d m = _mm_max_pd(_mm256_castpd256_pd128(h), _mm256_extractf128_pd(h, 1));
  return _mm_cvtsd_f64(_mm_max_sd(m, _mm_unpackhi_pd(m, m)));
}
