#pragma once

#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <replay.hpp>

#include <aisle/base/file.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/safetensors.hpp>

#include "support/support.hpp"

// Runs the command line as a user does, with two tiny models of the golden set as its weights.

namespace command {

struct outcome {
  int code = -1;
  std::string out, err;
};

/// Where the program is; empty, with a message, where it was not built.
inline std::string program() {
  const std::string path = AISLE_BINARY_FOLDER "/bin/aisle";
  ::unsetenv("AISLE_WEIGHTS");  // whoever has exported it runs the same tests
  if (aisle::file_exists(path)) return path;
  support::say_skipped("configured without the command line");
  return {};
}

/// `arguments` as the shell reads them; `before` sets environment variables.
inline outcome run(const support::temporary_folder& work, const std::string& arguments,
                   const std::string& input = {}, const std::string& before = {}) {
  aisle::write_file(work / "stdin", input);
  const std::string line = "cd '" + work.path() + "' && " + before + " '" + program() + "' " + arguments +
                           " < stdin > stdout 2> stderr";
  const int status = std::system(line.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), aisle::read_file(work / "stdout"),
          aisle::read_file(work / "stderr")};
}

/// Starts the program (or another) in `work` and does not wait; descriptors become its stdin, stderr and,
/// where there is one, stdout.
inline pid_t start(const support::temporary_folder& work, const std::vector<std::string>& arguments, int in,
                   int err, const std::string& path = program(), int out = -1) {
  std::vector<char*> list = {const_cast<char*>("aisle")};
  for (const std::string& a : arguments) list.push_back(const_cast<char*>(a.c_str()));
  list.push_back(nullptr);
  const pid_t child = ::fork();
  if (child != 0) return child;
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::signal(number, SIG_DFL);  // nohup ignores some
  ::dup2(in, 0);
  ::dup2(err, 2);
  if (out >= 0) ::dup2(out, 1);
  for (int i = 3; i < 256; ++i) ::close(i);
  if (::chdir(work.path().c_str()) != 0) ::_exit(127);
  ::execv(path.c_str(), list.data());
  ::_exit(127);
}

/// Its exit code.
inline int wait_for(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Waits, half a minute at most, until there is such a file.
inline bool appears(const std::string& path) {
  for (int i = 0; i < 3000 && !std::filesystem::exists(path); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return std::filesystem::exists(path);
}

/// What another process has written into a file by now; empty where there is none. (aisle::read_file refuses
/// a file that grows while it is read.)
inline std::string written_so_far(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Contents of all files below a folder, by name.
inline std::map<std::string, std::string> files_of(const std::string& folder) {
  std::map<std::string, std::string> out;
  for (const auto& e : std::filesystem::recursive_directory_iterator(folder))
    if (e.is_regular_file())
      out[std::filesystem::relative(e.path(), folder).string()] = aisle::read_file(e.path().string());
  return out;
}

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

inline std::vector<std::string> vocabulary() {
  return {"[PAD]", "[UNK]",  "[CLS]", "[SEP]", "blue", "red", "shirt",
          "##s",   "cotton", "jeans", ".",     "a",    "b",   "c"};
}

/// weights/tiny-bert and weights/resnet18 in `work`, from committed reference cases.
inline void make_models(const support::temporary_folder& work) {
  const auto write = [&](const std::string& name, const std::string& id) {
    const aisle::json c = aisle::read_json(support::data("models/tiny/" + name + ".json"));
    const std::string folder = work / ("weights/" + id);
    std::filesystem::create_directories(folder);
    aisle::write_safetensors(folder + "/model.safetensors", replay::generate(c));
    if (c.contains("hf_config")) aisle::write_file(folder + "/config.json", c["hf_config"].dump());
    return folder;
  };
  std::string words;
  for (const std::string& w : vocabulary()) words += w + "\n";
  aisle::write_file(write("tiny_bert.hf", "tiny-bert") + "/vocab.txt", words);
  write("tiny_resnet_basic.timm", "resnet18");
}

/// products.csv with five rows in `work`: two good ones, one without a picture, one with a damaged one, one
/// without an id.
inline void make_catalogue(const support::temporary_folder& work) {
  namespace fs = std::filesystem;
  fs::copy_file(support::data("image/files/interlaced_rgb_45x37.png"), work / "one.png");
  fs::copy_file(support::data("image/files/l_37x53.png"), work / "two.png");
  aisle::write_file(work / "broken.png", "no picture");
  aisle::write_file(work / "products.csv",
                    "sku,name,description,image_path,price\n"
                    "A1,blue shirt,cotton,one.png,1\n"
                    "A2,  red jeans ,,two.png,2\n"
                    "A3,\"a, b\",c,,3\n"
                    ",nobody,,one.png,4\n"
                    "A5,red shirts,,broken.png,5\n");
}

}  // namespace command
