#pragma once

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include <aisle/base/error.hpp>
#include <aisle/io/utf8.hpp>
#include <aisle/text/wordpiece_vocabulary.hpp>

AISLE_NAMESPACE_BEGIN

// FNV-1a, so that one pass over a word yields the hash of every prefix; the upper bits choose the slot.
inline std::uint64_t wordpiece_vocabulary::seed(bool continues) noexcept {
  return continues ? 0x9AE16A3B2F90404Full : 0xCBF29CE484222325ull;
}
inline std::uint64_t wordpiece_vocabulary::extend(std::uint64_t hash, char byte) noexcept {
  return (hash ^ static_cast<unsigned char>(byte)) * 0x9E3779B97F4A7C15ull;
}

// "##" alone is a token that starts a word: nothing would remain of it as a continuation.
inline bool wordpiece_vocabulary::continues_word(std::string_view token) const noexcept {
  return !continuation_.empty() && token.size() > continuation_.size() && token.starts_with(continuation_);
}

inline std::string_view wordpiece_vocabulary::stored(std::int32_t id) const noexcept {
  const auto i = static_cast<std::size_t>(id);
  const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
  return std::string_view(texts_).substr(begin, ends_[i] - begin);
}

inline std::int32_t wordpiece_vocabulary::probe(std::uint64_t hash, std::string_view text,
                                                bool continues) const noexcept {
  const auto tag = static_cast<std::uint32_t>(hash);
  for (std::size_t i = hash >> shift_;; i = (i + 1) & (slots_.size() - 1)) {
    const slot& s = slots_[i];
    if (s.id < 0) return -1;
    if (s.tag != tag) continue;
    std::string_view token = stored(s.id);
    if (continues_word(token) != continues) continue;
    if (continues) token.remove_prefix(continuation_.size());
    if (token == text) return s.id;
  }
}

AISLE_API wordpiece_vocabulary::wordpiece_vocabulary(const std::vector<std::string>& tokens,
                                                     std::string_view where, std::string_view continuation)
    : continuation_(continuation) {
  const auto fail = [&](std::size_t id, const std::string& what) {
    throw format_error(std::string(where), "token " + std::to_string(id) + " " + what);
  };
  std::size_t bytes = 0;
  for (const std::string& token : tokens) bytes += token.size();
  if (bytes > std::numeric_limits<std::uint32_t>::max() || tokens.size() > std::size_t{1} << 28)
    throw format_error(std::string(where), "too large for a vocabulary: " + std::to_string(tokens.size()) +
                                               " tokens, " + std::to_string(bytes) + " bytes");
  texts_.reserve(bytes);
  ends_.reserve(tokens.size());
  const std::size_t capacity = std::bit_ceil(std::max<std::size_t>(2, 2 * tokens.size()));
  slots_.resize(capacity);
  shift_ = 64 - std::countr_zero(capacity);
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    const std::string& token = tokens[id];
    if (token.empty()) fail(id, "is empty");
    if (find_invalid_utf8(token) != std::string_view::npos) fail(id, "is not UTF-8");
    if (const std::int32_t other = find(token); other >= 0)
      fail(id, "\"" + token + "\" is there already, as token " + std::to_string(other));
    texts_ += token;
    ends_.push_back(static_cast<std::uint32_t>(texts_.size()));

    const bool continues = continues_word(token);
    const std::string_view text = std::string_view(token).substr(continues ? continuation_.size() : 0);
    longest_[continues] = std::max(longest_[continues], text.size());
    std::uint64_t hash = seed(continues);
    for (const char c : text) hash = extend(hash, c);
    std::size_t i = hash >> shift_;
    while (slots_[i].id >= 0) i = (i + 1) & (capacity - 1);
    slots_[i] = {static_cast<std::uint32_t>(hash), static_cast<std::int32_t>(id)};
  }
}

AISLE_API std::string_view wordpiece_vocabulary::token(std::int64_t id) const {
  if (id < 0 || id >= size())
    throw option_error("token id " + std::to_string(id) + " is not below the vocabulary's " +
                       std::to_string(size()));
  return stored(static_cast<std::int32_t>(id));
}

AISLE_API std::int32_t wordpiece_vocabulary::find(std::string_view token) const noexcept {
  if (slots_.empty()) return -1;
  const bool continues = continues_word(token);
  if (continues) token.remove_prefix(continuation_.size());
  std::uint64_t hash = seed(continues);
  for (const char c : token) hash = extend(hash, c);
  return probe(hash, token, continues);
}

AISLE_API wordpiece_vocabulary::match wordpiece_vocabulary::longest_match(std::string_view text,
                                                                          bool continues) const noexcept {
  if (slots_.empty()) return {-1, 0};
  continues = continues && !continuation_.empty();
  std::array<std::uint64_t, max_word_bytes> hashes;
  const std::size_t longest = std::min({text.size(), longest_[continues], max_word_bytes});
  std::uint64_t hash = seed(continues);
  for (std::size_t i = 0; i < longest; ++i) hashes[i] = hash = extend(hash, text[i]);
  for (std::size_t size = longest; size > 0; --size)
    if (const std::int32_t id = probe(hashes[size - 1], text.substr(0, size), continues); id >= 0)
      return {id, size};
  return {-1, 0};
}

AISLE_NAMESPACE_END
