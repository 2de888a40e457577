#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/error.hpp>
#include <aisle/io/state_dict.hpp>
#include <aisle/learn/labels.hpp>
#include <aisle/tensor/finite.hpp>
#include <aisle/tensor/matrix.hpp>
#include <aisle/tensor/tensor.hpp>

// How learners lie in a safetensors file: arrays as tensors, options as metadata text "aisle.NAME".

AISLE_NAMESPACE_BEGIN

namespace detail {

class model_writer {
 public:
  void text(const std::string& name, std::string value);
  void number(const std::string& name, double value);
  template <class T>
  void add(const std::string& name, std::span<const T> values, shape dims) {
    tensor t(dtype_of<T>, dims);
    if (!values.empty()) std::memcpy(t.mutable_bytes().data(), values.data(), values.size_bytes());
    add_tensor(name, std::move(t));
  }
  template <class T>
  void add(const std::string& name, std::span<const T> values) {
    add(name, values, shape{static_cast<std::int64_t>(values.size())});
  }
  template <class T>
  void add(const std::string& name, const matrix<T>& m) {
    add(name, std::span<const T>(m.data(), static_cast<std::size_t>(m.rows() * m.cols())),
        shape{m.rows(), m.cols()});
  }
  void classes(const class_list& list);
  /// Another model, all of whose names begin with `name` and a point.
  void section(const std::string& name, const state_dict& model);
  /// The tensors, and what is text as their metadata. `format`: what kind of model it is.
  state_dict finish(const std::string& format = "classifier 1") &&;

 private:
  void add_tensor(const std::string& name, tensor value);
  state_dict tensors_;
  std::map<std::string, std::string> metadata_;
};

/// Which numbers a tensor may hold.
enum class model_numbers { finite, no_nan, any };

/// Reads what model_writer wrote. Files come from outside: everything is checked, all failures are
/// format_error.
class model_reader {
 public:
  explicit model_reader(const std::string& path, const std::string& format = "classifier 1");

  [[noreturn]] void fail(const std::string& what) const;
  const std::string& text(const std::string& name) const;
  bool has_text(const std::string& name) const { return tensors_.metadata().contains("aisle." + name); }
  double number(const std::string& name) const;
  std::int64_t integer(const std::string& name, std::int64_t low, std::int64_t high) const;
  class_list classes() const;
  /// What model_writer::section wrote.
  model_reader section(const std::string& name) const;

  template <class T>
  std::vector<T> list(const std::string& name, model_numbers which = model_numbers::finite) const {
    const auto& e = tensors_.at(name);
    if (e.type != dtype_of<T> || e.dims.rank() != 1)
      fail(name + " is " + std::string(name_of(e.type)) + " of shape " + to_string(e.dims) +
           ", expected a list of " + std::string(name_of(dtype_of<T>)));
    const tensor t = tensors_.read(name);
    const auto values = t.template data<T>();
    if constexpr (std::is_floating_point_v<T>) require_values(name, values, which);
    return {values.begin(), values.end()};
  }
  /// Floating point values of any width.
  template <class T>
  matrix<T> table(const std::string& name, model_numbers which = model_numbers::finite) const {
    const auto& e = tensors_.at(name);
    if ((e.type != dtype::f32 && e.type != dtype::f64) || e.dims.rank() != 2)
      fail(name + " is " + std::string(name_of(e.type)) + " of shape " + to_string(e.dims) +
           ", expected a matrix of f32 or f64");
    matrix<T> out(e.dims[0], e.dims[1]);
    const tensor t = tensors_.read(name);
    const auto copy = [&](auto values) {
      std::transform(values.begin(), values.end(), out.data(), [](auto v) { return static_cast<T>(v); });
    };
    if (e.type == dtype::f32)
      copy(t.template data<float>());
    else
      copy(t.template data<double>());
    // Behind the conversion: a double may be too large for a float.
    require_values(name, std::span<const T>(out.data(), static_cast<std::size_t>(out.rows() * out.cols())),
                   which);
    return out;
  }
  template <class T>
  matrix<T> table(const std::string& name, std::int64_t rows, std::int64_t cols) const {
    matrix<T> out = table<T>(name);
    if (out.rows() != rows || out.cols() != cols)
      fail(name + " is " + std::to_string(out.rows()) + " x " + std::to_string(out.cols()) + ", expected " +
           std::to_string(rows) + " x " + std::to_string(cols));
    return out;
  }

 private:
  model_reader(std::string path, state_dict tensors) : path_(std::move(path)), tensors_(std::move(tensors)) {}
  template <class T>
  void require_values(const std::string& name, std::span<const T> values, model_numbers which) const {
    if (which == model_numbers::any) return;
    if (which == model_numbers::finite ? all_finite(values) : no_nan(values)) return;
    std::size_t at = 0;
    while (which == model_numbers::finite ? is_finite(values[at]) : !is_nan(values[at])) ++at;
    fail(name + ": number " + std::to_string(at) + " is " + (is_nan(values[at]) ? "NaN" : "infinite") +
         ", expected a finite one");
  }
  std::string path_;
  state_dict tensors_;
};

}  // namespace detail

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/learn/detail/model_tensors.ipp>
#endif
