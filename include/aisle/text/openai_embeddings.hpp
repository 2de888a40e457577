#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/progress.hpp>
#include <aisle/tensor/matrix.hpp>

// Vectors of texts from a server that speaks OpenAI's interface (POST …/embeddings): what is asked for, what
// an answer means, what is tried again. There is no network here and no clock: who uses it passes them in.

AISLE_NAMESPACE_BEGIN

/// A request to be sent.
struct openai_request {
  std::size_t id = 0;
  std::string body;  ///< JSON
};

/// What came of it.
struct openai_answer {
  std::size_t id = 0;
  int status = 0;      ///< HTTP's; 0: there was none
  std::string body{};  ///< whole
  std::string retry_after{},
      retry_after_ms{};  ///< the headers, in seconds and milliseconds; empty: not there
  std::string fault{};   ///< why there is no whole answer; empty: there is one
  bool passing = true;   ///< the fault may not come again
};

/// Sends requests and tells the time. It is used by one thread; what its functions throw ends encode().
struct openai_transport {
  /// Sends a request, without waiting for its answer.
  std::function<void(openai_request)> start;
  /// The answers that are there, in any order; waits so many seconds for the first of them, also where
  /// nothing is on its way.
  std::function<std::vector<openai_answer>(double)> wait;
  /// Seconds from some moment on.
  std::function<double()> now;
};

struct openai_options {
  std::string model{};                ///< as the server names it
  std::string server = "the server";  ///< in messages
  std::int64_t dimensions = 0;        ///< to be asked for; 0: the model's own
  /// What becomes of a text that is longer than a model takes: its beginning is sent, or it gets an error.
  enum class long_text : std::uint8_t { cut, refuse } when_too_long = long_text::cut;
  // Of what is sent. Tokens are estimated: of ASCII text a token for each 6 letters of a word or less, each 3
  // digits and each 3 marks, of others a token for 3 bytes where characters have two and for 2 bytes where
  // they have more. English is met within about 2 %, other languages between a third less and a half more;
  // the half is added to be careful. No text has more tokens than bytes in UTF-8, as byte-pair encodings, as
  // all of OpenAI's are, never make more.
  std::int64_t max_inputs = 2'048;            ///< texts a request
  std::int64_t max_request_tokens = 300'000;  ///< by the careful estimate
  /// What the model takes of a text. One that has more by a half, by the estimate, is too long. One that may
  /// have more is sent whole and alone: it is too long where the server refuses it.
  std::int64_t max_text_tokens = 8'192;
  int concurrency = 4;           ///< requests on their way at a time
  int tries = 7;                 ///< of a request, the first included
  std::uint64_t seed = 0;        ///< of what the waits differ by
  progress_callback progress{};  ///< phase "text", in texts
  warning_callback on_warning{};
  /// Each vector as soon as it is there, for who keeps them: encode() may throw later.
  std::function<void(std::size_t text, std::span<const float> vector)> on_vector{};
};

/// Why a text has no vector.
struct openai_text_error {
  std::size_t text = 0;
  std::string reason;
};

struct openai_vectors {
  matrix<float> vectors;                    ///< [texts, dimension]; zeros for a text without one
  std::vector<openai_text_error> errors{};  ///< in the order of the texts
  std::int64_t tokens = 0;                  ///< as the server counted them
  std::int64_t truncated = 0;               ///< texts that were cut
  std::int64_t requests = 0;
};

/// What texts would cost, without asking anybody: an estimate, see openai_options.
struct openai_estimate {
  std::int64_t texts = 0;        ///< with something in them; equal ones count once, as they are sent once
  std::int64_t tokens = 0;       ///< about
  std::int64_t most_tokens = 0;  ///< no more: bytes
  std::int64_t too_long = 0;     ///< texts that are about longer than the model takes
  std::int64_t requests = 0;     ///< about
};

/// The client. Equal texts are sent once. The first request is small and alone, so that a wrong key, model or
/// dimension costs nothing. 408, 409, 429, 5xx and broken connections are tried again: after what
/// `retry-after-ms` or `retry-after` say, at most a minute, otherwise after 0.5 s, doubled up to 8 s, less by
/// chance up to a quarter. A request that is refused (400, 413, 422) is halved until the texts at fault stand
/// alone. One that is too long is asked for again, cut to the share of its tokens that the server says it
/// takes, or step by step to as many bytes as the model takes tokens, and less. Vectors come as base64, or as
/// numbers from servers that know no base64 or give none that can be read; who refuses "float" as well is
/// asked without encoding_format. Immutable.
class openai_embeddings {
 public:
  /// Throws option_error for limits below 1 and a model without a name.
  explicit openai_embeddings(openai_options options);

  /// Texts without a vector are in `errors`: empty, refused or too long ones, and those of which the server
  /// gives no finite numbers. Throws error where nothing more will come: 401, 403, 404, an exhausted quota,
  /// a redirect, a model or dimension that the server has not, three requests in a row of which no try
  /// succeeded, 32 texts refused and none taken; and interruption.
  openai_vectors encode(std::span<const std::string_view> texts, const openai_transport& transport) const;
  openai_estimate estimate(std::span<const std::string_view> texts) const;

  const openai_options& options() const& noexcept { return options_; }
  const openai_options& options() const&& = delete;

 private:
  openai_options options_;
};

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/text/openai_embeddings.ipp>
#endif
