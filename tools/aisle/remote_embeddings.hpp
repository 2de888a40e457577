#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <aisle/base/progress.hpp>
#include <aisle/text/openai_embeddings.hpp>

// Text models that are not here but behind an address: --text-model openai:NAME.

namespace aisle_command {

/// "openai:text-embedding-3-small".
bool is_remote_model(std::string_view id);

struct remote_options {
  std::string model;  ///< "openai:NAME"
  std::string api_base = "https://api.openai.com/v1";
  /// The environment variable that holds the key. Where it is not named and OPENAI_API_KEY is not set, a
  /// server that is not OpenAI's is asked without one.
  std::optional<std::string> key_variable{};
  std::int64_t dimensions = 0;  ///< 0: the model's own
  int concurrency = 4;          ///< requests at a time
  double price = 0;             ///< of a million tokens, in whatever currency; 0: not known
  bool dry_run = false;         ///< nobody is asked: the estimate alone
  aisle::openai_options::long_text when_too_long = aisle::openai_options::long_text::cut;
  std::int64_t max_text_tokens = 8192;
  int tries = 7;
  double timeout = 300;        ///< seconds for a request
  std::string certificates{};  ///< as http_post_options::certificates
  aisle::progress_callback progress{};
  aisle::warning_callback on_warning{};
  std::function<void(std::size_t text, std::span<const float> vector)> on_vector{};
};

struct remote_vectors : aisle::openai_vectors {
  aisle::openai_estimate estimate{};
  std::string about;  ///< what it cost, or would cost: a sentence for people
};

/// "1,234 tokens in 3 requests, which cost 0.02".
std::string spent(const remote_options& options, std::int64_t tokens, std::int64_t requests);

/// Vectors of texts in their order, or what they would cost. Nothing that is thrown or returned holds the
/// key. Throws aisle::option_error for options that cannot be, aisle::error as openai_embeddings::encode(),
/// and interrupted_error within a tenth of a second after Ctrl-C.
remote_vectors embed_remotely(std::span<const std::string_view> texts, const remote_options& options);

}  // namespace aisle_command
