#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <regex>
#include <set>
#include <string>

#include <aisle/base/file.hpp>
#include <aisle/base/process.hpp>
#include <aisle/catalogue/report.hpp>
#include <aisle/catalogue/report/charts.hpp>
#include <aisle/catalogue/report/markdown.hpp>
#include <aisle/catalogue/report/scores.hpp>
#include <aisle/catalogue/report/text.hpp>
#include <aisle/io/json.hpp>

#include "report_sample.hpp"
#include "support/support.hpp"

namespace parts = aisle::detail::report;

namespace {

bool contains(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

/// Lines of a text, without line breaks.
std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    out.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

/// Cells of a line of a Markdown table: bars without a backslash before them, less one.
std::int64_t cells(const std::string& line) {
  std::int64_t bars = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\')
      ++i;
    else if (line[i] == '|')
      ++bars;
  }
  return bars - 1;
}

}  // namespace

TEST_CASE("report.json holds everything: reading it gives the same reports, and the same JSON") {
  const support::temporary_folder folder;
  auto result = report_sample::make({.pictures = folder.path()});
  result.models[0].splits[0].seed = std::numeric_limits<std::uint64_t>::max();
  result.models[0].history.push_back({1.5, std::nan(""), 0.5});
  const float tricky[] = {0.1f, 1.0f / 3, 1e-30f, std::nextafter(1.0f, 0.0f), 1.17549435e-38f, 0.0f};
  for (std::int64_t c = 0; c < 6; ++c) result.models[1].probabilities(0, c) = tricky[c];
  aisle::save_result(result, folder / "report.json");
  const auto back = aisle::load_result(folder / "report.json");

  REQUIRE(back.models.size() == result.models.size());
  for (std::size_t i = 0; i < back.models.size(); ++i) {
    const auto &a = back.models[i], &b = result.models[i];
    CHECK(a.modality == b.modality);
    CHECK(a.model == b.model);
    CHECK(a.chosen == b.chosen);
    CHECK(a.cross_validation_macro_f1 == b.cross_validation_macro_f1);
    CHECK(a.fit_seconds == b.fit_seconds);
    CHECK(a.test_rows == b.test_rows);
    CHECK(a.truth == b.truth);
    CHECK(a.predicted == b.predicted);
    CHECK(a.probabilities == b.probabilities);
    CHECK(a.best_epoch == b.best_epoch);
    REQUIRE(a.splits.size() == b.splits.size());
    for (std::size_t s = 0; s < a.splits.size(); ++s) {
      CHECK(a.splits[s].seed == b.splits[s].seed);
      CHECK(a.splits[s].accuracy == b.splits[s].accuracy);
      CHECK(a.splits[s].macro_f1 == b.splits[s].macro_f1);
    }
    REQUIRE(a.history.size() == b.history.size());
  }
  CHECK(std::isnan(back.models[0].history.back().validation_loss));
  CHECK(back.models[2].history[3].loss == result.models[2].history[3].loss);
  CHECK(back.text_tokens == result.text_tokens);
  CHECK(back.phases == result.phases);
  CHECK(back.skipped[5].reason == result.skipped[5].reason);
  CHECK(back.products[7].text == result.products[7].text);
  CHECK(back.products[7].image_path == result.products[7].image_path);
  CHECK(aisle::report_html(back) == aisle::report_html(result));
  CHECK(aisle::report_markdown(back) == aisle::report_markdown(result));
  CHECK(aisle::report_notebook(back) == aisle::report_notebook(result));
  aisle::save_result(back, folder / "again.json");
  CHECK(aisle::read_file(folder / "again.json") == aisle::read_file(folder / "report.json"));
}

