#pragma once

#include <cmath>
#include <utility>

#include <aisle/text/detail/term_counts.hpp>
#include <aisle/text/detail/vocabulary.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

AISLE_API vocabulary::vocabulary(std::string bytes, const std::vector<std::int32_t>& lengths,
                                 std::vector<std::int32_t> counts, std::int64_t documents)
    : bytes_(std::move(bytes)), counts_(std::move(counts)) {
  ends_.reserve(lengths.size());
  idf_.reserve(lengths.size());
  std::size_t end = 0, room = 1;
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    ends_.push_back(end += static_cast<std::size_t>(lengths[i]));
    idf_.push_back(std::log((1 + static_cast<double>(documents)) / (1 + static_cast<double>(counts_[i]))) +
                   1);
  }
  while (room < 2 * lengths.size()) room *= 2;
  slots_.assign(room, {0, -1});
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    const auto hash = static_cast<std::uint32_t>(hash_of_term(term(i)));
    std::size_t probe = 0;
    while (probe < most_probes && slots_[(hash + probe) & (room - 1)].term >= 0) ++probe;
    if (probe < most_probes)
      slots_[(hash + probe) & (room - 1)] = {hash, static_cast<std::int32_t>(i)};
    else
      crowded_ = true;
  }
}

AISLE_API std::int32_t vocabulary::find(std::string_view wanted) const noexcept {
  if (slots_.empty()) return -1;
  const auto hash = static_cast<std::uint32_t>(hash_of_term(wanted));
  for (std::size_t probe = 0; probe < most_probes; ++probe) {
    const slot& s = slots_[(hash + probe) & (slots_.size() - 1)];
    if (s.term < 0) return -1;
    if (s.hash == hash && term(static_cast<std::size_t>(s.term)) == wanted) return s.term;
  }
  if (!crowded_) return -1;
  std::size_t first = 0, last = counts_.size();
  while (first < last) {
    const std::size_t middle = first + (last - first) / 2;
    if (term(middle) < wanted)
      first = middle + 1;
    else
      last = middle;
  }
  return first < counts_.size() && term(first) == wanted ? static_cast<std::int32_t>(first) : -1;
}

}  // namespace detail
AISLE_NAMESPACE_END
