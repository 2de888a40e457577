#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <aisle/base/counted.hpp>
#include <aisle/base/error.hpp>
#include <aisle/base/parallel.hpp>
#include <aisle/base/process.hpp>
#include <aisle/base/random.hpp>
#include <aisle/kernels/gemm.hpp>
#include <aisle/tensor/buffer.hpp>
#include <aisle/tensor/finite.hpp>
#include <aisle/tensor/matrix.hpp>

// The network inside mlp.hpp, for those who train it their own way: forward, gradients, nothing about epochs.

AISLE_NAMESPACE_BEGIN

/// Where batch norm stands in a hidden layer: Linear, ReLU, BatchNorm, Dropout or Linear, BatchNorm, ReLU,
/// Dropout.
enum class mlp_order { relu_then_norm, norm_then_relu };

/// What the sum of weighted row losses of a batch is divided by: its rows (as Keras) or their weights (as
/// PyTorch).
enum class loss_divisor { rows, weights };

struct mlp_shape {
  std::int64_t inputs = 0;
  std::vector<std::int64_t> hidden = {128, 64};
  std::int64_t outputs = 0;
  mlp_order order = mlp_order::relu_then_norm;
  bool batch_norm = true;
  double dropout = 0.2;  ///< share of activations set to 0 in training, in [0, 1)
  double norm_epsilon = 1e-5;
  double norm_momentum = 0.1;  ///< share of the batch in running statistics
};

/// Linear layers with ReLU, batch norm and dropout between them. Parameters and gradients are one array each.
template <class T>
class mlp_network {
 public:
  mlp_network() = default;
  /// Parameters are 0 (initialise() draws them). Throws option_error for sizes below 1 or a dropout outside
  /// [0, 1).
  explicit mlp_network(mlp_shape shape) : shape_(std::move(shape)) {
    if (is_nan(shape_.dropout) || shape_.dropout < 0 || shape_.dropout >= 1)
      throw option_error("mlp: dropout is " + std::to_string(shape_.dropout) +
                         ", expected a share in [0, 1)");
    std::int64_t inputs = shape_.inputs, at = 0, statistics = 0;
    auto sizes = shape_.hidden;
    sizes.push_back(shape_.outputs);
    for (const std::int64_t outputs : sizes) {
      if (inputs < 1 || outputs < 1)
        throw option_error("an mlp layer of " + std::to_string(inputs) + " inputs and " +
                           std::to_string(outputs) + " outputs");
      layer l{.inputs = inputs, .outputs = outputs};
      l.normalised = shape_.batch_norm && layers_.size() + 1 < sizes.size();
      l.weight = at;
      l.bias = l.weight + outputs * inputs;
      l.gamma = l.bias + outputs;
      l.beta = l.gamma + (l.normalised ? outputs : 0);
      at = l.beta + (l.normalised ? outputs : 0);
      l.mean = statistics;
      l.variance = l.mean + (l.normalised ? outputs : 0);
      statistics = l.variance + (l.normalised ? outputs : 0);
      layers_.push_back(l);
      inputs = outputs;
    }
    parameters_.assign(static_cast<std::size_t>(at), T{0});
    gradients_.assign(static_cast<std::size_t>(at), T{0});
    statistics_.assign(static_cast<std::size_t>(statistics), T{0});
  }

  const mlp_shape& shape() const& noexcept { return shape_; }
  mlp_shape shape() const&& { return shape(); }
  std::int64_t layers() const noexcept { return static_cast<std::int64_t>(layers_.size()); }
  bool normalised(std::int64_t i) const { return at(i).normalised; }

  /// All parameters: layer by layer weight, bias and, where it is normalised, gamma and beta.
  std::span<T> parameters() & noexcept { return parameters_; }
  std::span<const T> parameters() const& noexcept { return parameters_; }
  std::span<const T> parameters() const&& = delete;
  /// In the same order; of the last gradients() call.
  std::span<const T> gradients() const& noexcept { return gradients_; }
  std::span<const T> gradients() const&& = delete;
  /// Running mean and variance of every normalised layer.
  std::span<T> statistics() & noexcept { return statistics_; }
  std::span<const T> statistics() const& noexcept { return statistics_; }
  std::span<const T> statistics() const&& = delete;