TEST_CASE("a report.json that is damaged is refused, and says where") {
  const support::temporary_folder folder;
  const std::string path = folder / "report.json";
  aisle::save_result(report_sample::make({.modalities = {"text"}, .models = {"mlp"}}), path);
  const aisle::json good = aisle::read_json(path);
  const auto refuse = [&](auto change, const std::string& says) {
    aisle::json bad = good;
    change(bad);
    aisle::write_file(path, bad.dump());
    std::string message;
    try {
      aisle::load_result(path);
    } catch (const aisle::format_error& e) {
      message = e.what();
    }
    CHECK_MESSAGE(contains(message, says), message);
    CHECK_MESSAGE(contains(message, path), message);
  };
  const auto model = [](aisle::json& j, const char* key, aisle::json value) {
    aisle::json m = std::as_const(j)["models"][0];
    m[key] = std::move(value);
    j["models"] = aisle::json::array({m});
  };
  refuse([](auto& j) { j["format"] = aisle::json("else"); }, "format");
  refuse([](auto& j) { j["version"] = aisle::json(2); }, "version");
  refuse([](auto& j) { j["classes"] = aisle::json::array({"one"}); }, "expected 1 probabilities");
  refuse([&](auto& j) { model(j, "truth", aisle::json::array({99})); }, "true classes");
  refuse([&](auto& j) { model(j, "probabilities", aisle::json::array({aisle::json::array({0.5})})); },
         "probabilities[0]");
  refuse(
      [&](auto& j) {
        model(j, "splits", aisle::json::array({aisle::json::object({{"seed", "-1"}})}));
      },
      "seed");
  refuse([&](auto& j) { model(j, "chosen", aisle::json("yes")); }, "chosen");
  aisle::write_file(path, aisle::read_file(path).substr(0, 200));
  CHECK_THROWS_AS(aisle::load_result(path), aisle::format_error);
  CHECK_THROWS_AS(aisle::load_result(folder / "absent.json"), aisle::file_error);
}

TEST_CASE("write_reports makes four files, the same ones every time") {
  const support::temporary_folder folder;
  const auto result = report_sample::make({.pictures = folder.path()});
  aisle::write_reports(result, folder / "a/b");
  aisle::write_reports(result, folder / "c");
  for (const char* name : {"report.html", "report.ipynb", "report.md", "report.json"}) {
    const std::string one = aisle::read_file(folder / (std::string("a/b/") + name));
    CHECK(one.size() > 5000);
    CHECK(one == aisle::read_file(folder / (std::string("c/") + name)));
  }
}

TEST_CASE("the notebook is one by nbformat 4.5") {
  auto result = report_sample::make();
  result.classes[0] = "\"quoted\" \xFF\n </style> name";
  const aisle::json book = aisle::parse_json(aisle::report_notebook(result), "report.ipynb");
  CHECK(book.get<int>("nbformat") == 4);
  CHECK(book.get<int>("nbformat_minor") == 5);
  std::set<std::string> ids;
  std::size_t code = 0, charts = 0;
  for (const aisle::json& cell : book["cells"].elements()) {
    const auto id = cell.get<std::string>("id");
    CHECK(std::regex_match(id, std::regex("[a-zA-Z0-9-_]{1,64}")));
    CHECK(ids.insert(id).second);
    CHECK(cell["metadata"].is_object());
    const auto lines = cell["source"].as_vector<std::string>();
    for (std::size_t i = 0; i < lines.size(); ++i) CHECK((lines[i].back() == '\n') == (i + 1 < lines.size()));
    if (cell.get<std::string>("cell_type") == "markdown") {
      CHECK(!cell.contains("outputs"));
      continue;
    }
    CHECK(cell.get<std::string>("cell_type") == "code");
    CHECK(cell.get<std::size_t>("execution_count") == ++code);
    for (const aisle::json& output : cell["outputs"].elements()) {
      if (const auto* data = output.find("data")) charts += data->contains("image/svg+xml");
      if (output.get<std::string>("output_type") == "execute_result")
        CHECK(output.get<std::size_t>("execution_count") == code);
    }
  }
  // Of each modality a confusion matrix, ROC curves, two charts of its network; and the lengths of the texts.
  CHECK(charts == 3 * 4 + 1);
  CHECK(code == 2 + 3 * 3 + 1);
}

