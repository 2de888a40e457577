#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/file.hpp>
#include <aisle/base/hash.hpp>
#include <aisle/catalogue/report.hpp>
#include <aisle/catalogue/report/scores.hpp>
#include <aisle/catalogue/report/text.hpp>
#include <aisle/image/decode.hpp>
#include <aisle/io/utf8.hpp>
#include <aisle/learn/classification_report.hpp>

#include "report_sample.hpp"
#include "support/support.hpp"

namespace {

namespace parts = aisle::detail::report;

std::string_view until(std::string_view text, std::size_t at, std::string_view end) {
  return text.substr(at, text.find(end, at) - at);
}

/// What is wrong with `page` as XML (tags nest and close, attributes are quoted, entities are known, ids are
/// unique); empty if nothing is.
std::string complaint(std::string_view page) {
  std::vector<std::string> open;
  std::set<std::string> ids;
  if (aisle::find_invalid_utf8(page) != std::string_view::npos) return "not UTF-8";
  for (std::size_t i = page.find('\n'); i < page.size();) {
    const char c = page[i];
    if (page.substr(i, 9) == "<![CDATA[") {
      i = page.find("]]>", i);
      if (i == std::string_view::npos) return "CDATA has no end";
      i += 3;
      continue;
    }
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n')
      return "a control character at " + std::to_string(i);
    if (c == '&') {
      const auto name = until(page, i, ";");
      static const std::set<std::string_view> known = {"&amp", "&lt", "&gt", "&quot", "&#39"};
      if (!known.count(name)) return "entity " + std::string(name.substr(0, 12));
    }
    if (c != '<') {
      ++i;
      continue;
    }
    if (page[i + 1] == '/') {
      const auto name = until(page, i + 2, ">");
      if (open.empty() || open.back() != name)
        return "</" + std::string(name) + "> closes " + (open.empty() ? "nothing" : open.back());
      open.pop_back();
      i = page.find('>', i) + 1;
      continue;
    }
    std::size_t at = i + 1;
    while (at < page.size() && (std::isalnum(static_cast<unsigned char>(page[at])) != 0)) ++at;
    const std::string name(page.substr(i + 1, at - i - 1));
    if (name.empty()) return "a bare < at " + std::to_string(i);
    std::set<std::string> attributes;
    while (page[at] == ' ') {
      const std::size_t begin = ++at;
      at = page.find('=', at);
      const std::string key(page.substr(begin, at - begin));
      if (key.find_first_of(" <>\"'") != std::string::npos || page[at + 1] != '"')
        return "attribute " + key.substr(0, 20);
      if (!attributes.insert(key).second) return key + " given twice";
      const auto value = until(page, at + 2, "\"");
      if (value.find('<') != std::string_view::npos) return "< in attribute " + key;
      if (key == "id" && !ids.insert(std::string(value)).second) return "id " + std::string(value) + " twice";
      if ((key == "src" || key == "href") && !value.starts_with("#") &&
          !value.starts_with("data:image/jpeg;base64,"))
        return key + " leads out of the page";
      if (key.starts_with("on")) return "a script in " + key;
      at += 3 + value.size();
    }
    if (page.substr(at, 2) == "/>")
      ++at;
    else
      open.push_back(name);
    if (page[at] != '>') return "<" + name + " has no end";
    i = at + 1;
  }
  return open.empty() ? "" : "<" + open.back() + "> is not closed";
}

std::size_t occurrences(std::string_view text, std::string_view what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + what.size())) ++n;
  return n;
}
bool contains(std::string_view text, std::string_view what) {
  return text.find(what) != std::string_view::npos;
}

/// The text of a page's <section id="…">.
std::string section(const std::string& page, const std::string& id) {
  const auto begin = page.find("<section id=\"" + id + "\"");
  return begin == std::string::npos ? "" : page.substr(begin, page.find("</section>", begin) - begin);
}

}  // namespace

