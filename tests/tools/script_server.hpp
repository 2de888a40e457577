#pragma once

#include <fcntl.h>

#include <string>
#include <vector>

#include "command.hpp"

namespace command {

/// A server of tests/tools, in Python: it is given `arguments` and WORK/log, where it writes a line a
/// request, and prints its port. Runs while this lives.
class script_server {
 public:
  script_server(const support::temporary_folder& work, const std::string& script,
                const std::vector<std::string>& arguments = {})
      : log_(work / "log") {
    if (std::system("command -v python3 > /dev/null") != 0) {
      support::say_skipped("python3 is not installed");
      return;
    }
    aisle::write_file(log_, "");
    const std::string path = AISLE_SOURCE_FOLDER "/tests/tools/" + script, port = work / "port";
    std::vector<std::string> line = {"python3", path};
    line.insert(line.end(), arguments.begin(), arguments.end());
    line.push_back(log_);
    std::vector<char*> words;
    for (std::string& word : line) words.push_back(word.data());
    words.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(::open(port.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644), 1);
      ::dup2(::open("/dev/null", O_WRONLY | O_CLOEXEC), 2);
      ::execvp("python3", words.data());
      ::_exit(127);
    }
    for (int i = 0; i < 3000 && port_.find('\n') == std::string::npos; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      port_ = command::written_so_far(port);
    }
    port_ = port_.substr(0, port_.find('\n'));
  }
  ~script_server() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  script_server(const script_server&) = delete;
  script_server& operator=(const script_server&) = delete;

  bool is_up() const { return !port_.empty(); }
  std::string url(const std::string& path) const { return "http://127.0.0.1:" + port_ + "/" + path; }
  /// As another host.
  std::string other_url(const std::string& path) const { return "http://localhost:" + port_ + "/" + path; }
  std::vector<std::string> log() const { return command::lines_of(command::written_so_far(log_)); }
  void forget_log() const { aisle::write_file(log_, ""); }

 private:
  std::string log_, port_;
  pid_t pid_ = -1;
};

}  // namespace command
