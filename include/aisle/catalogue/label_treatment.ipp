#pragma once

#include <optional>
#include <vector>

#include <aisle/base/blanks.hpp>
#include <aisle/base/error.hpp>
#include <aisle/catalogue/detail/python_list.hpp>
#include <aisle/catalogue/label_treatment.hpp>
#include <aisle/io/json.hpp>
#include <aisle/text/html.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// The names of objects as Python's repr() writes them: `[{'id': 1, 'name': 'A'}]`, by the first key of
/// name_of() that there is; nothing if they have none.
AISLE_API std::optional<std::vector<std::string>> read_python_objects(std::string_view text) {
  std::vector<std::string> out;
  std::string key;
  for (const std::string_view wanted : {"name", "title", "label", "value", "text"}) {
    for (std::size_t at = 0; at < text.size();) {
      const char quote = text[at++];
      if (quote != '\'' && quote != '"') continue;
      std::string word;
      for (; at < text.size() && text[at] != quote; ++at) {
        if (text[at] == '\\' && at + 1 < text.size()) ++at;
        word += text[at];
      }
      ++at;
      while (at < text.size() && text[at] == ' ') ++at;
      if (at < text.size() && text[at] == ':') {
        key = std::move(word);
      } else if (!key.empty()) {
        if (key == wanted) out.push_back(std::move(word));
        key.clear();
      }
    }
    if (!out.empty()) return out;
  }
  return std::nullopt;
}

/// What an element of a list is called; an object by its name. Nothing where it has none.
AISLE_API std::optional<std::string> name_of(const json& part) {
  if (part.is_array()) return std::nullopt;
  if (!part.is_object()) return part.is_string() ? part.as<std::string>() : part.dump();
  for (const char* key : {"name", "title", "label", "value", "text"})
    if (const json* name = part.find(key); name && name->is_string()) return name->as<std::string>();
  return std::nullopt;
}

/// The parts of a list in a cell, or of one object; nothing if it holds none. Of a list of lists the first.
AISLE_API std::optional<std::vector<std::string>> read_label_list(std::string_view cell) {
  const bool object = cell.starts_with('{') && cell.ends_with('}');
  if (!object && (!cell.starts_with('[') || !cell.ends_with(']'))) return std::nullopt;
  try {
    json list = parse_json(object ? "[" + std::string(cell) + "]" : std::string(cell), "label");
    while (list.size() > 0 && list.at(std::size_t{0}).is_array()) list = json(list.at(std::size_t{0}));
    std::vector<std::string> out;
    for (const json& part : list.elements()) {
      if (part.is_null()) continue;
      std::optional<std::string> name = name_of(part);
      if (!name) return std::nullopt;
      out.push_back(std::move(*name));
    }
    return out;
  } catch (const format_error&) {
    if (object || cell.find('{') != cell.npos) return read_python_objects(cell);
    while (cell.starts_with("[[") && cell.find(']') != std::string_view::npos) {
      cell.remove_prefix(1);
      cell = cell.substr(0, cell.find(']') + 1);
    }
    return read_python_list(cell);
  }
}

/// With entities as their characters; tags stay.
AISLE_API std::string decode_entities(std::string_view text) {
  if (text.find('&') == text.npos) return std::string(text);
  std::string escaped;
  for (const char c : text) c == '<' ? escaped += "&lt;" : escaped += c;
  return strip_html(escaped);
}

/// The parts of `text`, trimmed, empty ones left out.
AISLE_API std::vector<std::string> split_path(std::string_view text, std::string_view separator) {
  std::vector<std::string> out;
  for (;;) {
    const std::size_t end = separator.empty() ? std::string_view::npos : text.find(separator);
    if (const std::string_view part = trimmed(text.substr(0, end)); !part.empty()) out.emplace_back(part);
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + separator.size());
  }
}

}  // namespace detail

AISLE_API std::string label_treatment::apply(std::string_view cell) const {
  if (level < 0)
    throw option_error("label level " + std::to_string(level) + ", expected at least 1, or 0 for all");
  cell = trimmed(cell);
  const auto plain = [&](std::string_view text) {
    return keep_entities ? std::string(text) : detail::decode_entities(text);
  };
  if (separator.empty() && level == 0) return std::string(trimmed(plain(cell)));
  std::vector<std::string> parts;
  if (const auto list = detail::read_label_list(cell)) {
    for (const std::string& element : *list) {
      std::vector<std::string> path = detail::split_path(plain(element), separator);
      const bool is_path = path.size() > 1;
      if (is_path && !parts.empty()) break;
      parts.insert(parts.end(), path.begin(), path.end());
      if (is_path) break;
    }
  } else {
    parts = detail::split_path(plain(cell), separator);
  }
  std::string out;
  for (std::size_t i = 0; i < parts.size() && (level == 0 || i < static_cast<std::size_t>(level)); ++i)
    out += (i > 0 ? " > " : "") + parts[i];
  return out;
}

AISLE_NAMESPACE_END
