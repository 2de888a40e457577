#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <aisle/io/json.hpp>
#include <aisle/text/pooling.hpp>

using aisle::token_pooling;

namespace {

// Three tokens of two values.
constexpr float states[] = {1, -4, 2, 0, 6, 1};

std::vector<double> pooled(const char* config, std::int64_t tokens = 3, std::int64_t skip = 0) {
  const auto p = token_pooling::from_json(aisle::parse_json(config, "here"));
  std::vector<float> out(static_cast<std::size_t>(p.width(2)), 99);
  p(aisle::kernels::best_table(), states, tokens, 2, skip, out.data());
  return {out.begin(), out.end()};
}

void check(const std::vector<double>& found, const std::vector<double>& expected) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) CHECK(found[i] == doctest::Approx(expected[i]));
}

}  // namespace

TEST_CASE("every kind of pooling, alone") {
  check(pooled(R"({"pooling_mode": "cls"})"), {1, -4});
  check(pooled(R"({"pooling_mode": "max"})"), {6, 1});
  check(pooled(R"({"pooling_mode": "mean"})"), {3, -1});
  check(pooled(R"({"pooling_mode": "mean_sqrt_len_tokens"})"), {9 / std::sqrt(3.0), -3 / std::sqrt(3.0)});
  check(pooled(R"({"pooling_mode": "weightedmean"})"), {(1 + 4 + 18) / 6.0, (-4 + 0 + 3) / 6.0});
  check(pooled(R"({"pooling_mode": "lasttoken"})"), {6, 1});
  check(pooled("{}"), {3, -1});
}

TEST_CASE("kinds of pooling joined: in the order of the list, of older files' flags in theirs") {
  check(pooled(R"({"pooling_mode": ["mean", "cls"]})"), {3, -1, 1, -4});
  check(
      pooled(
          R"({"pooling_mode_lasttoken": true, "pooling_mode_mean_tokens": true, "pooling_mode_cls_token": true,
                  "pooling_mode_max_tokens": false, "word_embedding_dimension": 2})"),
      {1, -4, 3, -1, 6, 1});
}

TEST_CASE("tokens of a prompt take no part; weights still count them") {
  check(pooled(R"({"pooling_mode": ["cls", "max", "mean"]})", 3, 1), {2, 0, 6, 1, 4, 0.5});
  check(pooled(R"({"pooling_mode": ["weightedmean", "lasttoken"]})", 3, 1), {22 / 5.0, 3 / 5.0, 6, 1});
  // No token is left.
  check(pooled(R"({"pooling_mode": ["mean", "cls", "lasttoken"]})", 2, 5), {0, 0, 1, -4, 0, 0});
}
