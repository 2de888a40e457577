#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include <aisle/base/file.hpp>
#include <aisle/catalogue/pipeline_set.hpp>
#include <aisle/catalogue/report.hpp>
#include <aisle/io/json.hpp>

#include "made_up.hpp"
#include "support/support.hpp"

using made_up_catalogue::made_up;

TEST_CASE("a row goes to the best pipeline that has what it needs; every row comes out") {
  const support::temporary_folder work;
  aisle::write_experiment(made_up().run(), work / "out");
  const auto set = aisle::pipeline_set::load(work / "out");
  REQUIRE(set.pipelines().size() == 3);
  CHECK(set.pipelines()[0].modality == "multimodal");
  CHECK(set.reading().at("id_column") == "sku");

  made_up fresh(20, {1, 2, 3}, {3, 4});
  fresh.products.products[5].label = "";
  fresh.products.products.erase(fresh.products.products.begin() + 7);
  fresh.products.problems.push_back({"made-up.csv", 7, "id1", "sku", "duplicate id"});
  for (auto* t : {&fresh.text, &fresh.image}) {
    const auto at = std::find(t->rows.begin(), t->rows.end(), 7) - t->rows.begin();
    aisle::index_vector keep;
    for (std::int64_t i = 0; i < t->vectors.rows(); ++i)
      if (i != at) keep.push_back(i);
    t->rows.erase(t->rows.begin() + at);
    t->vectors = t->vectors.rows(keep);
  }
  const auto found = aisle::predict(set, fresh.products, &fresh.text, &fresh.image);
  REQUIRE(found.rows.size() == 20);
  for (std::size_t r = 0; r < 20; ++r) {
    CAPTURE(r);
    const auto& row = found.rows[r];
    const std::string by =
        row.pipeline < 0 ? "" : set.pipelines()[static_cast<std::size_t>(row.pipeline)].modality;
    CHECK(by == (r == 3 || r == 7 ? "" : r == 1 || r == 2 ? "image" : r == 4 ? "text" : "multimodal"));
    CHECK(row.reason.empty() == !by.empty());
    CHECK(row.id == (r == 7 ? "id1" : "id" + std::to_string(r)));
  }
  CHECK(found.rows[3].reason.find("no text and no picture") != std::string::npos);
  CHECK(found.rows[7].reason == "column sku: duplicate id");
  // The same as the pipeline says alone.
  const auto alone = aisle::predict(set.pipelines()[0], &fresh.text, &fresh.image);
  CHECK(alone.probabilities(0, 1) == found.probabilities(0, 1));

  // No pictures at all: texts do what they can.
  const auto texts = aisle::predict(set, fresh.products, &fresh.text, nullptr);
  CHECK(texts.rows[0].pipeline >= 0);
  CHECK(texts.rows[1].pipeline < 0);
}

