#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/text/detail/openai_protocol.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail::openai {

/// Texts as they are sent: each once, as UTF-8. The texts it is made of must outlive it.
struct sent_texts {
  std::vector<std::string_view> texts;          ///< what is sent of each
  std::vector<std::vector<std::size_t>> whose;  ///< the texts that it stands for
  std::vector<bool> cut;                        ///< what is sent is not all of it
  std::vector<std::size_t> empty;               ///< texts with nothing in them

  explicit sent_texts(std::span<const std::string_view> all);
  sent_texts(const sent_texts&) = delete;  // views of its own strings
  sent_texts& operator=(const sent_texts&) = delete;

  /// Those from here on may be longer than the model takes: each is a request of its own.
  std::size_t alone_from = 0;

  /// Cuts those that by the estimate have clearly more tokens, or takes them out: they are returned, each
  /// with its estimate. Those that may have more go to the end.
  struct long_text {
    std::size_t text = 0;
    std::int64_t tokens = 0;
  };
  std::vector<long_text> keep_short(std::int64_t tokens, bool cut_long);
  /// Where a request that begins with text `first` ends: behind at most so many texts and tokens, by the
  /// careful estimate, but behind one text at least.
  std::size_t end_of_request(std::size_t first, std::size_t most_texts, std::int64_t most_tokens) const;

 private:
  std::vector<std::string> made_valid_;
};

/// No token is less than a byte.
bool surely_fits(std::string_view text, std::int64_t most_tokens);
/// The next beginning to try of a text that was refused as too long; empty: none. It is the share of the
/// tokens that the server takes, where it tells, otherwise three quarters, at last as many bytes as the model
/// takes tokens; from there on the half: the model takes less than was said.
std::string_view shorter_text(std::string_view text, std::int64_t most_tokens, const told_tokens& told);

}  // namespace detail::openai
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/text/detail/openai_texts.ipp>
#endif
