// Steps of optimisers over arrays of parameters.

inline void adam_kernel(const adam_block& a) noexcept {
  const vec beta1 = vec::set1(a.beta1), beta2 = vec::set1(a.beta2), rest1 = vec::set1(a.rest1),
            rest2 = vec::set1(a.rest2), rate = vec::set1(a.rate), correction = vec::set1(a.correction),
            epsilon = vec::set1(a.epsilon), decay = vec::set1(a.decay);
  const auto step = [&](vec p, vec g, vec& m, vec& v) {
    g = fma(decay, p, g);
    m = fma(beta1, m, rest1 * g);
    v = fma(beta2, v, rest2 * g * g);
    return p - rate * m / fma(sqrt(v), correction, epsilon);
  };
  std::int64_t i = 0;
  for (; i + vec::size <= a.count; i += vec::size) {
    vec m = vec::load(a.first + i), v = vec::load(a.second + i);
    step(vec::load(a.parameters + i), vec::load(a.gradients + i), m, v).store(a.parameters + i);
    m.store(a.first + i);
    v.store(a.second + i);
  }
  if (i < a.count) {
    const int n = static_cast<int>(a.count - i);
    vec m = vec::load_n(a.first + i, n), v = vec::load_n(a.second + i, n);
    step(vec::load_n(a.parameters + i, n), vec::load_n(a.gradients + i, n), m, v)
        .store_n(a.parameters + i, n);
    m.store_n(a.first + i, n);
    v.store_n(a.second + i, n);
  }
}
