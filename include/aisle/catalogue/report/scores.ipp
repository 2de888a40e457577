#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <numeric>
#include <tuple>
#include <utility>

#include <aisle/base/counted.hpp>
#include <aisle/base/process.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/catalogue/inputs.hpp>
#include <aisle/catalogue/report/scores.hpp>
#include <aisle/catalogue/report/text.hpp>
#include <aisle/learn/classification_report.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail::report {

AISLE_API std::vector<const model_scores*> report_scores::of(const std::string& modality) const {
  std::vector<const model_scores*> out;
  for (const model_scores& m : models)
    if (m.model->modality == modality) out.push_back(&m);
  return out;
}

AISLE_API const model_scores* report_scores::chosen(const std::string& modality) const {
  const auto all = of(modality);
  return all.empty() ? nullptr : all.front();
}

AISLE_API const model_scores* report_scores::best() const {
  const model_scores* out = nullptr;
  for (const std::string& modality : modalities) {
    const model_scores* m = chosen(modality);
    if (!out || result->rank(*m->model) > result->rank(*out->model)) out = m;
  }
  return out;
}

AISLE_API bool report_scores::rows_differ() const {
  return ranges::any_of(models, [](const model_scores& m) {
    const auto& splits = m.model->splits;
    return !splits.empty() && splits.front().rows != splits.front().common.rows;
  });
}

AISLE_API void check_result(const experiment_result& result) {
  const auto classes = result.classes.size();
  const auto& listed = result.products;
  for (std::size_t i = 1; i < listed.size() && listed.front().row >= 0; ++i)
    if (listed[i].row <= listed[i - 1].row)
      throw shape_error("products are of row " + std::to_string(listed[i].row) + " behind row " +
                        std::to_string(listed[i - 1].row) + ", expected ascending rows");
  for (const std::int64_t rows : result.text_rows)
    if (rows < 1 || rows > std::int64_t{1} << 50)
      throw shape_error("text_rows has an entry of " + counted(rows, "row"));
  if (!result.text_rows.empty() && result.text_rows.size() != result.text_tokens.size())
    throw shape_error("text_rows has " + counted(result.text_rows.size(), "entry", "entries") +
                      ", expected " + std::to_string(result.text_tokens.size()) + ", one a length");
  if (result.class_counts.size() != classes)
    throw shape_error("class_counts has " + counted(result.class_counts.size(), "entry", "entries") +
                      ", expected " + std::to_string(classes) + ", one a class");
  const auto fits = [&](std::int64_t code) { return code >= 0 && code < static_cast<std::int64_t>(classes); };
  for (const product_verdict& v : result.verdicts)
    if (v.likely.size() > 3 || v.given < -1 || (v.given >= 0 && !fits(v.given)) ||
        !ranges::all_of(v.likely, [&](const likely_class& l) { return fits(l.code); }))
      throw shape_error("the verdict on row " + std::to_string(v.row) +
                        " names a class that is none of the " + counted(classes, "class", "classes") +
                        ", or more than three of them");
  for (std::size_t i = 1; i < result.verdicts.size(); ++i)
    if (result.verdicts[i].row <= result.verdicts[i - 1].row)
      throw shape_error("verdicts are of row " + std::to_string(result.verdicts[i].row) + " behind row " +
                        std::to_string(result.verdicts[i - 1].row) + ", expected ascending rows");
  const auto on_map = static_cast<std::int64_t>(result.map.rows.size());
  if (on_map > 0 &&
      (result.map.axes.rows() != on_map || result.map.axes.cols() != 3 ||
       (!result.map.tsne.empty() &&
        (result.map.tsne.rows() != on_map || result.map.tsne.cols() < 2 || result.map.tsne.cols() > 3)) ||
       (!result.map.nearest.empty() && result.map.nearest.rows() != on_map)))
    throw shape_error(
        "a map of " + counted(on_map, "row") + " with " + std::to_string(result.map.axes.rows()) + " x " +
        std::to_string(result.map.axes.cols()) + " coordinates and " +
        std::to_string(result.map.tsne.rows()) + " x " + std::to_string(result.map.tsne.cols()) +
        " of t-SNE, expected three, and two or three, a row");
  for (const model_result& m : result.models) {
    const std::string what = m.modality + " " + m.model + ": ";
    const auto rows = m.truth.size();
    if (m.predicted.size() != rows || m.test_rows.size() != rows)
      throw shape_error(what + std::to_string(rows) + " true classes, " + std::to_string(m.predicted.size()) +
                        " predicted and " + std::to_string(m.test_rows.size()) +
                        " test rows, expected as many of each");
    if (!m.probabilities.empty() && (m.probabilities.rows() != static_cast<std::int64_t>(rows) ||
                                     m.probabilities.cols() != static_cast<std::int64_t>(classes)))
      throw shape_error(what + "probabilities are " + std::to_string(m.probabilities.rows()) + " x " +
                        std::to_string(m.probabilities.cols()) + ", expected " + std::to_string(rows) +
                        " x " + std::to_string(classes));
    const auto check_class = [&](std::int64_t code) {
      if (code < 0 || static_cast<std::size_t>(code) >= classes)
        throw shape_error(what + "class " + std::to_string(code) + ", expected 0 to below " +
                          std::to_string(classes));
    };
    for (const auto* codes : {&m.truth, &m.predicted})
      for (const std::int32_t code : *codes) check_class(code);
    if (m.sampled > static_cast<std::int64_t>(rows) || (m.sampled >= 0) == m.counts.empty())
      throw shape_error(what + std::to_string(m.sampled) + " sampled of " + counted(rows, "row") + " with " +
                        std::to_string(m.counts.size()) + " counts of all");
    for (const confusion_cell& c : m.counts) {
      check_class(c.truth);
      check_class(c.predicted);
      if (!(c.count >= 1 && c.count < 1e15))
        throw shape_error(what + "a count of " + std::to_string(c.count) + " rows");
    }
  }
}

