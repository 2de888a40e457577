#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <aisle/base/counted.hpp>
#include <aisle/base/parallel.hpp>
#include <aisle/catalogue/report.hpp>
#include <aisle/catalogue/report/charts.hpp>
#include <aisle/catalogue/report/html_parts.hpp>
#include <aisle/catalogue/report/sections.hpp>
#include <aisle/catalogue/report/text.hpp>
#include <aisle/image/decode.hpp>
#include <aisle/image/encode.hpp>
#include <aisle/image/picture_turn.hpp>
#include <aisle/image/resize.hpp>

// Products with their pictures.

AISLE_NAMESPACE_BEGIN
namespace detail::report {

/// A JPEG of at most `side` x `side` pixels as a data: URI; empty when the picture cannot be read, and `why`
/// says the reason.
AISLE_API std::string thumbnail(const std::string& path, int side, std::string& why) {
  try {
    picture_turn turn;
    image picture = detail::read_image(path, turn);
    const int longest = std::max(picture.width(), picture.height());
    if (longest > side) {
      const auto scaled = [&](int v) {
        return std::max<std::int64_t>(1, (std::int64_t{v} * side + longest / 2) / longest);
      };
      picture = resize(picture, scaled(picture.width()), scaled(picture.height()), resize_filter::lanczos);
    }
    return "data:image/jpeg;base64," + base64(encode_jpeg(picture, {.quality = 82}));
  } catch (const machine_error&) {
    throw;  // no fault of the picture
  } catch (const error& e) {
    why = e.what();
    return {};
  }
}

/// Thumbnails by data row, made by all threads; a product that several lists show is read once.
AISLE_API std::map<std::int64_t, std::string> thumbnails(const experiment_result& result,
                                                         const std::vector<std::int64_t>& rows,
                                                         const page_options& options) {
  std::vector<std::int64_t> wanted;
  for (const std::int64_t row : rows)
    if (const product_card* card = result.product_of(row); card && !card->image_path.empty())
      wanted.push_back(row);
  std::sort(wanted.begin(), wanted.end());
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  std::vector<std::string> made(wanted.size()), why(wanted.size());
  if (options.refuse_picture)
    for (std::size_t i = 0; i < wanted.size(); ++i)
      why[i] = options.refuse_picture(result.product_of(wanted[i])->image_path);
  parallel_for(static_cast<std::int64_t>(wanted.size()), options.threads, [&](std::int64_t i) {
    const auto at = static_cast<std::size_t>(i);
    if (why[at].empty()) made[at] = thumbnail(result.product_of(wanted[at])->image_path, 144, why[at]);
  });
  std::set<std::int64_t> known;  // what is wrong with these stands among the skipped rows
  for (const skipped_row& s : result.skipped) known.insert(s.row);
  std::size_t unreadable = 0, first = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (!why[i].empty() && !known.contains(wanted[i]) && unreadable++ == 0) first = i;
  if (unreadable > 0 && options.on_warning)
    options.on_warning(std::to_string(unreadable) + " of " + counted(wanted.size(), "picture") +
                       " of the report cannot be read and are left out; the first: " + why[first]);
  std::map<std::int64_t, std::string> out;
  for (std::size_t i = 0; i < wanted.size(); ++i) out.emplace(wanted[i], std::move(made[i]));
  return out;
}

AISLE_API std::string product(const report_scores& all, const shown_row& shown,
                              const std::map<std::int64_t, std::string>& pictures) {
  static const product_card nothing;
  const product_card* known = all.result->product_of(shown.row);
  const product_card& card = known ? *known : nothing;
  const bool right = shown.truth == shown.predicted;
  std::string name = one_line(card.name);
  if (name.empty()) name = shortened(card.text, 80);
  if (name.empty()) name = card.id.empty() ? "Row " + std::to_string(shown.row) : one_line(card.id);
  const std::string words = shortened(card.text.empty() ? name : card.text, 220);
  const std::string title = name + (card.id.empty() ? "" : " (" + one_line(card.id) + ")");

  std::string out = "<li class=\"product\" title=\"" + escape_html(title) + "\">";
  const auto picture = pictures.find(shown.row);
  if (picture != pictures.end() && !picture->second.empty())
    out += "<div class=\"picture\"><img alt=\"\" loading=\"lazy\" src=\"" + picture->second + "\"/></div>";
  else
    out += "<div class=\"words\">" + isolated(words) + "</div>";
  out += "<div class=\"about\"><div class=\"name\">" + isolated(shortened(name, 120)) + "</div>";
  const std::string sure = std::isfinite(shown.probability)
                               ? " <span class=\"sure\">" +
                                     fixed(100 * static_cast<double>(shown.probability), 0) + "\u00a0%</span>"
                               : "";
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

AISLE_API std::string products_section(const report_scores& all, const page_options& options) {
  constexpr std::size_t most_mistakes = 24, most_hits = 16;
  std::map<const model_scores*, std::pair<std::vector<shown_row>, std::vector<shown_row>>> lists;
  std::vector<std::int64_t> rows;
  for (const std::string& modality : all.modalities) {
    const model_scores* m = all.chosen(modality);
    auto& [wrong, right] = lists[m];
    wrong = confident_mistakes(*m->model, most_mistakes);
    right = confident_hits(*m->model, most_hits);
    for (const auto* list : {&wrong, &right})
      for (const shown_row& s : *list) rows.push_back(s.row);
  }
  const auto pictures = thumbnails(*all.result, rows, options);
  return section(
      "products", "Products it got wrong, and right",
      "Mistakes it was surest of come first: they are worth a look, for it is often the catalogue that errs.",
      by_modality("products", all, [&](const model_scores& m) {
        const auto found = lists.find(&m);
        if (found == lists.end() || m.labels.empty()) return std::string();
        const auto& [wrong, right] = found->second;
        const auto mistakes = static_cast<std::int64_t>(m.wrong), total = static_cast<std::int64_t>(m.rows);
        const auto list = [&](const std::vector<shown_row>& shown) {
          std::string out = "<ul class=\"cards\">";
          for (const shown_row& s : shown) out += product(all, s, pictures);
          return out + "</ul>";
        };
        std::string out =
            "<p class=\"small quiet\">" + title_of(m) + ", " + grouped(total) + " test rows</p>";
        out += "<h3 class=\"with-count\">Wrong <span class=\"quiet\">" + grouped(mistakes) +
               (wrong.size() < static_cast<std::size_t>(mistakes)
                    ? ", the " + std::to_string(wrong.size()) + " surest shown"
                    : "") +
               "</span></h3>";
        out += wrong.empty() ? "<p class=\"quiet\">None.</p>" : list(wrong);
        out +=
            "<h3 class=\"with-count\">Right <span class=\"quiet\">" + grouped(total - mistakes) +
            (right.size() < static_cast<std::size_t>(total - mistakes) ? ", the surest of each class" : "") +
            "</span></h3>";
        return out + (right.empty() ? "<p class=\"quiet\">None.</p>" : list(right));
      }));
}

}  // namespace detail::report
AISLE_NAMESPACE_END
