#pragma once

#include <cstdint>
#include <string>

#include <aisle/base/error.hpp>
#include <aisle/learn/detail/numbers.hpp>
#include <aisle/learn/labels.hpp>
#include <aisle/tensor/matrix.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Throws shape_error unless there is a row a label, at least one, and a column a class; row_error for what
/// is no probability.
template <class T>
void require_probabilities(const label_vector& truth, matrix_view<const T> p) {
  if (p.rows() == 0 || p.rows() != truth.size() || p.cols() != truth.classes().size())
    throw shape_error("probabilities are " + std::to_string(p.rows()) + " x " + std::to_string(p.cols()) +
                      " for " + std::to_string(truth.size()) + " labels of " +
                      std::to_string(truth.classes().size()) +
                      " classes, expected a row a label and a column a class");
  for (std::int64_t r = 0; r < p.rows(); ++r)
    for (const T v : p.row(r))
      if (!is_finite(v) || v < 0 || v > T(1.001))
        throw row_error("probabilities", r, {}, number_text(static_cast<double>(v)) + ", expected 0 to 1");
}

}  // namespace detail

AISLE_NAMESPACE_END