/// True positive rates of a curve just left and just right of `x`: they differ where it rises straight up.
AISLE_API std::pair<double, double> rates_at(const roc_points& curve, double x) {
  const auto& fpr = curve.fpr;
  const auto first = static_cast<std::size_t>(std::lower_bound(fpr.begin(), fpr.end(), x) - fpr.begin());
  const auto after = static_cast<std::size_t>(std::upper_bound(fpr.begin(), fpr.end(), x) - fpr.begin());
  if (first != after) return {curve.tpr[first], curve.tpr[after - 1]};
  if (after == 0 || after == fpr.size()) return {curve.tpr.back(), curve.tpr.back()};
  const double share = (x - fpr[after - 1]) / (fpr[after] - fpr[after - 1]);
  const double rate = curve.tpr[after - 1] + share * (curve.tpr[after] - curve.tpr[after - 1]);
  return {rate, rate};
}

AISLE_API void add_curves(model_scores& scores) {
  const model_result& m = *scores.model;
  const bool finite = std::all_of(m.probabilities.data(),
                                  m.probabilities.data() + m.probabilities.rows() * m.probabilities.cols(),
                                  [](float p) { return std::isfinite(p); });
  if (m.probabilities.empty() || !finite) return;
  const std::size_t rows = m.sampled < 0 ? m.truth.size() : static_cast<std::size_t>(m.sampled);
  std::vector<std::uint8_t> positive(rows);
  std::vector<double> probability(rows);
  for (const std::int32_t label : scores.labels) {
    throw_if_interrupted();
    std::size_t positives = 0;
    for (std::size_t r = 0; r < rows; ++r) {
      positives += positive[r] = m.truth[r] == label;
      probability[r] = static_cast<double>(m.probabilities(static_cast<std::int64_t>(r), label));
    }
    if (positives == 0 || positives == rows) continue;
    class_curve c{label, roc_curve(positive, probability), 0};
    c.auc = auc(c.points.fpr, c.points.tpr);
    scores.curves.push_back(std::move(c));
  }
  if (scores.curves.empty()) return;
  const double n = static_cast<double>(scores.curves.size());
  std::vector<double> grid = {0};
  for (const class_curve& c : scores.curves) {
    grid.insert(grid.end(), c.points.fpr.begin(), c.points.fpr.end());
    scores.macro_auc += c.auc / n;
  }
  std::sort(grid.begin(), grid.end());
  grid.erase(std::unique(grid.begin(), grid.end()), grid.end());
  // More points than a screen has pixels would only cost time.
  const std::size_t step = 1 + grid.size() / 500;
  for (std::size_t i = 0; i < grid.size(); ++i) {
    if (i % step != 0 && i + 1 != grid.size()) continue;
    double left = 0, right = 0;
    for (const class_curve& c : scores.curves) {
      const auto [below, above] = rates_at(c.points, grid[i]);
      left += below / n;
      right += above / n;
    }
    for (const double rate : {left, right}) {
      scores.macro_curve.fpr.push_back(grid[i]);
      scores.macro_curve.tpr.push_back(rate);
    }
  }
}

