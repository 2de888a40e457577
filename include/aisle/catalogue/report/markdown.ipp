#pragma once

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>

#include <aisle/catalogue/report.hpp>
#include <aisle/catalogue/report/evidence.hpp>
#include <aisle/catalogue/report/findings.hpp>
#include <aisle/catalogue/report/markdown.hpp>
#include <aisle/catalogue/report/text.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail::report {

AISLE_API std::string markdown_title(const model_scores& m) {
  return escape_markdown(modality_title(m.model->modality)) + " · " +
         escape_markdown(model_title(m.model->model));
}

/// In a code span no escape works: a longer fence keeps backticks inside, and a bar would end a table's cell.
AISLE_API std::string markdown_code(std::string_view text) {
  const std::string line = one_line(text);
  std::size_t longest = 0, run = 0;
  for (const char c : line) longest = std::max(longest, run = c == '`' ? run + 1 : 0);
  const std::string fence(longest + 1, '`');
  return fence + " " + line + " " + fence;
}

AISLE_API std::string headline_markdown(const report_scores& all) {
  const experiment_result& r = *all.result;
  std::string out;
  if (const model_scores* best = all.best())
    out += "**" + markdown_title(*best) + "** puts **" +
           with_deviation(best->accuracy_mean, best->accuracy_sd, best->several()) + " %** of products " +
           (r.twins.twins > 0 ? "held out" : "it had not seen") + " into the right one of " +
           grouped(r.known_classes(*best->model)) + " classes (macro F1 " +
           with_deviation(best->macro_f1_mean, best->macro_f1_sd, best->several()) + " %).\n\n";
  const model_scores* best = all.best();
  if (const std::string honest = honesty_text(r, best ? best->model : nullptr, escape_markdown);
      !honest.empty())
    out += honest + "\n\n";
  for (const finding& f : find_findings(all))
    out += "- **" + escape_markdown(f.figure) + "** " + escape_markdown(f.title) + ". " +
           escape_markdown(f.about) + "\n";
  return out + "\n" + usage_text(r, escape_markdown) + "\n";
}

/// " AUC: of 20,000 of 300,000 test rows."; nothing where they are of all.
AISLE_API std::string sample_note(const report_scores& all) {
  for (const model_scores& m : all.models)
    if (m.model->sampled >= 0 && !m.curves.empty())
      return " AUC: of an even sample of the test rows, " + grouped(m.model->sampled) + " of " +
             grouped(std::llround(m.rows)) + ".";
  return {};
}

AISLE_API std::string scores_markdown(const report_scores& all) {
  const bool common = all.rows_differ();
  std::string out = "| Features | Classifier | Test rows | Accuracy, % | Macro F1, % |", rule = "|---|---|";
  if (common) out += " Common rows | Accuracy on them, % | Macro F1 on them, % |", rule += "---:|---:|---:|";
  out += " Cross-validation F1, % | Macro AUC | Training |\n" + rule + "---:|---:|---:|---:|---:|---:|\n";
  for (const model_scores& m : all.models) {
    const std::string strong = m.model->chosen ? "**" : "";
    out += "| " + escape_markdown(modality_title(m.model->modality)) + " | " + strong +
           escape_markdown(model_title(m.model->model)) + strong + (m.model->chosen ? " (chosen)" : "") +
           " | " + grouped(m.model->rows_tested()) + " | " +
           with_deviation(m.accuracy_mean, m.accuracy_sd, m.several()) + " | " +
           with_deviation(m.macro_f1_mean, m.macro_f1_sd, m.several()) + " | ";
    if (common)
      out += grouped(m.model->common_rows_tested()) + " | " + fixed(m.common_accuracy, 1) + " | " +
             fixed(m.common_macro_f1, 1) + " | ";
    out += fixed(m.model->cross_validation_macro_f1, 1) + " | " +
           (m.curves.empty() ? "–" : fixed(m.macro_auc, 3)) + " | " + duration(m.model->fit_seconds) + " |\n";
  }
  return out + "\nChosen: the best macro F1 of its group in cross-validation on the training rows alone." +
         sample_note(all) + levels_note(all, escape_markdown) +
         (common ? " Common rows: test rows that have a text and a picture; scores on them can be compared "
                   "between groups.\n"
                 : "\n");
}

