#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include <aisle/base/random.hpp>
#include <aisle/catalogue/report/clusters.hpp>
#include <aisle/catalogue/report/text.hpp>
#include <aisle/text/case_fold.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail::report {

/// Words of at least three letters, once each. Any byte above ASCII is part of one.
AISLE_API std::set<std::string> words_of(const std::string& text) {
  constexpr std::size_t most = 2'000;  // bytes of a text that are looked at
  std::set<std::string> out;
  std::string word;
  const auto done = [&] {
    const bool number = std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (word.size() >= 3 && word.size() <= 30 && !number) out.insert(word);
    word.clear();
  };
  const std::string folded = fold_case(std::string_view(text).substr(0, most));
  for (const char c : folded) {
    const auto u = static_cast<unsigned char>(c);
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || u >= 0x80)
      word += c;
    else
      done();
  }
  // The last may be cut.
  if (text.size() <= most) done();
  return out;
}

/// The cluster of each point: Lloyd's steps from points far from each other.
AISLE_API std::vector<std::size_t> k_means(const matrix<float>& points, std::size_t clusters) {
  const auto n = static_cast<std::size_t>(points.rows());
  std::vector<std::pair<double, double>> centres;
  std::vector<std::size_t> of(n);
  const auto squared = [&](std::size_t i, const std::pair<double, double>& c) {
    const auto r = static_cast<std::int64_t>(i);
    const double dx = static_cast<double>(points(r, 0)) - c.first,
                 dy = static_cast<double>(points(r, 1)) - c.second;
    return dx * dx + dy * dy;
  };
  random_generator random(7);
  std::vector<double> nearest(n, std::numeric_limits<double>::infinity());
  for (std::size_t k = 0; k < clusters; ++k) {  // k-means++
    double sum = 0;
    for (const double d : nearest) sum += std::min(d, 1e300);
    double left = k == 0 ? 0 : random.uniform() * sum;
    std::size_t pick = 0;
    while (k > 0 && pick + 1 < n && (left -= nearest[pick]) > 0) ++pick;
    const auto r = static_cast<std::int64_t>(pick);
    centres.emplace_back(points(r, 0), points(r, 1));
    for (std::size_t i = 0; i < n; ++i) nearest[i] = std::min(nearest[i], squared(i, centres.back()));
  }
  for (int step = 0; step < 15; ++step) {
    std::vector<std::pair<double, double>> sums(clusters);
    std::vector<double> counts(clusters);
    for (std::size_t i = 0; i < n; ++i) {
      std::size_t best = 0;
      for (std::size_t k = 1; k < clusters; ++k)
        if (squared(i, centres[k]) < squared(i, centres[best])) best = k;
      of[i] = best;
      sums[best].first += static_cast<double>(points(static_cast<std::int64_t>(i), 0));
      sums[best].second += static_cast<double>(points(static_cast<std::int64_t>(i), 1));
      ++counts[best];
    }
    for (std::size_t k = 0; k < clusters; ++k)
      if (counts[k] > 0) centres[k] = {sums[k].first / counts[k], sums[k].second / counts[k]};
  }
  return of;
}

AISLE_API std::vector<map_cluster> name_clusters(const matrix<float>& points,
                                                 const std::vector<std::string>& texts) {
  const auto n = static_cast<std::size_t>(points.rows());
  if (n < 12 || texts.size() != n) return {};
  const auto clusters =
      static_cast<std::size_t>(std::clamp(std::sqrt(static_cast<double>(n) / 3), 3.0, 24.0));
  const std::vector<std::size_t> of = k_means(points, clusters);
  std::vector<std::map<std::string, double>> counts(clusters);
  std::map<std::string, double> all;
  std::vector<double> sizes(clusters);
  for (std::size_t i = 0; i < n; ++i) {
    ++sizes[of[i]];
    for (const std::string& w : words_of(texts[i])) {
      ++counts[of[i]][w];
      ++all[w];
    }
  }
  std::vector<map_cluster> out;
  for (std::size_t k = 0; k < clusters; ++k) {
    std::vector<std::pair<double, std::string>> telling;
    for (const auto& [word, rows] : counts[k]) {
      const double here = rows / sizes[k],
                   elsewhere = (all[word] - rows + 1) / (static_cast<double>(n) - sizes[k] + 1);
      if (rows >= 2 && here >= 0.15 && here > 1.5 * elsewhere)
        telling.emplace_back(-here * std::log(here / elsewhere), word);
    }
    std::sort(telling.begin(), telling.end());
    if (telling.empty()) continue;
    map_cluster c;
    c.points = static_cast<std::int64_t>(sizes[k]);
    for (std::size_t w = 0; w < telling.size() && w < 2; ++w)
      c.words += (w == 0 ? "" : " · ") + one_line(telling[w].second);
    double x = 0, y = 0, least = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < n; ++i)
      if (of[i] == k) {
        x += static_cast<double>(points(static_cast<std::int64_t>(i), 0)) / sizes[k];
        y += static_cast<double>(points(static_cast<std::int64_t>(i), 1)) / sizes[k];
      }
    for (std::size_t i = 0; i < n; ++i) {
      const double px = static_cast<double>(points(static_cast<std::int64_t>(i), 0)),
                   py = static_cast<double>(points(static_cast<std::int64_t>(i), 1));
      if (const double d = (px - x) * (px - x) + (py - y) * (py - y); of[i] == k && d < least) {
        least = d;
        c.x = px, c.y = py;
      }
    }
    if (!c.words.empty()) out.push_back(std::move(c));
  }
  return out;
}

}  // namespace detail::report
AISLE_NAMESPACE_END
