#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace support {

/// What a service of embeddings gave for `texts`: the vector expected of each, but zeros and an error for
/// those in `without`.
template <class Vectors, class VectorOf>
void check_rows(const Vectors& got, const std::vector<std::string>& texts,
                const std::vector<std::size_t>& without, VectorOf vector_of) {
  REQUIRE(got.vectors.rows() == static_cast<std::int64_t>(texts.size()));
  std::vector<std::size_t> failed;
  for (const auto& e : got.errors) failed.push_back(e.text);
  CHECK(failed == without);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto row = got.vectors.row(i);
    const bool has = std::find(without.begin(), without.end(), i) == without.end();
    const std::vector<float> expected = has ? vector_of(texts[i]) : std::vector<float>(row.size());
    CHECK_MESSAGE(std::equal(row.begin(), row.end(), expected.begin(), expected.end()), "text " << i);
  }
}

}  // namespace support