AISLE_API model_scores score_model(const model_result& m, const std::vector<std::string>& names,
                                   const std::shared_ptr<const class_list>& codes) {
  model_scores out;
  out.model = &m;
  const spread accuracy = m.over_splits(&model_result::split_score::accuracy),
               macro_f1 = m.over_splits(&model_result::split_score::macro_f1);
  out.accuracy_mean = accuracy.mean, out.accuracy_sd = accuracy.sd;
  out.macro_f1_mean = macro_f1.mean, out.macro_f1_sd = macro_f1.sd;
  out.common_accuracy = m.over_common(&row_score::accuracy).mean;
  out.common_macro_f1 = m.over_common(&row_score::macro_f1).mean;
  if (m.truth.empty()) return out;

  // By counts: the rows may not all be listed.
  const std::vector<confusion_cell> cells = m.counts.empty() ? cells_of(m) : m.counts;
  std::vector<std::int32_t> of_truth, of_prediction;
  std::vector<double> rows;
  for (const confusion_cell& c : cells) {
    of_truth.push_back(static_cast<std::int32_t>(c.truth));
    of_prediction.push_back(static_cast<std::int32_t>(c.predicted));
    rows.push_back(c.count);
    out.rows += c.count;
    if (c.truth != c.predicted) out.wrong += c.count;
  }
  const label_vector truth(of_truth, codes), predicted(of_prediction, codes);
  const metric_options weighted{.labels = {}, .sample_weights = rows};
  out.per_class = precision_recall_f1(truth, predicted, weighted);
  report_options options;
  options.sample_weights = rows;
  options.weights_are_counts = true;
  for (const std::string& label : out.per_class.labels) {
    out.labels.push_back(*codes->find(label));
    options.target_names.push_back(names[static_cast<std::size_t>(out.labels.back())]);
  }
  out.counts = confusion_cells(truth, predicted, weighted);
  out.classification_report = classification_report(truth, predicted, options);
  add_curves(out);
  return out;
}

AISLE_API report_scores score_result(const experiment_result& result) {
  check_result(result);
  report_scores out;
  out.result = &result;
  for (const std::string& name : result.classes) out.names.push_back(one_line(name));
  // By number, so that a class's code is its index whatever the names are.
  std::vector<std::int64_t> numbers(result.classes.size());
  std::iota(numbers.begin(), numbers.end(), 0);
  const auto codes = std::make_shared<const class_list>(std::move(numbers));
  for (const model_result& m : result.models) out.models.push_back(score_model(m, out.names, codes));

  const auto rank = [](const std::string& modality) {
    return ranges::find_if(all_inputs, [&](const auto& i) { return i.name() == modality; }) - all_inputs;
  };
  std::stable_sort(out.models.begin(), out.models.end(), [&](const model_scores& a, const model_scores& b) {
    const auto key = [&](const model_scores& m) {
      return std::make_tuple(rank(m.model->modality), m.model->modality, !m.model->chosen);
    };
    if (key(a) != key(b)) return key(a) < key(b);
    return a.macro_f1_mean > b.macro_f1_mean;
  });
  for (const model_scores& m : out.models)
    if (out.modalities.empty() || out.modalities.back() != m.model->modality)
      out.modalities.push_back(m.model->modality);
  return out;
}

