#pragma once

#include <span>
#include <string>
#include <string_view>

#include <aisle/base/config.hpp>
#include <aisle/base/error.hpp>

AISLE_NAMESPACE_BEGIN

/// Recognises what separates the columns of a table in UTF-8: `,` `;` tab or `|`, by how its first records
/// (up to 200) split, never by one line: a separator counts where header and records agree on the number of
/// fields. Names that the header is expected to hold decide between several that do, then the comma comes
/// first. A table of one column gives the comma.
char detect_delimiter(std::string_view text, std::span<const std::string> expected = {});

/// What `,` `;` `tab` `\t` `|` or any other one ASCII character names. Throws option_error for what separates
/// nothing: a quote, a line end, several characters.
char parse_delimiter(std::string_view name);

/// "comma-separated", "tab-separated", …: for messages.
std::string describe_delimiter(char delimiter);

/// Whether quotes in a table are characters as any other, as in tab-separated reports that never quote: where
/// more fields begin with a quote than end as a quoted field does, in lines that are whole records all the
/// same. `columns` is the number of fields of its header.
bool quotes_are_text(std::string_view text, char delimiter, std::size_t columns) noexcept;

/// The separator that a first line such as "sep=;" names, and the bytes of that line; 0 where there is none.
struct separator_line {
  char delimiter = 0;
  std::size_t size = 0;
};
separator_line find_separator_line(std::string_view text) noexcept;

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/io/delimiter.ipp>
#endif
