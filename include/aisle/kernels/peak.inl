// The most multiply-adds this core does: independent chains in registers, nothing loaded or stored.
// Benchmarks give their rates as a share of it, measured in the same run.

/// Runs `rounds` rounds; returns the floating-point operations done (a multiply-add counts 2).
inline std::int64_t peak_kernel(std::int64_t rounds, float* sink) noexcept {
  constexpr int chains = 12;  // covers latency x units of every core there is, and fits 16 registers
  vec acc[chains];
  const vec a = vec::set1(0.999f), b = vec::set1(1e-3f);
  AISLE_UNROLL(12)
  for (int i = 0; i < chains; ++i) acc[i] = vec::set1(static_cast<float>(i));
  for (std::int64_t r = 0; r < rounds; ++r) {
    AISLE_UNROLL(12)
    for (int i = 0; i < chains; ++i) acc[i] = fma(acc[i], a, b);
  }
  vec total = acc[0];
  for (int i = 1; i < chains; ++i) total = total + acc[i];
  *sink = sum(total);
  return rounds * chains * vec::size * 2;
}
