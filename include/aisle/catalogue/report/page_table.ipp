#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <set>
#include <type_traits>

#include <aisle/catalogue/report/clusters.hpp>
#include <aisle/catalogue/report/html_parts.hpp>
#include <aisle/catalogue/report/labels.hpp>
#include <aisle/catalogue/report/page_table.hpp>
#include <aisle/catalogue/report/pictures.hpp>
#include <aisle/catalogue/report/text.hpp>
#include <aisle/io/json.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail::report {

AISLE_API std::vector<std::int64_t> rows_of_page(const report_scores& all) {
  const experiment_result& r = *all.result;
  std::vector<std::int64_t> out = r.map.rows;
  for (std::size_t i = 0; i < r.products.size(); ++i)
    out.push_back(r.products.front().row >= 0 ? r.products[i].row : static_cast<std::int64_t>(i));
  for (const model_result& m : r.models) out.insert(out.end(), m.test_rows.begin(), m.test_rows.end());
  for (const product_verdict& v : r.verdicts) out.push_back(v.row);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

AISLE_API std::vector<std::int64_t> rows_by_interest(const report_scores& all,
                                                     const std::vector<std::int64_t>& rows) {
  std::vector<std::int64_t> out;
  std::set<std::int64_t> seen;
  const auto add = [&](std::int64_t row) {
    if (seen.insert(row).second) out.push_back(row);
  };
  for (const product_verdict& v : all.result->verdicts)
    if (v.suspect >= 0) add(v.row);
  for (const std::string& modality : all.modalities)
    for (const shown_row& s : confident_mistakes(*all.chosen(modality)->model, 1'000)) add(s.row);
  // Every eighth of all, then the others: wherever it stops, the sample is about even.
  for (std::size_t first : {0u, 4u, 2u, 6u, 1u, 5u, 3u, 7u})
    for (std::size_t i = first; i < rows.size(); i += 8) add(rows[i]);
  return out;
}

/// Little-endian, as every browser's typed arrays are.
template <class T>
json column_of(const std::vector<T>& values) {
  static_assert(std::endian::native == std::endian::little);
  return base64({reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)});
}

/// The dump of a document without what could end or begin markup.
AISLE_API std::string json_text(const json& document) {
  std::string out;
  for (const char c : document.dump()) switch (c) {
      case '<':
        out += "\\u003c";
        break;
      case '>':
        out += "\\u003e";
        break;
      case '&':
        out += "\\u0026";
        break;
      default:
        out += c;
    }
  return out;
}

/// Where data rows stand in the page's table.
class row_places {
 public:
  explicit row_places(const std::vector<std::int64_t>& rows) : rows_(rows) {}
  std::size_t size() const { return rows_.size(); }
  /// -1: nowhere.
  std::int32_t operator()(std::int64_t row) const {
    const auto found = std::lower_bound(rows_.begin(), rows_.end(), row);
    return found != rows_.end() && *found == row ? static_cast<std::int32_t>(found - rows_.begin()) : -1;
  }

 private:
  const std::vector<std::int64_t>& rows_;
};

/// What one classifier says of the products: their class, and of three classes the probabilities.
struct opinions {
  explicit opinions(std::size_t n) : said(n, -1), code(3 * n, -1), probability(3 * n) {}
  void add(std::int32_t at, const std::vector<likely_class>& likely) {
    for (std::size_t k = 0; k < likely.size(); ++k) {
      const double p = static_cast<double>(likely[k].probability);
      const auto to = 3 * static_cast<std::size_t>(at) + k;
      code[to] = likely[k].code;
      probability[to] = static_cast<std::uint16_t>(p > 0 ? std::min(65535.0, std::round(65535 * p)) : 0);
    }
  }
  void write(json& out, bool with_probabilities) const {
    out["said"] = column_of(said);
    if (!with_probabilities) return;
    out["top"] = column_of(code);
    out["p"] = column_of(probability);
  }
  std::vector<std::int32_t> said, code;
  std::vector<std::uint16_t> probability;
};

AISLE_API json models_json(const report_scores& all, const row_places& place,
                           std::vector<std::int32_t>& truth) {
  json out = json::array();
  for (const model_scores& m : all.models) {
    const model_result& r = *m.model;
    opinions of(place.size());
    const bool listed = !r.probabilities.empty() && (r.chosen || place.size() <= 5'000);
    for (std::size_t i = 0; i < r.test_rows.size(); ++i) {
      const std::int32_t at = place(r.test_rows[i]);
      truth[static_cast<std::size_t>(at)] = r.truth[i];
      of.said[static_cast<std::size_t>(at)] = r.predicted[i];
      if (listed) of.add(at, likeliest(r.probabilities.row(static_cast<std::int64_t>(i))));
    }
    json one =
        json::object({{"name", one_line(modality_title(r.modality)) + " · " + one_line(model_title(r.model))},
                      {"key", std::to_string(&m - all.models.data())},
                      {"chosen", r.chosen},
                      {"best", &m == all.best()}});
    of.write(one, listed);
    out.push_back(std::move(one));
  }
  const auto& verdicts = all.result->verdicts;
  opinions of(place.size());
  bool any = false;
  for (const product_verdict& v : verdicts) {
    const std::int32_t at = place(v.row);
    if (v.given >= 0) truth[static_cast<std::size_t>(at)] = v.given;
    if (v.likely.empty()) continue;  // a label and no opinion of it
    any = true;
    of.said[static_cast<std::size_t>(at)] = v.likely.front().code;
    of.add(at, v.likely);
  }
  if (!any) return out;
  json one = json::object({{"name", "Review of all labels"},
                           {"key", "review"},
                           {"chosen", true},
                           {"best", false},
                           {"review", true}});
  of.write(one, true);
  out.push_back(std::move(one));
  return out;
}

AISLE_API json clusters_json(const matrix<float>& points, const std::vector<std::string>& texts) {
  json out = json::array();
  for (const map_cluster& c : name_clusters(points, texts))
    out.push_back(json::object({{"x", c.x}, {"y", c.y}, {"n", c.points}, {"words", c.words}}));
  return out;
}

AISLE_API json map_json(const experiment_result& r, const row_places& place) {
  const product_map& map = r.map;
  const float nowhere = std::numeric_limits<float>::quiet_NaN();
  const auto width = static_cast<std::size_t>(map.tsne.cols());
  std::vector<float> tsne(width * place.size(), nowhere), axes(3 * place.size(), nowhere);
  std::vector<std::int32_t> nearest(5 * place.size(), -1);
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < map.rows.size(); ++i) {
    const auto at = static_cast<std::size_t>(place(map.rows[i]));
    const auto from = static_cast<std::int64_t>(i);
    for (std::size_t k = 0; k < 3; ++k) axes[3 * at + k] = map.axes(from, static_cast<std::int64_t>(k));
    for (std::size_t k = 0; k < width; ++k)
      tsne[width * at + k] = map.tsne(from, static_cast<std::int64_t>(k));
    for (std::int64_t k = 0; k < std::min<std::int64_t>(5, map.nearest.cols()); ++k)
      nearest[5 * at + static_cast<std::size_t>(k)] = place(map.nearest(from, k));
    const product_card* card = r.product_of(map.rows[i]);
    texts.push_back(card == nullptr ? "" : card->name + " " + card->text);
  }
  json out = json::object({{"pca", column_of(axes)},
                           {"nearest", column_of(nearest)},
                           {"pca_words", clusters_json(map.axes, texts)}});
  if (!tsne.empty()) {
    out["tsne"] = column_of(tsne);
    out["tsne_width"] = map.tsne.cols();
    out["tsne_words"] = clusters_json(map.tsne, texts);
  }
  return out;
}

AISLE_API std::string data_blocks(const report_scores& all, const std::vector<std::int64_t>& rows,
                                  const picture_sheets& pictures) {
  const experiment_result& r = *all.result;
  constexpr std::size_t most = 2'000'000'000;
  if (rows.empty() || rows.size() > most) return {};
  const row_places place(rows);
  const class_labels labels = label_classes(all.names);
  json out = json::object(), classes = json::array(), leaves = json::array();
  for (const std::string& name : all.names) classes.push_back(name);
  for (const std::string& leaf : labels.leaves) leaves.push_back(leaf);
  // 8 MB of texts at most, whatever is on them.
  const std::size_t limit = std::clamp<std::size_t>(8'000'000 / rows.size(), 100, 4'000);
  json ids = json::array(), names = json::array(), texts = json::array();
  std::vector<std::int32_t> truth(rows.size(), -1), suspect(rows.size(), -1), tile(rows.size(), -1);
  std::vector<double> numbers;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    static const product_card nothing;
    const product_card* known = r.product_of(rows[i]);
    const product_card& card = known == nullptr ? nothing : *known;
    ids.push_back(shortened(card.id, 200));
    names.push_back(shortened(card.name, 300));
    texts.push_back(shortened(card.text, limit));
    numbers.push_back(static_cast<double>(rows[i]));
    if (const auto t = pictures.tiles.find(rows[i]); t != pictures.tiles.end())
      tile[i] = static_cast<std::int32_t>(t->second);
  }
  for (const product_verdict& v : r.verdicts)
    suspect[static_cast<std::size_t>(place(v.row))] = static_cast<std::int32_t>(
        std::clamp<std::int64_t>(v.suspect, -1, std::numeric_limits<std::int32_t>::max()));
  out["rows"] = column_of(numbers);
  out["classes"] = std::move(classes);
  out["leaves"] = std::move(leaves);
  out["ids"] = std::move(ids);
  out["names"] = std::move(names);
  out["texts"] = std::move(texts);
  out["models"] = models_json(all, place, truth);
  out["truth"] = column_of(truth);
  out["suspect"] = column_of(suspect);
  out["tile"] = column_of(tile);
  out["side"] = pictures.side;
  out["across"] = pictures.across;
  out["sheets"] = static_cast<std::int64_t>(pictures.sheets.size());
  if (r.totals.filed > 0) out["threshold"] = r.totals.threshold;
  if (!r.map.rows.empty()) out["map"] = map_json(r, place);
  std::string blocks = "<template id=\"data\">" + json_text(out) + "</template>\n";
  for (std::size_t i = 0; i < pictures.sheets.size(); ++i)
    blocks +=
        "<template id=\"sheet-" + std::to_string(i) + "\">" + base64(pictures.sheets[i]) + "</template>\n";
  return blocks;
}

}  // namespace detail::report
AISLE_NAMESPACE_END