TEST_CASE("the checker of pages finds what is not well-formed") {
  CHECK(complaint("x\n<p class=\"a\">&amp;<br/></p>").empty());
  for (const char* bad : {"\n<p><b></p></b>", "\n<p>", "\n</p>", "\n<p class=a></p>", "\n<p>&nbsp;</p>",
                          "\n<p>\x01</p>", "\n<p id=\"a\"/><p id=\"a\"/>", "\n<a href=\"http://x\"/>",
                          "\n<p>1 < 2</p>", "\n<p onclick=\"x\"/>", "\n<p a=\"1\" a=\"2\"/>"})
    CHECK_MESSAGE(!complaint(bad).empty(), bad);
}

TEST_CASE("the page is well-formed and holds every section") {
  const support::temporary_folder folder;
  const auto result = report_sample::make({.pictures = folder.path()});
  const std::string page = aisle::report_html(result);
  CHECK(complaint(page) == "");
  for (const char* id :
       {"scores", "products", "classes", "confusion", "roc", "training", "catalogue", "run"}) {
    CHECK_MESSAGE(!section(page, id).empty(), id);
    CHECK_MESSAGE(contains(page, "href=\"#" + std::string(id) + "\""), id);
  }
  CHECK(contains(page, "spring &amp; summer.csv"));
  CHECK(contains(section(page, "run"),
                 "aisle run --data &#39;catalogues/spring &amp; summer.csv&#39; --out results"));
  CHECK(contains(section(page, "run"), "embed images</bdi></td><td class=\"n\">41.9 s"));
  CHECK(contains(section(page, "catalogue"), "The first 20 of 24."));
  CHECK(aisle::report_html(result) == page);
}

TEST_CASE("numbers of the page are those of the metrics") {
  const auto result = report_sample::make();
  const std::string page = aisle::report_html(result);
  const std::string scores = section(page, "scores"), classes = section(page, "classes"),
                    roc = section(page, "roc");
  for (const aisle::model_result& m : result.models) {
    double mean = 0, squares = 0;
    for (const auto& s : m.splits) mean += s.accuracy / 5;
    for (const auto& s : m.splits) squares += (s.accuracy - mean) * (s.accuracy - mean);
    CHECK(contains(scores, parts::fixed(mean, 1) + " ± " + parts::fixed(std::sqrt(squares / 4), 1)));
    CHECK(contains(scores, parts::fixed(m.cross_validation_macro_f1, 1)));

    std::vector<std::string> truth, predicted;
    for (const auto c : m.truth) truth.push_back(result.classes[static_cast<std::size_t>(c)]);
    for (const auto c : m.predicted) predicted.push_back(result.classes[static_cast<std::size_t>(c)]);
    const auto expected =
        aisle::precision_recall_f1(aisle::label_vector(truth), aisle::label_vector(predicted));
    for (std::size_t i = 0; i < expected.labels.size(); ++i) {
      const auto& s = expected.scores[i];
      const auto row = classes.find(
          "<bdi>" + parts::escape_html(expected.labels[i]) + "</bdi></button></th><td class=\"n\" data-v=\"" +
          parts::fixed(expected.support[i], 0) + "\">" + parts::fixed(expected.support[i], 0) +
          "</td><td data-v=\"" + parts::fixed(s.precision, 6) + "\">");
      REQUIRE_MESSAGE(row != std::string::npos, expected.labels[i]);
    }
    for (const double v : {expected.macro.f1, expected.weighted.f1})
      CHECK(contains(classes, "data-v=\"" + parts::fixed(v, 6) + "\""));

    std::vector<std::int64_t> codes(m.truth.begin(), m.truth.end());
    aisle::matrix<double> p(m.probabilities.rows(), m.probabilities.cols());
    for (std::int64_t r = 0; r < p.rows(); ++r)
      for (std::int64_t c = 0; c < p.cols(); ++c) p(r, c) = static_cast<double>(m.probabilities(r, c));
    const auto areas = aisle::roc_auc(aisle::label_vector(codes), p.view());
    CHECK(contains(roc, "<b>Macro average</b><b>" + parts::fixed(areas.macro, 3) + "</b>"));
    for (std::size_t c = 0; c < areas.per_class.size(); ++c)
      CHECK(contains(roc, "<bdi>" + parts::escape_html(result.classes[c]) + "</bdi></span><span>" +
                              parts::fixed(areas.per_class[c], 3) + "</span>"));
  }
  CHECK(occurrences(classes, "macro avg") == result.models.size());
}

