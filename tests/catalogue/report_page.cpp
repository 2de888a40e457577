#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/file.hpp>
#include <aisle/base/random.hpp>
#include <aisle/catalogue/product_map.hpp>
#include <aisle/catalogue/report.hpp>
#include <aisle/catalogue/report/clusters.hpp>
#include <aisle/catalogue/report/evidence.hpp>
#include <aisle/catalogue/report/findings.hpp>
#include <aisle/catalogue/report/labels.hpp>
#include <aisle/catalogue/report/markdown.hpp>
#include <aisle/catalogue/report/page_table.hpp>
#include <aisle/catalogue/report/sections.hpp>
#include <aisle/catalogue/report/style.hpp>
#include <aisle/catalogue/report/text.hpp>
#include <aisle/catalogue/review.hpp>
#include <aisle/io/json.hpp>

#include "report_sample.hpp"
#include "support/support.hpp"

// What the page's script works on, and what it begins with.

namespace {

namespace parts = aisle::detail::report;

bool contains(std::string_view text, std::string_view what) {
  return text.find(what) != std::string_view::npos;
}

/// A sample that was reviewed and has a map.
aisle::experiment_result reviewed(report_sample::options options = {}) {
  auto out = report_sample::make(options);
  aisle::random_generator random(3);
  const auto classes = static_cast<std::int32_t>(out.classes.size());
  for (std::int64_t r = 0; r < out.rows; ++r) {
    const auto given = static_cast<std::int32_t>(r % classes);
    const auto said = r % 10 == 0 ? (given + 1) % classes : given;
    aisle::product_verdict v{.row = r, .given = given, .likely = {}, .suspect = -1};
    v.likely = {{said, 0.9f}, {(said + 1) % classes, 0.05f}, {(said + 2) % classes, 0.01f}};
    if (r % 50 == 0) v.suspect = r / 50;
    out.verdicts.push_back(v);
  }
  out.totals = {.labelled = out.rows,
                .unlabelled = 0,
                .suspects = (out.rows + 49) / 50,
                .estimated_wrong = 7,
                .precision = 0.99,
                .threshold = 0.625,
                .filed = out.rows * 3 / 4,
                .filed_precision = 0.9925};
  out.map.of = "text";
  out.map.tsne = aisle::matrix<float>(out.rows, 2);
  out.map.axes = aisle::matrix<float>(out.rows, 3);
  out.map.nearest = aisle::matrix<std::int64_t>(out.rows, 2);
  out.map.explained = 0.25;
  out.map.laid_out = out.rows;
  out.map.dimensions = 8;
  for (std::int64_t r = 0; r < out.rows; ++r) {
    out.map.rows.push_back(r);
    for (float& v : out.map.tsne.row(r)) v = static_cast<float>(random.normal());
    for (float& v : out.map.axes.row(r)) v = static_cast<float>(random.normal());
    out.map.nearest(r, 0) = (r + 1) % out.rows;
    out.map.nearest(r, 1) = (r + 2) % out.rows;
  }
  return out;
}

/// The JSON of the page's data.
aisle::json data_of(const std::string& page) {
  const std::string open = "<template id=\"data\">";
  const auto begin = page.find(open) + open.size();
  return aisle::parse_json(page.substr(begin, page.find("</template>", begin) - begin), "data");
}

std::string bytes_of(const std::string& base64) {
  std::string out;
  unsigned bits = 0;
  int count = 0;
  for (const char c : base64) {
    if (c == '=') break;
    const auto at =
        std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/").find(c);
    bits = bits << 6 | static_cast<unsigned>(at);
    if ((count += 6) >= 8) out += static_cast<char>(bits >> (count -= 8) & 255);
  }
  return out;
}

template <class T>
std::vector<T> column(const aisle::json& base64) {
  const std::string bytes = bytes_of(base64.as<std::string>());
  std::vector<T> out(bytes.size() / sizeof(T));
  std::copy_n(bytes.data(), out.size() * sizeof(T), reinterpret_cast<char*>(out.data()));
  return out;
}

aisle::embedding_table crowds(std::int64_t rows, std::int64_t kinds, std::int64_t width, std::uint64_t seed) {
  aisle::embedding_table out;
  aisle::random_generator random(seed);
  out.vectors = aisle::matrix<float>(rows, width);
  for (std::int64_t r = 0; r < rows; ++r) {
    out.rows.push_back(2 * r);
    for (std::int64_t c = 0; c < width; ++c)
      out.vectors(r, c) = static_cast<float>((c % kinds == r % kinds ? 4 : 0) + 0.3 * random.normal());
  }
  return out;
}

}  // namespace