  // Views of layer i. Weights are [outputs, inputs].
  matrix_view<T> weight(std::int64_t i) & { return weight_in(parameters_, at(i)); }
  std::span<T> bias(std::int64_t i) & { return part(parameters_, at(i).bias, at(i).outputs); }
  std::span<T> gamma(std::int64_t i) & { return part(parameters_, at(i).gamma, norm_size(i)); }
  std::span<T> beta(std::int64_t i) & { return part(parameters_, at(i).beta, norm_size(i)); }
  std::span<T> running_mean(std::int64_t i) & { return part(statistics_, at(i).mean, norm_size(i)); }
  std::span<T> running_variance(std::int64_t i) & { return part(statistics_, at(i).variance, norm_size(i)); }

  /// PyTorch's: weights and biases uniform within 1 / sqrt(inputs) of 0 (He et al. 2015 with a = sqrt(5)),
  /// gamma 1, beta 0, running mean 0 and variance 1.
  void initialise(std::uint64_t seed) {
    random_generator random(seed);
    std::fill(parameters_.begin(), parameters_.end(), T{0});
    std::fill(statistics_.begin(), statistics_.end(), T{0});
    for (std::int64_t i = 0; i < layers(); ++i) {
      const layer& l = at(i);
      const double bound = 1 / std::sqrt(static_cast<double>(l.inputs));
      for (T& v : part(parameters_, l.weight, l.outputs * l.inputs))
        v = static_cast<T>(random.uniform(-bound, bound));
      for (T& v : bias(i)) v = static_cast<T>(random.uniform(-bound, bound));
      for (T& v : gamma(i)) v = T{1};
      for (T& v : running_variance(i)) v = T{1};
    }
  }

  struct batch {
    matrix_view<const T> x;               ///< [rows, inputs]
    std::span<const std::int32_t> codes;  ///< the class of each row
    std::span<const double> weights;      ///< one a row; empty: all 1
    loss_divisor divisor = loss_divisor::rows;
    std::uint64_t dropout_seed = 0;
    int threads = 0;
  };

  /// Mean cross-entropy of a batch in training mode (batch statistics, which move the running ones; dropout),
  /// and its gradients. Batch norm needs two rows at least: throws shape_error.
  double backpropagate(const batch& b) {
    const std::int64_t rows = b.x.rows();
    if (b.x.cols() != shape_.inputs || static_cast<std::int64_t>(b.codes.size()) != rows ||
        (!b.weights.empty() && static_cast<std::int64_t>(b.weights.size()) != rows))
      throw shape_error("an mlp batch of " + counted(rows, "row") + " of " + counted(b.x.cols(), "feature") +
                        " with " + counted(b.codes.size(), "label") + "; the network takes " +
                        counted(shape_.inputs, "feature"));
    if (rows == 0 || (rows < 2 && shape_.batch_norm && layers() > 1))
      throw shape_error("an mlp batch of " + counted(rows, "row"));
    random_generator random(b.dropout_seed);
    traces_.resize(layers_.size());
    for (std::int64_t i = 0; i < layers(); ++i) {
      trace& t = traces_[static_cast<std::size_t>(i)];
      linear(i, b.x, i == 0 ? nullptr : &traces_[static_cast<std::size_t>(i - 1)].out, t.out, b.threads);
      if (i + 1 < layers()) activate_training(i, t, random);
    }
    const double loss = cross_entropy(b, traces_.back().out);
    for (std::int64_t i = layers() - 1; i >= 0; --i) {
      trace& t = traces_[static_cast<std::size_t>(i)];
      const layer& l = at(i);
      // t.out holds the derivative by the linear layer's output here.
      const auto weight_gradient = weight_in(gradients_, l);
      if (i == 0)
        multiply(t.out, b.x, weight_gradient, {}, b.threads);
      else
        multiply(t.out, traces_[static_cast<std::size_t>(i - 1)].out, weight_gradient, {.transpose_b = true},
                 b.threads);
      for (std::int64_t o = 0; o < l.outputs; ++o) {
        T sum = 0;
        for (const T v : t.out.row(o)) sum += v;
        gradients_[static_cast<std::size_t>(l.bias + o)] = sum;
      }
      if (i == 0) break;
      trace& before = traces_[static_cast<std::size_t>(i - 1)];
      multiply(weight(i), t.out, before.out, {.transpose_a = true}, b.threads);
      differentiate(i - 1, before);
    }
    return loss;
  }

  /// Raw outputs [rows, outputs] in evaluation mode (running statistics, no dropout).
  matrix<T> logits(matrix_view<const T> x, int threads = 0) const {
    matrix<T> out(x.rows(), shape_.outputs);
    evaluate(
        x, out, threads, [](matrix_view<const T>) {}, [](matrix_view<T>) {});
    return out;
  }

