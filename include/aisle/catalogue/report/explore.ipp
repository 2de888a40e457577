#pragma once

#include <aisle/catalogue/inputs.hpp>
#include <aisle/catalogue/report/html_parts.hpp>
#include <aisle/catalogue/report/findings.hpp>
#include <aisle/catalogue/report/page_table.hpp>
#include <aisle/catalogue/report/pictures.hpp>
#include <aisle/catalogue/report/sections.hpp>
#include <aisle/catalogue/report/text.hpp>

// What the page begins with: findings, and the map and table that its script fills.

AISLE_NAMESPACE_BEGIN
namespace detail::report {

AISLE_API std::string findings_list(const report_scores& all) {
  const auto found = find_findings(all);
  if (found.empty()) return {};
  std::string out = "<ul class=\"findings\">";
  for (const finding& f : found) {
    out += "<li class=\"finding\" data-finding=\"" + f.key + "\"><b>" + escape_html(f.figure) +
           "</b><strong>" + escape_html(f.title) + "</strong><p>" + escape_html(f.about) + "</p>";
    if (!f.action.empty())
      out += "<button class=\"go scripted\" data-list=\"" + f.key + "\"" +
             (f.code < 0 ? "" : " data-truth=\"" + std::to_string(f.code) + "\"") + ">" +
             escape_html(f.action) + "</button>";
    out += "</li>";
  }
  return out + "</ul>";
}

/// How the map was made.
AISLE_API std::string map_note(const product_map& map) {
  const auto rows = static_cast<std::int64_t>(map.rows.size());
  const product_inputs of = find_inputs(map.of).value_or(product_inputs{.text = true});
  std::string out = "Products by their vectors of " +
                    std::string(of.count() > 1 ? "text and picture"
                                : of.image     ? "pictures"
                                               : "texts") +
                    ": neighbours are alike. ";
  if (!map.tsne.empty()) {
    out += "t-SNE of " +
           (map.dimensions > 0 ? grouped(map.dimensions) + " principal components" : "the vectors");
    if (map.laid_out < rows)
      out += ", made of an even sample of " + grouped(map.laid_out) + " of " + grouped(rows) +
             "; the others lie among their three nearest of it";
    out += ". ";
  }
  return out + "PCA: the three components hold " + fixed(100 * map.explained, 1) + " % of the variance.";
}

AISLE_API std::string map_box(const experiment_result& r) {
  if (r.map.rows.empty()) return {};
  return R"html(<div class="map card" id="map"><div class="tools"><label>Layout <select id="map-view">)html" +
         std::string(r.map.tsne.empty() ? "" : "<option value=\"tsne\">t-SNE</option>") +
         (r.map.tsne.cols() == 3 ? "<option value=\"tsne3\">t-SNE, 3-D</option>" : "") +
         R"html(<option value="pca">PCA</option><option value="pca3">PCA, 3-D</option></select>
</label>
<label>Colour <select id="map-colour"><option value="class">Class</option>)html" +
         (r.models.empty() ? "" : "<option value=\"right\">Right or wrong</option>") +
         (r.totals.labelled == 0 ? "" : "<option value=\"suspect\">Suspect labels</option>") +
         R"html(</select>
</label>
<button type="button" id="map-lasso" aria-pressed="false" title="Draw around products (or hold Shift)">Lasso</button>
<button type="button" id="map-words" aria-pressed="true" title="Telling words of each crowd">Words</button>
<span class="zoom"><button type="button" id="map-out" aria-label="Zoom out">−</button>
<button type="button" id="map-in" aria-label="Zoom in">+</button>
<button type="button" id="map-home">Whole</button>
</span></div><div class="map-row">
<div class="map-view" id="map-box" tabindex="0" role="application" aria-label="Map of products. Arrow keys move, plus and minus zoom, N and P step from product to product, Enter opens one."><canvas id="map-points"></canvas>
<canvas id="map-over"></canvas>
<div class="hover" id="map-hover" hidden=""></div><p class="sr" id="map-says" aria-live="polite"></p>
</div><div class="map-legend"><input type="search" id="legend-find" placeholder="Find a class" aria-label="Find a class"/>
<ul id="legend"></ul>
</div></div><p class="small quiet">)html" +
         escape_html(map_note(r.map)) + " Drag to move, scroll or pinch to zoom" +
         (r.rows_with_image > 0 && !r.models.empty() ? "; zoomed in, points are pictures.</p></div>"
                                                     : ".</p></div>");
}

AISLE_API std::string explore_section(const report_scores& all, const std::vector<std::int64_t>& rows,
                                      const picture_sheets& pictures) {
  if (rows.empty()) return {};
  std::string note = "Every part of this page lists its products here: a click on a class";
  if (!all.models.empty()) note += ", a cell of a matrix, a mix-up";
  note += all.result->map.rows.empty() ? "." : ", or a region drawn on the map.";
  const auto known = static_cast<std::int64_t>(rows.size());
  if (known < all.result->rows)
    note += " In this page: " + grouped(known) + " of " + grouped(all.result->rows) + " products.";
  const auto pictured = static_cast<std::int64_t>(pictures.tiles.size());
  if (pictured > 0 && pictured < all.result->rows_with_image)
    note += " Pictures: of " + grouped(pictured) + " of them, suspects and mistakes first.";
  return section(
      "explore", "Products", note,
      "<p class=\"unscripted quiet\">The map and the table need this page’s own script; what follows does "
      "not.</p>"
      "<div class=\"scripted\">" +
          map_box(*all.result) +
          R"html(<div class="card" id="list"><div class="tools"><input type="search" id="find" placeholder="Search id, name, text" aria-label="Search id, name and text"/>
<label>By <select id="by"></select>
</label>
<label>Show <select id="kind"><option value="">All</option><option value="wrong">Wrong</option><option value="right">Right</option><option value="suspect">Suspect labels</option><option value="unsure">Left to review</option><option value="unlabelled">Without a label</option></select>
</label>
<button type="button" id="save">Download CSV</button>
</div><p class="chips" id="chips" aria-live="polite"></p>
<div class="scroll"><table class="products" id="rows"><thead></thead><tbody></tbody></table></div><div class="tools pages"><button type="button" id="before">Previous</button>
<span id="where"></span><button type="button" id="after">Next</button>
<label>Rows <select id="per"><option>25</option><option>50</option><option>100</option></select>
</label>
</div></div></div><dialog id="one" aria-label="Product"></dialog>)html");
}

}  // namespace detail::report
AISLE_NAMESPACE_END