TEST_CASE("the page's data are the result's, whatever is in its texts") {
  const support::temporary_folder folder;
  report_sample::options options;
  options.pictures = folder.path();
  auto result = reviewed(options);
  result.products[5].name = "</template><script>alert(1)</script> & <b>";
  result.products[5].id = "\" onload=\"x";
  const std::string page = aisle::report_html(result);
  const aisle::json data = data_of(page);
  CHECK(data["names"][5].as<std::string>() == result.products[5].name);
  CHECK(data["ids"][5].as<std::string>() == result.products[5].id);
  CHECK(data["classes"].as_vector<std::string>() == result.classes);
  const auto truth = column<std::int32_t>(data["truth"]), suspect = column<std::int32_t>(data["suspect"]),
             tile = column<std::int32_t>(data["tile"]);
  REQUIRE(truth.size() == result.products.size());
  const auto all = parts::score_result(result);
  const auto models = data["models"].elements();
  REQUIRE(models.size() == all.models.size() + 1);
  for (std::size_t m = 0; m < all.models.size(); ++m) {
    const auto said = column<std::int32_t>(models[m]["said"]), top = column<std::int32_t>(models[m]["top"]);
    const auto p = column<std::uint16_t>(models[m]["p"]);
    const aisle::model_result& of = *all.models[m].model;
    CHECK(models[m].get<bool>("best") == (of.chosen && of.modality == "multimodal"));
    std::size_t asked = 0;
    for (std::size_t i = 0; i < of.test_rows.size(); ++i) {
      const auto at = static_cast<std::size_t>(of.test_rows[i]);
      CHECK(said[at] == of.predicted[i]);
      CHECK(top[3 * at] == of.predicted[i]);
      CHECK(p[3 * at] / 65535.0 == doctest::Approx(static_cast<double>(of.probabilities(
                                                       static_cast<std::int64_t>(i), of.predicted[i])))
                                       .epsilon(1e-3));
    }
    for (const std::int32_t s : said) asked += s >= 0;
    CHECK(asked == of.test_rows.size());
  }
  const auto said = column<std::int32_t>(models.back()["said"]);
  for (const aisle::product_verdict& v : result.verdicts) {
    const auto at = static_cast<std::size_t>(v.row);
    CHECK(said[at] == v.likely[0].code);
    CHECK(suspect[at] == v.suspect);
    CHECK((tile[at] >= 0) == !result.products[at].image_path.empty());
  }
  const auto nearest = column<std::int32_t>(data["map"]["nearest"]);
  CHECK(nearest[5 * 7] == 8);
  CHECK(nearest[5 * 7 + 2] == -1);
  CHECK(column<float>(data["map"]["tsne"])[3] == result.map.tsne(1, 1));
  CHECK(contains(page, "<template id=\"sheet-0\">"));
}

TEST_CASE("reviews and maps are written to report.json and read again; what does not fit is refused") {
  const support::temporary_folder folder;
  const auto result = reviewed();
  aisle::save_result(result, folder / "report.json");
  const auto back = aisle::load_result(folder / "report.json");
  CHECK(aisle::report_html(back) == aisle::report_html(result));
  CHECK(back.map.rows == result.map.rows);
  CHECK(back.totals.filed == result.totals.filed);
  aisle::save_result(back, folder / "again.json");
  const std::string text = aisle::read_file(folder / "report.json");
  CHECK(aisle::read_file(folder / "again.json") == text);

  const auto refuse = [&](const std::string& from, const std::string& to) {
    REQUIRE(contains(text, from));
    std::string bad = text;
    CAPTURE(to);
    bad.replace(bad.find(from), from.size(), to);
    aisle::write_file(folder / "bad.json", bad);
    CHECK_THROWS_AS(aisle::load_result(folder / "bad.json"), aisle::format_error);
  };
  refuse("\"given\":[0,", "\"given\":[13,");
  refuse("\"given\":[0,", "\"given\":[-2,");
  refuse("\"class\":[1,", "\"class\":[77,");
  refuse("\"likely\":[3,", "\"likely\":[4,");
  refuse("\"likely\":[3,", "\"likely\":[2,");
  refuse("\"pca\":[", "\"pca\":[0.5,");
  refuse("\"probability\":[0.9,", "\"probability\":[1e300,");
  refuse("\"suspect\":[0,", "\"suspect\":[");

  auto bad = result;
  bad.verdicts[3].likely[0].code = 13;
  CHECK_THROWS_AS(aisle::report_html(bad), aisle::shape_error);
  bad = result;
  bad.map.axes = aisle::matrix<float>(3, 3);
  CHECK_THROWS_AS(aisle::report_html(bad), aisle::shape_error);
}

