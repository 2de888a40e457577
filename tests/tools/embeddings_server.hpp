#pragma once

#include <cstdlib>
#include <string>
#include <vector>

#include <remote_embeddings.hpp>

#include "command.hpp"

// A server of OpenAI's embeddings interface on this machine, with the faults of real ones
// (embeddings_server.py).

namespace command {

inline constexpr const char* secret = "sk-test/1234567890+abcdefghij";

/// Runs while it lives.
class embeddings_server {
 public:
  explicit embeddings_server(const support::temporary_folder& work) : log_(work / "log") {
    ::setenv("AISLE_TEST_KEY", secret, 1);
    if (std::system("command -v python3 > /dev/null") != 0) {
      support::say_skipped("python3 is not installed");
      return;
    }
    const std::string line = "python3 '" AISLE_SOURCE_FOLDER "/tests/tools/embeddings_server.py' '" + log_ +
                             "' > '" + (work / "port") + "' 2> /dev/null & echo $! > '" + (work / "pid") +
                             "'";
    if (std::system(line.c_str()) != 0) return;
    pid_ = std::stoi(aisle::read_file(work / "pid"));
    for (int i = 0; i < 3000 && port_.find('\n') == std::string::npos; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      port_ = command::written_so_far(work / "port");
    }
    port_ = port_.substr(0, port_.find('\n'));
  }
  ~embeddings_server() {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
  }
  embeddings_server(const embeddings_server&) = delete;
  embeddings_server& operator=(const embeddings_server&) = delete;

  bool is_up() const { return !port_.empty(); }
  std::string base(const std::string& fault) const {
    return "http://127.0.0.1:" + port_ + "/" + fault + "/v1";
  }
  aisle_command::remote_options options(const std::string& fault) const {
    aisle_command::remote_options o;
    o.model = "openai:tiny";
    o.api_base = base(fault) + "/";
    o.key_variable = "AISLE_TEST_KEY";
    return o;
  }
  std::vector<std::string> requests(const std::string& fault) const {
    std::vector<std::string> out;
    for (const std::string& line : command::lines_of(command::written_so_far(log_)))
      if (has(line, "/" + fault + "/")) out.push_back(line);
    return out;
  }

 private:
  std::string log_, port_;
  int pid_ = 0;
};

/// What it gives for a text.
inline std::vector<float> vector_of(const std::string& text, float dimensions = 0) {
  float sum = 0;
  for (const char c : text) sum += static_cast<float>(static_cast<unsigned char>(c));
  return {static_cast<float>(text.size()), sum, -0.1f, dimensions};
}

}  // namespace command
