#pragma once

#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fstream>
#include <string>

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

namespace detail {
inline volatile sig_atomic_t interrupt_flag = 0;

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

AISLE_API void ignore_broken_pipes() { ::signal(SIGPIPE, SIG_IGN); }

AISLE_NAMESPACE_END
