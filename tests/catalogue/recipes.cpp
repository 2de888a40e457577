#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

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

/// Vectors of text that tell nothing, and words that tell all three classes.
made_up told_by_words(std::int64_t rows = 120) {
  made_up m(rows);
  aisle::random_generator random(11);
  for (float& v : std::span(m.text.vectors.data(), static_cast<std::size_t>(rows * m.text.vectors.cols())))
    v = static_cast<float>(random.normal());
  const std::map<std::string, std::string> word{{"a", "kettle"}, {"b", "slipper"}, {"c", "lantern"}};
  for (aisle::product& p : m.products.products)
    p.text = "item " + std::to_string(p.row) + " a fine " + word.at(p.label) + " of quality " +
             std::to_string(random.below(5));
  return m;
}

const aisle::recipe words_svm{
    .learner = "linear_svm", .fusion = {.kind = aisle::fusion_kind::balanced, .norm = 1}, .words = true};

}  // namespace

TEST_CASE("words tell what vectors do not, in a pipeline that is kept, too") {
  const support::temporary_folder work;
  const made_up m = told_by_words();
  const auto p = aisle::train_pipeline(m.products, &m.text, nullptr, {.how = words_svm});
  CHECK(p.features.words.dimension() > 0);
  CHECK(p.learner->sparse_features() == p.features.words.dimension());
  p.save(work / "p.safetensors");
  const auto kept = aisle::pipeline::load(work / "p.safetensors");

  // Products that it has not seen.
  made_up fresh = told_by_words(60);
  for (aisle::product& q : fresh.products.products) q.text += " unseen";
  const auto said = aisle::predict(kept, &fresh.text, nullptr, &fresh.products);
  CHECK(said.probabilities == aisle::predict(p, &fresh.text, nullptr, &fresh.products).probabilities);
  for (std::size_t i = 0; i < said.rows.size(); ++i)
    CHECK(said.labels[static_cast<std::int64_t>(i)] == made_up::class_of(said.rows[i]));
  CHECK(aisle::predict(aisle::pipeline_set({kept}), fresh.products, &fresh.text, nullptr).probabilities ==
        said.probabilities);
  CHECK_THROWS_WITH_AS(aisle::predict(kept, &fresh.text, nullptr), doctest::Contains("words"),
                       aisle::option_error);
  // Calibrated by rows held out: what is right every time may be sure of itself.
  CHECK(p.temperature < 1);
  double sure = 0;
  for (std::int64_t r = 0; r < said.probabilities.rows(); ++r)
    sure += static_cast<double>(
                *std::max_element(said.probabilities.row(r).begin(), said.probabilities.row(r).end())) /
            static_cast<double>(said.probabilities.rows());
  CHECK(sure > 0.9);
  CHECK(aisle::train_pipeline(m.products, &m.text, nullptr, {.how = words_svm, .folds = 0}).temperature == 1);

  // Without its words a file is none.
  const aisle::state_dict good = aisle::read_safetensors(work / "p.safetensors");
  aisle::state_dict torn;
  for (const auto& e : good.entries())
    if (!e.name.starts_with("words.")) torn.add(e.name, good.read(e.name));
  aisle::write_safetensors(work / "torn.safetensors", torn, good.metadata());
  CHECK_THROWS_WITH_AS(aisle::pipeline::load(work / "torn.safetensors"), doctest::Contains("words 0"),
                       aisle::format_error);
}

TEST_CASE("recipes that cannot be followed are refused") {
  const made_up m = told_by_words();
  CHECK_THROWS_WITH_AS(
      aisle::train_pipeline(m.products, &m.text, nullptr, {.how = {.learner = "mlp", .words = true}}),
      "recipe: learner mlp takes vectors alone, no words", aisle::option_error);
  CHECK_THROWS_WITH_AS(aisle::train_pipeline(m.products, nullptr, &m.image, {.how = words_svm}),
                       doctest::Contains("words of pictures"), aisle::option_error);
  CHECK_THROWS_AS(aisle::check_recipe({.learner = "decision_tree"}, "text"), aisle::option_error);
  CHECK_THROWS_AS(m.run({.recipes = aisle::recipe_choice::search, .folds = 0}), aisle::option_error);
  CHECK(aisle::describe(words_svm) == "linear_svm on balanced vectors and words");
  CHECK(aisle::describe(
            aisle::recipe{.learner = "mlp", .c = 0.5, .fusion = {.kind = aisle::fusion_kind::concat}}) ==
        "mlp (c 0.5) on plain vectors");
}

