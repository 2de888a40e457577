#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include <aisle/base/blanks.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Characters of no width, then the white space that str.strip() of Python removes.
inline constexpr std::string_view invisible[] = {"\xe2\x80\x8b",
                                                 "\xe2\x80\x8c",
                                                 "\xe2\x80\x8d",
                                                 "\xe2\x81\xa0",
                                                 "\xef\xbb\xbf",
                                                 "\xc2\xad",
                                                 " ",
                                                 "\t",
                                                 "\n",
                                                 "\v",
                                                 "\f",
                                                 "\r",
                                                 "\x1c",
                                                 "\x1d",
                                                 "\x1e",
                                                 "\x1f",
                                                 "\xc2\x85",
                                                 "\xc2\xa0",
                                                 "\xe1\x9a\x80",
                                                 "\xe2\x80\x80",
                                                 "\xe2\x80\x81",
                                                 "\xe2\x80\x82",
                                                 "\xe2\x80\x83",
                                                 "\xe2\x80\x84",
                                                 "\xe2\x80\x85",
                                                 "\xe2\x80\x86",
                                                 "\xe2\x80\x87",
                                                 "\xe2\x80\x88",
                                                 "\xe2\x80\x89",
                                                 "\xe2\x80\x8a",
                                                 "\xe2\x80\xa8",
                                                 "\xe2\x80\xa9",
                                                 "\xe2\x80\xaf",
                                                 "\xe2\x81\x9f",
                                                 "\xe3\x80\x80"};
inline constexpr std::span<const std::string_view> white_space = std::span(invisible).subspan(6);

/// What is neither a blank nor the first or last byte of one.
constexpr bool is_printable_ascii(char c) noexcept { return c > ' ' && c < '\x7f'; }

/// Bytes of the one that `text` begins with; 0: none.
AISLE_API std::size_t size_at_start(std::string_view text, std::span<const std::string_view> which) noexcept {
  if (text.empty() || is_printable_ascii(text.front())) return 0;
  const auto found =
      std::find_if(which.begin(), which.end(), [&](std::string_view c) { return text.starts_with(c); });
  return found == which.end() ? 0 : found->size();
}

AISLE_API std::string_view without_ends(std::string_view text,
                                        std::span<const std::string_view> which) noexcept {
  while (const std::size_t size = size_at_start(text, which)) text.remove_prefix(size);
  const auto ends_so = [&](std::string_view c) { return text.ends_with(c); };
  for (auto c = which.begin(); c != which.end() && !text.empty() && !is_printable_ascii(text.back());) {
    c = std::find_if(which.begin(), which.end(), ends_so);
    if (c != which.end()) text.remove_suffix(c->size());
  }
  return text;
}

}  // namespace detail

AISLE_API std::string_view trimmed(std::string_view text) noexcept {
  return detail::without_ends(text, detail::white_space);
}

AISLE_API std::string_view trimmed_name(std::string_view text) noexcept {
  return detail::without_ends(text, detail::invisible);
}

AISLE_API std::string without_blanks(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t size = detail::size_at_start(text, detail::invisible);
    if (size == 0) out += text.front();
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out;
}

AISLE_NAMESPACE_END
