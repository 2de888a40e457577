#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <aisle/base/error.hpp>
#include <aisle/base/process.hpp>

AISLE_NAMESPACE_BEGIN

AISLE_API std::uint64_t peak_resident_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == "VmHWM:") {
      std::uint64_t kilobytes = 0;
      if (status >> kilobytes) return kilobytes * 1024;
    }
  rusage usage{};
  return ::getrusage(RUSAGE_SELF, &usage) == 0 ? static_cast<std::uint64_t>(usage.ru_maxrss) * 1024 : 0;
}

AISLE_API void reset_peak_resident() {
  std::ofstream clear("/proc/self/clear_refs");
  clear << '5';
}

AISLE_API bool request_amx_state() {
#if AISLE_X86 && defined(__linux__) && defined(SYS_arch_prctl)
  constexpr long request_permission = 0x1023, tile_data = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return ::syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
#else
  return false;
#endif
}

AISLE_API bool stderr_is_terminal() { return ::isatty(2) != 0; }

AISLE_API int terminal_width() {
  winsize size{};
  return ::ioctl(2, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

AISLE_API std::string own_program() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

AISLE_API process_result run_process(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  for (const std::string& a : command) arguments.push_back(const_cast<char*>(a.c_str()));
  arguments.push_back(nullptr);
  ::posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  const auto begin = std::chrono::steady_clock::now();
  ::pid_t child = 0;
  const int code = ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (code != 0) throw file_error(command.at(0), std::string("cannot run: ") + std::strerror(code));
  int status = 0;
  rusage usage{};
  while (::wait4(child, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  process_result r;
  r.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  r.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  r.peak_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  return r;
}

namespace detail {
// Atomic, as threads other than the one that the signal meets read it; free of locks, as a handler writes it.
inline std::atomic<int> interrupt_flag{0};
static_assert(std::atomic<int>::is_always_lock_free);

// The next signal takes the default way: a program that does not come back to its callbacks can still be
// ended.
AISLE_API void on_interrupt(int number) {
  interrupt_flag = 1;
  ::signal(number, SIG_DFL);
}
}  // namespace detail

AISLE_API void install_interrupt_handler() {
  struct sigaction action {};
  action.sa_handler = detail::on_interrupt;  // without SA_RESTART: a read that waits comes back
  ::sigemptyset(&action.sa_mask);
  for (const int number : {SIGINT, SIGTERM}) {
    struct sigaction before {};
    // Started in the background with the signal ignored (nohup, a shell's `&`): it stays ignored.
    if (::sigaction(number, nullptr, &before) == 0 && before.sa_handler != SIG_IGN)
      ::sigaction(number, &action, nullptr);
  }
}

AISLE_API bool interrupted() noexcept { return detail::interrupt_flag != 0; }

AISLE_API void open_closed_streams() {
  // open() takes the lowest number that is free: in ascending order it is the closed one. Data that somebody
  // asked for must not vanish, so the first two are opened the wrong way round; messages may.
  constexpr int modes[] = {O_WRONLY, O_RDONLY, O_WRONLY};
  for (int number = 0; number < 3; ++number)
    if (::fcntl(number, F_GETFD) < 0 && errno == EBADF) ::open("/dev/null", modes[number]);
}

AISLE_API void ignore_broken_pipes() {
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);  // a file larger than ulimit -f: writing it fails, with a message
}

AISLE_NAMESPACE_END