TEST_CASE("drawings of the notebook are bounded, and say which classes they show") {
  report_sample::options few, many;
  few.modalities = many.modalities = {"text"};
  few.models = many.models = {"random_forest"};
  few.classes.clear(), many.classes.clear();
  for (int c = 0; c < 40; ++c) few.classes.push_back("class " + std::to_string(1000 + c));
  for (int c = 0; c < 300; ++c) many.classes.push_back("class " + std::to_string(1000 + c));
  few.rows = many.rows = 1200;
  const auto drawings = [](const aisle::experiment_result& result) {
    std::vector<std::string> out;
    const aisle::json book = aisle::parse_json(aisle::report_notebook(result), "report.ipynb");
    for (const aisle::json& cell : book["cells"].elements())
      if (const auto* outputs = cell.find("outputs"))
        for (const aisle::json& output : outputs->elements())
          if (const auto* data = output.find("data"); data && data->contains("image/svg+xml"))
            out.push_back((*data)["image/svg+xml"].dump());
    return out;
  };
  const auto count = [](const std::string& text, const std::string& what) {
    std::size_t n = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
    return n;
  };
  const auto small = report_sample::make(few), large = report_sample::make(many);
  const auto scores = parts::score_result(large);
  const std::size_t classes = parts::score_result(small).models[0].labels.size(),
                    of_large = scores.models[0].labels.size();
  REQUIRE(classes <= 40);
  REQUIRE(of_large > 100);
  const auto a = drawings(small), b = drawings(large);
  REQUIRE(a.size() == b.size());
  std::size_t all_a = 0, all_b = 0;
  for (const auto& d : a) all_a += d.size();
  for (const auto& d : b) all_b += d.size();
  CHECK(all_b < 3 * all_a);
  // Every class drawn stands on both axes.
  CHECK(count(a[0], "class=\\\"cell\\\"") == classes * classes);
  CHECK(count(b[0], "class=\\\"cell\\\"") == 40 * 40);
  const std::string book = aisle::report_notebook(large);
  CHECK(
      contains(book, "Drawn: 40 of " + std::to_string(of_large) + " classes, those that are mixed up most."));
  CHECK(book.size() < aisle::report_html(large).size());

  const auto which = parts::most_confused(scores.models[0], 40);
  REQUIRE(which.size() == 40);
  CHECK(std::is_sorted(which.begin(), which.end()));
  const auto mixed_up = [&](std::int64_t i) {
    double n = 0;
    for (std::int64_t j = 0; j < std::ssize(scores.models[0].labels); ++j)
      if (i != j) n += scores.models[0].counts(i, j) + scores.models[0].counts(j, i);
    return n;
  };
  double least = 1e9;
  for (const auto i : which) least = std::min(least, mixed_up(i));
  for (std::int64_t i = 0; i < std::ssize(scores.models[0].labels); ++i)
    if (!std::binary_search(which.begin(), which.end(), i)) CHECK(mixed_up(i) <= least);
}

TEST_CASE("tables of the Markdown report have as many cells in every row, whatever the names are") {
  report_sample::options options;
  options.classes = {"a|b",         "c\\|d", "`e`",   "<b>f</b>", "*g*", "[h](http://x)",
                     "line\nbreak", "\\",    "~~i~~", "# j",      ""};
  auto result = report_sample::make(options);
  result.command = "aisle `run` ``x``";
  for (auto& p : result.products) p.name = "x | " + p.name;
  const std::string page = aisle::report_markdown(result);
  std::int64_t expected = 0;
  bool fenced = false;
  for (const std::string& line : lines_of(page)) {
    if (line.starts_with("```")) fenced = !fenced;
    if (fenced || !line.starts_with("|")) {
      expected = 0;
      continue;
    }
    if (expected == 0) expected = cells(line);
    CHECK_MESSAGE(cells(line) == expected, line);
    CHECK(line.ends_with("|"));
  }
  CHECK(!contains(page, "<b>"));
  CHECK(contains(page, "- Command: ``` aisle `run` ``x`` ```"));
  CHECK(contains(page, "a\\|b"));
}