  /// The same into `out`, block of rows by block, each by one of the threads while it is in its cache (fewer
  /// rows than first units are one block): before(rows of x) is called first, after(rows of out) when their
  /// outputs stand.
  template <class Before, class After>
  void evaluate(matrix_view<const T> x, matrix_view<T> out, int threads, const Before& before,
                const After& after) const {
    if (x.cols() != shape_.inputs)
      throw shape_error("rows of " + counted(x.cols(), "feature") + " for an mlp of " +
                        std::to_string(shape_.inputs));
    if (x.rows() == 0) return;
    // A product packs its right operand: the smaller one. The bits are the same.
    if (x.rows() < at(0).outputs) {
      throw_if_interrupted();
      before(x);
      evaluate_by_unit(x, out, threads);
      return after(out);
    }
    threads = kernels::threads_worth(x.rows() * static_cast<std::int64_t>(parameters_.size()), threads);
    const std::vector<packed_layer> packed = pack(threads);
    // A core's second cache holds 64 rows; fewer where there are many threads to share them.
    const std::int64_t block =
        std::clamp<std::int64_t>(x.rows() / (4 * std::int64_t{thread_budget(threads)}), 16, 64);
    parallel_for((x.rows() + block - 1) / block, threads, [&](std::int64_t b) {
      throw_if_interrupted();
      const std::int64_t first = b * block, count = std::min(block, x.rows() - first);
      const matrix_view<const T> rows = x.rows(first, count);
      const matrix_view<T> to = out.rows(first, count);
      before(rows);
      evaluate_by_row(packed, rows, to);
      after(to);
    });
  }

 private:
  struct layer {
    std::int64_t inputs = 0, outputs = 0;
    bool normalised = false;
    std::int64_t weight = 0, bias = 0, gamma = 0, beta = 0, mean = 0, variance = 0;  // offsets
  };
  // Activations lie unit by unit ([units, rows]): a product's left operand is then a weight matrix in place,
  // and batch statistics run along memory.
  struct trace {
    matrix<T> out;         // what the next layer reads; in the backward pass its derivative
    matrix<T> normalised;  // (v - mean) / deviation
    matrix<T> kept;        // what ReLU and dropout multiply by: 0 or 1, 0 or 1 / (1 - dropout)
    matrix<T> passed;      // ReLU's part of it, where batch norm stands between the two
    std::vector<T> inverse_deviation;
  };

  const layer& at(std::int64_t i) const { return layers_.at(static_cast<std::size_t>(i)); }
  std::int64_t norm_size(std::int64_t i) const { return at(i).normalised ? at(i).outputs : 0; }
  static std::span<T> part(std::vector<T, aligned_allocator<T>>& v, std::int64_t from, std::int64_t count) {
    return std::span<T>(v).subspan(static_cast<std::size_t>(from), static_cast<std::size_t>(count));
  }
  /// Of parameters or gradients, which may be const.
  static auto weight_in(auto& of, const layer& l) {
    return matrix_view(of.data() + l.weight, l.outputs, l.inputs);
  }

  static void multiply(matrix_view<const T> a, matrix_view<const T> b, matrix_view<T> c,
                       kernels::gemm_options<T> options, int threads) {
    const std::int64_t depth = options.transpose_a ? a.rows() : a.cols();
    options.threads = kernels::threads_worth(c.rows() * c.cols() * depth, threads);
    kernels::gemm<T>(a, b, c, options);
  }

  static void resize(matrix<T>& m, std::int64_t rows, std::int64_t cols) {
    if (m.rows() != rows || m.cols() != cols) m = matrix<T>(rows, cols);
  }

  void linear(std::int64_t i, matrix_view<const T> x, const matrix<T>* before, matrix<T>& out,
              int threads) const {
    const layer& l = at(i);
    const std::int64_t rows = before ? before->cols() : x.rows();
    resize(out, l.outputs, rows);
    if (before)
      multiply(weight_in(parameters_, l), *before, out, {}, threads);
    else
      multiply(weight_in(parameters_, l), x, out, {.transpose_b = true}, threads);
    for (std::int64_t o = 0; o < l.outputs; ++o)
      for (T& v : out.row(o)) v += parameters_[static_cast<std::size_t>(l.bias + o)];
  }

  static void rectify(std::span<T> values, std::span<T> passed) {
    for (std::size_t r = 0; r < values.size(); ++r) {
      passed[r] = values[r] > 0 ? T{1} : T{0};
      values[r] *= passed[r];
    }
  }