TEST_CASE("of many products suspects and an even sample are kept") {
  auto result = reviewed({.rows = 2000});
  const auto small = aisle::condense_result(result, 100);
  CHECK(small.map.rows.size() <= 100);
  CHECK(small.map.rows.size() > 70);  // some suspects are in the sample, too
  CHECK(small.map.tsne.rows() == std::ssize(small.map.rows));
  CHECK(small.map.nearest.rows() == std::ssize(small.map.rows));
  std::size_t suspects = 0;
  for (const auto& v : small.verdicts) suspects += v.suspect >= 0;
  CHECK(suspects == 40);
  CHECK(small.totals.labelled == 2000);
  for (const std::int64_t row : small.map.rows) REQUIRE(small.product_of(row) != nullptr);
  CHECK(contains(aisle::report_html(small), " of 2,000 products"));
}

TEST_CASE("findings come first, and are the same on the page, in the Markdown and in the notebook") {
  const auto result = reviewed();
  const auto all = parts::score_result(result);
  const auto found = parts::find_findings(all);
  std::vector<std::string> keys;
  for (const auto& f : found) keys.push_back(f.key);
  CHECK(keys == std::vector<std::string>{"suspects", "file", "weakest", "best", "rows"});
  CHECK(found[0].figure == "6");
  CHECK(found[1].figure == "75.0 %");
  const aisle::model_result& best = *result.best();
  CHECK(found[3].figure ==
        parts::fixed(best.over_splits(&aisle::model_result::split_score::accuracy).mean, 1) + " %");
  const auto& m = *all.best();
  double least = 1;
  for (std::size_t i = 0; i < m.labels.size(); ++i)
    if (m.per_class.support[i] >= 5) least = std::min(least, m.per_class.scores[i].f1);
  CHECK(found[2].figure == parts::fixed(100 * least, 1) + " %");
  const std::string page = aisle::report_html(result), text = aisle::report_markdown(result),
                    notebook = aisle::report_notebook(result);
  CHECK(page.find("class=\"findings\"") < page.find("<nav"));
  for (const auto& f : found) {
    CHECK(contains(page, "<b>" + parts::escape_html(f.figure) + "</b>"));
    CHECK(contains(text, "**" + parts::escape_markdown(f.figure) + "** " + parts::escape_markdown(f.title)));
    CHECK(contains(notebook, parts::escape_markdown(f.title)));
  }
}