AISLE_API std::string classes_markdown(const report_scores& all, const model_scores& m) {
  std::string out =
      "| Class | Test rows | Precision, % | Recall, % | F1, % | AUC |\n|---|---:|---:|---:|---:|---:|\n";
  const auto row = [&](const std::string& name, double support, const prf_score& s, const std::string& area) {
    out += "| " + name + " | " + grouped(std::llround(support)) + " | " + fixed(100 * s.precision, 1) +
           " | " + fixed(100 * s.recall, 1) + " | " + fixed(100 * s.f1, 1) + " | " + area + " |\n";
  };
  std::map<std::int32_t, double> areas;
  for (const class_curve& c : m.curves) areas.emplace(c.label, c.auc);
  for (std::size_t i = 0; i < m.labels.size(); ++i) {
    const auto found = areas.find(m.labels[i]);
    const std::string area = found == areas.end() ? "–" : fixed(found->second, 3);
    row(escape_markdown(all.name(m.labels[i])), m.per_class.support[i], m.per_class.scores[i], area);
  }
  const double total = m.rows;
  row("*Macro average*", total, m.per_class.macro, m.curves.empty() ? "–" : fixed(m.macro_auc, 3));
  row("*Weighted average*", total, m.per_class.weighted, "–");
  return out;
}

AISLE_API std::string mix_ups_markdown(const report_scores& all, const model_scores& m) {
  const auto pairs = frequent_mix_ups(m, 10);
  if (pairs.empty()) return "No test row was put into a wrong class.\n";
  std::string out = "| True class | Taken for | Rows | Share of the class |\n|---|---|---:|---:|\n";
  for (const mix_up& p : pairs)
    out += "| " + escape_markdown(all.name(p.truth)) + " | " + escape_markdown(all.name(p.predicted)) +
           " | " + grouped(p.rows) + " | " + fixed(100 * p.share, 1) + " % |\n";
  return out;
}

AISLE_API std::string confusion_markdown(const report_scores& all, const model_scores& m) {
  const auto n = static_cast<std::int64_t>(m.labels.size());
  if (n > 40) return grouped(n) + " classes are too many for a table.\n";
  std::string out = "| true ↓ predicted → |", rule = "|---|";
  for (const std::int32_t label : m.labels) {
    out += " " + escape_markdown(all.name(label)) + " |";
    rule += "---:|";
  }
  out += "\n" + rule + "\n";
  for (std::int64_t i = 0; i < n; ++i) {
    out += "| " + escape_markdown(all.name(m.labels[static_cast<std::size_t>(i)])) + " |";
    for (std::int64_t j = 0; j < n; ++j) {
      const std::string count = fixed(m.counts(i, j), 0), strong = i == j ? "**" : "";
      out += " " + (m.counts(i, j) == 0 ? std::string() : strong + count + strong) + " |";
    }
    out += "\n";
  }
  return out;
}

AISLE_API std::string mistakes_markdown(const report_scores& all, const model_scores& m) {
  const auto mistakes = confident_mistakes(*m.model, 12);
  if (mistakes.empty()) return "No test row was put into a wrong class.\n";
  std::string out = "| Row | Id | Product | Is | Taken for | Probability |\n|---:|---|---|---|---|---:|\n";
  for (const shown_row& s : mistakes) {
    std::string id, name;
    if (const product_card* card = all.result->product_of(s.row)) {
      id = shortened(card->id, 40);
      name = shortened(one_line(card->name).empty() ? card->text : card->name, 80);
    }
    out += "| " + std::to_string(s.row) + " | " + escape_markdown(id) + " | " + escape_markdown(name) +
           " | " + escape_markdown(all.name(s.truth)) + " | " + escape_markdown(all.name(s.predicted)) +
           " | " +
           (std::isfinite(s.probability) ? fixed(100 * static_cast<double>(s.probability), 1) + " %" : "–") +
           " |\n";
  }
  return out;
}

