#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>

#include <aisle/base/file.hpp>
#include <aisle/catalogue/experiment.hpp>
#include <aisle/catalogue/report.hpp>
#include <aisle/io/csv.hpp>
#include <aisle/io/json.hpp>

#include "made_up.hpp"
#include "support/support.hpp"

using made_up_catalogue::find;
using made_up_catalogue::made_up;

TEST_CASE("predictions.csv: every test row of every modality, with what else it could have been") {
  const support::temporary_folder work;
  made_up m(80, {1, 2, 3});
  for (auto& p : m.products.products) p.line = p.row + 2;
  const auto e = m.run();
  aisle::write_experiment(e, work / "out");
  const auto table = aisle::read_csv(work / "out/predictions.csv");
  CHECK(table.header == std::vector<std::string>{"row", "line", "id", "name", "modality", "true_label",
                                                 "predicted", "probability", "runner_up",
                                                 "runner_up_probability", "true_label_probability", "side"});
  std::size_t expected = 0;
  for (const char* modality : {"multimodal", "image", "text"}) {
    const auto& r = *e.result.chosen(modality);
    expected += r.test_rows.size();
    std::size_t k = 0;
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
      if (table.at(i, "modality") != modality) continue;
      const auto row = std::stoll(table.at(i, "row"));
      REQUIRE(k < r.test_rows.size());
      CHECK(row == r.test_rows[k]);
      CHECK(table.at(i, "line") == std::to_string(row + 2));
      CHECK(table.at(i, "id") == "id" + std::to_string(row));
      CHECK(table.at(i, "true_label") == made_up::class_of(row));
      CHECK(table.at(i, "side") == "test");
      const auto p = r.probabilities.row(static_cast<std::int64_t>(k));
      std::vector<float> sorted(p.begin(), p.end());
      std::sort(sorted.rbegin(), sorted.rend());
      CHECK(std::stof(table.at(i, "probability")) == sorted[0]);
      CHECK(std::stof(table.at(i, "runner_up_probability")) == sorted[1]);
      CHECK(table.at(i, "runner_up") != table.at(i, "predicted"));
      CHECK(std::stof(table.at(i, "true_label_probability")) == p[static_cast<std::size_t>(r.truth[k])]);
      CHECK(table.at(i, "predicted") == e.result.classes[static_cast<std::size_t>(r.predicted[k])]);
      ++k;
    }
    CHECK(k == r.test_rows.size());
  }
  CHECK(table.rows.size() == expected);
  for (std::size_t i = 1; i < table.rows.size(); ++i)
    CHECK(std::stoll(table.at(i - 1, "row")) <= std::stoll(table.at(i, "row")));
}

TEST_CASE("the chosen classifiers are trained again on the rows of both sides") {
  const support::temporary_folder work;
  const made_up m;
  const auto e = m.run();
  aisle::write_experiment(e, work / "out");
  REQUIRE(e.final_pipelines.size() == 3);
  for (const char* modality : {"multimodal", "image", "text"}) {
    CAPTURE(modality);
    const std::string learner = e.result.chosen(modality)->model, name = modality;
    const auto mine = aisle::pipeline::load(work / ("out/" + name + ".safetensors"));
    const auto of_split = aisle::pipeline::load(work / ("out/" + name + "_" + learner + ".safetensors"));
    CHECK(mine.learner->kind() == learner);
    const auto *text = name == "image" ? nullptr : &m.text, *image = name == "text" ? nullptr : &m.image;
    auto by_hand = aisle::train_pipeline(m.products, text, image, {.how = {.learner = learner}});
    by_hand.temperature = mine.temperature;  // that one is of other folds
    const auto a = aisle::predict(mine, &m.text, &m.image), b = aisle::predict(by_hand, &m.text, &m.image),
               c = aisle::predict(of_split, &m.text, &m.image);
    CHECK(a.probabilities == b.probabilities);
    CHECK_FALSE(a.probabilities == c.probabilities);
  }
  CHECK(m.run({.folds = 0}).final_pipelines.empty());
}

