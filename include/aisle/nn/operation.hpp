#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aisle/kernels/activation.hpp>
#include <aisle/nn/value.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

class operation;

/// Shares an operator, which nobody changes. Not std::shared_ptr, whose machinery for each operator made up a
/// tenth of what a program of the headers alone had to compile.
class operation_ptr {
 public:
  operation_ptr(std::nullptr_t = nullptr) noexcept {}
  /// Takes what `new` made.
  explicit operation_ptr(const operation* made) noexcept;
  operation_ptr(const operation_ptr& other) noexcept : operation_ptr(other.it_) {}
  operation_ptr(operation_ptr&& other) noexcept : it_(std::exchange(other.it_, nullptr)) {}
  operation_ptr& operator=(operation_ptr other) noexcept {
    std::swap(it_, other.it_);
    return *this;
  }
  ~operation_ptr();

  const operation& operator*() const noexcept { return *it_; }
  const operation* operator->() const noexcept { return it_; }
  explicit operator bool() const noexcept { return it_ != nullptr; }

 private:
  const operation* it_ = nullptr;
};

/// The multiply-adds of one row of an operator's output (a pixel, a token, a vector), each counting 2, as
/// papers count them: element-wise work has none.
struct row_cost {
  std::int64_t flops = 0;
  std::int64_t flops_per_row = 0;  ///< more for every row of the same item: attention
};

/// The lines of the input (rows of pixels) that line y of the output is made of: [y * stride - before, y *
/// stride
/// - before + count), as far as they exist; all of them where count is 0.
struct line_window {
  std::int64_t stride = 1, before = 0, count = 1;
  static line_window same() { return {}; }
  static line_window all() { return {1, 0, 0}; }
};

/// Batch norm folded into the convolution before it: NAME.weight, .bias, .running_mean, .running_var.
struct folded_norm {
  std::string name;
  float eps = 1e-5f;
  bool scaled = true;  ///< false: there is no .weight, which is 1
};

/// An operator of a graph: what is true of it on every device. One file in nn/op/ each, with the struct that
/// a model records and all its facts; a fact that is forgotten does not compile. No weights, no sizes of
/// inputs, no instruction set.
class operation {
 public:
  virtual ~operation() = default;

  /// "conv2d", "layer_norm", …
  virtual std::string_view kind() const = 0;
  /// The shape of its value. Throws shape_error where an input is too small.
  virtual value_shape infer(std::span<const value_shape> in) const = 0;
  /// Names of the tensors it reads, as the model names them; those of a norm that was folded into it too.
  virtual void parameters(std::vector<std::string>& names) const = 0;
  virtual row_cost cost(std::span<const value_shape> in, const value_shape& out) const = 0;
  virtual line_window needed_lines(std::span<const value_shape> in) const = 0;
  /// Whether its value may take the memory of an input of the same shape.
  virtual bool works_in_place() const = 0;

  // What of its neighbours it can do along with its own work: the operator that does, or null.
  virtual operation_ptr with_norm(const folded_norm&) const { return nullptr; }
  virtual operation_ptr with_activation(kernels::activation) const { return nullptr; }
  /// Adds one more input before the activation.
  virtual operation_ptr with_residual() const { return nullptr; }
  /// What the two above ask of the operator before it; null and none for all others.
  virtual const folded_norm* as_norm() const { return nullptr; }
  virtual kernels::activation as_activation() const { return kernels::activation::none; }
  virtual bool is_sum() const { return false; }
  /// The caller's memory: nothing is computed.
  virtual bool is_input() const { return false; }
  /// Its inputs are columns of its value, in order: producers write there, and nothing is copied.
  virtual bool joins_columns() const { return false; }

 protected:
  operation() = default;
  operation(const operation&) noexcept {}
  operation& operator=(const operation&) noexcept { return *this; }

 private:
  friend class operation_ptr;
  mutable std::atomic<int> owners_{0};
};

inline operation_ptr::operation_ptr(const operation* made) noexcept : it_(made) {
  if (it_) it_->owners_.fetch_add(1, std::memory_order_relaxed);
}
inline operation_ptr::~operation_ptr() {
  if (it_ && it_->owners_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete it_;
}

/// The operator as the kind it is known to be.
template <class Op>
const Op* as(const operation& op) {
  return op.kind() == Op::name_of_kind ? static_cast<const Op*>(&op) : nullptr;
}

}  // namespace nn
AISLE_NAMESPACE_END