TEST_CASE("a confusion matrix adds up to the test rows, and mix-ups are its off-diagonal cells") {
  const auto result = report_sample::make();
  const auto all = parts::score_result(result);
  for (const auto& m : all.models) {
    double sum = 0, wrong = 0;
    for (std::int64_t i = 0; i < std::ssize(m.labels); ++i)
      for (std::int64_t j = 0; j < std::ssize(m.labels); ++j) {
        sum += m.counts(i, j);
        if (i != j) wrong += m.counts(i, j);
      }
    CHECK(sum == static_cast<double>(m.model->truth.size()));
    std::int64_t mixed = 0;
    for (const auto& p : parts::frequent_mix_ups(m, 1000)) mixed += p.rows;
    CHECK(static_cast<double>(mixed) == wrong);
    CHECK(m.macro_curve.tpr.back() == doctest::Approx(1));
    CHECK(aisle::auc(m.macro_curve.fpr, m.macro_curve.tpr) == doctest::Approx(m.macro_auc).epsilon(1e-9));
  }
  CHECK(all.best()->model->modality == "multimodal");
  CHECK(all.chosen("text")->model->chosen);
  CHECK(all.chosen("smell") == nullptr);
}

TEST_CASE("the matrix has true classes as rows; classes are listed by size, phases by share") {
  const auto result = report_sample::make({.modalities = {"text"}, .models = {"mlp"}});
  const std::string page = aisle::report_html(result);
  const auto& m = result.models[0];
  std::vector<std::vector<int>> counts(13, std::vector<int>(13));
  for (std::size_t r = 0; r < m.truth.size(); ++r)
    ++counts[static_cast<std::size_t>(m.truth[r])][static_cast<std::size_t>(m.predicted[r])];
  const std::string heat = section(page, "confusion");
  int asymmetric = 0;
  for (std::size_t i = 0; i < 13; ++i)
    for (std::size_t j = 0; j < 13; ++j) {
      if (counts[i][j] == 0) continue;
      int row = 0;
      for (const int n : counts[i]) row += n;
      asymmetric += counts[i][j] != counts[j][i];
      const std::string what = i == j ? ": right " : " taken for " + result.classes[j] + " ";
      const std::string title = parts::escape_html(result.classes[i] + what + std::to_string(counts[i][j]) +
                                                   " of " + std::to_string(row));
      const std::string cell =
          " data-truth=\"" + std::to_string(i) + "\" data-said=\"" + std::to_string(j) + "\"";
      CHECK_MESSAGE(
          contains(heat, "title=\"" + title + "\"><span>" + std::to_string(counts[i][j]) + "</span>"), title);
      CHECK_MESSAGE(contains(heat, cell), title);
    }
  CHECK(asymmetric > 0);

  const std::string catalogue = section(page, "catalogue");
  std::size_t largest = 0, smallest = 0;
  for (std::size_t c = 0; c < 13; ++c) {
    if (result.class_counts[c] > result.class_counts[largest]) largest = c;
    if (result.class_counts[c] < result.class_counts[smallest]) smallest = c;
  }
  CHECK(catalogue.find(parts::escape_html(result.classes[largest])) <
        catalogue.find(parts::escape_html(result.classes[smallest])));
  CHECK(contains(section(page, "run"), "68.1 %"));  // 41.87 s of 61.52 s
}

TEST_CASE("pictures are embedded as small JPEG files, confident mistakes first") {
  const support::temporary_folder folder;
  const auto result = report_sample::make({.pictures = folder.path()});
  const std::string products = section(aisle::report_html(result), "products");
  CHECK(occurrences(products, "<img ") > 20);
  CHECK(contains(products, "<table class=\"compact texts\">"));  // every fourth product has no picture
  CHECK(!contains(products, "loading=\"lazy\""));                // which paper would show blank

  const auto mistakes = parts::confident_mistakes(*result.chosen("multimodal"), 24);
  REQUIRE(mistakes.size() > 2);
  CHECK(std::is_sorted(mistakes.begin(), mistakes.end(),
                       [](const auto& a, const auto& b) { return a.probability > b.probability; }));
  const std::string first =
      parts::escape_html(result.products[static_cast<std::size_t>(mistakes[0].row)].name);
  const bool pictured = !result.products[static_cast<std::size_t>(mistakes[0].row)].image_path.empty();
  const std::string_view list = pictured ? until(products, products.find("<li class=\"product\""), "</li>")
                                         : until(products, products.find("compact texts"), "</tr><tr>");
  CHECK(contains(list, first));

  const auto hits = parts::confident_hits(*result.chosen("multimodal"), 13);
  std::set<std::int32_t> classes;
  for (const auto& s : hits) {
    CHECK(s.truth == s.predicted);
    classes.insert(s.truth);
  }
  CHECK(classes.size() == hits.size());
}