TEST_CASE("a class without a picture is said by texts, whatever pictures say") {
  // Of c no row has a picture: only texts, which cannot tell b from c, know that there is a c.
  std::set<std::int64_t> without;
  for (std::int64_t r = 0; r < 80; r += 4) without.insert(r);
  made_up catalogue(80, {}, without);
  for (std::size_t i = 0; i < 80; ++i)  // and they do tell c
    if (without.contains(static_cast<std::int64_t>(i)))
      catalogue.text.vectors(static_cast<std::int64_t>(i), 1) += 30;
  std::vector<std::string> warnings;
  aisle::experiment_options how;
  how.learners = {"logistic_regression"};
  how.on_warning = [&](std::string_view text) { warnings.emplace_back(text); };
  const auto e = catalogue.run(how);
  CHECK(std::count_if(warnings.begin(), warnings.end(), [](const std::string& text) {
          return text.find("1 class (\"c\") has no training row with what it looks at") != std::string::npos;
        }) == 2);
  for (const auto& m : e.result.models) {
    CHECK(m.unknown_classes.size() == (m.modality == "text" ? 0 : 1));
    CHECK(e.result.known_classes(m) == (m.modality == "text" ? 3 : 2));
  }
  CHECK(e.result.best()->modality == "text");
  CHECK(aisle::report_markdown(e.result).find("**Text · Logistic regression** puts") != std::string::npos);
  const support::temporary_folder work;
  aisle::write_experiment(e, work / "out");
  const auto set = aisle::pipeline_set::load(work / "out");
  CHECK(set.pipelines()[0].modality == "text");

  // New ones have pictures. However good those are thought to be, what texts call a c is one.
  made_up fresh(40);
  for (std::int64_t r = 0; r < 40; r += 4) fresh.text.vectors(r, 1) += 30;
  std::vector<aisle::pipeline> pictures_first(set.pipelines());
  std::stable_sort(pictures_first.begin(), pictures_first.end(), [](const auto& a, const auto& b) {
    return (a.modality == "multimodal") > (b.modality == "multimodal");
  });
  const aisle::pipeline_set other{pictures_first};
  REQUIRE(other.pipelines()[0].modality == "multimodal");
  const auto found = aisle::predict(other, fresh.products, &fresh.text, &fresh.image);
  for (std::size_t r = 0; r < 40; ++r) {
    CAPTURE(r);
    const auto& row = found.rows[r];
    const auto& by = other.pipelines()[static_cast<std::size_t>(row.pipeline)].modality;
    CHECK(by == (r % 4 == 0 ? "text" : "multimodal"));
    CHECK((found.classes.name(row.label) == "c") == (r % 4 == 0));
    float sum = 0;
    for (const float p : found.probabilities.row(static_cast<std::int64_t>(r))) sum += p;
    CHECK(sum == doctest::Approx(1).epsilon(1e-5));
  }
}

TEST_CASE("a folder of results: pipelines by cross-validation, the better first; older folders serve too") {
  const support::temporary_folder work;
  aisle::write_experiment(made_up().run({.learners = {"logistic_regression"}}), work / "out");
  const std::string file = work / "out/metrics.json";
  aisle::json metrics = aisle::read_json(file);
  aisle::json models = aisle::json::array();
  for (const aisle::json& m : metrics["models"].elements()) {
    aisle::json other = m;
    other["cross_validation_common_macro_f1"] = m.get<std::string>("modality") == "image" ? 99.9 : 50.0;
    models.push_back(other);
  }
  metrics["models"] = models;
  aisle::write_file(file, metrics.dump());
  const auto set = aisle::pipeline_set::load(work / "out");
  CHECK(set.pipelines()[0].modality == "image");
  CHECK(set.pipelines()[1].modality == "multimodal");

  std::filesystem::remove(work / "out/text.safetensors");
  CHECK(aisle::pipeline_set::load(work / "out").pipelines().size() == 3);
  CHECK(aisle::pipeline_set::load(work / "out/image.safetensors").pipelines().size() == 1);
  std::filesystem::remove(file);
  CHECK_THROWS_AS(aisle::pipeline_set::load(work / "out"), aisle::file_error);
  CHECK_THROWS_AS(aisle::pipeline_set({}), aisle::option_error);
}

TEST_CASE("a pipeline remembers how products are read") {
  const support::temporary_folder work;
  aisle::catalogue_options options{
      .id_column = "key", .text_columns = {"a \"b\"", "c,d"}, .image_column = "pic", .label_column = "kind"};
  made_up m;
  m.products.options = options;
  aisle::train_pipeline(m.products, &m.text, nullptr).save(work / "p.safetensors");
  CHECK_FALSE(aisle::file_exists(work / "p.safetensors.learner"));
  const auto p = aisle::pipeline::load(work / "p.safetensors");
  aisle::catalogue_options back;
  aisle::restore_reading(p.reading, back, "p");
  CHECK(back.id_column == options.id_column);
  CHECK(back.text_columns == options.text_columns);
  CHECK(back.image_column == options.image_column);
  CHECK(back.label_column == options.label_column);
  aisle::restore_reading({{"id_column", ""}, {"label_level", ""}}, back, "p");
  CHECK(aisle::remember_reading(back) == p.reading);
  CHECK_THROWS_AS(aisle::restore_reading({{"text_columns", "[1"}}, back, "p"), aisle::format_error);
}
