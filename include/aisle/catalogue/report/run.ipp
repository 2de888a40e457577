#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>

#include <aisle/catalogue/report/charts.hpp>
#include <aisle/catalogue/report/html_parts.hpp>
#include <aisle/catalogue/report/sections.hpp>
#include <aisle/catalogue/report/text.hpp>

// Sections about the catalogue and the run.

AISLE_NAMESPACE_BEGIN
namespace detail::report {

AISLE_API std::string class_counts(const report_scores& all) {
  const auto& counts = all.result->class_counts;
  if (counts.empty()) return {};
  std::vector<std::size_t> order(counts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return counts[a] > counts[b]; });
  const auto most = static_cast<double>(std::max<std::int64_t>(1, counts[order.front()]));
  constexpr std::size_t at_once = 20;
  std::string out = "<div class=\"card\"><h3>Products in each class</h3>";
  const auto bars = [&](std::size_t begin, std::size_t end) {
    std::string list = "<div class=\"counts\">";
    for (std::size_t k = begin; k < end; ++k) {
      const std::string& name = all.names[order[k]];
      list += "<span class=\"cut\" title=\"" + escape_html(name) + "\">" + isolated(name) + "</span>" +
              share_bar(static_cast<double>(counts[order[k]]) / most, "fill") + "<span>" +
              grouped(counts[order[k]]) + "</span>";
    }
    return list + "</div>";
  };
  out += bars(0, std::min(at_once, order.size()));
  if (order.size() > at_once)
    out += details_of("The other " + grouped(static_cast<std::int64_t>(order.size() - at_once)) + " classes",
                      bars(at_once, order.size()));
  return out + "</div>";
}

AISLE_API std::string text_lengths(const experiment_result& result) {
  if (result.text_tokens.empty()) return {};
  std::vector<std::int64_t> sorted = result.text_tokens;
  std::sort(sorted.begin(), sorted.end());
  std::string out = "<div class=\"card\"><h3>Length of the texts</h3><figure>" +
                    histogram(result.text_tokens, result.text_rows, 24, "Tokens",
                              "How many products have texts of how many tokens") +
                    "<figcaption>Half of the texts have at most " + grouped(sorted[(sorted.size() - 1) / 2]) +
                    " tokens, the longest has " + grouped(sorted.back()) + ". ";
  if (result.truncated_texts == 0) return out + "None was cut.</figcaption></figure></div>";
  return out + (result.truncated_texts == 1 ? "One was" : grouped(result.truncated_texts) + " were") +
         " cut at the model's limit.</figcaption></figure></div>";
}

