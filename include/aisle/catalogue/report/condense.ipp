#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include <aisle/base/ranges.hpp>
#include <aisle/catalogue/report.hpp>
#include <aisle/catalogue/report/scores.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail::report {

/// The counts of all test rows.
AISLE_API std::vector<confusion_cell> cells_of(const model_result& m) {
  std::map<std::pair<std::int32_t, std::int32_t>, double> counts;
  for (std::size_t r = 0; r < m.truth.size(); ++r) counts[{m.truth[r], m.predicted[r]}] += 1;
  std::vector<confusion_cell> out;
  for (const auto& [at, rows] : counts) out.push_back({at.first, at.second, rows});
  return out;
}

/// Probabilities of one classifier that report.json keeps: 5 MB of text.
inline constexpr std::size_t most_probabilities = 500'000;

AISLE_API bool is_large(const model_result& m, std::size_t rows) {
  const auto probabilities = static_cast<std::size_t>(m.probabilities.rows() * m.probabilities.cols());
  return m.sampled < 0 && (m.truth.size() > rows || probabilities > most_probabilities);
}

AISLE_API bool is_large(const experiment_result& r, std::int64_t rows) {
  const auto most = static_cast<std::size_t>(std::max<std::int64_t>(1, rows));
  return r.skipped.size() > most || r.text_tokens.size() > most || r.products.size() > most ||
         r.verdicts.size() > most || r.map.rows.size() > most ||
         std::any_of(r.models.begin(), r.models.end(),
                     [&](const model_result& m) { return is_large(m, most); });
}

/// Of a classifier what its pages need; the data rows that they show go to `shown`.
AISLE_API model_result condensed(const model_result& m, std::size_t rows, std::set<std::int64_t>& shown) {
  std::set<std::int64_t> of_this;
  for (const shown_row& s : confident_mistakes(m, 24)) of_this.insert(s.row);
  for (const shown_row& s : confident_hits(m, 16)) of_this.insert(s.row);
  shown.insert(of_this.begin(), of_this.end());
  if (!is_large(m, rows)) return m;

  if (const auto classes = static_cast<std::size_t>(m.probabilities.cols()); classes > 0)
    rows = std::min(rows, std::max<std::size_t>(1, most_probabilities / classes));
  rows = std::min(rows, m.truth.size());
  index_vector kept;
  for (std::size_t i = 0; i < rows; ++i) kept.push_back(static_cast<std::int64_t>(i * m.truth.size() / rows));
  const std::size_t sampled = kept.size();
  for (std::size_t r = 0; r < m.truth.size(); ++r) {
    const auto at = static_cast<std::int64_t>(r);
    if (of_this.contains(m.test_rows[r]) &&
        !std::binary_search(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(sampled), at))
      kept.push_back(at);
  }
  model_result out;
  out.modality = m.modality;
  out.model = m.model;
  out.chosen = m.chosen;
  out.cross_validation_macro_f1 = m.cross_validation_macro_f1;
  out.unknown_classes = m.unknown_classes;
  out.cross_validation_common_macro_f1 = m.cross_validation_common_macro_f1;
  out.splits = m.splits;
  out.fit_seconds = m.fit_seconds;
  out.evidence = m.evidence;
  for (const std::int64_t at : kept) {
    const auto r = static_cast<std::size_t>(at);
    out.test_rows.push_back(m.test_rows[r]);
    out.truth.push_back(m.truth[r]);
    out.predicted.push_back(m.predicted[r]);
  }
  if (!m.probabilities.empty()) out.probabilities = m.probabilities.rows(kept);
  out.history = m.history;
  out.best_epoch = m.best_epoch;
  out.counts = cells_of(m);
  out.sampled = static_cast<std::int64_t>(sampled);
  return out;
}

