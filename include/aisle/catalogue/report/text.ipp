#pragma once

#include <charconv>
#include <cmath>

#include <aisle/catalogue/inputs.hpp>
#include <aisle/catalogue/report/text.hpp>
#include <aisle/io/base64.hpp>
#include <aisle/io/utf8.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail::report {

AISLE_API std::string one_line(std::string_view text) {
  std::string out = replace_invalid_utf8(text);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const unsigned char c = static_cast<unsigned char>(out[i]);
    if (c < 0x20 || c == 0x7F) out[i] = ' ';
    // U+0080 to U+009F are controls, too; U+FFFE and U+FFFF are allowed in no XML.
    if (c == 0xC2 && static_cast<unsigned char>(out[i + 1]) < 0xA0) out.replace(i, 2, " ");
    if (c == 0xEF && static_cast<unsigned char>(out[i + 1]) == 0xBF &&
        static_cast<unsigned char>(out[i + 2]) >= 0xBE)
      out[i + 2] = '\xBD';
  }
  const auto first = out.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  return out.substr(first, out.find_last_not_of(' ') - first + 1);
}

AISLE_API std::string shortened(std::string_view text, std::size_t limit) {
  std::string out = one_line(text);
  std::size_t points = 0;
  for (std::size_t i = 0; i < out.size(); i += utf8_sequence(out, i))
    if (++points > limit) {
      out.resize(i);
      while (!out.empty() && out.back() == ' ') out.pop_back();
      return out + "…";
    }
  return out;
}

AISLE_API std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : one_line(text)) switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  return out;
}

AISLE_API std::string escape_markdown(std::string_view text) {
  static constexpr std::string_view special = "\\`*_[]~|$";
  std::string out;
  for (const char c : one_line(text)) {
    if (c == '&' || c == '<') {
      out += c == '&' ? "&amp;" : "&lt;";
      continue;
    }
    if (special.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

AISLE_API std::string fixed(double value, int digits) {
  if (!std::isfinite(value)) return "–";
  if (std::abs(value) > 1e15) value = std::copysign(1e15, value);
  char text[64];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, digits).ptr;
  const std::string_view out(text, static_cast<std::size_t>(end - text));
  // -0.00 reads as a slip.
  if (out.front() == '-' && out.find_first_not_of("-0.") == std::string_view::npos)
    return std::string(out.substr(1));
  return std::string(out);
}

AISLE_API std::string grouped(std::int64_t value) {
  std::string digits = std::to_string(value);
  const std::size_t first = value < 0 ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

AISLE_API std::string duration(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "–";
  if (seconds < 9.995) return fixed(seconds, 2) + " s";
  if (seconds < 99.95) return fixed(seconds, 1) + " s";
  const auto two = [](std::int64_t v) { return (v < 10 ? "0" : "") + std::to_string(v); };
  const auto whole = static_cast<std::int64_t>(std::llround(std::fmin(seconds, 1e15)));
  if (whole < 3600) return std::to_string(whole / 60) + " min " + two(whole % 60) + " s";
  return std::to_string(whole / 3600) + " h " + two(whole % 3600 / 60) + " min";
}

AISLE_API std::string usage_text(const experiment_result& r, std::string (*escape)(std::string_view)) {
  const row_usage& u = r.usage;
  std::string out = grouped(r.rows) + " products: " + grouped(r.rows_with_text) + " with a text, " +
                    grouped(r.rows_with_image) + " with a picture.";
  if (u.used() == 0) return out;  // of an earlier version, which did not count
  out += " " + grouped(u.used()) + " took part: " + grouped(u.text_and_image) + " with text and picture, " +
         grouped(u.text_only) + " with a text only, " + grouped(u.image_only) + " with a picture only.";
  if (u.not_used() == 0) return out;
  out += " " + grouped(u.not_used()) + " did not: ";
  for (std::size_t i = 0; i < u.left_out.size(); ++i)
    out += (i == 0 ? "" : ", ") + grouped(u.left_out[i].second) + " " + escape(u.left_out[i].first);
  return out + ".";
}

AISLE_API std::string with_deviation(double mean, double deviation, bool several) {
  return several ? fixed(mean, 1) + " ± " + fixed(deviation, 1) : fixed(mean, 1);
}

AISLE_API std::string base64(std::string_view bytes) { return encode_base64(bytes); }

AISLE_API std::string model_title(std::string_view model) {
  if (model == "random_forest") return "Random forest";
  if (model == "logistic_regression") return "Logistic regression";
  if (model == "mlp") return "Neural network (MLP)";
  return one_line(model);
}

AISLE_API std::string modality_title(std::string_view modality) {
  const auto inputs = find_inputs(modality);
  if (!inputs) return one_line(modality);  // of a report that was made elsewhere
  return inputs->count() > 1 ? "Text + image" : inputs->text ? "Text" : "Image";
}

}  // namespace detail::report
AISLE_NAMESPACE_END
