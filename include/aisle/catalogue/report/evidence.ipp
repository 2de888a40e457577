#pragma once

#include <aisle/base/counted.hpp>
#include <aisle/catalogue/detail/first_names.hpp>
#include <aisle/catalogue/report/evidence.hpp>
#include <aisle/catalogue/report/html_parts.hpp>
#include <aisle/catalogue/report/text.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail::report {

AISLE_API std::string interval_text(const interval& v, int digits) {
  return fixed(v.low, digits) + " to " + fixed(v.high, digits);
}

AISLE_API std::string honesty_text(const experiment_result& r, const model_result* m,
                                   std::string (*escape)(std::string_view)) {
  std::string out;
  if (!r.group_column.empty())
    out = "Rows that have column " + escape(r.group_column) + " in common (" + grouped(r.groups) +
          " groups) were on one side of the split.";
  if (m != nullptr && !m->unknown_classes.empty())
    out += (out.empty() ? "" : " ") + counted(m->unknown_classes.size(), "class", "classes") +
           " of the catalogue (" + escape(first_names(m->unknown_classes)) +
           ") had no training row with what this classifier looks at: it cannot say " +
           (m->unknown_classes.size() == 1 ? "it" : "them") + ", and was not tested on " +
           (m->unknown_classes.size() == 1 ? "it." : "them.");
  const twin_findings& t = r.twins;
  if (t.twins == 0) return out;
  out += (out.empty()              ? "Of "
          : r.group_column.empty() ? " Of "
                                   : " All the same, of ") +
         grouped(t.rows) + " test rows " + grouped(t.twins) +
         (t.twins == 1 ? " has a near-twin" : " have near-twins") +
         " among the training rows: the same text or a cosine of at least " + fixed(t.least_cosine, 2) +
         " of the texts' or pictures' vectors (" + grouped(t.by_text) + " by text, " + grouped(t.by_image) +
         " by picture).";
  // Of fewer rows a share says next to nothing, and where nearly all had twins the others may be of twins
  // that were not recognised.
  const std::int64_t enough = 2 * (t.rows - t.twins) >= t.rows ? 10 : 30;
  if (m != nullptr && m->evidence.without_twins.rows >= enough)
    out += " Without them accuracy is " + fixed(m->evidence.without_twins.accuracy, 1) + " %, macro F1 " +
           fixed(m->evidence.without_twins.macro_f1, 1) + " % (" + grouped(m->evidence.without_twins.rows) +
           " rows).";
  else if (m != nullptr && m->evidence.without_twins.rows > 0)
    out += " Without them only " + counted(m->evidence.without_twins.rows, "row") +
           " would be left, too few for a score: those below are nearly all of products that were seen.";
  else if (m != nullptr)
    out += " Without them no row is left: the scores below are of products that were seen.";
  return out + (r.group_column.empty() ? " A column that variants of a product have in common "
                                         "(--group-column) keeps them together."
                                       : " That column does not keep them together.");
}

AISLE_API std::string comparison_text(const model_scores& m) {
  const score_evidence& e = m.model->evidence;
  if (!e.against_best) return "–";
  const double p = e.against_best->p_value;
  return std::string(e.indistinguishable() ? "indistinguishable" : "differs") + " (p " +
         (p < 0.0005 ? "below 0.001" : fixed(p, 3)) + ", " + grouped(e.compared_rows) + " rows)";
}

AISLE_API std::string evidence_section(const report_scores& all) {
  std::string rows;
  for (const model_scores& m : all.models) {
    const score_evidence& e = m.model->evidence;
    if (!e.accuracy && !e.macro_f1 && !e.against_best && e.calibration_error < 0) continue;
    rows += std::string("<tr") + (m.model->chosen ? " class=\"chosen-row\"" : "") +
            "><th class=\"pin\" scope=\"row\">" + title_of(m) + "</th><td class=\"n\">" +
            (e.accuracy ? interval_text(*e.accuracy, 1) : "–") + "</td><td class=\"n\">" +
            (e.macro_f1 ? interval_text(*e.macro_f1, 1) : "–") + "</td><td class=\"n\">" +
            (e.calibration_error < 0 ? "–"
                                     : fixed(e.calibration_error, 1) + " <span class=\"quiet\">before " +
                                           fixed(e.raw_calibration_error, 1) + "</span>") +
            "</td><td>" + escape_html(comparison_text(m)) + "</td></tr>";
  }
  if (rows.empty()) return {};
  return section("evidence", "How far to trust it", "",
                 "<div class=\"card\"><div class=\"scroll\"><table class=\"compact\"><thead><tr><th "
                 "class=\"pin\">Classifier</th><th class=\"n\">Accuracy, 95\u00a0% interval</th><th "
                 "class=\"n\">Macro F1, 95\u00a0% interval</th><th class=\"n\">Calibration error, %</th>"
                 "<th>Against the best</th></tr></thead><tbody>" +
                     rows + "</tbody></table></div><p class=\"small quiet\">" + escape_html(evidence_note) +
                     "</p></div>");
}

AISLE_API std::string evidence_markdown(const report_scores& all) {
  std::string rows;
  for (const model_scores& m : all.models) {
    const score_evidence& e = m.model->evidence;
    if (!e.accuracy && !e.macro_f1 && !e.against_best && e.calibration_error < 0) continue;
    rows += "| " + escape_markdown(modality_title(m.model->modality)) + " · " +
            escape_markdown(model_title(m.model->model)) + " | " +
            (e.accuracy ? interval_text(*e.accuracy, 1) : "–") + " | " +
            (e.macro_f1 ? interval_text(*e.macro_f1, 1) : "–") + " | " +
            (e.calibration_error < 0
                 ? "–"
                 : fixed(e.calibration_error, 1) + " (before: " + fixed(e.raw_calibration_error, 1) + ")") +
            " | " + comparison_text(m) + " |\n";
  }
  if (rows.empty()) return {};
  return "| Classifier | Accuracy, 95 % interval | Macro F1, 95 % interval | Calibration error, % | Against "
         "the best |\n|---|---:|---:|---:|---|\n" +
         rows + "\n" + std::string(evidence_note) + "\n";
}

AISLE_API std::string review_section(const experiment_result& result) {
  if (result.review.empty()) return {};
  std::string list;
  for (const std::string& line : result.review) list += "<li>" + escape_html(line) + "</li>";
  return section(
      "review", "The catalogue reviewed",
      "Every label as the chosen classifier sees it that has not seen the row; what more rows would bring; "
      "texts, pictures and classes that are odd. In full beside this page: review.csv, duplicates.csv, "
      "suggested_labels.csv, learning_curve.csv, quality.csv.",
      "<div class=\"card\"><ul>" + list + "</ul></div>");
}

AISLE_API std::string review_markdown(const experiment_result& result) {
  std::string out;
  for (const std::string& line : result.review) out += "- " + escape_markdown(line) + "\n";
  return out;
}

}  // namespace detail::report
AISLE_NAMESPACE_END