TEST_CASE("the Markdown report has the numbers of the result") {
  const auto result = report_sample::make();
  const std::string page = aisle::report_markdown(result);
  for (const auto& m : result.models) CHECK(contains(page, parts::fixed(m.cross_validation_macro_f1, 1)));
  for (std::size_t c = 0; c < result.classes.size(); ++c)
    CHECK(contains(page, "| " + parts::escape_markdown(result.classes[c]) + " | " +
                             std::to_string(result.class_counts[c]) + " |"));
  CHECK(contains(page, "The first 20 of 24."));
}

TEST_CASE("text of the reports") {
  CHECK(parts::fixed(12.345, 1) == "12.3");
  CHECK(parts::fixed(-0.001, 2) == "0.00");
  CHECK(parts::fixed(std::nan(""), 2) == "–");
  CHECK(parts::fixed(1e300, 0) == "1000000000000000");
  CHECK(parts::grouped(0) == "0");
  CHECK(parts::grouped(999) == "999");
  CHECK(parts::grouped(-1234567) == "-1,234,567");
  CHECK(parts::duration(0.4) == "0.40 s");
  CHECK(parts::duration(12.34) == "12.3 s");
  CHECK(parts::duration(245.2) == "4 min 05 s");
  CHECK(parts::duration(7385) == "2 h 03 min");
  CHECK(parts::base64("") == "");
  CHECK(parts::base64("f") == "Zg==");
  CHECK(parts::base64("fo") == "Zm8=");
  CHECK(parts::base64("foobar") == "Zm9vYmFy");
  CHECK(parts::base64("\xFF\xFE\xFD") == "//79");
  CHECK(parts::one_line(" a\nb\x01 ") == "a b");
  CHECK(parts::one_line("a\xC2\x85z\xEF\xBF\xBF\xFF") == "a z\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(parts::shortened("日本語のテキスト", 3) == "日本語…");
  CHECK(parts::shortened("short", 5) == "short");
  CHECK(parts::escape_html("<a b='c' d=\"e\">&") == "&lt;a b=&#39;c&#39; d=&quot;e&quot;&gt;&amp;");
  CHECK(parts::model_title("logistic_regression") == "Logistic regression");
}

TEST_CASE("a result of many rows: scores and counts of all, an even sample and what is shown of the rest") {
  const support::temporary_folder folder;
  auto result = report_sample::make({.rows = 3000, .pictures = {}});
  for (int i = 0; i < 400; ++i) result.skipped.push_back(result.skipped.front());
  const auto small = aisle::condense_result(result, 100);
  const auto all = parts::score_result(result), some = parts::score_result(small);
  REQUIRE(all.models.size() == some.models.size());
  for (std::size_t i = 0; i < all.models.size(); ++i) {
    const parts::model_scores &a = all.models[i], &b = some.models[i];
    CHECK(a.model->truth.size() == 1000);
    CHECK(b.model->sampled == 100);
    CHECK(b.model->truth.size() <= 140);
    CHECK(b.model->probabilities.rows() == static_cast<std::int64_t>(b.model->truth.size()));
    CHECK(a.counts.cells == b.counts.cells);
    CHECK(a.classification_report == b.classification_report);
    CHECK(a.rows == b.rows);
    CHECK(a.wrong == b.wrong);
    const auto wrong = parts::confident_mistakes(*a.model, 24),
               kept = parts::confident_mistakes(*b.model, 24);
    REQUIRE(wrong.size() == kept.size());
    for (std::size_t k = 0; k < wrong.size(); ++k) CHECK(wrong[k].row == kept[k].row);
    // The sample alone makes the curves.
    CHECK(b.macro_auc == doctest::Approx(a.macro_auc).epsilon(0.1));
  }
  CHECK(small.products.size() < 400);
  REQUIRE(small.product_of(small.products.back().row) != nullptr);
  CHECK(small.product_of(small.products.back().row)->id == result.product_of(small.products.back().row)->id);
  CHECK(small.product_of(1'000'000) == nullptr);
  CHECK(small.skipped.size() == 100);
  CHECK(small.skipped_in_all == 424);
  CHECK(parts::catalogue_markdown(all) == parts::catalogue_markdown(some));
  CHECK(parts::histogram(result.text_tokens, {}, 24, "x", "y") ==
        parts::histogram(small.text_tokens, small.text_rows, 24, "x", "y"));

  // Twice is once, and the file says it all.
  aisle::save_result(small, folder / "small.json");
  aisle::save_result(aisle::condense_result(small, 100), folder / "again.json");
  CHECK(aisle::read_file(folder / "small.json") == aisle::read_file(folder / "again.json"));
  const auto back = aisle::load_result(folder / "small.json");
  CHECK(aisle::report_html(back) == aisle::report_html(small));
  CHECK(aisle::report_markdown(back) == aisle::report_markdown(small));
  CHECK(aisle::report_notebook(back) == aisle::report_notebook(small));
  CHECK(contains(aisle::report_html(back), "From an even sample of the test rows, 100 of 1,000."));
  CHECK(contains(aisle::report_markdown(back), "AUC: of an even sample of the test rows, 100 of"));

  aisle::write_reports(result, folder / "pages", {.rows_kept = 100});
  CHECK(aisle::read_file(folder / "pages/report.json") == aisle::read_file(folder / "small.json"));
  CHECK(aisle::file_size(folder / "small.json") * 5 < [&] {
    aisle::save_result(result, folder / "all.json");
    return aisle::file_size(folder / "all.json");
  }());
}

TEST_CASE("of many classes few rows keep their probabilities") {
  report_sample::options options{.modalities = {"text"}, .models = {"mlp"}, .rows = 9000, .pictures = {}};
  options.classes.clear();
  for (int c = 0; c < 200; ++c) options.classes.push_back("class " + std::to_string(c));
  const auto result = report_sample::make(options);
  const auto& all = result.models[0];
  REQUIRE(all.probabilities.rows() == 3000);
  const auto small = aisle::condense_result(result, 20'000);
  CHECK(small.models[0].sampled == 2500);
  CHECK(parts::score_result(small).models[0].rows == 3000);
  CHECK(small.products.size() == result.products.size());
  CHECK_FALSE(parts::is_large(small, 20'000));
}

TEST_CASE("a result of 20,000 classes costs what its rows do") {
  aisle::experiment_result result;
  aisle::model_result m;
  m.modality = "text";
  m.model = "mlp";
  for (std::int32_t c = 0; c < 20'000; ++c) {
    result.classes.push_back("class " + std::to_string(c));
    result.class_counts.push_back(1);
    m.test_rows.push_back(c);
    m.truth.push_back(c);
    m.predicted.push_back(c % 3 == 0 ? (c + 1) % 20'000 : c);
  }
  result.models.push_back(m);
  aisle::reset_peak_resident();
  [[maybe_unused]] const std::uint64_t before = aisle::peak_resident_bytes();
  const auto scores = parts::score_result(result);
  CHECK(parts::most_confused(scores.models[0], 40).size() == 40);
  CHECK(parts::frequent_mix_ups(scores.models[0], 8).size() == 8);
  CHECK(contains(aisle::report_html(result), "classes are too many for a table"));
#ifndef AISLE_TEST_SANITIZED                                   // whose allocator keeps what was freed
  CHECK(aisle::peak_resident_bytes() - before < 300'000'000);  // a matrix would take 3.2 GB
#endif
}
