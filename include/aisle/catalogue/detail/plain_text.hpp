#pragma once

#include <string>
#include <string_view>

#include <aisle/base/config.hpp>
#include <aisle/io/json.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

/// A text as it is looked at: without HTML, unless that is kept, and trimmed; nothing where nothing of it is
/// seen.
std::string plain_text(std::string_view text, bool keep_html);
/// What the strings and numbers of a value say, each as above, empty ones left out, joined by a space; of an
/// object its values.
std::string plain_text(const json& value, bool keep_html);

/// A cell of a table. `of_json`: arrays and objects are what their values say; in tables of other kinds,
/// where brackets may be the text's own, only a list of strings is, as JSON or Python write it.
std::string plain_text_of_cell(std::string_view cell, bool of_json, bool keep_html);

}  // namespace detail
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/detail/plain_text.ipp>
#endif
