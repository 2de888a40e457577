// The vector types of the baseline: 16 bytes through the compiler's own vectors, which every target has in
// some form. Each vec_*.inl declares the same two types; kernels are written once over them.

template <class T>
struct basic_vec {
  using scalar = T;
  static constexpr int size = 16 / static_cast<int>(sizeof(T));
  static constexpr bool masks = false;  ///< load_n and store_n cost what load and store do
  typedef T reg __attribute__((vector_size(16)));
  typedef T unaligned __attribute__((vector_size(16), aligned(sizeof(T)), may_alias));
  reg v;

  static AISLE_ALWAYS_INLINE basic_vec zero() { return {reg{}}; }
  static AISLE_ALWAYS_INLINE basic_vec set1(T x) { return {reg{} + x}; }
  static AISLE_ALWAYS_INLINE basic_vec load(const T* p) { return {*reinterpret_cast<const unaligned*>(p)}; }
  static AISLE_ALWAYS_INLINE basic_vec load_n(const T* p, int n) {
    basic_vec r = zero();
    for (int i = 0; i < size; ++i)
      if (i < n) r.v[i] = p[i];
    return r;
  }
  AISLE_ALWAYS_INLINE void store(T* p) const { *reinterpret_cast<unaligned*>(p) = v; }
  AISLE_ALWAYS_INLINE void store_n(T* p, int n) const {
    for (int i = 0; i < size; ++i)
      if (i < n) p[i] = v[i];
  }

  friend AISLE_ALWAYS_INLINE basic_vec operator+(basic_vec a, basic_vec b) { return {a.v + b.v}; }
  friend AISLE_ALWAYS_INLINE basic_vec operator-(basic_vec a, basic_vec b) { return {a.v - b.v}; }
  friend AISLE_ALWAYS_INLINE basic_vec operator*(basic_vec a, basic_vec b) { return {a.v * b.v}; }
  friend AISLE_ALWAYS_INLINE basic_vec operator/(basic_vec a, basic_vec b) { return {a.v / b.v}; }
};

using vec = basic_vec<float>;
using vecd = basic_vec<double>;

template <class T>
AISLE_ALWAYS_INLINE basic_vec<T> fma(basic_vec<T> a, basic_vec<T> b, basic_vec<T> c) {
  return {a.v * b.v + c.v};
}
// max(a, b) and min(a, b) return b when either is NaN, as the x86 instructions do: max(bound, x) keeps a NaN
// in x.
template <class T>
AISLE_ALWAYS_INLINE basic_vec<T> max(basic_vec<T> a, basic_vec<T> b) {
  basic_vec<T> r;
  for (int i = 0; i < basic_vec<T>::size; ++i) r.v[i] = a.v[i] > b.v[i] ? a.v[i] : b.v[i];
  return r;
}
template <class T>
AISLE_ALWAYS_INLINE basic_vec<T> min(basic_vec<T> a, basic_vec<T> b) {
  basic_vec<T> r;
  for (int i = 0; i < basic_vec<T>::size; ++i) r.v[i] = a.v[i] < b.v[i] ? a.v[i] : b.v[i];
  return r;
}
template <class T>
AISLE_ALWAYS_INLINE T sum(basic_vec<T> a) {
  T s = a.v[0];
  for (int i = 1; i < basic_vec<T>::size; ++i) s += a.v[i];
  return s;
}
template <class T>
AISLE_ALWAYS_INLINE T max_element(basic_vec<T> a) {
  T m = a.v[0];
  for (int i = 1; i < basic_vec<T>::size; ++i) m = a.v[i] > m ? a.v[i] : m;
  return m;
}
AISLE_ALWAYS_INLINE vec sqrt(vec a) {
  vec r;
  for (int i = 0; i < vec::size; ++i) r.v[i] = __builtin_sqrtf(a.v[i]);
  return r;
}
/// Nearest integer, for |a| < 2^22: adding 1.5 * 2^23 pushes the fraction out of the mantissa.
AISLE_ALWAYS_INLINE vec round(vec a) {
  const vec magic = vec::set1(12582912.0f);
  volatile vec shifted = {a.v + magic.v};  // volatile: -ffast-math in a consumer must not cancel the two
  return {shifted.v - magic.v};
}
/// 2^n for whole n in [-126, 127], built as exponent bits.
AISLE_ALWAYS_INLINE vec exp2_whole(vec n) {
  vec r;
  for (int i = 0; i < vec::size; ++i) {
    const int bits = (static_cast<int>(n.v[i]) + 127) << 23;
    float f;
    __builtin_memcpy(&f, &bits, 4);
    r.v[i] = f;
  }
  return r;
}
