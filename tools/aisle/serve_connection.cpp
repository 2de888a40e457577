#include "serve_connection.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>

#include <aisle/base/error.hpp>
#include <aisle/base/process.hpp>

namespace aisle_command {

namespace {

constexpr double never = std::numeric_limits<double>::infinity();

}  // namespace

stopping::stopping() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), since_(never) {
  if (event_ < 0) throw aisle::error(std::string("cannot serve: ") + std::strerror(errno));
}

stopping::~stopping() { ::close(event_); }

void stopping::begin() {
  double before = never;
  if (!since_.compare_exchange_strong(before, aisle::steady_seconds())) return;
  const std::uint64_t one = 1;
  // It cannot fail but by a count that is full, and then it is readable.
  if (::write(event_, &one, sizeof one) < 0) return;
}

bool stopping::begun() const noexcept { return since_ < never; }

connection::connection(int socket, const connection_limits& limits, const stopping& stop)
    : socket_(socket), limits_(limits), stop_(stop) {}

connection::~connection() {
  ::shutdown(socket_, SHUT_RDWR);
  ::close(socket_);
}

bool connection::await_request() {
  phase_ = phase::idle;
  began_ = aisle::steady_seconds();
  head_ = body_ = after_time_ = 0;
  last_ = 0;
  late_ = too_long_ = bare_newline_ = answered_ = false;
  if (!more_waits() && fill() <= 0) return false;
  phase_ = phase::head;
  began_ = aisle::steady_seconds();
  ++requests_;
  return true;
}

void connection::head_is_read() { phase_ = phase::body; }

double connection::deadline() const {
  const double stop = stop_.since() + limits_.drain;
  switch (phase_) {
    case phase::idle:
      // Who was answered before asks for nothing; who has just come may have begun to.
      return std::min(began_ + limits_.idle, requests_ > 0 ? stop_.since() : stop);
    case phase::head:
      return std::min(began_ + limits_.head, stop);
    case phase::body:
      break;
  }
  return std::min(began_ + limits_.request + static_cast<double>(body_) / limits_.bytes_per_second, stop);
}

/// Until the socket can be read or written, the server stops, or `until`; false: it is that late already.
bool connection::wait(short what, double until) const {
  const double left = until - aisle::steady_seconds();
  if (!(left > 0)) return false;
  pollfd files[] = {{socket_, what, 0}, {stop_.event(), POLLIN, 0}};
  // An event that has come already would be no wait at all.
  ::poll(files, stop_.begun() ? 1 : 2, static_cast<int>(std::min(left, 60.0) * 1000) + 1);
  return true;
}

ssize_t connection::fill() {
  for (;;) {
    const ssize_t n = ::recv(socket_, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (n > 0) {
      // What has come in time and was not looked at yet is good, but no more than that.
      if (aisle::steady_seconds() > deadline()) after_time_ += static_cast<std::size_t>(n);
      if (after_time_ > limits_.late_bytes) {
        late_ = true;
        return -1;
      }
      at_ = 0;
      end_ = static_cast<std::size_t>(n);
      return n;
    }
    if (n == 0) {
      client_gone_ = true;
      return 0;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) {
      client_gone_ = true;
      return -1;
    }
    if (!wait(POLLIN, deadline())) {
      late_ = true;
      return -1;
    }
  }
}

ssize_t connection::read(char* to, std::size_t size) {
  if (late_ || too_long_) return -1;
  if (size == 0) return 0;
  if (!more_waits())
    if (const ssize_t n = fill(); n <= 0) return n;
  const std::size_t count = std::min(size, end_ - at_);
  std::memcpy(to, buffer_.data() + at_, count);
  at_ += count;
  if (phase_ == phase::body) {
    body_ += count;
    return static_cast<ssize_t>(count);
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (to[i] == '\n' && last_ != '\r') bare_newline_ = true;
    last_ = to[i];
  }
  head_ += count;
  if (head_ > limits_.head_bytes) {
    too_long_ = true;
    return -1;
  }
  return static_cast<ssize_t>(count);
}

bool connection::write(const char* from, std::size_t size) {
  answered_ = true;
  const double began = aisle::steady_seconds();
  std::size_t written = 0;
  while (written < size) {
    const ssize_t n = ::send(socket_, from + written, size - written, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0) {
      written += static_cast<std::size_t>(n);
      continue;
    }
    if (n < 0 && errno == EINTR) continue;
    const bool full = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    const double until =
        std::min(began + limits_.answer + static_cast<double>(written) / limits_.bytes_per_second,
                 std::max(stop_.since(), began) + limits_.drain);
    if (!full || !wait(POLLOUT, until)) {
      client_gone_ = true;
      return false;
    }
  }
  return true;
}

void connection::finish() {
  if (client_gone_) return;
  ::shutdown(socket_, SHUT_WR);
  const double until = aisle::steady_seconds() + limits_.linger;
  for (;;) {
    const ssize_t n = ::recv(socket_, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) return;
    if (n > 0 ? aisle::steady_seconds() > until : !wait(POLLIN, until)) return;
  }
}

}  // namespace aisle_command
