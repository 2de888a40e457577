#pragma once

#include <aisle/nn/operators.hpp>

// What of the operators' facts is longer than a line.

AISLE_NAMESPACE_BEGIN
namespace nn {

namespace detail {

AISLE_API void add_norm(const folded_norm& norm, std::vector<std::string>& names) {
  if (norm.scaled) names.push_back(norm.name + ".weight");
  for (const char* leaf : {".bias", ".running_mean", ".running_var"}) names.push_back(norm.name + leaf);
}

AISLE_API void add_convolution(const std::string& name, bool bias, const std::vector<folded_norm>& norms,
                               std::vector<std::string>& names) {
  names.push_back(name + ".weight");
  if (bias) names.push_back(name + ".bias");
  for (const folded_norm& norm : norms) add_norm(norm, names);
}

/// A copy with an activation, where none stands yet.
template <class Op>
operation_ptr activated(const Op& op, kernels::activation act) {
  if (op.act != kernels::activation::none) return nullptr;
  auto* copy = new Op(op);
  copy->act = act;
  return operation_ptr(copy);
}

template <class Op>
operation_ptr summed(const Op& op) {
  if (op.act != kernels::activation::none || op.residual) return nullptr;
  auto* copy = new Op(op);
  copy->residual = true;
  return operation_ptr(copy);
}

template <class Op>
operation_ptr normed(const Op& op, const folded_norm& norm) {
  auto* copy = new Op(op);
  copy->norms.push_back(norm);
  return operation_ptr(copy);
}

}  // namespace detail

AISLE_API void conv2d::parameters(std::vector<std::string>& names) const {
  detail::add_convolution(name, bias, norms, names);
}
AISLE_API operation_ptr conv2d::with_norm(const folded_norm& norm) const {
  return act == kernels::activation::none && !residual ? detail::normed(*this, norm) : nullptr;
}
AISLE_API operation_ptr conv2d::with_activation(kernels::activation a) const {
  return detail::activated(*this, a);
}
AISLE_API operation_ptr conv2d::with_residual() const { return detail::summed(*this); }

AISLE_API void depthwise::parameters(std::vector<std::string>& names) const {
  detail::add_convolution(name, bias, norms, names);
}
AISLE_API operation_ptr depthwise::with_norm(const folded_norm& norm) const {
  return act == kernels::activation::none ? detail::normed(*this, norm) : nullptr;
}
AISLE_API operation_ptr depthwise::with_activation(kernels::activation a) const {
  return detail::activated(*this, a);
}

AISLE_API void linear::parameters(std::vector<std::string>& list) const {
  for (const std::string& name : names) {
    list.push_back(name + ".weight");
    if (bias) list.push_back(name + ".bias");
  }
}
AISLE_API operation_ptr linear::with_activation(kernels::activation a) const {
  return detail::activated(*this, a);
}
AISLE_API operation_ptr linear::with_residual() const { return detail::summed(*this); }

AISLE_API void batch_norm::parameters(std::vector<std::string>& names) const {
  detail::add_norm(norm, names);
}
AISLE_API operation_ptr batch_norm::with_activation(kernels::activation a) const {
  return detail::activated(*this, a);
}

AISLE_API value_shape add::infer(std::span<const value_shape> in) const {
  if (!(in[0] == in[1]))
    throw shape_error("an addition of " + to_string(in[0]) + " and " + to_string(in[1]) +
                      ", expected one shape");
  return in[0];
}
AISLE_API operation_ptr add::with_activation(kernels::activation a) const {
  return detail::activated(*this, a);
}

AISLE_API value_shape concatenate::infer(std::span<const value_shape> in) const {
  value_shape out = in[0].of_width(0);
  for (const value_shape& s : in) {
    if (!(s.of_width(0) == out.of_width(0)))
      throw shape_error("cannot put " + to_string(s) + " beside " + to_string(in[0]) +
                        ", expected as many rows");
    out.c += s.c;
  }
  return out;
}

}  // namespace nn
AISLE_NAMESPACE_END
