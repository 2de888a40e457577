#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/config.hpp>

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

  /// Cuts those of more bytes, or takes them out: they are returned.
  std::vector<std::size_t> keep_short(std::size_t bytes, bool cut_long);

 private:
  std::vector<std::string> made_valid_;
};

}  // namespace detail::openai
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/text/detail/openai_texts.ipp>
#endif
