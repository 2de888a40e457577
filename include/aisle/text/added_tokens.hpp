#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN

/// A token that is looked for in the text itself, before words are split: "[SEP]", or a name that a model was
/// taught later.
struct added_token {
  std::string content;
  std::int32_t id = -1;
  bool single_word = false;  ///< not where a letter, mark or digit stands next to it
  bool lstrip = false;       ///< takes the white space before it
  bool rstrip = false;       ///< takes the white space behind it
  bool normalized = true;    ///< looked for in the normalised text, itself normalised
  bool special = false;      ///< "[CLS]" and its like
};

/// Finds added tokens as Rust `tokenizers` (AddedVocabulary) does: from the left, the longest one that starts
/// there; a match that single_word discards is passed over whole.
class added_token_matcher {
 public:
  /// One part of a text: a token, or (id -1) what lies between.
  struct part {
    std::string_view text;
    std::int32_t id = -1;
  };

  added_token_matcher() = default;
  /// `tokens` whose content is found as it is (normalise it before, where it is to be). Special ones are
  /// passed over unless `match_special`. Throws option_error for two of the same content.
  added_token_matcher(std::span<const added_token> tokens, bool match_special);

  bool empty() const noexcept { return tokens_.empty(); }
  /// Calls `take` for each part of `text` in order.
  template <class Take>
  void split(std::string_view text, Take take) const {
    std::size_t done = 0;
    for (std::size_t at = 0; at < text.size();) {
      const match m = next(text, at, done);
      at = m.resume;
      if (m.id < 0) continue;
      if (done < m.begin) take(part{text.substr(done, m.begin - done)});
      take(part{text.substr(m.begin, m.end - m.begin), m.id});
      done = m.end;
    }
    if (done < text.size()) take(part{text.substr(done)});
  }

 private:
  struct match {
    std::size_t begin = 0, end = 0;
    std::int32_t id = -1;    ///< -1: nothing to take
    std::size_t resume = 0;  ///< where to look on
  };
  match next(std::string_view text, std::size_t from, std::size_t done) const noexcept;
  /// The longest token that `text` starts with, or null.
  const added_token* longest(std::string_view text) const noexcept;

  std::vector<added_token> tokens_;  ///< by content
  std::array<bool, 256> first_{};    ///< bytes that a token starts with
  bool match_special_ = true;
};

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/text/added_tokens.ipp>
#endif