TEST_CASE("a picture that cannot be read is replaced by the product's text") {
  const support::temporary_folder folder;
  auto result = report_sample::make();
  for (auto& p : result.products) p.image_path = folder / "absent.jpg";
  aisle::write_file(folder / "broken.jpg", "\xFF\xD8\xFFnot a picture");
  result.products[0].image_path = folder / "broken.jpg";
  std::string warning;
  const aisle::page_options options{.threads = 2, .on_warning = [&](std::string_view w) { warning = w; }};
  const std::string page = aisle::report_html(result, options);
  CHECK(complaint(page) == "");
  CHECK(!contains(page, "<img "));
  CHECK(contains(page, "made of what lasts"));
  CHECK(contains(warning, "pictures of the report cannot be read"));
  CHECK(contains(warning, folder.path()));
  // What the run said of its rows need not be said again.
  for (std::int64_t r = 0; r < result.rows; ++r)
    result.skipped.push_back({"products.csv", r, "", "image_path", "gone"});
  warning.clear();
  CHECK(aisle::report_html(result, options) != page);
  CHECK(warning.empty());
}

TEST_CASE("hostile names stay text") {
  const std::vector<std::string> hostile = {"</script><script>alert(1)</script>",
                                            "\" onload=\"alert(1)",
                                            "' onload='x",
                                            "<img src=x onerror=alert(1)>",
                                            "&lt;b&gt; &#60; &",
                                            "]]> --> <!--",
                                            "👟 émoji 日本語",
                                            "\u202Eright to left שלום",
                                            std::string("nul\0inside", 10),
                                            "line\nbreak\ttab\x1B[31m",
                                            "broken \xFF\xC3( \xED\xA0\x80",
                                            "\xEF\xBF\xBE\xC2\x85",
                                            ""};
  report_sample::options options;
  options.classes = hostile;
  auto result = report_sample::make(options);
  for (std::size_t i = 0; i < result.products.size(); ++i) {
    auto& p = result.products[i];
    p = {hostile[i % 13], hostile[(i + 1) % 13], hostile[(i + 2) % 13], hostile[i % 13]};
  }
  for (auto* text : {&result.catalogue, &result.label, &result.text_model, &result.image_model,
                     &result.fusion, &result.kernel, &result.command, &result.created})
    *text = hostile[0] + hostile[1] + hostile[10];
  for (auto& s : result.skipped) s = {hostile[0], 1, hostile[1], hostile[2], hostile[10]};
  for (auto& phase : result.phases) phase.first = hostile[0];
  for (auto& m : result.models) m.model += hostile[3];
  const std::string page = aisle::report_html(result);
  CHECK(complaint(page) == "");
  CHECK(occurrences(page, "<script>") == 1);
  CHECK(!contains(page, "<img"));
  CHECK(contains(page, "👟 émoji 日本語"));
  CHECK(contains(page, "<bdi>\u202Eright to left שלום</bdi>"));
  CHECK(contains(page, "&lt;/script&gt;&lt;script&gt;alert(1)"));
}

