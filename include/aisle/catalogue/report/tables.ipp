#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>

#include <aisle/base/counted.hpp>
#include <aisle/catalogue/report/charts.hpp>
#include <aisle/catalogue/report/evidence.hpp>
#include <aisle/catalogue/report/findings.hpp>
#include <aisle/catalogue/report/html_parts.hpp>
#include <aisle/catalogue/report/sections.hpp>
#include <aisle/catalogue/report/text.hpp>

// Sections about scores.

AISLE_NAMESPACE_BEGIN
namespace detail::report {

/// The stretch of the percent scale that all means, deviations and splits lie on, rounded outwards to tens.
AISLE_API std::pair<double, double> score_range(const report_scores& all) {
  double low = 100, high = 0;
  const auto take = [&](double v) {
    if (!std::isfinite(v)) return;
    low = std::min(low, v);
    high = std::max(high, v);
  };
  for (const model_scores& m : all.models) {
    for (const auto& s : m.model->splits)
      for (const double v : {s.accuracy, s.macro_f1}) take(v);
    take(m.accuracy_mean - m.accuracy_sd);
    take(m.macro_f1_mean - m.macro_f1_sd);
    take(m.accuracy_mean + m.accuracy_sd);
    take(m.macro_f1_mean + m.macro_f1_sd);
  }
  low = std::max(0.0, 10 * std::floor(low / 10));
  high = std::min(100.0, 10 * std::ceil(high / 10));
  return high > low ? std::make_pair(low, high) : std::make_pair(0.0, 100.0);
}

AISLE_API std::string score_cell(const model_scores& m, bool accuracy, std::pair<double, double> range) {
  std::vector<double> values;
  for (const auto& s : m.model->splits) values.push_back(accuracy ? s.accuracy : s.macro_f1);
  const double mean = accuracy ? m.accuracy_mean : m.macro_f1_mean,
               sd = accuracy ? m.accuracy_sd : m.macro_f1_sd;
  const auto& interval = accuracy ? m.model->evidence.accuracy : m.model->evidence.macro_f1;
  return "<td class=\"n\">" + with_deviation(mean, sd, m.several()) +
         (interval ? "<span class=\"between\">" + interval_text(*interval, 1) + "</span>" : "") +
         "</td><td class=\"plot\">" +
         interval_mark(values, mean, sd, range.first, range.second, m.model->chosen) + "</td>";
}

AISLE_API std::string scores_section(const report_scores& all) {
  if (all.models.empty()) return {};
  const auto range = score_range(all);
  const std::string scale = "<span class=\"scale\"><span>" + fixed(range.first, 0) + "</span><span>" +
                            fixed(range.second, 0) + "</span></span>";
  const bool common = all.rows_differ();
  std::size_t splits = 0;
  for (const model_scores& m : all.models) splits = std::max(splits, m.model->splits.size());
  std::string body =
      "<div class=\"card\"><div class=\"scroll\"><table class=\"scores\"><thead><tr><th "
      "class=\"pin\">Classifier</th>"
      "<th class=\"n\">Test rows</th><th class=\"n\">Accuracy, %</th><th class=\"plot\">" +
      scale +
      "</th><th class=\"n\">Macro F1, %</th>"
      "<th class=\"plot\">" +
      scale + "</th>" +
      (common ? "<th class=\"n\">Common rows</th><th class=\"n\">Accuracy on them, %</th>"
                "<th class=\"n\">Macro F1 on them, %</th>"
              : "") +
      "<th class=\"n\">Cross-val. F1, %</th><th class=\"n\">Training</th>"
      "</tr></thead>";
  for (const std::string& modality : all.modalities) {
    body += "<tbody class=\"group\"><tr><th class=\"pin modality\" scope=\"rowgroup\">" +
            escape_html(modality_title(modality)) + "</th><td colspan=\"" + (common ? "10" : "7") +
            "\"></td></tr>";
    for (const model_scores* m : all.of(modality)) {
      body += std::string("<tr") + (m->model->chosen ? " class=\"chosen-row\"" : "") +
              "><th class=\"pin\" scope=\"row\">" + escape_html(model_title(m->model->model)) +
              (m->model->chosen ? " <span class=\"tag\">chosen</span>" : "") + "</th>" + "<td class=\"n\">" +
              grouped(m->model->rows_tested()) + "</td>" + score_cell(*m, true, range) +
              score_cell(*m, false, range) +
              (common ? "<td class=\"n\">" + grouped(m->model->common_rows_tested()) +
                            "</td><td class=\"n\">" + fixed(m->common_accuracy, 1) + "</td><td class=\"n\">" +
                            fixed(m->common_macro_f1, 1) + "</td>"
                      : std::string()) +
              "<td class=\"n\">" + fixed(m->model->cross_validation_macro_f1, 1) + "</td><td class=\"n\">" +
              duration(m->model->fit_seconds) + "</td></tr>";
    }
    body += "</tbody>";
  }
  body += "</table></div>";
  std::string about = "Scores on products that took no part in training.";
  if (splits > 1) {
    about += " Mean ± standard deviation over " + counted(splits, "split") + " into training and test rows.";
    body +=
        "<p class=\"key\"><span>● mean of the chosen classifier</span><span>○ mean of the others</span>"
        "<span>| one split</span><span>━ one standard deviation to either side</span></p>";
  }
  body +=
      "<p class=\"small quiet\">Chosen: the best macro F1 of its group in cross-validation on the training "
      "rows "
      "alone. Accuracy is the share of products put into the right class; macro F1 counts every class alike, "
      "however few products it has. Small figures: 95\u00a0% intervals on the first split." +
      std::string(common ? " Common rows are test rows that have a text and a picture: scores on them can be "
                           "compared between groups."
                         : "") +
      levels_note(all, escape_html) + "</p></div>";
  return section("scores", "How well it works", about, body);
}

AISLE_API std::string metric_cell(double value, bool strong) {
  return "<td data-v=\"" + fixed(value, 6) + "\"><div class=\"metric\"><span>" + fixed(100 * value, 1) +
         "</span>" + share_bar(value, strong ? "fill" : "soft") + "</div></td>";
}

AISLE_API std::string class_table(const report_scores& all, const model_scores& m) {
  std::vector<std::size_t> order(m.labels.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return m.per_class.scores[a].f1 < m.per_class.scores[b].f1;
  });
  std::string out =
      "<div class=\"scroll\"><table class=\"sortable classes\" data-long=\"\"><thead><tr><th "
      "class=\"pin\">Class</th>"
      "<th class=\"n\">Test rows</th><th>Precision, %</th><th>Recall, %</th><th "
      "aria-sort=\"ascending\">F1, %</th></tr></thead>"
      "<tbody>";
  const auto row = [&](const std::string& name, double support, const prf_score& s) {
    out += "<tr><th class=\"pin\" scope=\"row\">" + name + "</th><td class=\"n\" data-v=\"" +
           fixed(support, 0) + "\">" + grouped(std::llround(support)) + "</td>" +
           metric_cell(s.precision, false) + metric_cell(s.recall, false) + metric_cell(s.f1, true) + "</tr>";
  };
  for (const std::size_t i : order)
    row("<button class=\"go\"" + filters(all, m, m.labels[i], -1) + ">" + isolated(all.name(m.labels[i])) +
            "</button>",
        m.per_class.support[i], m.per_class.scores[i]);
  out += "</tbody><tfoot>";
  row("Macro average", m.rows, m.per_class.macro);
  row("Weighted average", m.rows, m.per_class.weighted);
  return out + "</tfoot></table></div>";
}

