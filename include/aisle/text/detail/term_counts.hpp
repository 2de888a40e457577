#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

/// A hash of a term that is not empty, good in its low and its high bits.
inline std::uint64_t hash_of_term(std::string_view term) noexcept {
  const auto mix = [](std::uint64_t h) {
    h *= 0x9E3779B97F4A7C15ull;
    return h ^ h >> 32;
  };
  const auto word = [](const char* from) {
    std::uint32_t v;
    std::memcpy(&v, from, sizeof v);
    return std::uint64_t{v};
  };
  const auto byte = [](char c) { return std::uint64_t{static_cast<unsigned char>(c)}; };
  std::uint64_t h = term.size();
  const char* at = term.data();
  std::size_t left = term.size();
  for (; left > 8; left -= 8, at += 8) h = mix(h ^ (word(at) | word(at + 4) << 32));
  // Pieces of the rest may overlap.
  const std::uint64_t rest = left >= 4 ? word(at) | word(at + left - 4) << 32
                                       : byte(at[0]) | byte(at[left / 2]) << 8 | byte(at[left - 1]) << 16;
  return mix(mix(h ^ rest));
}

/// Of each term the number of documents that hold it.
class term_counts {
 public:
  struct entry {
    std::size_t offset;
    std::uint32_t length, hash;
    std::int32_t documents;
    std::int32_t last;  ///< document that was counted last
  };

  /// Counts a term of a document; all terms of one come before those of the next.
  void add(std::string_view term, std::uint64_t hash, std::int32_t document) {
    entry& e = entry_of(term, hash);
    e.documents += e.last != document;
    e.last = document;
  }
  /// Adds counts of other documents.
  void add(const term_counts& other) {
    for (const entry& e : other.entries_) entry_of(other.text_of(e), e.hash).documents += e.documents;
  }

  const std::vector<entry>& entries() const& noexcept { return entries_; }
  std::vector<entry> entries() const&& = delete;
  std::string_view text_of(const entry& e) const noexcept { return {bytes_.data() + e.offset, e.length}; }

 private:
  /// Slots that are looked at before a tree is: texts may be made of terms that all have one hash.
  static constexpr std::size_t most_probes = 32;

  entry& entry_of(std::string_view term, std::uint64_t hash) {
    if (entries_.size() * 2 >= slots_.size()) grow();
    const auto short_hash = static_cast<std::uint32_t>(hash);
    for (std::size_t probe = 0; probe < most_probes; ++probe) {
      const std::uint32_t in_slot = slot(short_hash, probe);
      if (in_slot == 0) break;
      entry& e = entries_[in_slot - 1];
      if (e.hash == short_hash && text_of(e) == term) return e;
    }
    if (!crowded_.empty())
      if (const auto at = crowded_.find(term); at != crowded_.end()) return entries_[at->second];
    entries_.push_back({bytes_.size(), static_cast<std::uint32_t>(term.size()), short_hash, 0, -1});
    bytes_ += term;
    place(entries_.size() - 1);
    return entries_.back();
  }

  std::uint32_t& slot(std::uint32_t hash, std::size_t probe) noexcept {
    return slots_[(hash + probe) & (slots_.size() - 1)];
  }
  void place(std::size_t i) {
    const entry& e = entries_[i];
    std::size_t probe = 0;
    while (probe < most_probes && slot(e.hash, probe) != 0) ++probe;
    if (probe < most_probes)
      slot(e.hash, probe) = static_cast<std::uint32_t>(i + 1);
    else
      crowded_.emplace(text_of(e), i);
  }
  void grow() {
    slots_.assign(slots_.empty() ? 64 : slots_.size() * 2, 0);
    crowded_.clear();
    for (std::size_t i = 0; i < entries_.size(); ++i) place(i);
  }

  std::string bytes_;
  std::vector<entry> entries_;
  std::vector<std::uint32_t> slots_;  // number of an entry and 1, 0: free; a power of two of them
  std::map<std::string, std::size_t, std::less<>> crowded_;  // entries that have no slot
};

}  // namespace detail
AISLE_NAMESPACE_END
