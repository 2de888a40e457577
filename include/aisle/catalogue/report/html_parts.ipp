#pragma once

#include <aisle/catalogue/report/html_parts.hpp>
#include <aisle/catalogue/report/text.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail::report {

AISLE_API std::string section(std::string_view id, std::string_view title, std::string_view about,
                              const std::string& body) {
  if (body.empty()) return {};
  std::string out = "<section id=\"" + std::string(id) + "\"><h2>" + std::string(title) + "</h2>";
  if (!about.empty()) out += "<p class=\"quiet\">" + std::string(about) + "</p>";
  return out + body + "</section>\n";
}

AISLE_API std::string tabs(std::string_view id,
                           const std::vector<std::pair<std::string, std::string>>& panels) {
  if (panels.empty()) return {};
  if (panels.size() == 1) return panels.front().second;
  const std::size_t count = panels.size() < 12 ? panels.size() : 12;
  std::string inputs, labels, bodies;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = std::string(id) + "-" + std::to_string(i);
    inputs += "<input type=\"radio\" name=\"" + std::string(id) + "-tab\" id=\"" + name + "\"" +
              (i == 0 ? " checked=\"\"" : "") + "/>";
    labels += "<label for=\"" + name + "\">" + escape_html(modality_title(panels[i].first)) + "</label>";
    bodies += "<div class=\"panel\">" + panels[i].second + "</div>";
  }
  return "<div class=\"tabs\">" + inputs + "<div class=\"tab-row\">" + labels + "</div>" + bodies + "</div>";
}

AISLE_API std::string details_of(std::string_view summary, const std::string& body) {
  return "<details><summary>" + std::string(summary) + "</summary>" + body + "</details>";
}

AISLE_API std::string details_if(std::string_view summary, const std::string& body) {
  return body.empty() ? body : details_of(summary, body);
}

AISLE_API std::string filters(const report_scores& all, const model_scores& m, std::int32_t truth,
                              std::int32_t said) {
  return " data-model=\"" + std::to_string(&m - all.models.data()) + "\"" +
         (truth < 0 ? "" : " data-truth=\"" + std::to_string(truth) + "\"") +
         (said < 0 ? "" : " data-said=\"" + std::to_string(said) + "\"");
}

AISLE_API std::string title_of(const model_scores& scores) {
  return escape_html(modality_title(scores.model->modality)) + " · " +
         escape_html(model_title(scores.model->model));
}

AISLE_API std::string isolated(std::string_view name) { return "<bdi>" + escape_html(name) + "</bdi>"; }

}  // namespace detail::report
AISLE_NAMESPACE_END
