#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include <aisle/base/counted.hpp>
#include <aisle/catalogue/report/charts.hpp>
#include <aisle/catalogue/report/html_parts.hpp>
#include <aisle/catalogue/report/labels.hpp>
#include <aisle/catalogue/report/sections.hpp>
#include <aisle/catalogue/report/text.hpp>

// What is taken for what: a matrix of which only the filled cells are elements of the page.

AISLE_NAMESPACE_BEGIN
namespace detail::report {

AISLE_API std::vector<std::int64_t> confusion_order(const model_scores& m, std::size_t limit) {
  const std::size_t n = m.labels.size();
  std::vector<std::map<std::size_t, double>> mixed(n);  // both ways
  std::vector<double> mistakes(n);
  for (const confusion_cell& c : m.counts.cells) {
    const auto i = static_cast<std::size_t>(c.truth), j = static_cast<std::size_t>(c.predicted);
    if (i == j) continue;
    mixed[i][j] += c.count;
    mixed[j][i] += c.count;
    mistakes[i] += c.count;
    mistakes[j] += c.count;
  }
  std::vector<std::size_t> by_mistakes(n);
  std::iota(by_mistakes.begin(), by_mistakes.end(), std::size_t{0});
  std::stable_sort(by_mistakes.begin(), by_mistakes.end(), [&](std::size_t a, std::size_t b) {
    return std::make_pair(mistakes[a], m.per_class.support[a]) >
           std::make_pair(mistakes[b], m.per_class.support[b]);
  });
  std::vector<std::int64_t> out;
  std::vector<bool> placed(n);
  std::map<std::size_t, double> pull;  // of classes that are not placed yet, to those that are
  for (std::size_t next = 0; out.size() < std::min(n, limit);) {
    std::size_t pick = n;
    for (const auto& [i, strength] : pull)
      if (pick == n || strength > pull[pick]) pick = i;
    if (pick == n) {
      while (placed[by_mistakes[next]]) ++next;
      pick = by_mistakes[next];
    }
    placed[pick] = true;
    out.push_back(static_cast<std::int64_t>(pick));
    pull.erase(pick);
    // The latest counts most: neighbours in the order are those that are mixed up with each other.
    for (auto& [i, strength] : pull) strength /= 2;
    for (const auto& [i, rows] : mixed[pick])
      if (!placed[i]) pull[i] += rows;
  }
  return out;
}

AISLE_API int cell_step(double share) { return share <= 0.25 ? 1 : share <= 0.6 ? 2 : 3; }

AISLE_API std::string mix_up_list(const report_scores& all, const model_scores& m,
                                  const class_labels& labels) {
  constexpr std::size_t most = 20;
  const auto pairs = frequent_mix_ups(m, most);
  if (pairs.empty()) return "<p class=\"quiet\">No test row was put into a wrong class.</p>";
  std::string out = "<ol class=\"mix-ups\">";
  const auto leaf = [&](std::int32_t code) {
    return "<span title=\"" + escape_html(all.name(code)) + "\">" +
           isolated(shortened_middle(labels.leaves[static_cast<std::size_t>(code)], 40)) + "</span>";
  };
  for (const mix_up& p : pairs)
    out += "<li><button class=\"go\"" + filters(all, m, p.truth, p.predicted) + "><b>" + grouped(p.rows) +
           "</b><span>" + leaf(p.truth) + " <span class=\"quiet\">taken for</span> " + leaf(p.predicted) +
           "</span><span class=\"quiet small\">" + fixed(100 * p.share, 1) +
           "\u00a0% of the class</span></button></li>";
  return out + "</ol>";
}

AISLE_API std::string heat_table(const report_scores& all, const model_scores& m, const class_labels& labels,
                                 const std::vector<std::int64_t>& order) {
  const std::string n = std::to_string(order.size());
  const char* size = order.size() <= 16   ? "wide"
                     : order.size() <= 40 ? "middle"
                     : order.size() <= 60 ? "narrow"
                                          : "narrow many";
  std::string rows, columns, cells;
  std::map<std::int64_t, std::size_t> place;
  for (std::size_t k = 0; k < order.size(); ++k) {
    place.emplace(order[k], k);
    const std::int32_t code = m.labels[static_cast<std::size_t>(order[k])];
    const std::string name = escape_html(all.name(code)),
                      leaf = isolated(shortened_middle(labels.leaves[static_cast<std::size_t>(code)], 28));
    rows +=
        "<button class=\"go\"" + filters(all, m, code, -1) + " title=\"" + name + "\">" + leaf + "</button>";
    columns += "<button class=\"go\"" + filters(all, m, -1, code) + " title=\"" + name + "\"><span>" + leaf +
               "</span></button>";
  }
  for (const confusion_cell& c : m.counts.cells) {
    const auto i = place.find(c.truth), j = place.find(c.predicted);
    if (i == place.end() || j == place.end()) continue;
    const std::int32_t truth = m.labels[static_cast<std::size_t>(c.truth)],
                       said = m.labels[static_cast<std::size_t>(c.predicted)];
    const double support = m.per_class.support[static_cast<std::size_t>(c.truth)];
    const bool right = truth == said;
    cells += "<button class=\"go " + std::string(right ? "h" : "m") +
             std::to_string(cell_step(c.count / support)) + "\"" + filters(all, m, truth, said) +
             " style=\"--r:" + std::to_string(i->second) + ";--c:" + std::to_string(j->second) +
             "\" title=\"" +
             escape_html(all.name(truth) + (right ? ": right " : " taken for " + all.name(said) + " ") +
                         fixed(c.count, 0) + " of " + fixed(support, 0)) +
             "\"><span>" + fixed(c.count, 0) + "</span></button>";
  }
  return "<div class=\"heat " + std::string(size) + "\" style=\"--n:" + n +
         "\" tabindex=\"0\" role=\"group\" aria-label=\"Confusion matrix: true classes by row, predicted "
         "classes by "
         "column\"><div class=\"corner\">true ↓ said →</div><div class=\"heads columns-of\">" +
         columns + "</div><div class=\"heads rows-of\">" + rows + "</div><div class=\"cells\">" + cells +
         "</div></div>";
}

AISLE_API std::string confusion_section(const report_scores& all) {
  constexpr std::size_t most = 300;
  const class_labels labels = label_classes(all.names);
  return section("confusion", "What is taken for what",
                 "Each row is a true class, each column what the classifier said, each number products of "
                 "the test rows. Blue is "
                 "right, orange is wrong; the darker the colour, the larger the share of the row (up to a "
                 "quarter, up to 60 %, "
                 "more). Classes with mistakes come first, those that are mixed up with each other side by "
                 "side. A click lists "
                 "the products.",
                 by_modality("confusion", all, [&](const model_scores& m) {
                   if (m.labels.empty()) return std::string();
                   const std::vector<std::int64_t> order = confusion_order(m, most);
                   std::string out = "<div class=\"card\"><h3>" + title_of(m) + "</h3>";
                   if (order.size() < m.labels.size())
                     out += "<p class=\"quiet small\">" + counted(m.labels.size(), "class", "classes") +
                            " are too many for a table: the " + std::to_string(order.size()) +
                            " that are mixed up most.</p>";
                   if (m.model->sampled >= 0)
                     out += "<p class=\"quiet small\">Counts are of all " + grouped(std::llround(m.rows)) +
                            " test rows; the table of products has an even sample of " +
                            grouped(m.model->sampled) + " of them.</p>";
                   if (order.size() > 60)
                     out +=
                         "<p class=\"quiet small on-paper\">The matrix is too wide for paper: below are the "
                         "most frequent mix-ups.</p>";
                   out += "<div class=\"beside\">" + heat_table(all, m, labels, order) +
                          "<div class=\"aside\"><h3>Most frequent mix-ups</h3>" +
                          mix_up_list(all, m, labels) + "</div></div>";
                   return out + "</div>";
                 }));
}

}  // namespace detail::report
AISLE_NAMESPACE_END