TEST_CASE("the search takes on each modality what does best, and says what it tried") {
  const made_up m = told_by_words();
  const aisle::experiment_options options{.recipes = aisle::recipe_choice::search};
  const auto e = m.run(options);
  REQUIRE(e.result.searches.size() == 3);
  REQUIRE(e.result.models.size() == 3);
  REQUIRE(e.final_pipelines.size() == 3);
  for (const aisle::recipe_search& s : e.result.searches) {
    CAPTURE(s.modality);
    REQUIRE(static_cast<std::int64_t>(s.tried.size()) == s.candidates);
    const aisle::recipe_score& best = s.tried.front();
    CHECK(best.folds == 5);
    std::set<std::string> learners;
    std::set<double> cs;
    for (const aisle::recipe_score& r : s.tried) {
      learners.insert(r.how.learner);
      if (r.how.learner == "logistic_regression") cs.insert(r.how.c);
      if (r.folds == best.folds) CHECK(r.merit() <= best.merit());
      CHECK((s.modality != "image" || !r.how.words));
    }
    CHECK(learners == std::set<std::string>{"linear_svm", "logistic_regression", "mlp", "random_forest",
                                            "extra_trees", "kernel_ridge"});
    CHECK(cs.size() == 15);
    const aisle::model_result& model = *e.result.chosen(s.modality);
    CHECK(model.how == best.how);
    CHECK(model.model == best.how.learner);
    CHECK(aisle::describe(s).find("the best of " + std::to_string(s.candidates) + " recipes") !=
          std::string::npos);
  }
  // Only words tell all classes of texts apart.
  const aisle::model_result& text = *e.result.chosen("text");
  CHECK(text.how.words);
  CHECK(text.splits.front().accuracy == 100);
  CHECK(e.result.best()->modality != "image");
  for (const auto& p : e.final_pipelines)
    CHECK(p.features.words.fitted() == e.result.chosen(p.modality)->how.words);

  SUBCASE("threads change nothing") {
    for (const int threads : {1, 3}) {
      auto with = options;
      with.threads = threads;
      const auto again = m.run(with);
      for (std::size_t i = 0; i < 3; ++i) {
        CHECK(again.result.models[i].how == e.result.models[i].how);
        CHECK(again.result.models[i].probabilities == e.result.models[i].probabilities);
        for (std::size_t k = 0; k < e.result.searches[i].tried.size(); ++k)
          CHECK(again.result.searches[i].tried[k].merit() == e.result.searches[i].tried[k].merit());
      }
    }
  }
  SUBCASE("files hold it") {
    const support::temporary_folder work;
    aisle::write_experiment(e, work / "out");
    aisle::write_reports(e.result, work / "out", {});
    const aisle::json metrics = aisle::read_json(work / "out/metrics.json");
    CHECK(metrics.at("recipes").elements().size() == 3);
    CHECK(metrics.at("models").elements()[0].at("recipe").get<std::string>("learner") ==
          e.result.models[0].how.learner);
    const auto read = aisle::load_result(work / "out/report.json");
    REQUIRE(read.searches.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(read.models[i].how == e.result.models[i].how);
      CHECK(read.searches[i].modality == e.result.searches[i].modality);
      CHECK(read.searches[i].candidates == e.result.searches[i].candidates);
      REQUIRE(read.searches[i].tried.size() == e.result.searches[i].tried.size());
      for (std::size_t k = 0; k < read.searches[i].tried.size(); ++k) {
        CHECK(read.searches[i].tried[k].how == e.result.searches[i].tried[k].how);
        CHECK(read.searches[i].tried[k].merit() == e.result.searches[i].tried[k].merit());
        CHECK(read.searches[i].tried[k].folds == e.result.searches[i].tried[k].folds);
      }
    }
    for (const char* page : {"out/report.html", "out/report.md"})
      CHECK(aisle::read_file(work / page).find("Recipe of text") != std::string::npos);
    const auto set = aisle::pipeline_set::load(work / "out");
    const auto said = aisle::predict(set, m.products, &m.text, &m.image);
    for (std::size_t r = 0; r < said.rows.size(); ++r)
      CHECK(said.classes.names()[static_cast<std::size_t>(said.rows[r].label)] ==
            made_up::class_of(static_cast<std::int64_t>(r)));
  }
}

TEST_CASE("a search whose time is up takes the plainest recipe, and says so") {
  const made_up m = told_by_words();
  const auto e = m.run({.recipes = aisle::recipe_choice::search, .search_seconds = 0});
  for (const aisle::recipe_search& s : e.result.searches) {
    CHECK(s.tried.size() == 1);
    CHECK(s.tried.front().folds == 0);
    CHECK(aisle::describe(s).find("none could be tried") != std::string::npos);
  }
  for (const auto& model : e.result.models) CHECK(model.model == "linear_svm");
  const aisle::recipe_search cut{.modality = "text",
                                 .tried = {{.how = words_svm, .accuracy = 90, .macro_f1 = 80, .folds = 1}},
                                 .candidates = 3};
  CHECK(aisle::describe(cut).find("of the training rows of one fold held out") != std::string::npos);
}