/// Text whose line breaks and indents are its layout.
AISLE_API std::string preformatted(const std::string& text) {
  std::string out = "<pre>";
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    out += line.substr(0, line.find_first_not_of(' ')) + escape_html(line) + "\n";
    begin = end + 1;
  }
  return out + "</pre>";
}

AISLE_API std::string classes_section(const report_scores& all) {
  return section(
      "classes", "Class by class",
      "Precision: how many of the products put into the class belong there. Recall: how many of the "
      "class’s products were found. F1: their harmonic mean. Weakest classes first.",
      by_modality("classes", all, [&](const model_scores& m) {
        if (m.labels.empty()) return std::string();
        return "<div class=\"card\"><h3>" + title_of(m) + "</h3>" + class_table(all, m) +
               details_of("The same as a classification report, in scikit-learn’s layout",
                          preformatted(m.classification_report)) +
               "</div>";
      }));
}

AISLE_API std::string roc_section(const report_scores& all) {
  constexpr std::size_t most = 150;  // as above
  return section(
      "roc", "ROC curves",
      "Each class against the rest: how many of its products are found (up) at the price of how "
      "many others (right). "
      "The area under a curve (AUC) is 1 for a perfect ranking, 0.5 for chance.",
      details_if("Show the curves", by_modality("roc", all, [&](const model_scores& m) {
                   if (m.curves.empty()) return std::string();
                   const std::vector<std::size_t> drawn = weakest_curves(m, most);
                   std::string notes;
                   if (drawn.size() < m.curves.size())
                     notes += " Drawn: the " + std::to_string(drawn.size()) + " of the smallest areas of " +
                              grouped(static_cast<std::int64_t>(m.curves.size())) + " classes.";
                   if (m.model->sampled >= 0)
                     notes += " From an even sample of the test rows, " + grouped(m.model->sampled) + " of " +
                              grouped(std::llround(m.rows)) + ".";
                   std::string out =
                       "<div class=\"card\"><h3>" + title_of(m) + "</h3>" +
                       (notes.empty() ? "" : "<p class=\"small quiet\">" + notes.substr(1) + "</p>") +
                       "<div class=\"roc\"><figure>" + roc_chart(all, m, drawn) +
                       "</figure><ul class=\"legend\"><li data-k=\"" + std::to_string(drawn.size()) + "\">" +
                       line_sample("line macro") + "<b>Macro average</b><b>" + fixed(m.macro_auc, 3) +
                       "</b></li>";
                   for (std::size_t i = 0; i < drawn.size(); ++i) {
                     const class_curve& curve = m.curves[drawn[i]];
                     const std::string name = all.name(curve.label);
                     out += "<li data-k=\"" + std::to_string(i) + "\">" + line_sample(line_style(drawn[i])) +
                            "<span class=\"cut\" title=\"" + escape_html(name) + "\">" + isolated(name) +
                            "</span><span>" + fixed(curve.auc, 3) + "</span></li>";
                   }
                   return out + "</ul></div></div>";
                 })));
}

