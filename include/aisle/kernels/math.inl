// exp, GELU and the activations built on them, over single-precision vectors.

/// e^x, relative error below 2e-7 on [-87.3, 88.3]; arguments beyond are clamped to it (1.2e-38, 2.4e38), NaN
/// stays NaN.
AISLE_ALWAYS_INLINE vec exp(vec x) {
  const vec low = vec::set1(-87.33654f), high = vec::set1(88.3762626647949f);
  const vec clamped = min(high, max(low, x));
  const vec n = round(clamped * vec::set1(1.44269504088896341f));
  // ln 2 in two parts: the first has few enough bits that n * part is exact.
  vec r = fma(n, vec::set1(-0.693359375f), clamped);
  r = fma(n, vec::set1(2.12194440e-4f), r);
  // Cephes' expf polynomial on [-ln2/2, ln2/2].
  vec p = vec::set1(1.9875691500e-4f);
  p = fma(p, r, vec::set1(1.3981999507e-3f));
  p = fma(p, r, vec::set1(8.3334519073e-3f));
  p = fma(p, r, vec::set1(4.1665795894e-2f));
  p = fma(p, r, vec::set1(1.6666665459e-1f));
  p = fma(p, r, vec::set1(5.0000001201e-1f));
  p = fma(p, r * r, r) + vec::set1(1.0f);
  return p * exp2_whole(n);
}

/// GELU(x) = x Phi(x) with the exact normal distribution function (not the tanh approximation, which costs
/// 1e-4). Phi(-u) = exp(-u^2 / 2) f(u): f falls slowly from 1/2, so a rational function gives it to 2.3e-9
/// relative on [0, 9.6] (fitted to erfc by Lawson's iteration), and unlike 1 + erf nothing cancels for
/// negative x. Relative error below 1e-6.
AISLE_ALWAYS_INLINE vec gelu(vec x) {
  const vec u = min(vec::set1(20.0f), max(vec::zero() - x, x));
  vec p = vec::set1(0.003636568086221814f);
  p = fma(p, u, vec::set1(0.03733737766742706f));
  p = fma(p, u, vec::set1(0.1733393520116806f));
  p = fma(p, u, vec::set1(0.42472049593925476f));
  p = fma(p, u, vec::set1(0.5f));
  vec q = vec::set1(0.009115240536630154f);
  q = fma(q, u, vec::set1(0.09360335022211075f));
  q = fma(q, u, vec::set1(0.44336938858032227f));
  q = fma(q, u, vec::set1(1.1610523462295532f));
  q = fma(q, u, vec::set1(1.6473257541656494f));
  q = fma(q, u, vec::set1(1.0f));
  const vec tail = exp(u * u * vec::set1(-0.5f)) * p / q;
  return max(vec::zero(), x) - u * tail;
}

/// tanh(x), absolute error below 2e-7.
AISLE_ALWAYS_INLINE vec tanh(vec x) {
  const vec one = vec::set1(1.0f), t = exp(x + x);
  return one - vec::set1(2.0f) / (t + one);
}

AISLE_ALWAYS_INLINE vec activate(vec x, activation act) {
  switch (act) {
    case activation::none:
      return x;
    case activation::relu:
      return max(vec::zero(), x);
    case activation::relu6:
      return min(vec::set1(6.0f), max(vec::zero(), x));
    case activation::gelu:
      return gelu(x);
    case activation::tanh:
      return tanh(x);
  }
  return x;
}

AISLE_NOINLINE inline void activate_row(const float* x, float* y, std::int64_t n, activation act) noexcept {
  std::int64_t i = 0;
  for (; i + vec::size <= n; i += vec::size) activate(vec::load(x + i), act).store(y + i);
  if (i < n)
    activate(vec::load_n(x + i, static_cast<int>(n - i)), act).store_n(y + i, static_cast<int>(n - i));
}
