#pragma once

#include <string>
#include <string_view>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN

/// A text in its compatibility composition (NFKC) and without its case (full case folding), by Unicode 14.0:
/// "Straße", full-width "ＳＴＲＡＳＳＥ" and "STRASSE" are all "strasse", "ﬁ" is "fi", "x²" is "x2". The same
/// as Python's `normalize("NFKC", normalize("NFKC", text).casefold())`, but where a Greek letter with an iota
/// below has marks that do not compose with it. Invalid UTF-8 becomes U+FFFD.
///
/// BERT's tokenizers want other tables (text/unicode.hpp), and fold_case is for names of labels.
std::string fold_nfkc(std::string_view text);

/// The same with a '^' before each letter that was a capital: names that only differ in case differ here too.
std::string fold_but_for_capitals(std::string_view text);

/// What Python's `re` takes for `\w`: letters, numbers of any kind and the underscore, but no marks.
bool is_alphanumeric(char32_t code) noexcept;

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/text/unicode_fold.ipp>
#endif