AISLE_API std::vector<shown_row> rows_where(const model_result& m, bool right) {
  std::vector<shown_row> out;
  for (std::size_t r = 0; r < m.truth.size(); ++r) {
    if ((m.truth[r] == m.predicted[r]) != right) continue;
    shown_row row{m.test_rows[r], m.truth[r], m.predicted[r], std::nanf(""), std::nanf("")};
    if (!m.probabilities.empty()) {
      row.probability = m.probabilities(static_cast<std::int64_t>(r), row.predicted);
      row.truth_probability = m.probabilities(static_cast<std::int64_t>(r), row.truth);
    }
    out.push_back(row);
  }
  // What is not a number goes last: a comparison with it would be no order.
  const auto key = [](const shown_row& s) {
    return std::make_pair(std::isnan(s.probability) ? -1.0f : s.probability, -s.row);
  };
  std::sort(out.begin(), out.end(), [&](const shown_row& a, const shown_row& b) { return key(a) > key(b); });
  return out;
}

AISLE_API std::vector<shown_row> confident_mistakes(const model_result& model, std::size_t limit) {
  auto out = rows_where(model, false);
  if (out.size() > limit) out.resize(limit);
  return out;
}

AISLE_API std::vector<shown_row> confident_hits(const model_result& model, std::size_t limit) {
  const auto all = rows_where(model, true);
  std::vector<std::pair<std::int64_t, std::size_t>> order;  // place within its class, place among all
  std::vector<std::int64_t> seen;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto label = static_cast<std::size_t>(all[i].truth);
    if (seen.size() <= label) seen.resize(label + 1);
    order.emplace_back(seen[label]++, i);
  }
  std::sort(order.begin(), order.end());
  std::vector<shown_row> out;
  for (std::size_t i = 0; i < order.size() && i < limit; ++i) out.push_back(all[order[i].second]);
  return out;
}

AISLE_API std::vector<std::int64_t> most_confused(const model_scores& scores, std::size_t limit) {
  std::vector<double> mixed_up(scores.labels.size());
  for (const confusion_cell& c : scores.counts.cells)
    if (c.truth != c.predicted)
      for (const std::int64_t side : {c.truth, c.predicted})
        mixed_up[static_cast<std::size_t>(side)] += c.count;
  std::vector<std::int64_t> out(scores.labels.size());
  std::iota(out.begin(), out.end(), std::int64_t{0});
  if (out.size() <= limit) return out;
  ranges::stable_sort(out, std::greater<>(), [&](std::int64_t i) {
    const auto at = static_cast<std::size_t>(i);
    return std::make_pair(mixed_up[at], scores.per_class.support[at]);
  });
  out.resize(limit);
  std::sort(out.begin(), out.end());
  return out;
}

AISLE_API std::vector<std::size_t> weakest_curves(const model_scores& scores, std::size_t limit) {
  std::vector<std::size_t> out(scores.curves.size());
  std::iota(out.begin(), out.end(), std::size_t{0});
  if (out.size() <= limit) return out;
  ranges::stable_sort(out, {}, [&](std::size_t i) { return scores.curves[i].auc; });
  out.resize(limit);
  std::sort(out.begin(), out.end());
  return out;
}

AISLE_API std::vector<mix_up> frequent_mix_ups(const model_scores& scores, std::size_t limit) {
  std::vector<mix_up> out;
  for (const confusion_cell& c : scores.counts.cells) {
    const auto i = static_cast<std::size_t>(c.truth), j = static_cast<std::size_t>(c.predicted);
    if (i != j)
      out.push_back({scores.labels[i], scores.labels[j], static_cast<std::int64_t>(c.count),
                     c.count / scores.per_class.support[i]});
  }
  std::stable_sort(out.begin(), out.end(), [](const mix_up& a, const mix_up& b) {
    return a.rows != b.rows ? a.rows > b.rows : a.share > b.share;
  });
  if (out.size() > limit) out.resize(limit);
  return out;
}

AISLE_API std::string extra_columns(const experiment_result& result) {
  std::string out;
  for (const model_result& m : result.models) {
    if (m.how.columns.empty()) continue;
    for (const std::string& column : m.how.columns) out += (out.empty() ? "" : ", ") + column;
    return out;  // all look at the same
  }
  return out;
}

}  // namespace detail::report
AISLE_NAMESPACE_END
