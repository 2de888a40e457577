#pragma once

#include <algorithm>
#include <cmath>

#include <aisle/catalogue/report.hpp>
#include <aisle/catalogue/report/charts.hpp>
#include <aisle/catalogue/report/html_parts.hpp>
#include <aisle/catalogue/report/pictures.hpp>
#include <aisle/catalogue/report/sections.hpp>
#include <aisle/catalogue/report/text.hpp>

// Products with their pictures.

AISLE_NAMESPACE_BEGIN
namespace detail::report {

/// What a product is called where it may have no name.
AISLE_API std::string product_name(const product_card& card, std::int64_t row) {
  std::string name = one_line(card.name);
  if (name.empty()) name = shortened(card.text, 80);
  if (name.empty()) name = card.id.empty() ? "Row " + std::to_string(row) : one_line(card.id);
  return name;
}

AISLE_API std::string sureness(const shown_row& shown) {
  return std::isfinite(shown.probability) ? fixed(100 * static_cast<double>(shown.probability), 1) + "\u00a0%"
                                          : "";
}

/// One with a picture.
AISLE_API std::string product(const report_scores& all, const shown_row& shown, const std::string& picture) {
  static const product_card nothing;
  const product_card* known = all.result->product_of(shown.row);
  const product_card& card = known ? *known : nothing;
  const bool right = shown.truth == shown.predicted;
  std::string out =
      "<li class=\"product\"><div class=\"picture\"><img alt=\"\" width=\"320\" height=\"320\" data-row=\"" +
      std::to_string(shown.row) + "\" src=\"" + picture +
      "\"/></div><div class=\"about\"><div class=\"name\">" +
      isolated(shortened(product_name(card, shown.row), 120)) + "</div><div class=\"id\">" +
      (card.id.empty() ? "row " + std::to_string(shown.row) : isolated(shortened(card.id, 60))) + "</div>";
  const std::string sure =
      sureness(shown).empty() ? "" : " <span class=\"sure\">" + sureness(shown) + "</span>";
  if (right)
    out += "<div class=\"said yes\"><div class=\"who\"><b>✓\u00a0" + isolated(all.name(shown.truth)) +
           "</b>" + sure + "</div></div>";
  else
    out += "<div class=\"said no\"><div class=\"who\"><b>✗\u00a0" + isolated(all.name(shown.predicted)) +
           "</b>" + sure + "</div><span class=\"quiet\">is</span> " + isolated(all.name(shown.truth)) +
           "</div>";
  if (std::isfinite(shown.probability))
    out += share_bar(static_cast<double>(shown.probability), right ? "yes-bar" : "no-bar");
  return out + "</div></li>";
}

/// Those without one, a line each.
AISLE_API std::string products_of_text(const report_scores& all, const std::vector<shown_row>& shown) {
  if (shown.empty()) return {};
  std::string out =
      "<div class=\"scroll\"><table class=\"compact "
      "texts\"><thead><tr><th>Product</th><th>Id</th><th>Label</th><th>Classifier "
      "says</th><th class=\"n\">Probability</th></tr></thead><tbody>";
  for (const shown_row& s : shown) {
    static const product_card nothing;
    const product_card* known = all.result->product_of(s.row);
    const product_card& card = known ? *known : nothing;
    const std::string name = product_name(card, s.row), text = one_line(card.text);
    out += "<tr><td>" + isolated(shortened(name, 120));
    if (!text.empty() && text != name)
      out += "<div class=\"quiet\">" + isolated(shortened(text, 160)) + "</div>";
    out += "</td><td>" +
           (card.id.empty() ? "row " + std::to_string(s.row) : isolated(shortened(card.id, 60))) +
           "</td><td>" + isolated(all.name(s.truth)) + "</td><td>" +
           (s.truth == s.predicted ? "✓\u00a0" : "✗\u00a0") + isolated(all.name(s.predicted)) +
           "</td><td class=\"n\">" + sureness(s) + "</td></tr>";
  }
  return out + "</tbody></table></div>";
}

AISLE_API shown_lists rows_to_picture(const report_scores& all) {
  constexpr std::size_t most_mistakes = 20, most_hits = 12;
  shown_lists out;
  for (const std::string& modality : all.modalities) {
    const model_scores* m = all.chosen(modality);
    out.emplace(m, std::make_pair(confident_mistakes(*m->model, most_mistakes),
                                  confident_hits(*m->model, most_hits)));
  }
  return out;
}

AISLE_API std::string products_section(const report_scores& all, const shown_lists& lists,
                                       const page_pictures& pictures) {
  return section(
      "products", "Surest mistakes",
      "Mistakes the classifiers were surest of, on products they had not learnt from: they are worth a look, "
      "for it is "
      "often the catalogue that errs.",
      by_modality("products", all, [&](const model_scores& m) {
        const auto found = lists.find(&m);
        if (found == lists.end() || m.labels.empty()) return std::string();
        const auto& [wrong, right] = found->second;
        const auto mistakes = static_cast<std::int64_t>(m.wrong), total = static_cast<std::int64_t>(m.rows);
        const auto list = [&](const std::vector<shown_row>& shown) {
          std::string out;
          std::vector<shown_row> others;
          for (const shown_row& s : shown) {
            const auto picture = pictures.large.find(s.row);
            if (picture != pictures.large.end() && !picture->second.empty())
              out += product(all, s, picture->second);
            else
              others.push_back(s);
          }
          return (out.empty() ? "" : "<ul class=\"cards\">" + out + "</ul>") + products_of_text(all, others);
        };
        std::string out =
            "<p class=\"small quiet\">" + title_of(m) + ", " + grouped(total) + " test rows</p>";
        out += "<h3 class=\"with-count\">Wrong <span class=\"quiet\">" + grouped(mistakes) +
               (wrong.size() < static_cast<std::size_t>(mistakes)
                    ? ", the " + std::to_string(wrong.size()) + " surest shown"
                    : "") +
               "</span></h3>";
        out += wrong.empty() ? "<p class=\"quiet\">None.</p>" : list(wrong);
        const std::string title =
            "Right: " + grouped(total - mistakes) +
            (right.size() < static_cast<std::size_t>(total - mistakes) ? ", the surest of each class" : "");
        return out + (right.empty() ? "<p class=\"quiet\">None right.</p>" : details_of(title, list(right)));
      }));
}

}  // namespace detail::report
AISLE_NAMESPACE_END
