#pragma once

#include <algorithm>
#include <cmath>

#include <aisle/base/counted.hpp>
#include <aisle/catalogue/report/evidence.hpp>
#include <aisle/catalogue/report/findings.hpp>
#include <aisle/catalogue/report/labels.hpp>
#include <aisle/catalogue/report/text.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail::report {

AISLE_API std::string rows_text(std::int64_t rows) { return grouped(rows) + (rows == 1 ? " row" : " rows"); }

AISLE_API void add_review_findings(const experiment_result& r, std::vector<finding>& out) {
  const review_totals& t = r.totals;
  if (t.labelled == 0) return;
  out.push_back({"suspects", grouped(t.suspects),
                 t.suspects == 1 ? "label is likely wrong" : "labels are likely wrong",
                 "Of " + grouped(t.labelled) +
                     " labels. The likeliest come first: check them, for what is wrong in "
                     "the catalogue is learnt, too.",
                 t.suspects > 0 && !r.verdicts.empty() ? "List them" : "", -1});
  const double share = 100 * static_cast<double>(t.filed) / static_cast<double>(t.labelled);
  const std::string asked =
      fixed(100 * t.precision, t.precision * 100 == std::floor(t.precision * 100) ? 0 : 1);
  if (t.filed > 0)
    out.push_back({"file", fixed(share, 1) + " %", "can be filed without a person",
                   grouped(t.filed) + " of " + rows_text(t.labelled) + " have a probability of at least " +
                       fixed(t.threshold, 3) + ": of those " + fixed(100 * t.filed_precision, 1) +
                       " % are as labelled (asked for: " + asked + " %).",
                   r.verdicts.empty() ? "" : "List the others", -1});
  else
    out.push_back({"file", "0 %", "can be filed without a person",
                   "From no probability on are " + asked + " % as labelled; wrong labels count as mistakes.",
                   "", -1});
}

/// Test rows of a class from which on its scores say something.
inline constexpr double enough_to_judge = 5;

/// The class of the lowest F1 among those with enough test rows to say so; of all classes where none has.
AISLE_API std::size_t weakest_class(const model_scores& m) {
  const bool some = std::any_of(m.per_class.support.begin(), m.per_class.support.end(),
                                [](double rows) { return rows >= enough_to_judge; });
  std::size_t out = m.labels.size();
  for (std::size_t i = 0; i < m.labels.size(); ++i) {
    if (m.per_class.support[i] < (some ? enough_to_judge : 1)) continue;
    if (out == m.labels.size() || m.per_class.scores[i].f1 < m.per_class.scores[out].f1) out = i;
  }
  return out;
}

