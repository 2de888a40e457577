#include <doctest/doctest.h>

#include <fcntl.h>

#include <string>
#include <vector>

#include "command.hpp"

// aisle serve, through the command and HTTP clients in Python's standard library.

using command::has;

namespace {

/// Runs while it lives.
class served {
 public:
  explicit served(const support::temporary_folder& work, std::vector<std::string> more = {}) : work_(work) {
    std::vector<std::string> line = {"serve", "--text-model", "tiny-bert", "--port", "0"};
    line.insert(line.end(), more.begin(), more.end());
    const auto created = [&](const char* name) {
      return ::open((work / name).c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    };
    const int in = ::open("/dev/null", O_RDONLY), err = created("messages"), out = created("address");
    pid_ = command::start(work, line, in, err, command::program(), out);
    for (const int file : {in, err, out}) ::close(file);
    for (int i = 0; i < 6000 && url_.empty() && ::kill(pid_, 0) == 0; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      const std::string said = command::written_so_far(work / "address");
      if (said.ends_with('\n')) url_ = said.substr(0, said.size() - 1);
    }
    REQUIRE_MESSAGE(!url_.empty(), messages());
  }
  ~served() {
    if (pid_ > 0) stop(SIGKILL);
  }
  served(const served&) = delete;
  served& operator=(const served&) = delete;

  const std::string& url() const { return url_; }
  std::string messages() const { return command::written_so_far(work_ / "messages"); }
  pid_t pid() const { return pid_; }
  /// Its exit code.
  int stop(int signal) {
    ::kill(pid_, signal);
    return wait();
  }
  int wait() {
    const pid_t child = std::exchange(pid_, 0);
    int status = 0;
    for (int i = 0; i < 6000 && ::waitpid(child, &status, WNOHANG) == 0; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    if (::kill(child, SIGKILL) == 0) return command::wait_for(child);  // it hangs
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  void ask(const std::string& scenario) const {
    const std::string line = "python3 '" AISLE_SOURCE_FOLDER "/tests/tools/serve_client.py' " + url_ + " " +
                             scenario + " 2> '" + (work_ / "client") + "'";
    const int status = std::system(line.c_str());
    CHECK_MESSAGE(status == 0, scenario << ": " << command::written_so_far(work_ / "client") << messages());
  }

 private:
  const support::temporary_folder& work_;
  pid_t pid_ = 0;
  std::string url_;
};

/// Whether there is all that these tests need; the models are in `work` then.
bool ready(const support::temporary_folder& work) {
  if (command::program().empty()) return false;
  if (std::system("command -v python3 > /dev/null") != 0) {
    support::say_skipped("python3 is not installed");
    return false;
  }
  command::make_models(work);
  const auto without = command::run(work, "serve --text-model none");
  if (!has(without.err, "built without cpp-httplib")) return true;
  CHECK(without.code == 1);
  CHECK(has(without.err, "libcpp-httplib-dev"));
  support::say_skipped("cpp-httplib is not installed");
  return false;
}

}  // namespace

TEST_CASE("serve gives many clients at a time the vectors of embed, to the bit") {
  const support::temporary_folder work;
  if (!ready(work)) return;
  std::string rows;
  const std::vector<std::string> words = {"blue",  "red", "shirt", "shirts", "cotton",
                                          "jeans", ".",   "a",     "b",      "c"};
  for (std::size_t i = 0; i < 400; ++i) {
    std::string text;
    for (std::size_t k = 0; k < 1 + i % 37; ++k)
      text += words[(i * i + k * (i % 11 + 1)) % words.size()] + " ";
    rows += aisle::json::object({{"id", i}, {"text", text}}).dump() + "\n";
  }
  aisle::write_file(work / "rows.jsonl", rows);
  const auto embedded =
      command::run(work, "embed --in rows.jsonl --text-model tiny-bert --out vectors.jsonl");
  REQUIRE_MESSAGE(embedded.code == 0, embedded.err);
  for (const char* tokens : {"16384", "50"}) {
    CAPTURE(tokens);
    const served server(work, {"--batch-tokens", tokens});
    server.ask("same_bits '" + (work / "rows.jsonl") + "' '" + (work / "vectors.jsonl") + "'");
  }
}

TEST_CASE("serve refuses what is wrong in OpenAI's words, and shows what it does") {
  const support::temporary_folder work;
  if (!ready(work)) return;
  served server(work, {"--max-inputs", "300", "--max-body", "100000"});
  server.ask("refused");
  server.ask("looked_at");
  CHECK(has(server.messages(), "serving tiny-bert at http://127.0.0.1:"));
  const std::string port = server.url().substr(17, server.url().rfind('/') - 17);
  const auto taken = command::run(work, "serve --text-model tiny-bert --port " + port);
  CHECK(taken.code == 1);
  CHECK_MESSAGE(has(taken.err, "cannot listen on 127.0.0.1, port " + port + ": Address already in use"),
                taken.err);
  CHECK(server.stop(SIGINT) == 0);
}

TEST_CASE("serve with a key, with shorter vectors, and with too much to do") {
  const support::temporary_folder work;
  if (!ready(work)) return;
  ::setenv("AISLE_TEST_SERVE_KEY", "sk-0123456789", 1);
  {
    served server(work, {"--api-key-variable", "AISLE_TEST_SERVE_KEY", "--host", "0.0.0.0"});
    CHECK_FALSE(has(server.messages(), "anybody there may ask"));
    server.ask("locked sk-0123456789");
    CHECK_FALSE(has(server.messages(), "sk-0123456789"));
  }
  {
    served server(work, {"--matryoshka", "--queue", "1", "--model-name", "tiny-bert"});
    server.ask("shortened");
    server.ask("busy");
  }
  const auto unset = command::run(work, "serve --text-model tiny-bert --api-key-variable AISLE_TEST_NOT_SET");
  CHECK(unset.code == 2);
  CHECK(has(unset.err, "AISLE_TEST_NOT_SET has to hold the key"));
}

TEST_CASE("serve takes no body for a request, and answers requests that come together in turn") {
  const support::temporary_folder work;
  if (!ready(work)) return;
  served server(work);
  server.ask("in_step");
  CHECK(server.stop(SIGTERM) == 0);
}

TEST_CASE("serve gives clients a time for a whole request, so that others are served") {
  const support::temporary_folder work;
  if (!ready(work)) return;
  const served server(work, {"--connections", "4"});
  server.ask("crowded");
}

TEST_CASE("serve answers what was asked for before SIGTERM and ends well") {
  const support::temporary_folder work;
  if (!ready(work)) return;
  for (const char* scenario : {"drain", "drain_the_slow", "drain_the_busy"}) {
    CAPTURE(scenario);
    served server(work);
    server.ask(std::string(scenario) + " " + std::to_string(server.pid()));
    CHECK(server.wait() == 0);
    CHECK(has(server.messages(), "stopping"));
    CHECK(has(server.messages(), "stopped"));
  }
}