TEST_CASE("names of classes: leaves, common beginnings, the middle left out, scores by level") {
  const auto labels =
      parts::label_classes({"Home > Kitchen > Mugs", "Home > Kitchen > Pots", "Office > Pots", "Home"});
  CHECK(labels.separator == " > ");
  CHECK(labels.depth == 3);
  CHECK(labels.leaves == std::vector<std::string>{"Mugs", "Kitchen > Pots", "Office > Pots", "Home"});
  CHECK(parts::label_classes({"Women - Shoes", "Women - Bags", "Women - Belts"}).leaves ==
        std::vector<std::string>{"Shoes", "Bags", "Belts"});
  CHECK(parts::label_classes({"Shoes", "Bags", "Belts"}).leaves ==
        std::vector<std::string>{"Shoes", "Bags", "Belts"});
  CHECK(parts::label_classes({"a/b", "A and C", "d"}).separator.empty());
  // A slash within names is none between levels: levels have words above them, and names share those.
  for (const std::vector<std::string>& names : {std::vector<std::string>{"1/2 inch", "1/4 inch", "3/4 inch"},
                                                {"A/B", "C/D", "E"},
                                                {"A/B", "C/D", "E/F"}}) {
    const auto plain = parts::label_classes(names);
    CHECK(plain.separator.empty());
    CHECK(plain.leaves == names);
  }
  const auto slash = parts::label_classes({"Women/Bags/Small", "Women/Shoes", "Men/Shoes", "Men/Belts"});
  CHECK(slash.separator == "/");
  CHECK(slash.leaves == std::vector<std::string>{"Small", "Women/Shoes", "Men/Shoes", "Belts"});
  CHECK(parts::shortened_middle("abcdefghij", 10) == "abcdefghij");
  CHECK(parts::shortened_middle("abcdefghijk", 7) == "abc…ijk");
  CHECK(parts::shortened_middle("äöüßäöüßäöüß", 5) == "äö…üß");

  report_sample::options options{.modalities = {"text"}, .models = {"mlp"}};
  options.classes = {"A > x", "A > y", "B > x", "B > y"};
  const auto result = report_sample::make(options);
  const auto all = parts::score_result(result);
  const auto levels = parts::level_scores(all, all.models[0]);
  REQUIRE(levels.size() == 2);
  double top = 0, whole = 0;
  const auto& m = result.models[0];
  for (std::size_t r = 0; r < m.truth.size(); ++r) {
    top += 100.0 * (m.truth[r] / 2 == m.predicted[r] / 2) / static_cast<double>(m.truth.size());
    whole += 100.0 * (m.truth[r] == m.predicted[r]) / static_cast<double>(m.truth.size());
  }
  CHECK(levels[0] == doctest::Approx(top));
  CHECK(levels[1] == doctest::Approx(whole));
  CHECK(top > whole);
  CHECK(contains(aisle::report_html(result), "Text has " + parts::fixed(top, 1) + " % right to the first"));
}

TEST_CASE("classes with mistakes come first in a matrix, next to what they are mixed up with") {
  aisle::experiment_result result;
  aisle::model_result m;
  m.modality = "text", m.model = "mlp";
  for (int c = 0; c < 10; ++c) result.classes.push_back("class " + std::to_string(c));
  result.class_counts.assign(10, 10);
  const auto add = [&](std::int32_t truth, std::int32_t said, int times) {
    for (; times > 0; --times) {
      m.test_rows.push_back(std::ssize(m.test_rows));
      m.truth.push_back(truth);
      m.predicted.push_back(said);
    }
  };
  for (std::int32_t c = 0; c < 10; ++c) add(c, c, 5);
  add(2, 8, 4);
  add(8, 5, 1);
  add(1, 9, 2);
  result.models.push_back(m);
  const auto all = parts::score_result(result);
  const auto order = parts::confusion_order(all.models[0], 300);
  CHECK(order.size() == 10);
  CHECK(std::set<std::int64_t>(order.begin(), order.end()).size() == 10);
  CHECK(std::vector<std::int64_t>(order.begin(), order.begin() + 5) ==
        std::vector<std::int64_t>{8, 2, 5, 1, 9});
  CHECK(parts::confusion_order(all.models[0], 3) == std::vector<std::int64_t>{8, 2, 5});
}

TEST_CASE("every mistake in a matrix stands out, and its figure from it, in light and dark") {
  const std::string style = parts::page_style();
  const auto luminance = [](const std::string& hex) {
    double out = 0;
    const bool brief = hex.size() == 4;
    for (std::size_t k = 0; k < 3; ++k) {
      const std::string digits = brief ? std::string(2, hex[1 + k]) : hex.substr(1 + 2 * k, 2);
      const double v = std::stoi(digits, nullptr, 16) / 255.0;
      out += (k == 0   ? 0.2126
              : k == 1 ? 0.7152
                       : 0.0722) *
             (v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4));
    }
    return out;
  };
  for (std::size_t theme = style.find("--page:"), n = 0; n < 2;
       ++n, theme = style.find("--page:", theme + 1)) {
    const auto colour = [&](const std::string& name) {
      const auto at = style.find("--" + name + ":", theme) + name.size() + 3;
      return style.substr(at, style.find_first_of(";}", at) - at);
    };
    const auto contrast = [&](const std::string& a, const std::string& b) {
      const double x = luminance(colour(a)), y = luminance(colour(b));
      return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
    };
    for (const char* kind : {"m", "h"})
      for (int step = 1; step <= 3; ++step) {
        const std::string cell = kind + std::to_string(step);
        CAPTURE(cell);
        CHECK(contrast(cell, "sunken") >= 3);
        CHECK(contrast(cell, "surface") >= 3);
        CHECK(contrast(cell, step == 1 ? "on-1" : "on-2") >= 4.5);
      }
    CHECK(contrast("muted", "surface") >= 4.5);
  }
}

