#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <system_error>

#include <aisle/base/counted.hpp>
#include <aisle/learn/classification_report.hpp>
#include <aisle/learn/detail/paired_labels.hpp>
#include <aisle/tensor/finite.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Python's repr of a float: the shortest digits that read back the same, always with a point or an exponent.
inline std::string python_float(double v) {
  if (is_nan(v)) return "nan";
  if (is_infinite(v)) return v > 0 ? "inf" : "-inf";
  const double size = std::abs(v);
  char text[64];
  const auto format =
      size != 0 && (size < 1e-4 || size >= 1e16) ? std::chars_format::scientific : std::chars_format::fixed;
  std::string out(text, std::to_chars(text, text + sizeof text, v, format).ptr);
  if (format == std::chars_format::fixed && out.find('.') == std::string::npos) out += ".0";
  return out;
}

/// numpy's pairwise summation: with weights its order shows in the last digits printed.
inline double numpy_sum(const double* v, std::size_t n) {
  if (n < 8) {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += v[i];
    return sum;
  }
  if (n <= 128) {
    double r[8];
    std::copy_n(v, 8, r);
    std::size_t i = 8;
    for (; i + 8 <= n; i += 8)
      for (std::size_t j = 0; j < 8; ++j) r[j] += v[i + j];
    double sum = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
    for (; i < n; ++i) sum += v[i];
    return sum;
  }
  std::size_t half = n / 2;
  half -= half % 8;
  return numpy_sum(v, half) + numpy_sum(v + half, n - half);
}

inline std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; }));
}

inline std::string right_aligned(std::string_view text, std::size_t width) {
  const std::size_t length = code_points(text);
  return std::string(width > length ? width - length : 0, ' ') + std::string(text);
}

inline std::string fixed_digits(double v, int digits) {
  if (is_nan(v)) return "nan";
  char text[256];  // scores are in [0, 1] or what zero_division says; to_chars ignores the locale
  const auto [end, code] = std::to_chars(text, text + sizeof text, v, std::chars_format::fixed, digits);
  return code == std::errc{} ? std::string(text, end) : python_float(v);
}

}  // namespace detail

AISLE_API std::string classification_report(const label_vector& truth, const label_vector& predicted,
                                            const report_options& options) {
  if (options.digits < 0 || options.digits > 100)
    throw option_error(std::to_string(options.digits) + " digits in a report, expected 0 to 100");
  const metric_options how{options.labels, options.sample_weights, options.zero_division};
  const detail::paired_labels rows(truth, predicted, how.labels, how.sample_weights);
  const auto scores = precision_recall_f1(truth, predicted, how);
  const auto& names = options.target_names.empty() ? scores.labels : options.target_names;
  if (names.size() != scores.labels.size())
    throw option_error(std::to_string(names.size()) + " target names for " +
                       counted(scores.labels.size(), "class", "classes"));

  const bool weighted = !options.sample_weights.empty() && !options.weights_are_counts;
  const bool float_support = weighted || !detail::class_sums(rows).any_right;
  const auto support = [&](double v) {
    return float_support ? detail::python_float(v) : std::to_string(static_cast<std::int64_t>(v));
  };
  std::size_t width =
      std::max(std::string_view("weighted avg").size(), static_cast<std::size_t>(options.digits));
  for (const auto& name : names) width = std::max(width, detail::code_points(name));

  const auto cell = [](std::string_view text) {
    std::string padded(1, ' ');
    padded += detail::right_aligned(text, 9);
    return padded;
  };
  const auto row = [&](std::string_view name, const prf_score& s, double weight) {
    return detail::right_aligned(name, width) + " " +
           cell(detail::fixed_digits(s.precision, options.digits)) +
           cell(detail::fixed_digits(s.recall, options.digits)) +
           cell(detail::fixed_digits(s.f1, options.digits)) + cell(support(weight)) + "\n";
  };
  std::string out = std::string(width, ' ') + " " + cell("precision") + cell("recall") + cell("f1-score") +
                    cell("support") + "\n\n";
  for (std::size_t c = 0; c < names.size(); ++c) out += row(names[c], scores.scores[c], scores.support[c]);
  out += "\n";
  const double total = detail::numpy_sum(scores.support.data(), scores.support.size());
  if (rows.complete)  // every class that occurs has a row: the micro averages are all the accuracy
    out += detail::right_aligned("accuracy", width) + " " + cell("") + cell("") +
           cell(detail::fixed_digits(scores.micro.f1, options.digits)) + cell(support(total)) + "\n";
  else
    out += row("micro avg", scores.micro, total);
  out += row("macro avg", scores.macro, total);
  out += row("weighted avg", scores.weighted, total);
  return out;
}

AISLE_NAMESPACE_END