TEST_CASE("what a run did not do has no section") {
  SUBCASE("text only, one split, no network, nothing skipped") {
    auto result = report_sample::make({.modalities = {"text"}, .models = {"random_forest"}});
    for (auto& m : result.models) m.splits.resize(1);
    result.skipped.clear();
    const std::string page = aisle::report_html(result);
    CHECK(complaint(page) == "");
    CHECK(section(page, "training").empty());
    CHECK(!contains(page, "href=\"#training\""));
    CHECK(!contains(page, "Rows skipped"));
    CHECK(!contains(page, " ± "));
    CHECK(!contains(page, "class=\"tabs\""));
    CHECK(!contains(page, "id=\"map\""));
    CHECK(contains(page, parts::fixed(result.models[0].splits[0].accuracy, 1)));
  }
  SUBCASE("pictures only") {
    auto result = report_sample::make({.modalities = {"image"}});
    result.text_tokens.clear();
    result.text_model.clear();
    const std::string page = aisle::report_html(result);
    CHECK(complaint(page) == "");
    CHECK(!contains(page, "Length of the texts"));
    CHECK(!contains(page, "Text model"));
  }
  SUBCASE("a class without test rows, probabilities or not") {
    auto result = report_sample::make();
    for (auto& m : result.models) {
      for (std::size_t r = 0; r < m.truth.size(); ++r) {
        if (m.truth[r] == 4) m.truth[r] = 5;
        if (m.predicted[r] == 4) m.predicted[r] = 5;
      }
      if (m.model == "mlp") m.probabilities = {};
    }
    const std::string page = aisle::report_html(result);
    CHECK(complaint(page) == "");
    CHECK(!contains(section(page, "confusion"), "Lamps"));
    CHECK(!contains(section(page, "roc"), "Lamps"));
    CHECK(contains(section(page, "catalogue"), "Lamps"));
    CHECK(occurrences(section(page, "roc"), "Neural network") == 0);
  }
  SUBCASE("no models at all") {
    aisle::experiment_result result;
    result.catalogue = "empty.csv";
    const std::string page = aisle::report_html(result);
    CHECK(complaint(page) == "");
    CHECK(section(page, "scores").empty());
  }
  SUBCASE("numbers that are none") {
    auto result = report_sample::make();
    for (auto& m : result.models) {
      for (auto& e : m.history) e.validation_loss = e.validation_accuracy = std::nan("");
      m.probabilities(0, 0) = std::nanf("");
      m.splits[0].accuracy = std::nan("");
      m.best_epoch = 1'000'000;
    }
    result.peak_mb = std::nan("");
    result.phases[0].second = std::nan("");
    const std::string page = aisle::report_html(result);
    CHECK(complaint(page) == "");
    CHECK(!contains(page.substr(0, page.find("<template")), "nan"));
  }
}

TEST_CASE("parts that do not fit each other are refused") {
  const auto good = report_sample::make();
  const auto refuse = [&](auto change) {
    auto bad = good;
    change(bad);
    CHECK_THROWS_AS(aisle::report_html(bad), aisle::shape_error);
    CHECK_THROWS_AS(aisle::report_markdown(bad), aisle::shape_error);
    CHECK_THROWS_AS(aisle::report_notebook(bad), aisle::shape_error);
  };
  refuse([](auto& r) { r.class_counts.pop_back(); });
  refuse([](auto& r) { r.models[0].predicted.pop_back(); });
  refuse([](auto& r) { r.models[0].test_rows.pop_back(); });
  refuse([](auto& r) { r.models[0].truth[0] = 13; });
  refuse([](auto& r) { r.models[0].predicted[0] = -1; });
  refuse([](auto& r) { r.models[0].probabilities = aisle::matrix<float>(3, 13); });
}

TEST_CASE("a page of 1,100 products and 25 classes stays small" *
          doctest::skip(support::long_when_sanitized())) {
  const support::temporary_folder folder;
  report_sample::options options;
  for (int i = 0; i < 12; ++i) options.classes.push_back("Class " + std::to_string(i));
  options.rows = 1100;
  options.pictures = folder.path();
  CHECK(aisle::report_html(report_sample::make(options)).size() < 6'000'000);
}

TEST_CASE("the page lets its own script run and no other") {
  const std::string page = aisle::report_html(report_sample::make());
  const std::string open = "<script>";
  const auto begin = page.find(open) + open.size();
  const std::string script(until(page, begin, "</script>"));
  CHECK(page.find("<script", begin) == std::string::npos);
  aisle::sha256 sum;
  sum.update(script);
  std::string bytes;
  const std::string digits = sum.hex();
  for (std::size_t i = 0; i < digits.size(); i += 2)
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  CHECK(page.find("; script-src 'sha256-" + parts::base64(bytes) + "'; ") != std::string::npos);
}
