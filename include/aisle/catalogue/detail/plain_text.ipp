#pragma once

#include <aisle/base/blanks.hpp>
#include <aisle/base/error.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/catalogue/detail/plain_text.hpp>
#include <aisle/catalogue/detail/python_list.hpp>
#include <aisle/text/html.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

AISLE_API std::string plain_text(std::string_view text, bool keep_html) {
  std::string out(trimmed(keep_html ? std::string(text) : strip_html(text)));
  if (trimmed_name(out).empty()) out.clear();  // zero-width spaces and their like alone
  return out;
}

AISLE_API std::string plain_text(const json& value, bool keep_html) {
  if (value.is_null()) return {};
  if (value.is_string()) return plain_text(std::string_view(value.as<std::string>()), keep_html);
  std::string out;
  const auto add = [&](const json& part) {
    const std::string text = plain_text(part, keep_html);
    if (!text.empty()) out += (out.empty() ? "" : " ") + text;
  };
  if (value.is_array())
    for (const json& part : value.elements()) add(part);
  else if (value.is_object())
    for (const auto& member : value.members()) add(member.value);
  else
    out = value.dump();
  return out;
}

AISLE_API std::string plain_text_of_cell(std::string_view cell, bool of_json, bool keep_html) {
  const std::string_view text = trimmed(cell);
  const bool list = text.starts_with('[') && text.ends_with(']');
  const bool object = of_json && text.starts_with('{') && text.ends_with('}');
  if (list || object) try {
      const json value = parse_json(text, "text");
      if (of_json || ranges::all_of(value.elements(), [](const json& part) { return part.is_string(); }))
        return plain_text(value, keep_html);
    } catch (const format_error&) {  // no JSON: Python's list of strings, or the text itself
      if (const auto strings = list ? read_python_list(text) : std::nullopt)
        return plain_text(json::array_of(*strings), keep_html);
    }
  return plain_text(cell, keep_html);
}

}  // namespace detail
AISLE_NAMESPACE_END
