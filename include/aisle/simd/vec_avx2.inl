// AVX2 with FMA: 8 floats or 4 doubles.

struct vec {
  using scalar = float;
  static constexpr int size = 8;
  static constexpr bool masks = false;  ///< load_n and store_n cost what load and store do
  __m256 v;

  static AISLE_ALWAYS_INLINE vec zero() { return {_mm256_setzero_ps()}; }
  static AISLE_ALWAYS_INLINE vec set1(float x) { return {_mm256_set1_ps(x)}; }
  static AISLE_ALWAYS_INLINE vec load(const float* p) { return {_mm256_loadu_ps(p)}; }
  static AISLE_ALWAYS_INLINE __m256i first(int n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
  static AISLE_ALWAYS_INLINE vec load_n(const float* p, int n) { return {_mm256_maskload_ps(p, first(n))}; }
  AISLE_ALWAYS_INLINE void store(float* p) const { _mm256_storeu_ps(p, v); }
  AISLE_ALWAYS_INLINE void store_n(float* p, int n) const { _mm256_maskstore_ps(p, first(n), v); }

  friend AISLE_ALWAYS_INLINE vec operator+(vec a, vec b) { return {_mm256_add_ps(a.v, b.v)}; }
  friend AISLE_ALWAYS_INLINE vec operator-(vec a, vec b) { return {_mm256_sub_ps(a.v, b.v)}; }
  friend AISLE_ALWAYS_INLINE vec operator*(vec a, vec b) { return {_mm256_mul_ps(a.v, b.v)}; }
  friend AISLE_ALWAYS_INLINE vec operator/(vec a, vec b) { return {_mm256_div_ps(a.v, b.v)}; }
};
AISLE_ALWAYS_INLINE vec fma(vec a, vec b, vec c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
AISLE_ALWAYS_INLINE vec max(vec a, vec b) { return {_mm256_max_ps(a.v, b.v)}; }
AISLE_ALWAYS_INLINE vec min(vec a, vec b) { return {_mm256_min_ps(a.v, b.v)}; }
AISLE_ALWAYS_INLINE float sum(vec a) {
  __m128 s = _mm_add_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  s = _mm_add_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}
AISLE_ALWAYS_INLINE float max_element(vec a) {
  __m128 m = _mm_max_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  m = _mm_max_ps(m, _mm_movehl_ps(m, m));
  return _mm_cvtss_f32(_mm_max_ss(m, _mm_movehdup_ps(m)));
}
AISLE_ALWAYS_INLINE vec sqrt(vec a) { return {_mm256_sqrt_ps(a.v)}; }
AISLE_ALWAYS_INLINE vec round(vec a) {
  return {_mm256_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}
AISLE_ALWAYS_INLINE vec exp2_whole(vec n) {
  const __m256i bits =
      _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n.v), _mm256_set1_epi32(127)), 23);
  return {_mm256_castsi256_ps(bits)};
}

struct vecd {
  using scalar = double;
  static constexpr int size = 4;
  static constexpr bool masks = false;
  __m256d v;

  static AISLE_ALWAYS_INLINE vecd zero() { return {_mm256_setzero_pd()}; }
  static AISLE_ALWAYS_INLINE vecd set1(double x) { return {_mm256_set1_pd(x)}; }
  static AISLE_ALWAYS_INLINE vecd load(const double* p) { return {_mm256_loadu_pd(p)}; }
  static AISLE_ALWAYS_INLINE __m256i first(int n) {
    return _mm256_cmpgt_epi64(_mm256_set1_epi64x(n), _mm256_setr_epi64x(0, 1, 2, 3));
  }
  static AISLE_ALWAYS_INLINE vecd load_n(const double* p, int n) { return {_mm256_maskload_pd(p, first(n))}; }
  AISLE_ALWAYS_INLINE void store(double* p) const { _mm256_storeu_pd(p, v); }
  AISLE_ALWAYS_INLINE void store_n(double* p, int n) const { _mm256_maskstore_pd(p, first(n), v); }

  friend AISLE_ALWAYS_INLINE vecd operator+(vecd a, vecd b) { return {_mm256_add_pd(a.v, b.v)}; }
  friend AISLE_ALWAYS_INLINE vecd operator-(vecd a, vecd b) { return {_mm256_sub_pd(a.v, b.v)}; }
  friend AISLE_ALWAYS_INLINE vecd operator*(vecd a, vecd b) { return {_mm256_mul_pd(a.v, b.v)}; }
  friend AISLE_ALWAYS_INLINE vecd operator/(vecd a, vecd b) { return {_mm256_div_pd(a.v, b.v)}; }
};
AISLE_ALWAYS_INLINE vecd fma(vecd a, vecd b, vecd c) { return {_mm256_fmadd_pd(a.v, b.v, c.v)}; }
AISLE_ALWAYS_INLINE vecd max(vecd a, vecd b) { return {_mm256_max_pd(a.v, b.v)}; }
AISLE_ALWAYS_INLINE vecd min(vecd a, vecd b) { return {_mm256_min_pd(a.v, b.v)}; }
AISLE_ALWAYS_INLINE double sum(vecd a) {
  const __m128d s = _mm_add_pd(_mm256_castpd256_pd128(a.v), _mm256_extractf128_pd(a.v, 1));
  return _mm_cvtsd_f64(_mm_add_sd(s, _mm_unpackhi_pd(s, s)));
}
AISLE_ALWAYS_INLINE double max_element(vecd a) {
  const __m128d m = _mm_max_pd(_mm256_castpd256_pd128(a.v), _mm256_extractf128_pd(a.v, 1));
  return _mm_cvtsd_f64(_mm_max_sd(m, _mm_unpackhi_pd(m, m)));
}
