// Weights that a package of the Python registry carries.

#include "fetch_package.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <aisle/base/error.hpp>
#include <aisle/base/file.hpp>
#include <aisle/base/process.hpp>

#include "command.hpp"

namespace aisle_command {

namespace {

/// Runs python3 with these arguments in this folder; what it says goes to stderr with our own messages. True
/// when it exits with 0.
bool python(std::vector<std::string> arguments, const std::string& folder, bool silent = false) {
  arguments.insert(arguments.begin(), "python3");
  std::vector<char*> argv;
  for (std::string& a : arguments) argv.push_back(a.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, 2, 1);  // stdout carries data only
  if (silent) {
    ::posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  }
  ::pid_t child = 0;
  const int failed = ::posix_spawnp(&child, "python3", &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw aisle::error(std::string("python3 cannot be started: ") + std::strerror(failed));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR)
      throw aisle::error(std::string("python3: ") + std::strerror(errno));
    else if (aisle::interrupted())
      ::kill(child, SIGTERM);
  check_interrupt();  // Ctrl-C reached it too
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

unpacked_package::unpacked_package(const std::string& package, const std::string& version, std::string folder)
    : folder_(std::move(folder)) {
  if (!python({"-m", "pip", "--version"}, "/", true))
    throw aisle::error(
        "python3 with pip is needed for packages; on Debian and Ubuntu: sudo apt-get install "
        "python3-pip");
  aisle::remove_tree(folder_);
  try {
    const std::string wheels = aisle::join_path(folder_, "wheel");
    aisle::make_folders(wheels);
    // In an empty folder: what pip finds beside itself under a package's name (x.zip) it would build.
    if (!python({"-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check",
                 "--only-binary", ":all:", "--dest", ".", package + (version.empty() ? "" : "==" + version)},
                wheels))
      throw aisle::error("pip could not download " + package + " " + version);
    std::string wheel;
    for (const std::string& name : aisle::folder_entries(wheels))
      if (name.ends_with(".whl")) wheel = aisle::join_path(wheels, name);
    if (wheel.empty()) throw aisle::error("the package " + package + " holds no wheel");
    if (!python({"-m", "zipfile", "-e", aisle::file_name(wheel), "../files"}, wheels))
      throw aisle::error(aisle::file_name(wheel) + " cannot be unpacked");
  } catch (...) {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
    throw;
  }
}

unpacked_package::~unpacked_package() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string unpacked_package::file(const std::string& path) const {
  if (path.starts_with('/') || ("/" + path + "/").find("/../") != std::string::npos)
    throw aisle::error(path + ": leads out of the package");
  std::string there = aisle::join_path(aisle::join_path(folder_, "files"), path);
  if (!aisle::file_exists(there)) throw aisle::error("the package holds no " + path);
  return there;
}

}  // namespace aisle_command
