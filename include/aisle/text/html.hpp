#pragma once

#include <string>
#include <string_view>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN

/// What a reader sees of a text that may hold HTML: tags and comments are taken out, `script` and `style`
/// with what is in them; a tag that ends a line or a block (br, p, li, td, …) leaves a space between words;
/// entities become their characters, once (`&amp;lt;` is the text "&lt;"). What begins markup is what HTML's
/// tokenizer says: `<` and a letter, `/`, `!` or `?`, up to its `>`; `&` and a name, without a semicolon only
/// those that HTML reads so. A `<` that no `>` follows stays, so does an unknown entity. A text without
/// markup comes back byte for byte ("5 < 6 & 7 > 3", "AT&T").
std::string strip_html(std::string_view text);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/text/html.ipp>
#endif
