#include "lines.hpp"

#include <algorithm>

#include "command.hpp"

namespace aisle_command {

bool line_reader::fill() {
  if (ended_) return false;
  check_interrupt();
  buffer_.resize(std::size_t{1} << 16);
  at_ = 0;
  const std::size_t n = stream_.read(buffer_);
  check_interrupt();
  buffer_.resize(n);
  ended_ = n == 0;
  return !ended_;
}

bool line_reader::next(std::string& line) {
  line.clear();
  too_long_ = false;
  bool any = false;
  while (at_ < buffer_.size() || fill()) {
    any = true;
    const std::size_t end = buffer_.find('\n', at_);
    const std::size_t stop = end == std::string::npos ? buffer_.size() : end, count = stop - at_;
    too_long_ = too_long_ || count > max_line_ - line.size();
    line.append(buffer_, at_, std::min(count, max_line_ - line.size()));
    at_ = stop;
    if (end == std::string::npos) continue;
    ++at_;
    break;
  }
  number_ += any;
  return any;
}

bool line_reader::ready() const {
  constexpr int patience_ms = 5;  // a producer's next write is seldom further away
  return buffer_.find('\n', at_) != std::string::npos || ended_ || stream_.ready(patience_ms);
}

aisle::json parse_json_line(std::string_view text, const std::string& where) {
  try {
    return aisle::parse_json(text, where);
  } catch (const aisle::format_error& e) {
    // "WHERE: line 1, column 9: what": that first line is the one of `where`.
    const std::string what = e.what(), begin = where + ": line 1, ";
    const std::size_t colon = what.find(": ", begin.size());
    if (!what.starts_with(begin) || colon == std::string::npos) throw;
    throw aisle::format_error(where + ", " + what.substr(begin.size(), colon - begin.size()),
                              what.substr(colon + 2));
  }
}

}  // namespace aisle_command
