#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <aisle/base/error.hpp>
#include <aisle/base/process.hpp>
#include <aisle/base/stream.hpp>

AISLE_NAMESPACE_BEGIN

AISLE_API input_stream::input_stream(std::string path) : path_(std::move(path)) {
  if (path_ == "-") {
    path_ = "stdin";
    handle_ = 0;
    return;
  }
  handle_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (handle_ < 0) throw file_error(path_, std::strerror(errno));
}

AISLE_API input_stream::~input_stream() {
  if (handle_ > 0) ::close(handle_);
}

AISLE_API std::size_t input_stream::read(std::span<char> out) {
  for (;;) {
    const ssize_t n = ::read(handle_, out.data(), out.size());
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno == EAGAIN || errno == EWOULDBLOCK)  // somebody made it non-blocking
      ready(-1);
    else if (errno != EINTR)
      throw file_error(path_, std::strerror(errno));
    if (interrupted()) return 0;
  }
}

AISLE_API bool input_stream::ready(int milliseconds) const {
  pollfd p{handle_, POLLIN, 0};
  return ::poll(&p, 1, milliseconds) > 0;
}

AISLE_NAMESPACE_END
