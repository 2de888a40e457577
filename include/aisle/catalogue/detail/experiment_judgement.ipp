#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include <aisle/base/counted.hpp>
#include <aisle/catalogue/detail/experiment_judgement.hpp>
#include <aisle/catalogue/detail/experiment_trials.hpp>
#include <aisle/catalogue/detail/first_names.hpp>
#include <aisle/learn/near_duplicates.hpp>
#include <aisle/learn/nearest.hpp>
#include <aisle/learn/significance.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

/// Rows of `x`, less `mean`.
AISLE_API matrix<float> centred_rows(const matrix<float>& x, const index_vector& rows,
                                     const std::vector<double>& mean) {
  matrix<float> out(static_cast<std::int64_t>(rows.size()), x.cols());
  for (std::int64_t i = 0; i < out.rows(); ++i) {
    const auto from = x.row(rows[static_cast<std::size_t>(i)]);
    auto to = out.row(i);
    for (std::size_t c = 0; c < mean.size(); ++c)
      to[c] = static_cast<float>(static_cast<double>(from[c]) - mean[c]);
  }
  return out;
}

/// Which of the test rows have a near-twin among the training rows, or a near-twin that has one. Vectors of
/// some models all point one way: only what is left of them without their mean tells rows apart.
AISLE_API std::vector<bool> twins_by_vector(const matrix<float>& x, const row_sides& sides, int threads) {
  std::vector<double> mean(static_cast<std::size_t>(x.cols()), 0.0);
  for (const std::int64_t r : sides.train)
    for (std::size_t c = 0; c < mean.size(); ++c)
      mean[c] += static_cast<double>(x.row(r)[c]) / static_cast<double>(sides.train.size());
  const matrix<float> test = centred_rows(x, sides.test, mean);
  std::vector<bool> out(sides.test.size(), false);
  if (out.empty()) return out;
  // The training rows in parts: all of them once more would be as much memory as their vectors take.
  constexpr std::size_t part = 1 << 16;
  for (std::size_t from = 0; from < sides.train.size(); from += part) {
    const auto begin = sides.train.begin() + static_cast<std::ptrdiff_t>(from),
               end = begin + static_cast<std::ptrdiff_t>(std::min(part, sides.train.size() - from));
    const neighbours<float> found =
        nearest(test, centred_rows(x, index_vector(begin, end), mean), {.k = 1, .threads = threads});
    for (std::size_t i = 0; i < out.size(); ++i)
      if (static_cast<double>(found.scores(static_cast<std::int64_t>(i), 0)) >= least_twin_cosine)
        out[i] = true;
  }
  for (const index_vector& cluster :
       near_duplicates(test, {.least_cosine = least_twin_cosine, .centred = false, .threads = threads})) {
    const auto has_one = [&](std::int64_t i) { return static_cast<bool>(out[static_cast<std::size_t>(i)]); };
    if (std::any_of(cluster.begin(), cluster.end(), has_one))
      for (const std::int64_t i : cluster) out[static_cast<std::size_t>(i)] = true;
  }
  return out;
}

