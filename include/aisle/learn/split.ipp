#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>

#include <aisle/base/counted.hpp>
#include <aisle/base/random.hpp>
#include <aisle/learn/split.hpp>
#include <aisle/tensor/finite.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

AISLE_API std::vector<std::int64_t> allot(const std::vector<std::int64_t>& counts, std::int64_t draws,
                                          random_generator& random) {
  const auto total = static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}));
  std::vector<std::int64_t> out(counts.size());
  std::vector<double> remainder(counts.size());
  std::int64_t left = draws;
  for (std::size_t c = 0; c < counts.size(); ++c) {
    const double share = static_cast<double>(counts[c]) / total * static_cast<double>(draws);
    out[c] = static_cast<std::int64_t>(std::floor(share));
    remainder[c] = share - std::floor(share);
    left -= out[c];
  }
  std::vector<std::size_t> order(counts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  random.shuffle(order);
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return remainder[a] > remainder[b]; });
  for (std::size_t i = 0; left > 0 && i < order.size(); ++i)
    if (out[order[i]] < counts[order[i]]) {
      ++out[order[i]];
      --left;
    }
  return out;
}

AISLE_API std::int64_t rows_held_out(double test_size, std::int64_t rows) {
  return static_cast<std::int64_t>(std::ceil(test_size * static_cast<double>(rows)));
}

/// Row numbers of each class, in code order.
inline std::vector<index_vector> rows_by_class(const label_vector& labels) {
  std::vector<index_vector> out(labels.classes().names().size());
  for (std::int64_t r = 0; r < labels.size(); ++r)
    out[static_cast<std::size_t>(labels.codes()[static_cast<std::size_t>(r)])].push_back(r);
  return out;
}

}  // namespace detail

AISLE_API std::optional<std::pair<double, double>> test_sizes_for(std::int64_t rows, std::int64_t classes) {
  if (classes < 1 || rows < 2 * classes) return std::nullopt;
  double unit = 100;
  for (int decimals = 2; decimals <= 9; ++decimals, unit *= 10) {
    // In units: near (classes - 1) / rows the first, near 1 - classes / rows the last. What rounding leaves
    // open is tried.
    const auto good = [&](double k) {
      const std::int64_t test = k > 0 && k < unit ? detail::rows_held_out(k / unit, rows) : 0;
      return test >= classes && rows - test >= classes;
    };
    const auto share = [&](std::int64_t n) { return static_cast<double>(n) / static_cast<double>(rows); };
    double least = std::floor(share(classes - 1) * unit) - 1,
           most = std::ceil(share(rows - classes) * unit) + 1;
    for (int i = 0; i < 4 && !good(least); ++i) ++least;
    for (int i = 0; i < 4 && !good(most); ++i) --most;
    if (good(least) && good(most)) return std::pair(least / unit, most / unit);
  }
  return std::nullopt;
}

AISLE_API index_vector rows_of_small_classes(const label_vector& labels, std::int64_t minimum) {
  const auto counts = labels.counts();
  index_vector out;
  for (std::int64_t r = 0; r < labels.size(); ++r)
    if (counts[static_cast<std::size_t>(labels.codes()[static_cast<std::size_t>(r)])] < minimum)
      out.push_back(r);
  return out;
}

AISLE_API split_rows stratified_split(const label_vector& labels, const split_options& options) {
  if (is_nan(options.test_size) || options.test_size <= 0 || options.test_size >= 1)
    throw option_error("test_size is " +
                       (is_nan(options.test_size) ? "NaN" : std::to_string(options.test_size)) +
                       ", expected a share between 0 and 1");
  if (!options.groups.empty()) return detail::split_by_group(labels, options);
  auto members = detail::rows_by_class(labels);
  std::vector<std::int64_t> counts(members.size());
  std::int64_t rows = 0, classes = 0;
  std::string single;
  for (std::size_t c = 0; c < members.size(); ++c) {
    if (members[c].size() == 1) {
      single += (single.empty() ? "\"" : ", \"") + labels.classes().names()[c] + "\"";
      members[c].clear();
    }
    counts[c] = static_cast<std::int64_t>(members[c].size());
    rows += counts[c];
    classes += counts[c] > 0;
  }
  if (!single.empty() && options.single_rows == single_rows::error)
    throw option_error("cannot stand on both sides of a split, as they have one row: " + single +
                       "; leave them out (single_rows::drop) or merge them");
  const std::int64_t held_out = detail::rows_held_out(options.test_size, rows);
  if (classes == 0 || held_out < classes || rows - held_out < classes) {
    const auto sizes = test_sizes_for(rows, classes);
    throw option_error(
        "cannot split " + counted(rows, "row") + " of " + counted(classes, "class", "classes") + ": " +
        counted(held_out, "test row") + ", each side needs a row a class" +
        (sizes ? "; test_size " + shortest(sizes->first) + " to " + shortest(sizes->second) + " would do"
               : ""));
  }
  random_generator random(options.seed);
  const auto train = detail::allot(counts, rows - held_out, random);
  auto remaining = counts;
  for (std::size_t c = 0; c < counts.size(); ++c) remaining[c] -= train[c];
  split_rows out;
  for (std::size_t c = 0; c < counts.size(); ++c) {
    random.shuffle(members[c]);
    const auto middle = members[c].begin() + remaining[c];
    out.test.insert(out.test.end(), members[c].begin(), middle);
    out.train.insert(out.train.end(), middle, members[c].end());
  }
  std::sort(out.train.begin(), out.train.end());
  std::sort(out.test.begin(), out.test.end());
  return out;
}

AISLE_API std::vector<split_rows> stratified_folds(const label_vector& labels, const fold_options& options) {
  if (options.folds < 2)
    throw option_error("folds is " + std::to_string(options.folds) + ", expected at least 2");
  if (options.folds > labels.size())
    throw option_error("folds is " + std::to_string(options.folds) + ", expected at most the " +
                       std::to_string(labels.size()) + " rows");
  if (!options.groups.empty()) return detail::folds_by_group(labels, options);
  const auto folds = static_cast<std::size_t>(options.folds);
  std::vector<split_rows> out(folds);
  random_generator random(options.seed);
  std::size_t next =
      0;  // classes follow one another round the folds, so that the folds are of equal size, too
  for (auto& rows : detail::rows_by_class(labels)) {
    random.shuffle(rows);
    for (const std::int64_t r : rows) {
      const std::size_t held_out = next++ % folds;
      for (std::size_t f = 0; f < folds; ++f) (f == held_out ? out[f].test : out[f].train).push_back(r);
    }
  }
  for (auto& fold : out) {
    std::sort(fold.train.begin(), fold.train.end());
    std::sort(fold.test.begin(), fold.test.end());
  }
  return out;
}

AISLE_NAMESPACE_END
