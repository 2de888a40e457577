#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/text/unicode.hpp>

AISLE_NAMESPACE_BEGIN

class json;

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

/// A text after normalisation, and for each of its bytes the bytes [begin, end) of the text that it came
/// from.
struct aligned_text {
  std::string text;
  std::vector<std::uint32_t> begin, end;
};

/// What a tokenizer does to a text before it splits words: one or more of the reference's normalizers, one
/// after the other.
class text_normalizer {
 public:
  /// One of the reference's normalizers, with what its kind needs of the rest. Not a std::variant, whose
  /// copies and visits were hundreds of functions to compile in every program.
  struct step {
    enum class what { bert, lower_case, strip, replace, prepend };
    what kind = what::bert;
    character_rules rules{};
    bool left = false, right = false;  ///< ends that strip works on
    std::string pattern{}, text{};     ///< what replace looks for; what it and prepend put there
  };

  /// BERT's.
  text_normalizer(const character_rules& rules = {}) { steps_.push_back({.rules = rules}); }
  /// What tokenizer.json says under "normalizer". Throws option_error that names a normalizer, or a setting,
  /// that is not built in.
  static text_normalizer from_json(const json& normalizer);

  /// Lower case before anything else, unless that comes to the same.
  void lower_first();

  std::string operator()(std::string_view text) const;
  /// The same with where it came from, as the reference's offsets have it: characters that are put in come
  /// from a neighbour. Slower by a multiple. Throws option_error for a text of 4 GB or more.
  aligned_text align(std::string_view text) const;
  /// Its rules if it is BERT's and nothing more: then code points are independent of each other.
  const character_rules* rules() const noexcept {
    return steps_.size() == 1 && steps_[0].kind == step::what::bert ? &steps_[0].rules : nullptr;
  }

 private:
  void add(const json& normalizer);
  std::vector<step> steps_;
};

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/text/normalizer.ipp>
#endif
