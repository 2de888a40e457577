#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include <aisle/base/config.hpp>
#include <aisle/base/error.hpp>
#include <aisle/base/file.hpp>
#include <aisle/tensor/matrix.hpp>
#include <aisle/tensor/tensor.hpp>

// NumPy's .npy files. Source: numpy/lib/format.py.

AISLE_NAMESPACE_BEGIN

/// Reads a .npy file (versions 1 to 3, little-endian; float16/32/64, int8/16/32/64, uint8, bool) in C order;
/// Fortran order is put in C order. Throws format_error.
tensor read_npy(const std::string& path);

/// Writes a tensor as .npy (version 1.0, C order), atomically; the bytes are those of numpy.save. Throws
/// option_error for bf16, which NumPy has not.
void write_npy(const std::string& path, const tensor& value);

/// The same for rows of a matrix; T is any element type of a tensor.
template <class T>
void write_npy(const std::string& path, matrix_view<const T> value) {
  tensor t(dtype_of<T>, {value.rows(), value.cols()});
  for (std::int64_t r = 0; r < value.rows(); ++r)
    std::copy_n(value.row(r).data(), value.cols(), t.template data<T>().data() + r * value.cols());
  write_npy(path, t);
}
template <class T>
requires(!std::is_const_v<T>) void write_npy(const std::string& path, matrix_view<T> value) {
  write_npy(path, matrix_view<const T>(value));
}
template <class T>
void write_npy(const std::string& path, const matrix<T>& value) {
  write_npy(path, value.view());
}

/// Writes a matrix of floats row by row when it is not known how many there will be: [rows, cols],
/// atomically, the same bytes as write_npy up to 10^20 rows.
class npy_row_writer {
 public:
  npy_row_writer(const std::string& path, std::int64_t cols);
  /// Throws shape_error when `values` are not `cols`.
  void row(std::span<const float> values);
  /// Makes the file appear; without it nothing is written.
  void commit();

 private:
  atomic_file file_;
  std::int64_t cols_, rows_ = 0;
};

namespace detail {
/// Calls `f(elements)` with the span of the tensor's own type.
template <class F>
void visit_elements(const tensor& t, F&& f) {
  switch (t.type()) {
    case dtype::f32:
      return f(t.data<float>());
    case dtype::f64:
      return f(t.data<double>());
    case dtype::f16:
      return f(t.data<float16>());
    case dtype::bf16:
      return f(t.data<bfloat16>());
    case dtype::i8:
      return f(t.data<std::int8_t>());
    case dtype::i16:
      return f(t.data<std::int16_t>());
    case dtype::i32:
      return f(t.data<std::int32_t>());
    case dtype::i64:
      return f(t.data<std::int64_t>());
    case dtype::u8:
      return f(t.data<std::uint8_t>());
    case dtype::boolean:
      return f(std::span(reinterpret_cast<const std::uint8_t*>(t.bytes().data()), t.bytes().size()));
  }
}
}  // namespace detail

/// Reads a .npy file of one or two dimensions as a matrix (a vector is one column); elements are converted to
/// T. Throws format_error for other ranks, and for floating-point elements that would become integers.
template <class T>
matrix<T> read_npy_matrix(const std::string& path) {
  const tensor t = read_npy(path);
  const std::size_t rank = t.dims().rank();
  if (rank != 1 && rank != 2)
    throw format_error(path, "has shape " + to_string(t.dims()) + ", expected one or two dimensions");
  matrix<T> out(t.dims()[0], rank == 2 ? t.dims()[1] : 1);
  detail::visit_elements(t, [&](auto elements) {
    using from = std::remove_cv_t<typename decltype(elements)::element_type>;
    constexpr bool half = std::is_same_v<from, float16> || std::is_same_v<from, bfloat16>;
    if constexpr (std::is_integral_v<T> && (half || std::is_floating_point_v<from>)) {
      throw format_error(path, "holds " + std::string(name_of(t.type())) + ", expected integers");
    } else {
      for (std::size_t i = 0; i < elements.size(); ++i) {
        if constexpr (half)
          out.data()[i] = static_cast<T>(to_float(elements[i]));
        else
          out.data()[i] = static_cast<T>(elements[i]);
        if constexpr (std::is_integral_v<T>)
          if (!std::in_range<T>(elements[i]))
            throw format_error(path, "element " + std::to_string(i) + " is " + std::to_string(elements[i]) +
                                         ", out of range");
      }
    }
  });
  return out;
}

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/io/npy.ipp>
#endif