AISLE_API std::string training_section(const report_scores& all) {
  return section(
      "training", "How the networks learned",
      "Training stops when the loss on held-out training rows no longer falls; the network of the "
      "best epoch is kept.",
      details_if("Show the curves", by_modality("training", all, [&](const model_scores& m) {
                   if (m.model->history.empty()) return std::string();
                   const bool validated = std::any_of(
                       m.model->history.begin(), m.model->history.end(), [](const epoch_record& e) {
                         return std::isfinite(e.validation_loss) || std::isfinite(e.validation_accuracy);
                       });
                   std::string out = "<div class=\"card\"><h3>" + title_of(m) +
                                     "</h3><div class=\"columns\"><figure>" + loss_chart(*m.model) +
                                     "<figcaption class=\"key\"><span>" + line_sample("line train") +
                                     " training loss</span>";
                   if (validated) out += "<span>" + line_sample("line valid") + " validation loss</span>";
                   out += "</figcaption></figure>";
                   if (validated)
                     out += "<figure>" + accuracy_chart(*m.model) + "<figcaption class=\"key\"><span>" +
                            line_sample("line valid") + " validation accuracy</span></figcaption></figure>";
                   return out + "</div></div>";
                 })));
}

}  // namespace detail::report
AISLE_NAMESPACE_END
