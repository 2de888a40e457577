#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/error.hpp>

// The messages of OpenAI's embeddings interface, as a client writes and reads them.

AISLE_NAMESPACE_BEGIN
namespace detail::openai {

/// `unsaid`: of a request to a server that does not know the word; it sends numbers, as a rule.
enum class vector_format : std::uint8_t { base64, floats, unsaid };

/// The body of a request; no dimensions where they are 0.
std::string request_body(std::string_view model, std::int64_t dimensions,
                         std::span<const std::string_view> texts, vector_format format);

struct read_vectors {
  std::vector<std::vector<float>> rows;  ///< in the order of the texts; empty: no finite numbers
  vector_format format = vector_format::base64;
  std::int64_t tokens = 0;
};
/// A vector that was to be base64 and is none.
class base64_error : public format_error {
 public:
  using format_error::format_error;
  explicit base64_error(const format_error& e) : format_error(e) {}
};

/// The body of a good answer to a request of `count` texts. Items are placed by their index, or are in order
/// where none has one. Throws format_error where it is no such body, has another number of items, one index
/// twice, or vectors of different lengths; base64_error where a vector is text that is no base64.
read_vectors read_answer(std::string_view body, std::size_t count, const std::string& where);

/// What the body of an answer says that is no good one.
struct fault {
  std::string message;  ///< on one line, not empty
  std::string code, param;
  bool speaks_of(std::string_view word) const;  ///< in any of them
};
fault read_fault(std::string_view body);
/// Whether a body, whatever its status, is JSON that tells of an error: some gateways do so under 200.
bool tells_fault(std::string_view body);
/// A text that is refused alone is longer than the model takes.
bool is_too_long(int status, const fault& f);
/// What such a message tells, as "maximum context length is 8192 tokens, however you requested 9000 tokens".
struct told_tokens {
  std::int64_t most = 0;   ///< 0: not told
  std::int64_t asked = 0;  ///< more than `most`, or 0: not told
};
told_tokens read_tokens(const fault& f);

/// Seconds before the next try, after so many, as the headers `retry-after-ms` and `retry-after` say, if they
/// do, at most a minute; `chance` is in [0, 1).
double retry_delay(std::string_view after_ms, std::string_view after, int tries, double chance);

/// About how many tokens a text is for OpenAI's tokenizers: of 1,099 English product texts within 2 % of
/// cl100k_base; of a product's description in 14 languages from a third less (Hebrew) to a half more (Thai).
std::int64_t approximate_tokens(std::string_view text);
/// The same on the careful side, by a half; a text never has more tokens than bytes.
std::int64_t careful_tokens(std::string_view text);
/// A text is clearly too long from this estimate on: by a half.
std::int64_t clearly_more_than(std::int64_t tokens);
/// The longest beginning of about so many tokens, at least a character.
std::string_view cut_to_tokens(std::string_view text, std::int64_t tokens);

}  // namespace detail::openai
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/text/detail/openai_protocol.ipp>
#endif
