#pragma once

#include <cmath>

#include <aisle/base/version.hpp>
#include <aisle/base/file.hpp>
#include <aisle/base/hash.hpp>
#include <aisle/catalogue/inputs.hpp>
#include <aisle/catalogue/report.hpp>
#include <aisle/catalogue/report/evidence.hpp>
#include <aisle/catalogue/report/html_parts.hpp>
#include <aisle/catalogue/report/page_table.hpp>
#include <aisle/catalogue/report/pictures.hpp>
#include <aisle/catalogue/report/scores.hpp>
#include <aisle/catalogue/report/sections.hpp>
#include <aisle/catalogue/report/style.hpp>
#include <aisle/catalogue/report/text.hpp>

// The page: a head line that says the result, then the sections.

AISLE_NAMESPACE_BEGIN
namespace detail::report {

/// What a classifier looked at, inside a sentence.
AISLE_API std::string by_what(const std::string& modality) {
  const auto inputs = find_inputs(modality);
  if (!inputs) return escape_html(modality);
  return inputs->count() > 1 ? "text and picture together"
         : inputs->text      ? "text alone"
                             : "the picture alone";
}

/// The result in a sentence or two.
AISLE_API std::string lede(const report_scores& all) {
  const model_scores* best = all.best();
  if (!best || !std::isfinite(best->accuracy_mean)) return {};
  const std::string model = best->model->model;
  // Where they differ, how many rows a figure is of belongs to it.
  const auto of_rows = [&](const model_scores& m) {
    return all.rows_differ() ? " (" + grouped(m.model->rows_tested()) + " rows)" : std::string();
  };
  std::string out = "<p class=\"lede\">Going by " + by_what(best->model->modality) + ", the " +
                    (model == "random_forest" || model == "logistic_regression"
                         ? model_title(model).replace(0, 1, model.substr(0, 1))
                     : model == "mlp" ? "neural network"
                                      : "classifier " + escape_html(model)) +
                    " puts <b>" + fixed(best->accuracy_mean, 1) + "\u00a0%</b> of the products " +
                    (all.result->twins.twins > 0 ? "held out" : "it had not seen") + of_rows(*best) +
                    " into the right one of " + grouped(all.result->known_classes(*best->model)) +
                    " classes.";
  std::string others;
  for (const std::string& modality : all.modalities) {
    const model_scores* m = all.chosen(modality);
    if (m == best || !std::isfinite(m->accuracy_mean)) continue;
    others += (others.empty() ? " By " : ", by ") + by_what(modality) + " it is " +
              fixed(m->accuracy_mean, 1) + "\u00a0%" + of_rows(*m);
  }
  out += others + (others.empty() ? "</p>" : ".</p>");
  const std::string honest = honesty_text(*all.result, best->model, escape_html);
  if (!honest.empty()) out += "<p class=\"lede\">" + honest + "</p>";
  return out;
}

}  // namespace detail::report

AISLE_API std::string report_html(const experiment_result& result, const page_options& options) {
  namespace parts = detail::report;
  const parts::report_scores all = parts::score_result(result);
  const std::vector<std::int64_t> rows = parts::rows_of_page(all);
  const parts::shown_lists lists = parts::rows_to_picture(all);
  std::vector<std::int64_t> large;
  for (const auto& [m, of] : lists)
    for (const auto* list : {&of.first, &of.second})
      for (const parts::shown_row& s : *list) large.push_back(s.row);
  const parts::page_pictures pictures =
      parts::make_pictures(result, large, parts::rows_by_interest(all, rows), options);
  const std::pair<const char*, std::string> sections[] = {
      {"Products", parts::explore_section(all, rows, pictures.small_ones)},
      {"Confusion", parts::confusion_section(all)},
      {"Mistakes", parts::products_section(all, lists, pictures)},
      {"Classes", parts::classes_section(all)},
      {"Scores", parts::scores_section(all)},
      {"Trust", parts::evidence_section(all)},
      {"Review", parts::review_section(result)},
      {"ROC", parts::roc_section(all)},
      {"Training", parts::training_section(all)},
      {"Catalogue", parts::catalogue_section(all)},
      {"Run", parts::run_section(all)}};
  std::string links, body;
  for (const auto& [name, html] : sections) {
    if (html.empty()) continue;
    const auto begin = html.find("id=\"") + 4;
    links += "<a href=\"#" + html.substr(begin, html.find('"', begin) - begin) + "\">" + name + "</a>";
    body += html;
  }
  // The page's own script alone runs, whatever got into the page.
  sha256 script;
  const std::string code = parts::page_script();
  script.update(code);
  const std::string digits = script.hex();
  std::string digest;
  for (std::size_t i = 0; i < digits.size(); i += 2)
    digest += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  std::string title = parts::one_line(file_name(result.catalogue));
  if (title.empty()) title = "Catalogue";
  return "<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\"><head><meta "
         "charset=\"utf-8\"/>"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>"
         "<meta name=\"generator\" content=\"aisle\"/>"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
         "style-src 'unsafe-inline'; script-src 'sha256-" +
         parts::base64(digest) + "'; base-uri 'none'; form-action 'none'\"/><title>" +
         parts::escape_html(title) + " · aisle</title><style>" + parts::page_style() +
         "</style></head><body>\n<header class=\"top\"><p class=\"eyebrow\">Catalogue report" +
         (result.label.empty() ? "" : " · " + parts::isolated(result.label)) + "</p><h1>" +
         parts::isolated(title) + "</h1>" + parts::findings_list(all) + parts::lede(all) +
         "</header>\n<nav aria-label=\"Sections\"><div>" + links + "</div></nav>\n<main>\n" + body +
         "</main>\n<footer>Made by aisle " AISLE_VERSION_STRING +
         (result.created.empty() ? "" : ", " + parts::escape_html(result.created)) +
         ". The numbers are in report.json beside this page.</footer>\n" +
         parts::data_blocks(all, rows, pictures.small_ones) + "<script>" + code + "</script></body></html>\n";
}

AISLE_NAMESPACE_END
