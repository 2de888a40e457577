// AArch64 Advanced SIMD: 4 floats or 2 doubles. The baseline there, so it needs no region.

struct vec {
  using scalar = float;
  static constexpr int size = 4;
  static constexpr bool masks = false;  ///< load_n and store_n cost what load and store do
  float32x4_t v;

  static AISLE_ALWAYS_INLINE vec zero() { return {vdupq_n_f32(0)}; }
  static AISLE_ALWAYS_INLINE vec set1(float x) { return {vdupq_n_f32(x)}; }
  static AISLE_ALWAYS_INLINE vec load(const float* p) { return {vld1q_f32(p)}; }
  static AISLE_ALWAYS_INLINE vec load_n(const float* p, int n) {
    float t[4] = {};
    for (int i = 0; i < size; ++i)
      if (i < n) t[i] = p[i];
    return load(t);
  }
  AISLE_ALWAYS_INLINE void store(float* p) const { vst1q_f32(p, v); }
  AISLE_ALWAYS_INLINE void store_n(float* p, int n) const {
    float t[4];
    store(t);
    for (int i = 0; i < size; ++i)
      if (i < n) p[i] = t[i];
  }

  friend AISLE_ALWAYS_INLINE vec operator+(vec a, vec b) { return {vaddq_f32(a.v, b.v)}; }
  friend AISLE_ALWAYS_INLINE vec operator-(vec a, vec b) { return {vsubq_f32(a.v, b.v)}; }
  friend AISLE_ALWAYS_INLINE vec operator*(vec a, vec b) { return {vmulq_f32(a.v, b.v)}; }
  friend AISLE_ALWAYS_INLINE vec operator/(vec a, vec b) { return {vdivq_f32(a.v, b.v)}; }
};
AISLE_ALWAYS_INLINE vec fma(vec a, vec b, vec c) { return {vfmaq_f32(c.v, a.v, b.v)}; }
AISLE_ALWAYS_INLINE vec max(vec a, vec b) { return {vbslq_f32(vcgtq_f32(a.v, b.v), a.v, b.v)}; }
AISLE_ALWAYS_INLINE vec min(vec a, vec b) { return {vbslq_f32(vcltq_f32(a.v, b.v), a.v, b.v)}; }
AISLE_ALWAYS_INLINE float sum(vec a) { return vaddvq_f32(a.v); }
AISLE_ALWAYS_INLINE float max_element(vec a) { return vmaxvq_f32(a.v); }
AISLE_ALWAYS_INLINE vec sqrt(vec a) { return {vsqrtq_f32(a.v)}; }
AISLE_ALWAYS_INLINE vec round(vec a) { return {vrndnq_f32(a.v)}; }
AISLE_ALWAYS_INLINE vec exp2_whole(vec n) {
  const int32x4_t bits = vshlq_n_s32(vaddq_s32(vcvtq_s32_f32(n.v), vdupq_n_s32(127)), 23);
  return {vreinterpretq_f32_s32(bits)};
}

struct vecd {
  using scalar = double;
  static constexpr int size = 2;
  static constexpr bool masks = false;
  float64x2_t v;

  static AISLE_ALWAYS_INLINE vecd zero() { return {vdupq_n_f64(0)}; }
  static AISLE_ALWAYS_INLINE vecd set1(double x) { return {vdupq_n_f64(x)}; }
  static AISLE_ALWAYS_INLINE vecd load(const double* p) { return {vld1q_f64(p)}; }
  static AISLE_ALWAYS_INLINE vecd load_n(const double* p, int n) {
    double t[2] = {};
    for (int i = 0; i < size; ++i)
      if (i < n) t[i] = p[i];
    return load(t);
  }
  AISLE_ALWAYS_INLINE void store(double* p) const { vst1q_f64(p, v); }
  AISLE_ALWAYS_INLINE void store_n(double* p, int n) const {
    double t[2];
    store(t);
    for (int i = 0; i < size; ++i)
      if (i < n) p[i] = t[i];
  }

  friend AISLE_ALWAYS_INLINE vecd operator+(vecd a, vecd b) { return {vaddq_f64(a.v, b.v)}; }
  friend AISLE_ALWAYS_INLINE vecd operator-(vecd a, vecd b) { return {vsubq_f64(a.v, b.v)}; }
  friend AISLE_ALWAYS_INLINE vecd operator*(vecd a, vecd b) { return {vmulq_f64(a.v, b.v)}; }
  friend AISLE_ALWAYS_INLINE vecd operator/(vecd a, vecd b) { return {vdivq_f64(a.v, b.v)}; }
};
AISLE_ALWAYS_INLINE vecd fma(vecd a, vecd b, vecd c) { return {vfmaq_f64(c.v, a.v, b.v)}; }
AISLE_ALWAYS_INLINE vecd max(vecd a, vecd b) { return {vbslq_f64(vcgtq_f64(a.v, b.v), a.v, b.v)}; }
AISLE_ALWAYS_INLINE vecd min(vecd a, vecd b) { return {vbslq_f64(vcltq_f64(a.v, b.v), a.v, b.v)}; }
AISLE_ALWAYS_INLINE double sum(vecd a) { return vaddvq_f64(a.v); }
AISLE_ALWAYS_INLINE double max_element(vecd a) { return vmaxvq_f64(a.v); }
