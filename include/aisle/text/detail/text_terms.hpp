#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/text/unicode.hpp>
#include <aisle/text/unicode_fold.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

/// The terms of texts that fold_nfkc gave, as scikit-learn's CountVectorizer finds them. Terms are views that
/// hold during the call; one object a thread.
class text_terms {
 public:
  /// Words of at least two word characters, and pairs of neighbours with a space between:
  /// ngram_range=(1, 2), token_pattern=r"(?u)\b\w\w+\b".
  template <class Use>
  void words(std::string_view folded, const Use& use) {
    joined_.clear();
    starts_.clear();
    for (std::size_t at = 0; at < folded.size();) {
      const std::size_t start = at;
      std::size_t characters = 0;
      for (; at < folded.size(); ++characters) {
        const decoded_character c = decode_utf8(folded, at);
        if (!is_alphanumeric(c.code)) break;
        at += c.size;
      }
      if (characters >= 2) {
        starts_.push_back(joined_.size());
        joined_.append(folded.substr(start, at - start)) += ' ';
      }
      if (at < folded.size() && characters == 0) at += decode_utf8(folded, at).size;
    }
    const std::string_view joined = joined_;
    for (std::size_t i = 0; i < starts_.size(); ++i) {
      const std::size_t end = (i + 1 < starts_.size() ? starts_[i + 1] : joined.size()) - 1;
      use(joined.substr(starts_[i], end - starts_[i]));
      if (i > 0) use(joined.substr(starts_[i - 1], end - starts_[i - 1]));
    }
  }

  /// Two to five neighbouring characters of what stands between white space, a space put before and behind
  /// it: analyzer="char_wb", ngram_range=(2, 5).
  template <class Use>
  void characters(std::string_view folded, const Use& use) {
    for (std::size_t at = 0; at < folded.size();) {
      const std::size_t start = at;
      decoded_character c{};
      for (; at < folded.size(); at += c.size)
        if (c = decode_utf8(folded, at); is_space(c.code)) break;
      if (at > start) {
        joined_.assign(1, ' ').append(folded.substr(start, at - start)) += ' ';
        grams(joined_, use);
      }
      if (at < folded.size()) at += c.size;
    }
  }

 private:
  static constexpr std::size_t fewest = 2, most = 5;

  /// str.isspace() of Python.
  static constexpr bool is_space(char32_t c) noexcept {
    return is_white_space(c) || (c >= 0x1C && c <= 0x1F);
  }

  template <class Use>
  static void grams(std::string_view word, const Use& use) {
    std::array<std::size_t, most> starts{};  // of the last characters
    std::size_t seen = 0;
    for (std::size_t at = 0; at < word.size();) {
      starts[seen++ % most] = at;
      at += decode_utf8(word, at).size;
      for (std::size_t n = fewest; n <= std::min(most, seen); ++n) {
        const std::size_t start = starts[(seen - n) % most];
        use(word.substr(start, at - start));
      }
    }
  }

  std::string joined_;
  std::vector<std::size_t> starts_;
};

}  // namespace detail
AISLE_NAMESPACE_END
