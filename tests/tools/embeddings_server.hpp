#pragma once

#include <cstdlib>
#include <string>
#include <vector>

#include <remote_embeddings.hpp>

#include "script_server.hpp"

// A server of OpenAI's embeddings interface on this machine, with the faults of real ones
// (embeddings_server.py).

namespace command {

inline constexpr const char* secret = "sk-test/1234567890+abcdefghij";

/// Runs while it lives.
class embeddings_server : public script_server {
 public:
  explicit embeddings_server(const support::temporary_folder& work)
      : script_server(work, "embeddings_server.py") {
    ::setenv("AISLE_TEST_KEY", secret, 1);
  }

  std::string base(const std::string& fault) const { return url(fault + "/v1"); }
  aisle_command::remote_options options(const std::string& fault) const {
    aisle_command::remote_options o;
    o.model = "openai:tiny";
    o.api_base = base(fault) + "/";
    o.key_variable = "AISLE_TEST_KEY";
    return o;
  }
  std::vector<std::string> requests(const std::string& fault) const {
    std::vector<std::string> out;
    for (const std::string& line : log())
      if (has(line, "/" + fault + "/")) out.push_back(line);
    return out;
  }
};

/// What it gives for a text.
inline std::vector<float> vector_of(const std::string& text, float dimensions = 0) {
  float sum = 0;
  for (const char c : text) sum += static_cast<float>(static_cast<unsigned char>(c));
  return {static_cast<float>(text.size()), sum, -0.1f, dimensions};
}

}  // namespace command
