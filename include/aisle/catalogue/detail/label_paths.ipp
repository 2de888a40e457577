#pragma once

#include <algorithm>

#include <aisle/base/blanks.hpp>
#include <aisle/catalogue/detail/label_paths.hpp>
#include <aisle/catalogue/label_treatment.ipp>

AISLE_NAMESPACE_BEGIN
namespace detail {

inline constexpr std::string_view path_dividers = ",;|\n";

/// What a cell says, where it may be several paths: no list, and of a column of paths.
AISLE_API std::optional<std::string> label_paths::text_of(std::string_view cell) const {
  cell = trimmed(cell);
  if (treatment_.separator.empty() || cell.empty()) return std::nullopt;
  if (read_label_list(cell)) return std::nullopt;
  return treatment_.keep_entities ? std::string(cell) : decode_entities(cell);
}

/// Up to the first separator; those that a path begins with are passed over.
AISLE_API std::string_view label_paths::first_level(std::string_view text) const {
  for (text = trimmed(text); text.starts_with(treatment_.separator);
       text = trimmed(text.substr(treatment_.separator.size()))) {
  }
  return trimmed(text.substr(0, text.find(treatment_.separator)));
}

AISLE_API void label_paths::add(std::string_view cell) {
  constexpr std::size_t longest_name = 1000;  // bytes; what is looked for at each comma has a limit
  const std::optional<std::string> text = text_of(cell);
  const std::string_view level = text ? first_level(*text) : std::string_view();
  if (level.empty() || level.size() > longest_name) return;
  longest_ = std::max(longest_, level.size());
  levels_.emplace(level);
}

/// Whether a known first level stands at the start of `text` and ends there: at a separator, a divider or the
/// end.
AISLE_API bool label_paths::begins_with_level(std::string_view text) const {
  constexpr std::size_t blanks = 16;
  text = text.substr(0, longest_ + treatment_.separator.size() + blanks);
  const std::string_view level = first_level(text);
  if (level.empty()) return false;
  return levels_.contains(level) ||
         levels_.contains(trimmed(level.substr(0, level.find_first_of(path_dividers))));
}

/// The first path of a cell that names several.
AISLE_API std::optional<std::string> label_paths::first_of(std::string_view cell) const {
  const std::optional<std::string> text = text_of(cell);
  if (!text) return std::nullopt;
  constexpr std::size_t blanks = 16;
  const std::string_view all = *text, start = first_level(all);
  const auto deeper = static_cast<std::size_t>(start.data() - all.data()) + start.size();
  for (std::size_t at = 0; (at = all.find_first_of(path_dividers, at)) != all.npos; ++at) {
    if (treatment_.separator.find(all[at]) != std::string::npos) continue;
    if (at > 0 && all[at - 1] == '\\') continue;          // part of a name, as WooCommerce writes it
    if (at < deeper && at > longest_ + blanks) continue;  // no level that cells begin with
    if (!begins_with_level(all.substr(at + 1))) continue;
    const std::string_view before = trimmed(all.substr(0, at));
    if (!before.empty() && (at > deeper || levels_.contains(first_level(before)))) return std::string(before);
  }
  return std::nullopt;
}

AISLE_API std::string label_paths::apply(std::string_view cell) const {
  const std::optional<std::string> first = first_of(cell);
  if (!first) return treatment_.apply(cell);
  label_treatment treatment = treatment_;
  treatment.keep_entities = true;  // done
  return treatment.apply(*first);
}

}  // namespace detail
AISLE_NAMESPACE_END
