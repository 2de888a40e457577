#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

/// Terms in the order of their bytes, which is that of their code points, and in how many documents each
/// stands. Finds a term by a hash, and in a bounded time whatever the terms are.
class vocabulary {
 public:
  vocabulary() = default;
  /// `lengths` of the terms, which follow each other in `bytes`; each is in 1 or more of all `documents`.
  vocabulary(std::string bytes, const std::vector<std::int32_t>& lengths, std::vector<std::int32_t> counts,
             std::int64_t documents);

  std::int64_t size() const noexcept { return static_cast<std::int64_t>(counts_.size()); }
  std::string_view bytes() const noexcept { return bytes_; }
  std::string_view term(std::size_t i) const noexcept {
    const std::size_t start = i == 0 ? 0 : ends_[i - 1];
    return {bytes_.data() + start, ends_[i] - start};
  }
  /// Documents that hold it.
  std::int32_t count(std::size_t i) const noexcept { return counts_[i]; }
  /// Inverse document frequency, ln((1 + documents) / (1 + count)) + 1.
  double idf(std::size_t i) const noexcept { return idf_[i]; }
  /// The number of a term, -1 for one that is not here.
  std::int32_t find(std::string_view term) const noexcept;

 private:
  /// Slots that are looked at before terms are searched by halves: a file may be made of terms that all have
  /// one hash.
  static constexpr std::size_t most_probes = 32;
  struct slot {
    std::uint32_t hash;
    std::int32_t term;  // -1: free
  };

  std::string bytes_;
  std::vector<std::size_t> ends_;
  std::vector<std::int32_t> counts_;
  std::vector<double> idf_;
  std::vector<slot> slots_;  // a power of two of them
  bool crowded_ = false;     // some terms have no slot
};

}  // namespace detail
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/text/detail/vocabulary.ipp>
#endif