  void activate_training(std::int64_t i, trace& t, random_generator& random) {
    const layer& l = at(i);
    const std::int64_t rows = t.out.cols();
    for (matrix<T>* m : {&t.normalised, &t.kept, &t.passed}) resize(*m, l.outputs, rows);
    t.inverse_deviation.resize(static_cast<std::size_t>(l.outputs));
    const bool relu_first = !l.normalised || shape_.order == mlp_order::relu_then_norm;
    for (std::int64_t o = 0; o < l.outputs; ++o) {
      const auto v = t.out.row(o);
      if (relu_first) rectify(v, t.passed.row(o));
      if (l.normalised) normalise(i, o, t);
      if (!relu_first) rectify(v, t.passed.row(o));
      if (shape_.dropout == 0) continue;
      const auto limit = static_cast<std::uint64_t>(shape_.dropout * 0x1p32);
      const T scale = static_cast<T>(1 / (1 - shape_.dropout));
      const auto kept = t.kept.row(o);
      for (std::size_t r = 0; r < kept.size(); ++r) {
        kept[r] = (random() >> 32) < limit ? T{0} : scale;
        v[r] *= kept[r];
      }
    }
  }

  void normalise(std::int64_t i, std::int64_t o, trace& t) {
    const auto unit = static_cast<std::size_t>(o);
    const auto v = t.out.row(o), n = t.normalised.row(o);
    const T rows = static_cast<T>(v.size());
    T mean = 0, variance = 0;
    for (const T e : v) mean += e;
    mean /= rows;
    for (const T e : v) variance += (e - mean) * (e - mean);
    // The batch is normalised by the biased variance, the running one is unbiased (as PyTorch).
    const T momentum = static_cast<T>(shape_.norm_momentum);
    running_mean(i)[unit] += momentum * (mean - running_mean(i)[unit]);
    running_variance(i)[unit] += momentum * (variance / (rows - 1) - running_variance(i)[unit]);
    const T inverse = 1 / std::sqrt(variance / rows + static_cast<T>(shape_.norm_epsilon));
    t.inverse_deviation[unit] = inverse;
    const T gamma_o = gamma(i)[unit], beta_o = beta(i)[unit];
    for (std::size_t r = 0; r < v.size(); ++r) {
      n[r] = (v[r] - mean) * inverse;
      v[r] = gamma_o * n[r] + beta_o;
    }
  }

  /// A hidden layer's batch norm, as running statistics make it, and ReLU.
  struct evaluated_layer {
    bool relu_first, normalised;
    std::vector<T> scale, shift;  // of each unit

    evaluated_layer(const mlp_network& network, std::int64_t i) : normalised(network.at(i).normalised) {
      const layer& l = network.at(i);
      relu_first = !normalised || network.shape_.order == mlp_order::relu_then_norm;
      for (std::int64_t o = 0; normalised && o < l.outputs; ++o) {
        const auto of = [o](const buffer<T>& all, std::int64_t from) {
          return all[static_cast<std::size_t>(from + o)];
        };
        scale.push_back(
            of(network.parameters_, l.gamma) /
            std::sqrt(of(network.statistics_, l.variance) + static_cast<T>(network.shape_.norm_epsilon)));
        shift.push_back(of(network.parameters_, l.beta) - of(network.statistics_, l.mean) * scale.back());
      }
    }
    T activate(T v, std::size_t unit) const {
      if (relu_first) v = v > 0 ? v : T{0};
      if (normalised) v = v * scale[unit] + shift[unit];
      if (!relu_first) v = v > 0 ? v : T{0};
      return v;
    }
  };

  /// A layer as evaluate_by_row() reads it.
  struct packed_layer {
    evaluated_layer hidden;
    kernels::packed_matrix<T> weights;
    const T* bias;
  };

  void evaluate_by_unit(matrix_view<const T> x, matrix_view<T> out, int threads) const {
    matrix<T> current, next;
    for (std::int64_t i = 0; i < layers(); ++i) {
      linear(i, x, i == 0 ? nullptr : &current, next, threads);
      std::swap(current, next);
      if (i + 1 == layers()) break;
      const evaluated_layer hidden(*this, i);
      for (std::int64_t o = 0; o < current.rows(); ++o)
        for (T& v : current.row(o)) v = hidden.activate(v, static_cast<std::size_t>(o));
    }
    for (std::int64_t r = 0; r < out.rows(); ++r)
      for (std::int64_t c = 0; c < out.cols(); ++c) out(r, c) = current(c, r);
  }

