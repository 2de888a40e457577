#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN

/// The tokens of a WordPiece model by id and by text, built to find the longest token at the start of a
/// word's rest. Tokens that continue a word are written with "##" (or what stands for
/// it) before them, as in vocab.txt.
class wordpiece_vocabulary {
 public:
  struct match {
    std::int32_t id;   ///< -1 when no token fits
    std::size_t size;  ///< bytes of the text that the token covers
  };
  /// The longest text that longest_match() takes.
  static constexpr std::size_t max_word_bytes = 1024;

  wordpiece_vocabulary() = default;
  /// Ids are the positions. `where` names the source in errors: format_error for an empty token, one given
  /// twice, or one that is not UTF-8. With an empty `continuation` the same tokens begin and continue a word.
  wordpiece_vocabulary(const std::vector<std::string>& tokens, std::string_view where,
                       std::string_view continuation = "##");

  std::int64_t size() const noexcept { return static_cast<std::int64_t>(ends_.size()); }
  /// The token's text, "##" included. Throws option_error when there is no such id.
  std::string_view token(std::int64_t id) const;
  /// The id of a token as written in vocab.txt ("shirt", "##s"), or -1.
  std::int32_t find(std::string_view token) const noexcept;
  /// The longest token that `text` starts with: one that starts a word, or one that continues it (then
  /// without its
  /// "##"). `text` is at most max_word_bytes long.
  match longest_match(std::string_view text, bool continues) const noexcept;

 private:
  struct slot {
    std::uint32_t tag = 0;  ///< low half of the hash
    std::int32_t id = -1;
  };
  bool continues_word(std::string_view token) const noexcept;
  static std::uint64_t seed(bool continues) noexcept;
  static std::uint64_t extend(std::uint64_t hash, char byte) noexcept;
  std::string_view stored(std::int32_t id) const noexcept;
  std::int32_t probe(std::uint64_t hash, std::string_view text, bool continues) const noexcept;

  std::string continuation_ = "##";
  std::string texts_;                     ///< all tokens end to end
  std::vector<std::uint32_t> ends_;       ///< where each one ends in texts_
  std::vector<slot> slots_;               ///< open addressing, a power of two, at most half full
  int shift_ = 63;                        ///< the slot is hash >> shift_
  std::array<std::size_t, 2> longest_{};  ///< bytes of the longest token that starts, that continues a word
};

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/text/wordpiece_vocabulary.ipp>
#endif
