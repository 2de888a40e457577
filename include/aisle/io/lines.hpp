#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <aisle/base/config.hpp>
#include <aisle/base/stream.hpp>
#include <aisle/io/json.hpp>

AISLE_NAMESPACE_BEGIN

/// Lines of a file, a pipe or stdin ("-"), one at a time.
class line_reader {
 public:
  /// Throws file_error.
  explicit line_reader(const std::string& path, std::size_t max_line = std::size_t{64} << 20)
      : stream_(path), max_line_(max_line) {}

  /// The next line without its end; false when there is none. Of a line that is longer than max_line only
  /// that much is kept, and too_long() says so. Throws file_error, and interruption where interrupted().
  bool next(std::string& line);
  bool too_long() const noexcept { return too_long_; }
  /// False when the next line has not arrived and would have to be waited for: time to work on those there
  /// are.
  bool ready() const;
  /// Lines read, the one next() gave last included.
  long long number() const noexcept { return number_; }
  /// The path, or "stdin".
  const std::string& path() const noexcept { return stream_.path(); }

 private:
  bool fill();
  input_stream stream_;
  std::size_t max_line_;
  std::string buffer_;
  std::size_t at_ = 0;
  bool ended_ = false, too_long_ = false;
  long long number_ = 0;
};

/// JSON that stands on one line; an error names the line, `where`, and the place in it: "line 3, column 9:
/// …".
json parse_json_line(std::string_view text, const std::string& where);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/io/lines.ipp>
#endif