/// At most `most` rows of the map, or of the verdicts where there is no map: the likeliest of the suspects,
/// half of all at most, and an even sample.
AISLE_API std::set<std::int64_t> rows_to_show(const experiment_result& r, std::size_t most) {
  index_vector all = r.map.rows;
  if (all.empty())
    for (const product_verdict& v : r.verdicts) all.push_back(v.row);
  std::set<std::int64_t> out;
  if (all.size() <= most) {
    out.insert(all.begin(), all.end());
    return out;
  }
  std::vector<std::pair<std::int64_t, std::int64_t>> suspects;
  for (const product_verdict& v : r.verdicts)
    if (v.suspect >= 0 && std::binary_search(all.begin(), all.end(), v.row))
      suspects.emplace_back(v.suspect, v.row);
  std::sort(suspects.begin(), suspects.end());
  for (std::size_t i = 0; i < suspects.size() && i < most / 2; ++i) out.insert(suspects[i].second);
  const std::size_t sampled = most - out.size();
  for (std::size_t i = 0; i < sampled; ++i) out.insert(all[i * all.size() / sampled]);
  return out;
}

AISLE_API product_map condensed(const product_map& map, const std::set<std::int64_t>& kept) {
  index_vector places;
  for (std::size_t i = 0; i < map.rows.size(); ++i)
    if (kept.contains(map.rows[i])) places.push_back(static_cast<std::int64_t>(i));
  if (places.size() == map.rows.size()) return map;
  product_map out;
  out.of = map.of, out.explained = map.explained, out.laid_out = map.laid_out,
  out.dimensions = map.dimensions;
  for (const std::int64_t i : places) out.rows.push_back(map.rows[static_cast<std::size_t>(i)]);
  if (!map.tsne.empty()) out.tsne = map.tsne.rows(places);
  out.axes = map.axes.rows(places);
  if (!map.nearest.empty()) out.nearest = map.nearest.rows(places);
  return out;
}

}  // namespace detail::report

AISLE_API experiment_result condense_result(const experiment_result& result, std::int64_t rows) {
  detail::report::check_result(result);
  const auto most = static_cast<std::size_t>(std::max<std::int64_t>(1, rows));
  experiment_result out;
  out.catalogue = result.catalogue, out.label = result.label, out.text_model = result.text_model;
  out.image_model = result.image_model, out.fusion = result.fusion, out.searches = result.searches,
  out.kernel = result.kernel;
  out.command = result.command, out.created = result.created;
  out.group_column = result.group_column, out.groups = result.groups, out.twins = result.twins;
  out.totals = result.totals;
  const std::set<std::int64_t> listed = detail::report::rows_to_show(result, most);
  out.map = detail::report::condensed(result.map, listed);
  for (const product_verdict& v : result.verdicts)
    if (result.verdicts.size() <= most || listed.contains(v.row)) out.verdicts.push_back(v);
  out.review = result.review, out.curve = result.curve, out.quality = result.quality;
  out.classes = result.classes, out.class_counts = result.class_counts;
  out.truncated_texts = result.truncated_texts, out.rows = result.rows;
  out.rows_with_text = result.rows_with_text, out.rows_with_image = result.rows_with_image;
  out.usage = result.usage, out.phases = result.phases, out.peak_mb = result.peak_mb;
  std::set<std::int64_t> shown;
  for (const model_result& m : result.models) out.models.push_back(detail::report::condensed(m, most, shown));

  shown.insert(listed.begin(), listed.end());
  if (result.products.size() <= most)
    out.products = result.products;
  else
    for (const std::int64_t row : shown)
      if (const product_card* card = result.product_of(row)) {
        out.products.push_back(*card);
        out.products.back().row = row;
      }
  if (result.text_tokens.size() <= most) {
    out.text_tokens = result.text_tokens, out.text_rows = result.text_rows;
  } else {
    std::map<std::int64_t, std::int64_t> lengths;
    for (std::size_t i = 0; i < result.text_tokens.size(); ++i)
      lengths[result.text_tokens[i]] += result.text_rows.empty() ? 1 : result.text_rows[i];
    for (const auto& [tokens, texts] : lengths) {
      out.text_tokens.push_back(tokens);
      out.text_rows.push_back(texts);
    }
  }
  out.skipped_in_all = result.skipped_in_all;
  if (result.skipped.size() > most && out.skipped_in_all == 0)
    out.skipped_in_all = static_cast<std::int64_t>(result.skipped.size());
  out.skipped.assign(result.skipped.begin(), result.skipped.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                                          most, result.skipped.size())));
  return out;
}

AISLE_NAMESPACE_END
