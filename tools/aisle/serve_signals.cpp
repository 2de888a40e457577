#include "serve_signals.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include <aisle/base/error.hpp>

#include "command.hpp"

namespace aisle_command {

namespace {

volatile std::sig_atomic_t signals = 0;
int signal_pipe[2] = {-1, -1};

void on_signal(int) {
  if (signals > 0) std::_Exit(exit_interrupted);
  signals = 1;
  const int before = errno;
  if (::write(signal_pipe[1], "s", 1) < 0) errno = before;
}

}  // namespace

void drain_on_signals() {
  if (::pipe2(signal_pipe, O_CLOEXEC) != 0)
    throw aisle::error(std::string("cannot wait for signals: ") + std::strerror(errno));
  struct sigaction drain {};
  drain.sa_handler = on_signal;
  drain.sa_flags = SA_RESTART;
  ::sigemptyset(&drain.sa_mask);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    if (::sigaction(number, nullptr, &before) == 0 && before.sa_handler != SIG_IGN)
      ::sigaction(number, &drain, nullptr);
  }
}

signal_watch::signal_watch(std::function<void()> then)
    : thread_([then = std::move(then)] {
        char what = 0;
        while (::read(signal_pipe[0], &what, 1) < 0 && errno == EINTR) {
        }
        if (what == 's') then();
      }) {}

signal_watch::~signal_watch() {
  // It ends by whichever comes first.
  while (::write(signal_pipe[1], "e", 1) < 0 && errno == EINTR) {
  }
  thread_.join();
}

}  // namespace aisle_command
