#pragma once

#include <string>
#include <string_view>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN

struct normalizer_options {
  /// True as uncased BERT models have it: canonical decomposition, nonspacing marks removed, lower case.
  /// False: only what cased models do too.
  bool lower_case = true;
};

/// The text as BERT's normalizer (Rust `tokenizers`, BertNormalizer) hands it on: controls, private use and
/// U+FFFD removed (also each invalid part of UTF-8), white space as U+0020, spaces around CJK characters,
/// then, in lower case, NFD without marks. Text in and out is UTF-8; the output is valid whatever the input.
///
/// One difference: what remains of combining characters is not put in canonical order. None of those is a
/// mark that survives in a BERT vocabulary, so that token ids are the same.
std::string normalize_text(std::string_view text, const normalizer_options& options = {});

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/text/normalizer.ipp>
#endif