AISLE_API twin_rows find_twins(const catalogue& products, std::span<const modality> modalities,
                               const split_sides& split, int threads) {
  const auto rows = static_cast<std::size_t>(products.data_rows);
  // Each is compared with every training row.
  const std::size_t most = std::clamp<std::size_t>(2'000'000'000 / (rows + 1), 1'000, 20'000);
  twin_rows out;
  out.looked_at.assign(rows, false);
  out.twin.assign(rows, false);
  std::vector<bool> same(rows, false), by_text(rows, false), by_image(rows, false);
  std::vector<std::string_view> texts(rows);
  for (const product& p : products.products) texts[static_cast<std::size_t>(p.row)] = p.text;
  index_vector tested;  // of all modalities
  for (std::size_t r = 0; r < rows; ++r)
    if (split.of[r] == split_sides::testing) tested.push_back(static_cast<std::int64_t>(r));
  const std::size_t looked_at = std::min(most, tested.size());
  for (std::size_t i = 0; i < looked_at; ++i)
    out.looked_at[static_cast<std::size_t>(tested[i * tested.size() / looked_at])] = true;
  for (const modality& m : modalities) {
    if ((m.text != nullptr) == (m.image != nullptr)) continue;
    const auto row_of = [&](std::int64_t i) {
      return static_cast<std::size_t>(m.data.rows[static_cast<std::size_t>(i)]);
    };
    row_sides sides = m.sides(split);
    std::erase_if(sides.test, [&](std::int64_t i) { return !out.looked_at[row_of(i)]; });
    const std::vector<bool> near_one = twins_by_vector(m.data.parts.front(), sides, threads);
    std::unordered_set<std::string_view> known;
    if (m.text)
      for (const std::int64_t i : sides.train) known.insert(texts[row_of(i)]);
    known.erase(std::string_view());
    for (std::size_t i = 0; i < sides.test.size(); ++i) {
      const std::size_t r = row_of(sides.test[i]);
      if (m.text && known.contains(texts[r])) same[r] = true;
      if (same[r] || near_one[i]) {
        (m.text ? by_text : by_image)[r] = true;
        out.twin[r] = true;
      }
    }
  }
  const auto count = [](const std::vector<bool>& of) {
    return static_cast<std::int64_t>(std::count(of.begin(), of.end(), true));
  };
  out.findings = {.least_cosine = least_twin_cosine,
                  .rows = static_cast<std::int64_t>(looked_at),
                  .twins = count(out.twin),
                  .same = count(same),
                  .by_text = count(by_text),
                  .by_image = count(by_image)};
  return out;
}

AISLE_API std::vector<std::int64_t> groups_by_row(const chosen_rows& chosen, std::int64_t data_rows) {
  if (chosen.groups.empty()) return {};
  std::vector<std::int64_t> out(static_cast<std::size_t>(data_rows), -1);
  for (std::size_t i = 0; i < chosen.rows.size(); ++i)
    out[static_cast<std::size_t>(chosen.rows[i])] = chosen.groups[i];
  return out;
}

AISLE_API std::vector<std::string> odd_groups(const catalogue& products, const chosen_rows& chosen) {
  std::vector<std::string> out;
  if (chosen.groups.empty()) return out;
  const std::string where = products.path + ": column " + products.options.group_column + ": ";
  std::map<std::string_view, std::set<std::int64_t>> of_class;
  std::set<std::int64_t> all;
  for (std::size_t i = 0; i < chosen.rows.size(); ++i) {
    of_class[chosen.labels[i]].insert(chosen.groups[i]);
    all.insert(chosen.groups[i]);
  }
  if (all.size() == chosen.rows.size())
    out.push_back(where + "no two rows have a group in common, which keeps nothing together");
  std::vector<std::string> single;
  for (const auto& [name, groups] : of_class)
    if (groups.size() == 1) single.emplace_back(name);
  if (!single.empty())
    out.push_back(where + counted(single.size(), "class", "classes") + (single.size() == 1 ? " is" : " are") +
                  " in one group alone (" + first_names(single) + "): learnt, but never tested");
  return out;
}

/// The rows that two classifiers were both tested on, by their places in each; both lists ascend.
AISLE_API std::vector<std::pair<std::size_t, std::size_t>> shared_test_rows(const model_result& a,
                                                                            const model_result& b) {
  std::vector<std::pair<std::size_t, std::size_t>> out;
  for (std::size_t i = 0, j = 0; i < a.test_rows.size() && j < b.test_rows.size();) {
    if (a.test_rows[i] == b.test_rows[j]) out.emplace_back(i, j);
    const bool next_i = a.test_rows[i] <= b.test_rows[j], next_j = b.test_rows[j] <= a.test_rows[i];
    i += next_i, j += next_j;
  }
  return out;
}

AISLE_API void compare(model_result& m, const model_result& best) {
  std::int64_t only_this = 0, only_best = 0;
  for (const auto& [i, j] : shared_test_rows(m, best)) {
    const bool one = m.predicted[i] == m.truth[i], other = best.predicted[j] == best.truth[j];
    only_this += one && !other;
    only_best += other && !one;
    ++m.evidence.compared_rows;
  }
  if (m.evidence.compared_rows > 0) m.evidence.against_best = mcnemar_test(only_this, only_best);
}

AISLE_API void judge(experiment_result& result, const label_vector& labels, const twin_rows& twins,
                     const std::vector<std::int64_t>& groups, int threads) {
  const auto percent = [](interval v) { return interval{100 * v.low, 100 * v.high}; };
  const model_result* best = result.best();
  for (model_result& m : result.models) {
    if (m.test_rows.empty()) continue;
    const label_vector truth(m.truth, labels.shared_classes()),
        predicted(m.predicted, labels.shared_classes());
    std::vector<std::int64_t> of_rows;
    std::vector<std::uint8_t> right;
    std::vector<bool> without;
    double share = 0;
    for (std::size_t i = 0; i < m.test_rows.size(); ++i) {
      const auto row = static_cast<std::size_t>(m.test_rows[i]);
      right.push_back(m.truth[i] == m.predicted[i]);
      share += right.back() / static_cast<double>(m.test_rows.size());
      if (!groups.empty()) of_rows.push_back(groups[row]);
      if (!twins.twin.empty()) without.push_back(twins.looked_at[row] && !twins.twin[row]);
    }
    const double rows = groups.empty() ? static_cast<double>(right.size()) : effective_rows(right, of_rows);
    m.evidence.accuracy = percent(wilson_interval(std::min(1.0, share), rows));
    m.evidence.macro_f1 = percent(bootstrap_macro_f1(
        truth, predicted, {.seed = m.splits.front().seed, .groups = of_rows, .threads = threads}));
    if (twins.findings.twins > 0) m.evidence.without_twins = score_rows(truth, predicted, without);
    if (best && best != &m) compare(m, *best);
  }
}

}  // namespace detail
AISLE_NAMESPACE_END
