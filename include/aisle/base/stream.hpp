#pragma once

#include <cstddef>
#include <span>
#include <string>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN

/// Bytes that come one after the other: a file, a pipe, or stdin ("-").
class input_stream {
 public:
  /// Throws file_error.
  explicit input_stream(std::string path);
  ~input_stream();
  input_stream(const input_stream&) = delete;
  input_stream& operator=(const input_stream&) = delete;

  /// The path, or "stdin".
  const std::string& path() const noexcept { return path_; }
  /// Waits for bytes and returns how many came; 0 at the end, and when interrupted() has become true
  /// (base/process.hpp). Throws file_error.
  std::size_t read(std::span<char> out);
  /// True when read() would not wait, or would stop waiting within so many milliseconds.
  bool ready(int milliseconds) const;

 private:
  std::string path_;
  int handle_ = -1;
};

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/base/stream.ipp>
#endif
