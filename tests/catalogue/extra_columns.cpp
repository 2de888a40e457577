// Columns of a catalogue beside its vectors, from training to new products.

#include <doctest/doctest.h>

#include <string>

#include <aisle/base/file.hpp>
#include <aisle/catalogue/experiment.hpp>
#include <aisle/catalogue/pipeline_set.hpp>
#include <aisle/catalogue/report.hpp>
#include <aisle/catalogue/review.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/safetensors.hpp>

#include "made_up.hpp"
#include "support/support.hpp"

using made_up_catalogue::made_up;

namespace {

/// Vectors that tell nothing; a price and a maker that only together tell all three classes, and a column of
/// chance.
made_up told_by_columns(std::int64_t rows = 120, std::uint64_t seed = 11) {
  made_up m(rows);
  aisle::random_generator random(seed);
  for (aisle::embedding_table* table : {&m.text, &m.image})
    for (float& v : std::span(table->vectors.data(), static_cast<std::size_t>(rows * table->vectors.cols())))
      v = static_cast<float>(random.normal());
  m.products.header = {"sku", "kind", "price", "maker", "chance"};
  for (aisle::product& p : m.products.products) {
    const double price = (p.label == "a" ? 20 : 1500) + 5 * random.uniform(0, 1);
    const std::string cents = std::to_string(static_cast<int>(100 * price));
    const std::string whole = cents.substr(0, cents.size() - 2);
    p.fields.push_back("$" + (whole.size() > 3 ? whole.substr(0, 1) + "," + whole.substr(1) : whole) + "." +
                       cents.substr(cents.size() - 2));
    p.fields.push_back(p.label == "c" ? "Smith" : random.below(2) ? "Miller" : "Baker");
    p.fields.push_back("x" + std::to_string(random.below(4)));
  }
  return m;
}

const std::vector<std::string> columns{"price", "maker", "chance"};

std::int64_t right(const aisle::pipeline_prediction& said) {
  std::int64_t out = 0;
  for (std::size_t i = 0; i < said.rows.size(); ++i)
    out += said.labels[static_cast<std::int64_t>(i)] == made_up::class_of(said.rows[i]);
  return out;
}

}  // namespace

TEST_CASE("extra columns tell what vectors do not, in a pipeline that is kept, too") {
  const support::temporary_folder work;
  const made_up m = told_by_columns();
  const made_up fresh = told_by_columns(60, 12);
  for (const char* learner : {"logistic_regression", "linear_svm", "random_forest"}) {
    CAPTURE(learner);
    const auto p = aisle::train_pipeline(m.products, &m.text, &m.image,
                                         {.how = {.learner = learner, .columns = columns}});
    CHECK(p.how.columns == columns);
    CHECK(p.features.columns.columns()[0].kind == aisle::column_kind::number);
    CHECK(p.features.columns.columns()[1].kind == aisle::column_kind::category);
    p.save(work / "p.safetensors");
    const auto kept = aisle::pipeline::load(work / "p.safetensors");
    CHECK(kept.how == p.how);
    const auto said = aisle::predict(kept, &fresh.text, &fresh.image, &fresh.products);
    CHECK(said.probabilities == aisle::predict(p, &fresh.text, &fresh.image, &fresh.products).probabilities);
    CHECK(said.known.size() == 60);
    CHECK(right(said) >= 57);
    const auto without = aisle::train_pipeline(m.products, &m.text, &m.image, {.how = {.learner = learner}});
    CHECK(right(aisle::predict(without, &fresh.text, &fresh.image)) < 45);
  }
  const auto kept = aisle::pipeline::load(work / "p.safetensors");
  CHECK_THROWS_WITH_AS(aisle::predict(kept, &fresh.text, &fresh.image),
                       doctest::Contains("without their catalogue"), aisle::option_error);
  // A catalogue that lacks a column is refused; one whose cells are empty or new is not.
  made_up other = fresh;
  other.products.header[2] = "prize";
  CHECK_THROWS_WITH_AS(aisle::predict(aisle::pipeline_set({kept}), other.products, &other.text, &other.image),
                       doctest::Contains("no column 'price' (extra_columns)"), aisle::missing_column);
  other = fresh;
  for (aisle::product& p : other.products.products) p.fields[2] = "", p.fields[3] = "unheard of";
  CHECK(aisle::predict(kept, &other.text, &other.image, &other.products).rows.size() == 60);
  // Without the columns a file is none.
  const aisle::state_dict good = aisle::read_safetensors(work / "p.safetensors");
  auto metadata = good.metadata();
  metadata.erase("aisle.columns");
  aisle::write_safetensors(work / "torn.safetensors", good, metadata);
  CHECK_THROWS_AS(aisle::pipeline::load(work / "torn.safetensors"), aisle::format_error);
}

