#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/text/openai_embeddings.hpp>

// JSON to one address over http or https, several requests at a time: libcurl.

namespace aisle_command {

struct http_post_options {
  std::string url;
  std::string key{};            ///< sent as "Authorization: Bearer KEY", to this address alone; empty: none
  double connect_timeout = 10;  ///< seconds
  double timeout = 300;         ///< seconds for a whole request
  std::size_t max_bytes = std::size_t{192} << 20;  ///< of an answer
  std::string certificates{};  ///< a file of certificates to trust instead of the system's; empty: those
};

/// Redirects are answers like others: they are not followed. Certificates are checked. One thread uses it.
class http_post {
 public:
  /// Throws aisle::option_error for an address that is neither http nor https, and for a key that no header
  /// can hold, without a word of what is in it.
  explicit http_post(const http_post_options& options);
  ~http_post();
  http_post(const http_post&) = delete;
  http_post& operator=(const http_post&) = delete;

  void start(aisle::openai_request request);
  /// What was answered meanwhile; waits so many seconds for the first of it.
  std::vector<aisle::openai_answer> wait(double seconds);
  /// The two above, with a clock. It must outlive what is returned.
  aisle::openai_transport transport();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// The text with every occurrence of `secret`, and of what JSON makes of it, replaced by "***".
std::string without_secret(std::string text, std::string_view secret);

}  // namespace aisle_command