AISLE_API std::string skipped_rows(const experiment_result& result) {
  if (result.skipped.empty()) return {};
  constexpr std::size_t most = 20;
  std::vector<std::pair<std::string, std::int64_t>> reasons;  // in order of first appearance
  for (const skipped_row& s : result.skipped) {
    const std::string what = one_line(s.column.empty() ? "row" : s.column);
    auto found = std::find_if(reasons.begin(), reasons.end(), [&](const auto& r) { return r.first == what; });
    if (found == reasons.end()) found = reasons.emplace(reasons.end(), what, 0);
    ++found->second;
  }
  std::stable_sort(reasons.begin(), reasons.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  const auto total = std::max(static_cast<std::int64_t>(result.skipped.size()), result.skipped_in_all);
  std::string out = "<div class=\"card\"><h3>Rows skipped <span class=\"quiet\">" + grouped(total) +
                    "</span></h3><p class=\"key\">";
  for (std::size_t i = 0; i < reasons.size() && i < 12; ++i)
    out += "<span>" + isolated(reasons[i].first) + " <b>" + grouped(reasons[i].second) + "</b></span>";
  out +=
      "</p><div class=\"scroll\"><table class=\"compact\"><thead><tr><th "
      "class=\"n\">Row</th><th>Id</th><th>Column</th><th>Reason</th>"
      "<th>File</th></tr></thead><tbody>";
  for (std::size_t i = 0; i < result.skipped.size() && i < most; ++i) {
    const skipped_row& s = result.skipped[i];
    out += "<tr><td class=\"n\">" + grouped(s.row) + "</td><td>" + isolated(shortened(s.id, 40)) +
           "</td><td>" + isolated(shortened(s.column, 40)) + "</td><td>" +
           isolated(shortened(s.reason, 300)) + "</td><td>" + isolated(shortened(s.file, 120)) + "</td></tr>";
  }
  out += "</tbody></table></div>";
  if (result.skipped.size() > most)
    out += "<p class=\"small quiet\">The first " + std::to_string(most) + " of " + grouped(total) + ".</p>";
  return out + "</div>";
}

AISLE_API std::string catalogue_section(const report_scores& all) {
  const experiment_result& r = *all.result;
  const std::string about = usage_text(r, escape_html);
  const std::string charts = class_counts(all) + text_lengths(r);
  return section("catalogue", "The catalogue", about,
                 (charts.empty() ? "" : "<div class=\"columns\">" + charts + "</div>") + skipped_rows(r));
}

/// The three that took longest and all others, in full behind a click.
AISLE_API std::string phase_bar(const experiment_result& result) {
  double total = 0;
  std::vector<std::pair<std::string, double>> phases;
  for (const auto& [name, seconds] : result.phases) {
    phases.emplace_back(name, std::isfinite(seconds) && seconds > 0 ? seconds : 0);
    total += phases.back().second;
  }
  if (!(total > 0)) return {};
  const auto row = [&](const std::string& name, double seconds, std::size_t colour) {
    return "<tr><td>" +
           (colour < 7 ? "<span class=\"swatch b" + std::to_string(colour) + "\"></span>" : std::string()) +
           isolated(name) + "</td><td class=\"n\">" + duration(seconds) + "</td><td class=\"n quiet\">" +
           fixed(100 * seconds / total, 1) + " %</td></tr>";
  };
  std::string all;
  for (std::size_t i = 0; i < phases.size(); ++i) all += row(phases[i].first, phases[i].second, 7);
  std::stable_sort(phases.begin(), phases.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  constexpr std::size_t most = 4;
  const std::size_t in_all = phases.size();
  while (phases.size() > most) {
    phases[most - 1].second += phases.back().second;
    phases.pop_back();
  }
  if (in_all > most) phases.back().first = "the other " + std::to_string(in_all - most + 1);
  std::string bar = "<div class=\"phases\" aria-hidden=\"true\">", list;
  for (std::size_t i = 0; i < phases.size(); ++i) {
    bar += "<i class=\"b" + std::to_string(i) +
           "\" style=\"flex:" + fixed(100 * phases[i].second / total, 3) + " 0 0px\"></i>";
    list += row(phases[i].first, phases[i].second, i);
  }
  const auto table = [](const std::string& rows) {
    return "<table class=\"compact\"><tbody>" + rows + "</tbody></table>";
  };
  return "<div class=\"card\"><h3>Where the time went <span class=\"quiet\">" + duration(total) +
         "</span></h3>" + bar + "</div>" + table(list) +
         (in_all > most ? details_of("All of them", table(all)) : "") + "</div>";
}

AISLE_API std::string run_section(const report_scores& all) {
  const experiment_result& r = *all.result;
  std::string facts;
  const auto fact = [&](const char* what, const std::string& value, bool code = false) {
    if (one_line(value).empty()) return;
    facts += std::string("<dt>") + what + "</dt><dd>" +
             (code ? "<code>" + escape_html(value) + "</code>" : isolated(value)) + "</dd>";
  };
  fact("Command", r.command, true);
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
    fact("Peak memory", grouped(std::llround(std::fmin(r.peak_mb, 1e12))) + " MB");
  fact("Finished", r.created);
  return section("run", "The run", "",
                 "<div class=\"columns\"><div class=\"card\"><h3>What was run</h3><dl>" + facts +
                     "</dl></div>" + phase_bar(r) + "</div>");
}

}  // namespace detail::report
AISLE_NAMESPACE_END
