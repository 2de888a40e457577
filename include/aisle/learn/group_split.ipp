#pragma once

#include <algorithm>
#include <unordered_map>
#include <utility>

#include <aisle/base/counted.hpp>
#include <aisle/base/random.hpp>
#include <aisle/learn/split.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Rows that belong together, and how many of them each class has.
struct row_group {
  index_vector rows;
  std::vector<std::pair<std::size_t, double>> classes;
};

/// The largest first, equal ones in an order drawn by `seed`.
AISLE_API std::vector<row_group> groups_by_size(const label_vector& labels,
                                                std::span<const std::int64_t> groups, std::uint64_t seed) {
  if (static_cast<std::int64_t>(groups.size()) != labels.size())
    throw shape_error(std::to_string(groups.size()) + " groups and " + std::to_string(labels.size()) +
                      " labels, expected one group a row");
  std::vector<row_group> out;
  std::unordered_map<std::int64_t, std::size_t> places;
  for (std::size_t r = 0; r < groups.size(); ++r) {
    const auto place = places.emplace(groups[r], out.size());
    if (place.second) out.emplace_back();
    out[place.first->second].rows.push_back(static_cast<std::int64_t>(r));
  }
  for (row_group& g : out) {
    std::vector<std::size_t> codes;
    for (const std::int64_t r : g.rows)
      codes.push_back(static_cast<std::size_t>(labels.codes()[static_cast<std::size_t>(r)]));
    std::sort(codes.begin(), codes.end());
    for (const std::size_t c : codes) {
      if (g.classes.empty() || g.classes.back().first != c) g.classes.emplace_back(c, 0.0);
      ++g.classes.back().second;
    }
  }
  random_generator random(seed);
  random.shuffle(out);
  std::stable_sort(out.begin(), out.end(),
                   [](const row_group& a, const row_group& b) { return a.rows.size() > b.rows.size(); });
  return out;
}

/// Sides that are to hold `shares` of every class, and what they hold so far.
class side_balance {
 public:
  side_balance(std::vector<double> shares, const std::vector<std::int64_t>& counts)
      : shares_(std::move(shares)),
        rows_(shares_.size()),
        of_class_(shares_.size(), std::vector<double>(counts.size())),
        counts_(counts.begin(), counts.end()) {}

  /// The side for a group: where the sum over the classes of (rows / class)^2 / share, which is least where
  /// all sides have their shares, grows least; among equals the emptiest.
  std::size_t choose(const row_group& group) const {
    std::size_t best = 0;
    for (std::size_t s = 1; s < shares_.size(); ++s)
      if (std::pair(growth(group, s), rows_[s] / shares_[s]) <
          std::pair(growth(group, best), rows_[best] / shares_[best]))
        best = s;
    return best;
  }
  void move(const row_group& group, std::size_t side, double sign = 1) {
    rows_[side] += sign * static_cast<double>(group.rows.size());
    for (const auto& [c, n] : group.classes) of_class_[side][c] += sign * n;
  }
  double rows_of_class(std::size_t side, std::size_t c) const { return of_class_[side][c]; }
  double rows(std::size_t side) const { return rows_[side]; }

 private:
  double growth(const row_group& group, std::size_t s) const {
    double out = 0;
    for (const auto& [c, n] : group.classes)
      out += n * (2 * of_class_[s][c] + n) / (shares_[s] * counts_[c] * counts_[c]);
    return out;
  }

  std::vector<double> shares_, rows_;
  std::vector<std::vector<double>> of_class_;
  std::vector<double> counts_;
};

AISLE_API split_rows split_by_group(const label_vector& labels, const split_options& options) {
  constexpr std::size_t train = 0, test = 1;
  const std::vector<row_group> groups = groups_by_size(labels, options.groups, options.seed);
  side_balance sides({1 - options.test_size, options.test_size}, labels.counts());
  std::vector<std::size_t> side(groups.size(), train);
  // What is left of a class on the train side when a group goes.
  const auto needed = [&](const row_group& g, bool placed) {
    return std::any_of(g.classes.begin(), g.classes.end(), [&](const auto& c) {
      return sides.rows_of_class(train, c.first) - (placed ? c.second : 0) <= 0;
    });
  };
  for (std::size_t i = 0; i < groups.size(); ++i) {
    side[i] = needed(groups[i], false) ? train : sides.choose(groups[i]);
    sides.move(groups[i], side[i]);
  }
  // A small share of few groups: the smallest one that can go.
  for (std::size_t i = groups.size(); i-- > 0 && sides.rows(test) == 0;)
    if (!needed(groups[i], true)) {
      sides.move(groups[i], train, -1);
      sides.move(groups[i], side[i] = test);
    }
  if (sides.rows(test) == 0)
    throw option_error("cannot split " + counted(labels.size(), "row") + " in " +
                       counted(static_cast<std::int64_t>(groups.size()), "group") +
                       ": every group holds the only rows of a class, so that none can be held out");
  split_rows out;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    index_vector& to = side[i] == test ? out.test : out.train;
    to.insert(to.end(), groups[i].rows.begin(), groups[i].rows.end());
  }
  std::sort(out.train.begin(), out.train.end());
  std::sort(out.test.begin(), out.test.end());
  return out;
}

AISLE_API std::vector<split_rows> folds_by_group(const label_vector& labels, const fold_options& options) {
  const auto folds = static_cast<std::size_t>(options.folds);
  const std::vector<row_group> groups = groups_by_size(labels, options.groups, options.seed);
  if (folds > groups.size())
    throw option_error("folds is " + std::to_string(folds) + ", expected at most the " +
                       counted(static_cast<std::int64_t>(groups.size()), "group"));
  side_balance sides(std::vector<double>(folds, 1 / static_cast<double>(folds)), labels.counts());
  std::vector<std::size_t> fold_of(static_cast<std::size_t>(labels.size()));
  for (const row_group& g : groups) {
    const std::size_t f = sides.choose(g);
    sides.move(g, f);
    for (const std::int64_t r : g.rows) fold_of[static_cast<std::size_t>(r)] = f;
  }
  std::vector<split_rows> out(folds);
  for (std::size_t r = 0; r < fold_of.size(); ++r)
    for (std::size_t f = 0; f < folds; ++f)
      (f == fold_of[r] ? out[f].test : out[f].train).push_back(static_cast<std::int64_t>(r));
  return out;
}

}  // namespace detail

AISLE_API std::vector<std::int64_t> group_codes(std::span<const std::string> names) {
  std::unordered_map<std::string, std::int64_t> known;
  std::vector<std::int64_t> out;
  std::int64_t next = 0;
  for (const std::string& name : names) {
    if (name.empty()) {
      out.push_back(next++);
      continue;
    }
    const auto place = known.emplace(name, next);
    if (place.second) ++next;
    out.push_back(place.first->second);
  }
  return out;
}

AISLE_NAMESPACE_END