AISLE_API std::string catalogue_markdown(const report_scores& all) {
  const experiment_result& r = *all.result;
  std::string out = "| Class | Products |\n|---|---:|\n";
  for (std::size_t i = 0; i < r.class_counts.size(); ++i)
    out += "| " + escape_markdown(all.names[i]) + " | " + grouped(r.class_counts[i]) + " |\n";
  if (r.text_tokens.empty()) return out;
  std::map<std::int64_t, std::int64_t> lengths;
  std::int64_t texts = 0;
  for (std::size_t i = 0; i < r.text_tokens.size(); ++i) {
    const std::int64_t rows = r.text_rows.empty() ? 1 : r.text_rows[i];
    lengths[r.text_tokens[i]] += rows;
    texts += rows;
  }
  auto half = lengths.begin();
  for (std::int64_t left = (texts + 1) / 2; left > half->second && std::next(half) != lengths.end(); ++half)
    left -= half->second;
  return out + "\nTexts have " + grouped(lengths.begin()->first) + " to " + grouped(lengths.rbegin()->first) +
         " tokens, half of them at most " + grouped(half->first) +
         "; cut at the model's limit: " + grouped(r.truncated_texts) + ".\n";
}

AISLE_API std::string skipped_markdown(const report_scores& all) {
  const auto& skipped = all.result->skipped;
  if (skipped.empty()) return "No row was skipped.\n";
  std::string out = "| Row | Id | Column | Reason |\n|---:|---|---|---|\n";
  for (std::size_t i = 0; i < skipped.size() && i < 20; ++i)
    out += "| " + std::to_string(skipped[i].row) + " | " + escape_markdown(shortened(skipped[i].id, 40)) +
           " | " + escape_markdown(shortened(skipped[i].column, 40)) + " | " +
           escape_markdown(shortened(skipped[i].reason, 200)) + " |\n";
  const std::int64_t in_all = std::max(static_cast<std::int64_t>(skipped.size()), all.result->skipped_in_all);
  if (skipped.size() > 20) out += "\nThe first 20 of " + grouped(in_all) + ".\n";
  return out;
}

AISLE_API std::string run_markdown(const report_scores& all) {
  const experiment_result& r = *all.result;
  std::string out;
  const auto fact = [&](const char* what, const std::string& value) {
    if (!one_line(value).empty()) out += "- " + std::string(what) + ": " + markdown_code(value) + "\n";
  };
  fact("Command", r.command);
  fact("Catalogue", r.catalogue);
  fact("Label", r.label);
  fact("Text model", r.text_model);
  fact("Image model", r.image_model);
  if (r.searches.empty()) {
    fact("Fusion", r.fusion);
    fact("Extra columns", extra_columns(r));
  }
  for (const recipe_search& s : r.searches) fact(("Recipe of " + s.modality).c_str(), describe(s));
  fact("Kernels", r.kernel);
  if (std::isfinite(r.peak_mb) && r.peak_mb > 0)
    out += "- Peak memory: " + grouped(std::llround(std::fmin(r.peak_mb, 1e12))) + " MB\n";
  fact("Finished", r.created);
  if (r.phases.empty()) return out;
  out += "\n| Phase | Time |\n|---|---:|\n";
  for (const auto& [name, seconds] : r.phases)
    out += "| " + escape_markdown(name) + " | " + duration(seconds) + " |\n";
  return out;
}

}  // namespace detail::report

AISLE_API std::string report_markdown(const experiment_result& result) {
  namespace parts = detail::report;
  const parts::report_scores all = parts::score_result(result);
  std::string out = "# Catalogue report: " + parts::escape_markdown(result.catalogue) + "\n\n" +
                    parts::headline_markdown(all);
  if (!all.models.empty()) out += "\n## Scores\n\n" + parts::scores_markdown(all);
  if (const std::string evidence = parts::evidence_markdown(all); !evidence.empty())
    out += "\n### How far to trust them\n\n" + evidence;
  if (const std::string review = parts::review_markdown(result); !review.empty())
    out += "\n## The catalogue reviewed\n\n" + review;
  for (const std::string& modality : all.modalities) {
    const parts::model_scores& m = *all.chosen(modality);
    if (m.labels.empty()) continue;
    out += "\n## " + parts::markdown_title(m) + "\n\n### Classes\n\n" + parts::classes_markdown(all, m) +
           "\n### Most frequent mix-ups\n\n" + parts::mix_ups_markdown(all, m) +
           "\n### Most confident mistakes\n\n" + parts::mistakes_markdown(all, m) +
           "\n<details><summary>Confusion matrix</summary>\n\n" + parts::confusion_markdown(all, m) +
           "\n</details>\n";
  }
  return out + "\n## Catalogue\n\n" + parts::catalogue_markdown(all) + "\n### Skipped rows\n\n" +
         parts::skipped_markdown(all) + "\n## Run\n\n" + parts::run_markdown(all);
}

AISLE_NAMESPACE_END