  std::vector<packed_layer> pack(int threads) const {
    std::vector<packed_layer> out;
    for (std::int64_t i = 0; i < layers(); ++i) {
      const layer& l = at(i);
      out.push_back({evaluated_layer(*this, i),
                     kernels::packed_matrix<T>(kernels::plain_table(), l.inputs, l.outputs,
                                               parameters_.data() + l.weight, l.inputs, threads),
                     parameters_.data() + l.bias});
    }
    return out;
  }

  static void evaluate_by_row(const std::vector<packed_layer>& layers, matrix_view<const T> x,
                              matrix_view<T> out) {
    matrix<T> current, next;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const packed_layer& l = layers[i];
      const bool last = i + 1 == layers.size();
      if (!last) resize(next, x.rows(), l.weights.n());
      const matrix_view<T> to = last ? out : matrix_view<T>(next);
      const matrix_view<const T> from = i == 0 ? x : matrix_view<const T>(current);
      kernels::gemm_rows<T> rows;
      rows.data = from.data();
      rows.stride = from.stride();
      buffer<std::byte> scratch(static_cast<std::size_t>(l.weights.scratch_bytes()));
      kernels::gemm_packed<T>(l.weights, rows, x.rows(), to.data(), to.stride(), {}, 1, scratch.data());
      for (const auto row : to)
        for (std::size_t o = 0; o < row.size(); ++o)
          row[o] = last ? row[o] + l.bias[o] : l.hidden.activate(row[o] + l.bias[o], o);
      std::swap(current, next);
    }
  }

  /// Turns the derivative by a hidden layer's output into that by its linear layer's, and sets the gradients
  /// of gamma and beta.
  void differentiate(std::int64_t i, trace& t) {
    const layer& l = at(i);
    const bool relu_first = !l.normalised || shape_.order == mlp_order::relu_then_norm;
    for (std::int64_t o = 0; o < l.outputs; ++o) {
      const auto d = t.out.row(o), passed = t.passed.row(o), kept = t.kept.row(o), n = t.normalised.row(o);
      if (shape_.dropout > 0)
        for (std::size_t r = 0; r < d.size(); ++r) d[r] *= kept[r];
      if (!relu_first)
        for (std::size_t r = 0; r < d.size(); ++r) d[r] *= passed[r];
      if (l.normalised) {
        T sum = 0, product = 0;
        for (std::size_t r = 0; r < d.size(); ++r) {
          sum += d[r];
          product += d[r] * n[r];
        }
        gradients_[static_cast<std::size_t>(l.gamma + o)] = product;
        gradients_[static_cast<std::size_t>(l.beta + o)] = sum;
        const T rows = static_cast<T>(d.size());
        const T scale =
            gamma(i)[static_cast<std::size_t>(o)] * t.inverse_deviation[static_cast<std::size_t>(o)];
        for (std::size_t r = 0; r < d.size(); ++r) d[r] = scale * (d[r] - (sum + n[r] * product) / rows);
      }
      if (relu_first)
        for (std::size_t r = 0; r < d.size(); ++r) d[r] *= passed[r];
    }
  }

  /// The batch's loss; logits [outputs, rows] become its derivative by them.
  static double cross_entropy(const batch& b, matrix<T>& logits) {
    const std::int64_t rows = logits.cols(), classes = logits.rows();
    double divisor = static_cast<double>(rows), loss = 0;
    if (b.divisor == loss_divisor::weights && !b.weights.empty()) {
      divisor = 0;
      for (const double w : b.weights) divisor += w;
      if (divisor == 0) divisor = 1;  // rows that all weigh nothing teach nothing
    }
    for (std::int64_t r = 0; r < rows; ++r) {
      const auto target = b.codes[static_cast<std::size_t>(r)];
      double high = -std::numeric_limits<double>::infinity(), sum = 0;
      for (std::int64_t c = 0; c < classes; ++c) high = std::max(high, static_cast<double>(logits(c, r)));
      for (std::int64_t c = 0; c < classes; ++c) sum += std::exp(static_cast<double>(logits(c, r)) - high);
      const double w = (b.weights.empty() ? 1.0 : b.weights[static_cast<std::size_t>(r)]) / divisor;
      loss += w * (std::log(sum) + high - static_cast<double>(logits(target, r)));
      for (std::int64_t c = 0; c < classes; ++c) {
        const double p = std::exp(static_cast<double>(logits(c, r)) - high) / sum;
        logits(c, r) = static_cast<T>(w * (p - (c == target)));
      }
    }
    return loss;
  }

  mlp_shape shape_;
  std::vector<layer> layers_;
  buffer<T> parameters_, gradients_, statistics_;
  std::vector<trace> traces_;
};

AISLE_NAMESPACE_END
