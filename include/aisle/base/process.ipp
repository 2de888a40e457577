#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
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

AISLE_API int process_id() noexcept { return static_cast<int>(::getpid()); }

AISLE_API double steady_seconds() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

AISLE_API void wait_milliseconds(int milliseconds) noexcept {
  timespec time{};
  time.tv_sec = milliseconds / 1000;
  time.tv_nsec = milliseconds % 1000 * 1'000'000L;
  ::nanosleep(&time, nullptr);
}

AISLE_API std::string own_program() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

AISLE_API process_result run_process(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  for (const std::string& a : command) arguments.push_back(const_cast<char*>(a.c_str()));
  arguments.push_back(nullptr);
  ::posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  const double begin = steady_seconds();
  ::pid_t child = 0;
  const int code = ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (code != 0) throw file_error(command.at(0), std::string("cannot run: ") + std::strerror(code));
  int status = 0;
  rusage usage{};
  while (::wait4(child, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  process_result r;
  r.seconds = steady_seconds() - begin;
  r.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  r.peak_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  return r;
}

namespace detail {
// Atomic, as threads other than the one that the signal meets read it; free of locks, as a handler writes it.
inline std::atomic<int> interrupt_flag{0};
static_assert(std::atomic<int>::is_always_lock_free);

/// How many termination_holds live, and whether a SIGTERM waits for them.
inline std::atomic<int> termination_holds{0}, termination_waits{0};

inline int interrupt_patience_ms = 0;
inline const char* interrupt_last_words = "";

/// Names of outputs that are not whole, for a handler to remove: fixed memory, no lock. A name that is too
/// long or one too many is not kept, and its file would stay.
struct unfinished_output {
  enum state : int { unused, changing, named };
  std::atomic<int> now{unused};
  char path[1024];
};
inline unfinished_output unfinished_outputs[32];

AISLE_API void note_unfinished(const std::string& path) noexcept {
  if (path.size() >= sizeof unfinished_output::path) return;
  for (unfinished_output& o : unfinished_outputs) {
    int expected = unfinished_output::unused;
    if (!o.now.compare_exchange_strong(expected, unfinished_output::changing)) continue;
    std::memcpy(o.path, path.c_str(), path.size() + 1);
    o.now = unfinished_output::named;
    return;
  }
}

AISLE_API void forget_unfinished(const std::string& path) noexcept {
  for (unfinished_output& o : unfinished_outputs) {
    int expected = unfinished_output::named;
    if (o.now != expected || path != o.path) continue;
    if (o.now.compare_exchange_strong(expected, unfinished_output::unused)) return;
  }
}

// Handlers: only what POSIX allows in one.
AISLE_API void on_overdue(int) {
  for (unfinished_output& o : unfinished_outputs)
    if (o.now == unfinished_output::named) ::unlink(o.path);
  if (::write(2, interrupt_last_words, std::strlen(interrupt_last_words)) < 0) ::_exit(130);
  ::_exit(130);
}

AISLE_API void begin_interruption() {
  interrupt_flag = 1;
  if (interrupt_patience_ms > 0) {
    itimerval patience{};
    patience.it_value.tv_sec = interrupt_patience_ms / 1000;
    patience.it_value.tv_usec = interrupt_patience_ms % 1000 * 1000;
    ::setitimer(ITIMER_REAL, &patience, nullptr);
  }
}

// The next signal takes the default way: a program that does not come back to its callbacks can still be
// ended.
AISLE_API void on_interrupt(int number) {
  const int code = errno;
  ::signal(number, SIG_DFL);
  if (number == SIGTERM && termination_holds > 0)
    termination_waits = 1;
  else
    begin_interruption();
  errno = code;
}
}  // namespace detail

AISLE_API void install_interrupt_handler(int milliseconds, const char* last_words) {
  detail::interrupt_patience_ms = milliseconds;
  detail::interrupt_last_words = last_words;
  struct sigaction action {};
  action.sa_handler = detail::on_interrupt;  // without SA_RESTART: a read that waits comes back
  ::sigemptyset(&action.sa_mask);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    // Started in the background with the signal ignored (nohup, a shell's `&`): it stays ignored.
    if (::sigaction(number, nullptr, &before) == 0 && before.sa_handler != SIG_IGN)
      ::sigaction(number, &action, nullptr);
  }
  if (milliseconds <= 0) return;
  action.sa_handler = detail::on_overdue;
  ::sigaction(SIGALRM, &action, nullptr);
}

AISLE_API termination_hold::termination_hold() noexcept { ++detail::termination_holds; }
AISLE_API termination_hold::~termination_hold() {
  if (--detail::termination_holds == 0 && detail::termination_waits.exchange(0) != 0)
    detail::begin_interruption();
}

AISLE_API bool termination_hold::is_waited_for() const noexcept { return detail::termination_waits != 0; }

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