TEST_CASE("every row is counted once, and who is left out is named") {
  made_up m(80, {1, 2, 3, 10}, {3, 4, 5, 10, 11});
  m.products.products[20].label = "lonely";
  m.products.products[21].label = "";
  m.products.problems.push_back(m.products.problem(m.products.products[21], "kind", "empty label"));
  m.products.products.erase(m.products.products.begin() + 30);
  m.products.problems.push_back({"made-up.csv", 30, "id1", "sku", "duplicate id, already in row 1"});
  const auto drop = [](aisle::embedding_table& t) {
    const auto at = std::find(t.rows.begin(), t.rows.end(), 30) - t.rows.begin();
    aisle::index_vector keep;
    for (std::int64_t i = 0; i < t.vectors.rows(); ++i)
      if (i != at) keep.push_back(i);
    t.rows.erase(t.rows.begin() + at);
    t.vectors = t.vectors.rows(keep);
  };
  drop(m.text), drop(m.image);
  const auto e = m.run({.learners = {"logistic_regression"}});
  const auto& u = e.result.usage;
  CHECK(u.text_only == 3);   // 4, 5, 11
  CHECK(u.image_only == 2);  // 1, 2
  CHECK(u.text_and_image == 80 - 5 - 2 - 3);
  CHECK(u.used() + u.not_used() == 80);
  std::map<std::string, std::int64_t> left_out(u.left_out.begin(), u.left_out.end());
  CHECK(left_out == std::map<std::string, std::int64_t>{{"neither a text nor a picture", 2},
                                                        {"the only row of its class", 1},
                                                        {"no label", 1},
                                                        {"no id of its own", 1}});
  std::set<std::int64_t> named;
  for (const auto& s : e.result.skipped) named.insert(s.row);
  CHECK(named == std::set<std::int64_t>{3, 10, 20, 21, 30});
}

TEST_CASE("scores on the rows that every modality has, and how many rows stand behind each") {
  const support::temporary_folder work;
  const auto e = made_up(80, {1, 2, 3, 5, 7, 9}, {3, 4, 6, 8, 12, 16})
                     .run({.learners = {"logistic_regression"}, .test_size = 0.5});
  const auto& both = find(e, "multimodal", "logistic_regression");
  const std::set<std::int64_t> common(both.test_rows.begin(), both.test_rows.end());
  for (const char* modality : {"multimodal", "image", "text"}) {
    const auto& r = find(e, modality, "logistic_regression");
    std::int64_t right = 0, rows = 0;
    for (std::size_t i = 0; i < r.test_rows.size(); ++i) {
      if (!common.contains(r.test_rows[i])) continue;
      ++rows;
      right += r.truth[i] == r.predicted[i];
    }
    CHECK(r.rows_tested() == static_cast<std::int64_t>(r.test_rows.size()));
    CHECK(r.common_rows_tested() == rows);
    CHECK(rows == static_cast<std::int64_t>(common.size()));
    CHECK(r.splits[0].common.accuracy ==
          doctest::Approx(100 * static_cast<double>(right) / static_cast<double>(rows)));
    CHECK(r.cross_validation_common_macro_f1 > 0);
  }
  CHECK(both.splits[0].common.accuracy == both.splits[0].accuracy);

  aisle::write_experiment(e, work / "out");
  const auto metrics = aisle::read_json(work / "out/metrics.json");
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& m = metrics["models"][i];
    CHECK(m.get<std::int64_t>("rows") == e.result.models[i].rows_tested());
    CHECK(m.get<std::int64_t>("common_rows") == static_cast<std::int64_t>(common.size()));
    CHECK(m.get<double>("common_accuracy_mean") == e.result.models[i].splits[0].common.accuracy);
  }
  CHECK(metrics["rows"].get<std::int64_t>("used") == e.result.usage.used());
  const std::string markdown = aisle::report_markdown(e.result), page = aisle::report_html(e.result);
  CHECK(markdown.find("Common rows") != std::string::npos);
  CHECK(markdown.find("took part") != std::string::npos);
  CHECK(page.find("Common rows") != std::string::npos);
  aisle::save_result(e.result, work / "report.json");
  CHECK(aisle::report_markdown(aisle::load_result(work / "report.json")) == markdown);
}
