#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include <aisle/nn/op/window.hpp>
#include <aisle/nn/parameters.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn::cpu {

namespace detail {

/// Scale and shift of batch norm at inference: y = x * scale + shift, in double (running variances can be
/// tiny).
AISLE_API void batch_norm_affine(const folded_norm& norm, std::int64_t c, const weight_source& weights,
                                 std::vector<double>& scale, std::vector<double>& shift) {
  const buffer<float> mean = weights.read(norm.name + ".running_mean", {c});
  const buffer<float> variance = weights.read(norm.name + ".running_var", {c});
  const buffer<float> gamma = norm.scaled ? weights.read(norm.name + ".weight", {c}) : buffer<float>(),
                      beta = weights.read(norm.name + ".bias", {c});
  for (std::size_t i = 0; i < static_cast<std::size_t>(c); ++i) {
    const double s = (norm.scaled ? gamma[i] : 1.0f) / std::sqrt(static_cast<double>(variance[i]) + norm.eps);
    scale[i] *= s;
    shift[i] = shift[i] * s + beta[i] - mean[i] * s;
  }
}

/// The tensors of a convolution [out, channels, height, width] with its norms folded in.
class folded_convolution {
 public:
  folded_convolution(const std::string& name, bool bias, const std::vector<folded_norm>& norms,
                     std::int64_t out, std::int64_t channels, const window& taps,
                     const weight_source& weights)
      : channels_(channels), taps_(taps.taps()), scale_(static_cast<std::size_t>(out), 1.0) {
    std::vector<double> shift(static_cast<std::size_t>(out), 0.0);
    if (bias) {
      const buffer<float> b = weights.read(name + ".bias", {out});
      std::copy(b.begin(), b.end(), shift.begin());
    }
    for (const folded_norm& norm : norms) batch_norm_affine(norm, out, weights, scale_, shift);
    raw_ = weights.read(name + ".weight", {out, channels, taps.height(), taps.width()});
    if (bias || !norms.empty()) {
      bias_.resize(static_cast<std::size_t>(out));
      for (std::size_t i = 0; i < bias_.size(); ++i) bias_[i] = static_cast<float>(shift[i]);
    }
  }

  /// The file has [out][channel][tap].
  double at(std::int64_t out, std::int64_t channel, std::int64_t tap) const {
    return static_cast<double>(raw_[static_cast<std::size_t>((out * channels_ + channel) * taps_ + tap)]) *
           scale_[static_cast<std::size_t>(out)];
  }
  /// Empty where there is none.
  buffer<float> take_bias() { return std::move(bias_); }

 private:
  std::int64_t channels_, taps_;
  std::vector<double> scale_;
  buffer<float> raw_, bias_;
};

}  // namespace detail

}  // namespace nn::cpu
AISLE_NAMESPACE_END
