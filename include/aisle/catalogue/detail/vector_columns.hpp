#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

/// Which columns of a table hold the ids and the components of vectors.
struct vector_columns {
  std::size_t id = 0;
  std::vector<std::size_t> components;
  /// Those of `components` without a name: row numbers, or what commas at the ends of lines make.
  std::vector<std::size_t> nameless;

  /// Ids in `id_column`, "id" or the first column; components in those that are called `prefix` and a number,
  /// or else in all others. Throws format_error where there are none, and where the header is numbers alone,
  /// a vector itself.
  vector_columns(const std::vector<std::string>& header, std::string_view prefix,
                 const std::string& id_column, const std::string& where);
};

/// "text_12" for "text_".
bool is_component(std::string_view column, std::string_view prefix);
/// A finite number; nothing for anything else.
std::optional<float> parse_component(std::string_view text);

/// Names of columns as messages list them: "'v0' … 'v7'" where they count, else one by one.
std::string list_components(const std::vector<std::string>& names);
/// Those that are called otherwise than most of the others are: "price" beside v0 to v7.
std::vector<std::string> odd_components(const std::vector<std::string>& names);

/// Puts columns that are called by one word and numbers that follow each other (d2, d0, d1) into the order of
/// the numbers; true where they stood otherwise. `components` are places in `header`.
bool sort_components(const std::vector<std::string>& header, std::vector<std::size_t>& components);

}  // namespace detail
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/detail/vector_columns.ipp>
#endif