TEST_CASE("crowds of a map are named by words that others have not") {
  aisle::matrix<float> points(60, 2);
  std::vector<std::string> texts;
  const std::vector<std::string> kinds = {"Mug stone", "Lamp desk", "Shoe run"};
  for (std::int64_t r = 0; r < 60; ++r) {
    points(r, 0) = static_cast<float>(10 * (r % 3)) + static_cast<float>(r % 7) / 10;
    points(r, 1) = static_cast<float>(r % 5) / 10;
    texts.push_back("Shop " + kinds[static_cast<std::size_t>(r % 3)] + " " + std::to_string(r));
  }
  const auto found = parts::name_clusters(points, texts);
  REQUIRE(found.size() >= 3);
  std::string words;
  for (const auto& c : found) {
    words += c.words + " ";
    CHECK(!contains(c.words, "shop"));
    const std::string expected = c.x < 5 ? "mug" : c.x < 15 ? "lamp" : "shoe";
    CHECK_MESSAGE(contains(c.words, expected), c.words);
  }
  for (const char* word : {"mug", "lamp", "shoe"}) CHECK(contains(words, word));
  CHECK(parts::name_clusters(points, std::vector<std::string>(60)).empty());
}

TEST_CASE("a map keeps alike products together, the same with any number of threads") {
  const auto text = crowds(90, 3, 12, 1), image = crowds(60, 3, 9, 2);
  const auto map = aisle::map_products(&text, &image, {.threads = 1});
  CHECK(map.of == "multimodal");
  REQUIRE(map.rows.size() == 90);
  CHECK(map.rows[1] == 2);
  CHECK(map.tsne.rows() == 90);
  CHECK(map.axes.cols() == 3);
  CHECK(map.explained > 0.5);
  CHECK(map.laid_out == 90);
  int alike = 0;
  for (std::int64_t r = 0; r < 90; ++r)
    for (const std::int64_t n : map.nearest.row(r)) {
      CHECK(n != map.rows[static_cast<std::size_t>(r)]);
      alike += n / 2 % 3 == r % 3;
    }
  CHECK(alike == 450);
  const auto again = aisle::map_products(&text, &image, {.threads = 2});
  CHECK(std::equal(map.tsne.data(), map.tsne.data() + 180, again.tsne.data()));

  const auto few = aisle::map_products(&text, nullptr, {.rows = 40, .always = {2, 4}, .laid_out = 20});
  CHECK(few.of == "text");
  CHECK(few.rows.size() <= 40);
  CHECK(std::binary_search(few.rows.begin(), few.rows.end(), 2));
  CHECK(few.laid_out == 20);
  CHECK(aisle::map_products(&text, &image, {.modality = "image"}).rows.size() == 60);
  CHECK(aisle::map_products(nullptr, nullptr).rows.empty());
  CHECK_THROWS_AS(aisle::map_products(&text, nullptr, {.rows = 1}), aisle::option_error);
  // Vectors that are all the same lie on one another.
  aisle::embedding_table same = crowds(30, 3, 4, 1);
  for (std::int64_t r = 0; r < 30; ++r)
    for (float& v : same.vectors.row(r)) v = 0.5f;
  const auto flat = aisle::map_products(&same, nullptr);
  for (std::int64_t r = 0; r < 30; ++r) CHECK(std::isfinite(flat.axes(r, 0)));
  CHECK(std::isfinite(flat.explained));
}
