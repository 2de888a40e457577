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

}  // namespace aisle_command