TEST_CASE("the choice is made by training rows alone") {
  // Words of the test rows are of other classes: who looked at them would not choose words.
  made_up m = told_by_words();
  const aisle::experiment_options options{.recipes = aisle::recipe_choice::search, .seed = 4};
  const auto before = m.run(options);
  for (const std::int64_t r : before.result.chosen("text")->test_rows)
    m.products.products[static_cast<std::size_t>(r)].text = "kettle slipper lantern";
  const auto after = m.run(options);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto &a = before.result.searches[i], &b = after.result.searches[i];
    REQUIRE(a.tried.size() == b.tried.size());
    for (std::size_t k = 0; k < a.tried.size(); ++k) CHECK(a.tried[k].merit() == b.tried[k].merit());
  }
}

TEST_CASE("a review by words looks at rows without texts by what they have") {
  made_up m = told_by_words();
  // The last rows have pictures alone.
  aisle::embedding_table some = m.text;
  some.rows.resize(100);
  aisle::matrix<float> vectors(100, m.text.vectors.cols());
  for (std::int64_t r = 0; r < 100; ++r)
    std::copy(m.text.vectors.row(r).begin(), m.text.vectors.row(r).end(), vectors.row(r).begin());
  some.vectors = vectors;
  for (std::size_t r = 100; r < 120; ++r) m.products.products[r].text.clear();
  const auto found = aisle::review_catalogue(m.products, &some, &m.image, {.how = words_svm});
  CHECK(found.labelled.size() == 120);
  std::int64_t by_image = 0, right = 0;
  for (const auto& v : found.labelled) {
    by_image += v.modality == "image";
    right += v.modality == "multimodal" && v.given == v.suggested;
  }
  CHECK(by_image == 20);
  CHECK(right >= 99);
}

TEST_CASE("a search for training looks at all rows, and what it finds is followed") {
  const made_up m = told_by_words();
  const aisle::recipe_search found = aisle::find_recipe(m.products, &m.text, nullptr);
  CHECK(found.modality == "text");
  CHECK(found.rows == 120);
  CHECK(found.of_rows == 120);
  CHECK(static_cast<std::int64_t>(found.tried.size()) == found.candidates);
  const aisle::recipe& best = found.tried.front().how;
  CHECK(best.words);
  CHECK(found.tried.front().folds == 5);
  const auto p = aisle::train_pipeline(m.products, &m.text, nullptr, {.how = best});
  CHECK(p.how == best);
  const auto said = aisle::predict(p, &m.text, nullptr, &m.products);
  for (std::size_t i = 0; i < said.rows.size(); ++i)
    CHECK(said.labels[static_cast<std::int64_t>(i)] == made_up::class_of(said.rows[i]));
  CHECK_THROWS_AS(aisle::find_recipe(m.products, &m.text, nullptr, {.folds = 1}), aisle::option_error);
  CHECK_THROWS_AS(aisle::find_recipe(m.products, &m.text, nullptr, {.extra_columns = {"no"}}),
                  aisle::missing_column);
}

TEST_CASE("of many rows a search looks at an even sample, and says so") {
  made_up m = told_by_words(400);
  // A class of two rows.
  m.products.products[4].label = m.products.products[8].label = "rare";
  const aisle::recipe_search found = aisle::find_recipe(m.products, &m.text, nullptr, {.most_rows = 100});
  CHECK(found.of_rows == 400);
  CHECK(found.rows >= 95);
  CHECK(found.rows <= 110);
  CHECK(found.tried.front().how.words);
  CHECK(aisle::describe(found).find("of a sample of " + std::to_string(found.rows) +
                                    " of 400 training rows, held out") != std::string::npos);
  CHECK(aisle::describe(found) ==
        aisle::describe(aisle::find_recipe(m.products, &m.text, nullptr, {.most_rows = 100, .threads = 1})));
}

TEST_CASE("a fit of a search can be ended from its progress, whatever learns") {
  struct enough {};
  const made_up m(80);
  const aisle::matrix<float> x = m.text.vectors;
  std::vector<std::string> names;
  for (const aisle::product& p : m.products.products) names.push_back(p.label);
  for (const std::string& learner : aisle::experiment_learners())
    for (const auto kind : {aisle::fusion_kind::balanced, aisle::fusion_kind::stacked}) {
      CAPTURE(learner);
      const auto fit = aisle::make_learner(
          {.learner = learner, .fusion = {.kind = kind}},
          {.blocks = {3, 3}, .progress = [](const aisle::progress_event&) { throw enough(); }});
      CHECK_THROWS_AS(fit->fit(x, aisle::label_vector(names)), enough);
    }
}
