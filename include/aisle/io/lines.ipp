#pragma once

#include <algorithm>

#include <aisle/base/process.hpp>
#include <aisle/io/lines.hpp>

AISLE_NAMESPACE_BEGIN

AISLE_API bool line_reader::fill() {
  if (ended_) return false;
  throw_if_interrupted();
  buffer_.resize(std::size_t{1} << 16);
  at_ = 0;
  const std::size_t n = stream_.read(buffer_);
  throw_if_interrupted();
  buffer_.resize(n);
  ended_ = n == 0;
  return !ended_;
}

AISLE_API bool line_reader::next(std::string& line) {
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

AISLE_API bool line_reader::ready() const {
  constexpr int patience_ms = 5;  // a producer's next write is seldom further away
  return buffer_.find('\n', at_) != std::string::npos || ended_ || stream_.ready(patience_ms);
}

AISLE_API json parse_json_line(std::string_view text, const std::string& where) {
  try {
    return parse_json(text, where);
  } catch (const format_error& e) {
    // "WHERE: line 1, column 9: what": that first line is the one of `where`.
    const std::string what = e.what(), begin = where + ": line 1, ";
    const std::size_t colon = what.find(": ", begin.size());
    if (!what.starts_with(begin) || colon == std::string::npos) throw;
    throw format_error(where + ", " + what.substr(begin.size(), colon - begin.size()),
                       what.substr(colon + 2));
  }
}

AISLE_NAMESPACE_END