AISLE_API std::vector<finding> find_findings(const report_scores& all) {
  const experiment_result& r = *all.result;
  std::vector<finding> out;
  add_review_findings(r, out);
  const model_scores* best = all.best();
  if (best != nullptr && !best->labels.empty()) {
    const std::size_t i = weakest_class(*best);
    if (i < best->labels.size()) {
      const prf_score& s = best->per_class.scores[i];
      const class_labels labels = label_classes(all.names);
      const auto leaf = [&](std::int32_t code) { return labels.leaves[static_cast<std::size_t>(code)]; };
      std::string about = "Of its " + counted(std::llround(best->per_class.support[i]), "test row") + " " +
                          fixed(100 * s.recall, 1) + " % were found; of what was put there " +
                          fixed(100 * s.precision, 1) + " % belong there.";
      for (const mix_up& p : frequent_mix_ups(*best, best->counts.cells.size()))
        if (p.truth == best->labels[i]) {
          about += " Most often taken for " + leaf(p.predicted) + ".";
          break;
        }
      const auto few = std::count_if(best->per_class.support.begin(), best->per_class.support.end(),
                                     [&](double rows) { return rows > 0 && rows < enough_to_judge; });
      if (few > 0 && best->per_class.support[i] >= enough_to_judge)
        about += " " + counted(few, "class", "classes") + " of fewer than five test rows not counted.";
      out.push_back({"weakest", fixed(100 * s.f1, 1) + " %",
                     "F1 of the weakest class, " + leaf(best->labels[i]), about, "List its products",
                     best->labels[i]});
    }
  }
  if (best != nullptr && std::isfinite(best->accuracy_mean)) {
    const score_evidence& e = best->model->evidence;
    const bool several = best->several();
    const std::string interval = several ? "95 % interval of the first split " : "95 % interval ";
    std::string about = modality_title(best->model->modality) + ", " + model_title(best->model->model) +
                        ", the best in cross-validation. Macro F1 " +
                        with_deviation(best->macro_f1_mean, best->macro_f1_sd, several) + " %";
    if (e.macro_f1) about += " (" + interval + interval_text(*e.macro_f1, 1) + ")";
    out.push_back({"best", fixed(best->accuracy_mean, 1) + " %", "right on products it had not learnt from",
                   (several ? "Mean of " + counted(best->model->splits.size(), "split") +
                                  ", standard deviation " + fixed(best->accuracy_sd, 1) + ". "
                            : "") +
                       (e.accuracy ? interval + interval_text(*e.accuracy, 1) + " %, " : "") +
                       rows_text(best->model->rows_tested()) + " tested. " + about + ".",
                   best->wrong > 0 ? "List its mistakes" : "", -1});
  }
  std::string about;
  if (r.usage.used() > 0) {
    for (const auto& [reason, rows] : r.usage.left_out)
      about += (about.empty() ? "Left out: " : ", ") + grouped(rows) + " " + one_line(reason);
    about = about.empty() ? "None was left out." : about + ".";
    out.push_back(
        {"rows", grouped(r.usage.used()) + " of " + grouped(r.rows), "rows took part", about, "", -1});
  } else if (r.rows > 0) {
    out.push_back({"rows", grouped(r.rows), r.rows == 1 ? "product" : "products",
                   counted(r.classes.size(), "class", "classes") + ".", "", -1});
  }
  return out;
}

AISLE_API std::vector<double> level_scores(const report_scores& all, const model_scores& m) {
  const class_labels labels = label_classes(all.names);
  if (labels.separator.empty() || labels.depth < 2 || !(m.rows > 0)) return {};
  std::vector<double> out(labels.depth);
  for (const confusion_cell& c : m.counts.cells) {
    const auto& a = labels.levels[static_cast<std::size_t>(m.labels[static_cast<std::size_t>(c.truth)])];
    const auto& b = labels.levels[static_cast<std::size_t>(m.labels[static_cast<std::size_t>(c.predicted)])];
    for (std::size_t k = 0; k < labels.depth; ++k) {
      // A name that ends earlier is right from its end on where all of it is.
      const bool same = c.truth == c.predicted ||
                        (std::min(a.size(), b.size()) > k &&
                         std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(k) + 1, b.begin()));
      if (same) out[k] += 100 * c.count / m.rows;
    }
  }
  return out;
}

AISLE_API std::string levels_note(const report_scores& all, std::string (*escape)(std::string_view)) {
  std::string out;
  for (const std::string& modality : all.modalities) {
    const std::vector<double> levels = level_scores(all, *all.chosen(modality));
    if (levels.empty()) continue;
    out +=
        (out.empty() ? " Names of classes have levels: " : "; ") + escape(modality_title(modality)) + " has";
    for (std::size_t k = 0; k < levels.size(); ++k)
      out += (k == 0 ? " " : ", ") + fixed(levels[k], 1) + " % right " +
             (k + 1 == levels.size() ? "to the last"
              : k == 0               ? "to the first"
                                     : "to level " + std::to_string(k + 1));
  }
  return out.empty() ? out : out + ".";
}

}  // namespace detail::report
AISLE_NAMESPACE_END