TEST_CASE("pipelines of before there were columns and recipes are read") {
  const support::temporary_folder work;
  const made_up m(80);
  const auto p = aisle::train_pipeline(m.products, &m.text, &m.image,
                                       {.how = {.fusion = {.kind = aisle::fusion_kind::concat}}});
  p.save(work / "p");
  const aisle::state_dict now = aisle::read_safetensors(work / "p");
  auto metadata = now.metadata();
  std::string& about = metadata.at("aisle.pipeline");
  const std::size_t from = about.find("\"recipe\":"), to = about.find('}', from);
  REQUIRE(from != std::string::npos);
  about.erase(from, to + 2 - from);
  aisle::write_safetensors(work / "old", now, metadata);
  const auto old = aisle::pipeline::load(work / "old");
  CHECK(old.how.learner == "logistic_regression");
  CHECK(old.how.fusion.kind == aisle::fusion_kind::concat);
  CHECK(old.how.columns.empty());
  CHECK(aisle::predict(old, &m.text, &m.image).probabilities ==
        aisle::predict(p, &m.text, &m.image).probabilities);
}

TEST_CASE("an experiment looks at extra columns on all modalities, and its files say so") {
  const support::temporary_folder work;
  const made_up m = told_by_columns();
  const auto e = m.run({.learners = {"logistic_regression"}, .extra_columns = columns});
  REQUIRE(e.result.models.size() == 3);
  for (const auto& model : e.result.models) {
    CHECK(model.how.columns == columns);
    CHECK(model.splits.front().accuracy > 90);
  }
  const auto blind = m.run({.learners = {"logistic_regression"}});
  CHECK(blind.result.best()->splits.front().accuracy < 80);
  aisle::write_experiment(e, work / "out");
  aisle::write_reports(e.result, work / "out", {});
  const aisle::json metrics = aisle::read_json(work / "out/metrics.json");
  const aisle::json& how = metrics.at("models").elements()[0].at("recipe");
  CHECK(how.at("columns").as_vector<std::string>() == columns);
  CHECK(aisle::load_result(work / "out/report.json").models[0].how == e.result.models[0].how);
  for (const char* page : {"out/report.html", "out/report.md"}) {
    const std::string text = aisle::read_file(work / page);
    CHECK(text.find("Extra columns") != std::string::npos);
    CHECK(text.find("price, maker, chance") != std::string::npos);
  }
  const auto set = aisle::pipeline_set::load(work / "out");
  CHECK(set.pipelines().front().how.columns == columns);
  CHECK(aisle::describe(e.result.models[0].how) ==
        "logistic_regression on balanced vectors and columns price, maker, chance");
  // A review sees what the recipe sees.
  const auto found = aisle::review_catalogue(m.products, &m.text, &m.image, {.how = e.result.models[0].how});
  std::int64_t agreed = 0;
  for (const auto& v : found.labelled) agreed += v.given == v.suggested;
  CHECK(agreed >= 110);
}

TEST_CASE("what is learnt of columns is learnt from training rows alone") {
  made_up m = told_by_columns();
  const aisle::experiment_options options{.learners = {"logistic_regression"}, .extra_columns = columns};
  const auto before = m.run(options);
  // Of a test row the price is no number: the column stays one of numbers, and its mean where it was.
  m.products.products[static_cast<std::size_t>(before.result.models[0].test_rows.front())].fields[2] = "ask";
  const auto after = m.run(options);
  const auto &a = before.pipelines[0].features.columns.columns()[0],
             &b = after.pipelines[0].features.columns.columns()[0];
  CHECK(b.kind == aisle::column_kind::number);
  CHECK(a.mean == b.mean);
  CHECK(a.sd == b.sd);
}

TEST_CASE("the search takes extra columns where they tell something, and does without where they do not") {
  const auto chosen = [](const made_up& m, std::vector<std::string> of) {
    const auto e = m.run({.recipes = aisle::recipe_choice::search, .extra_columns = std::move(of)});
    for (const aisle::recipe_search& s : e.result.searches) {
      bool with = false, without = false;
      for (const auto& r : s.tried) (r.how.columns.empty() ? without : with) = true;
      CHECK(with);
      CHECK(without);
    }
    return e.result.chosen("multimodal")->how;
  };
  CHECK(chosen(told_by_columns(), columns).columns == columns);
}

TEST_CASE("columns that cannot be looked at are refused before anything is trained") {
  const made_up m = told_by_columns();
  const auto run = [&](std::vector<std::string> of) {
    aisle::check_experiment(m.products, {.extra_columns = std::move(of)});
  };
  run(columns);
  CHECK_THROWS_WITH_AS(run({"pric"}), doctest::Contains("did you mean 'price'"), aisle::missing_column);
  CHECK_THROWS_WITH_AS(run({"kind"}), doctest::Contains("what is to be learnt"), aisle::option_error);
  CHECK_THROWS_WITH_AS(run({"price", "price"}), doctest::Contains("named twice"), aisle::option_error);
  CHECK_THROWS_AS(aisle::train_pipeline(m.products, &m.text, nullptr, {.how = {.columns = {"kind"}}}),
                  aisle::option_error);
}
