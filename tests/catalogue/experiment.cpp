#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <set>

#include <aisle/base/file.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/catalogue/experiment.hpp>
#include <aisle/io/csv.hpp>
#include <aisle/io/json.hpp>
#include <aisle/learn/calibration.hpp>
#include <aisle/learn/metrics.hpp>

#include "made_up.hpp"
#include "support/support.hpp"

using made_up_catalogue::find;
using made_up_catalogue::made_up;

TEST_CASE("every learner on every modality; both modalities know more than either") {
  const auto e = made_up().run();
  REQUIRE(e.result.models.size() == 9);
  REQUIRE(e.pipelines.size() == 9);
  CHECK(e.result.classes == std::vector<std::string>{"a", "b", "c"});
  CHECK(e.result.class_counts == std::vector<std::int64_t>{40, 20, 20});
  for (const char* model : {"random_forest", "logistic_regression", "mlp"}) {
    CAPTURE(model);
    CHECK(find(e, "multimodal", model).splits.at(0).accuracy >= 90);
    CHECK(find(e, "text", model).splits.at(0).accuracy <= 90);
    CHECK(find(e, "image", model).splits.at(0).accuracy <= 85);
    CHECK(find(e, "text", model).splits.at(0).accuracy >= 60);
  }
  for (const auto& m : e.result.models) {
    CHECK(m.test_rows.size() == 24);  // 30 % of 80
    CHECK(m.predicted.size() == 24);
    CHECK(m.probabilities.rows() == 24);
    CHECK(m.history.empty() == (m.model != "mlp"));
    for (std::size_t i = 0; i < m.test_rows.size(); ++i)
      CHECK(e.result.classes[static_cast<std::size_t>(m.truth[i])] == made_up::class_of(m.test_rows[i]));
  }
  for (const char* modality : {"multimodal", "image", "text"}) {
    const auto* best = e.result.chosen(modality);
    REQUIRE(best != nullptr);
    for (const auto& m : e.result.models)
      if (m.modality == modality) CHECK(m.cross_validation_macro_f1 <= best->cross_validation_macro_f1);
  }
}

TEST_CASE("cross-validation does not look at the rows that are tested on" *
          doctest::skip(support::long_when_sanitized())) {
  made_up one, other;
  const auto before = one.run();
  // Test rows with vectors of another world change test scores and nothing else.
  for (const std::int64_t r : before.result.models[0].test_rows)
    for (float& v : other.image.vectors.row(r)) v = 50;
  const auto after = other.run();
  bool changed = false;
  for (std::size_t i = 0; i < before.result.models.size(); ++i) {
    const auto &a = before.result.models[i], &b = after.result.models[i];
    CHECK(a.cross_validation_macro_f1 == b.cross_validation_macro_f1);
    CHECK(a.chosen == b.chosen);
    changed |= a.splits[0].accuracy != b.splits[0].accuracy;
  }
  CHECK(changed);
}

TEST_CASE("results do not depend on the number of threads" * doctest::skip(support::long_when_sanitized())) {
  const made_up m;
  const auto one = m.run({.threads = 1}), three = m.run({.threads = 3}), many = m.run({.threads = 64});
  for (const auto* other : {&three, &many})
    for (std::size_t i = 0; i < one.result.models.size(); ++i) {
      CHECK(one.result.models[i].probabilities == other->result.models[i].probabilities);
      CHECK(one.result.models[i].cross_validation_macro_f1 ==
            other->result.models[i].cross_validation_macro_f1);
    }
}

TEST_CASE("rows that lack one modality take part in the other") {
  const auto e =
      made_up(80, {1, 2, 3}, {3, 4, 5, 6}).run({.learners = {"logistic_regression"}, .test_size = 0.5});
  std::set<std::int64_t> text, image, both;
  for (const std::int64_t r : find(e, "text", "logistic_regression").test_rows) text.insert(r);
  for (const std::int64_t r : find(e, "image", "logistic_regression").test_rows) image.insert(r);
  for (const std::int64_t r : find(e, "multimodal", "logistic_regression").test_rows) both.insert(r);
  for (std::int64_t r = 0; r < 80; ++r) CHECK(both.contains(r) == (text.contains(r) && image.contains(r)));
  for (const std::int64_t r : {1, 2, 3}) CHECK_FALSE(text.contains(r));
  for (const std::int64_t r : {3, 4, 5, 6}) CHECK_FALSE(image.contains(r));
  CHECK(both.size() < std::max(text.size(), image.size()));
}

TEST_CASE("a class of one row is skipped and says so") {
  made_up m;
  m.products.products[10].label = "lonely";
  const auto e = m.run({.learners = {"logistic_regression"}});
  CHECK(e.result.classes == std::vector<std::string>{"a", "b", "c"});
  REQUIRE(e.result.skipped.size() == 1);
  CHECK(e.result.skipped[0].row == 10);
  CHECK(e.result.skipped[0].id == "id10");
  CHECK(e.result.skipped[0].reason.find("lonely") != std::string::npos);
  for (const auto& r : e.result.models) CHECK(aisle::ranges::count(r.test_rows, 10) == 0);
}

TEST_CASE("splits of a file: exactly its rows, every split, means and deviations") {
  const support::temporary_folder work;
  aisle::write_file(work / "s.json",
                    R"({"label":"kind","rows":80,"dropped":[7],"splits":[{"seed":5,"test":[0,1,2,3,7,9]},)"
                    R"({"seed":6,"test":[40,41,42,43,44,45,46]}]})");
  const auto splits = aisle::read_splits(work / "s.json");
  const made_up m;
  const auto e = m.run({.learners = {"logistic_regression", "mlp"}, .splits = &splits});
  for (const auto& r : e.result.models) {
    CHECK(r.test_rows == aisle::index_vector{0, 1, 2, 3, 9});
    REQUIRE(r.splits.size() == 2);
    CHECK(r.splits[0].seed == 5);
    CHECK(r.splits[1].seed == 6);
  }
  CHECK(e.result.skipped.at(0).row == 7);

  // The same by hand: train is the rest.
  aisle::index_vector train;
  std::vector<std::string> names, truth;
  for (std::int64_t r = 0; r < 80; ++r) {
    if (r < 4 || r == 7 || r == 9) continue;
    train.push_back(r);
    names.push_back(made_up::class_of(r));
  }
  const auto x = m.text.vectors.rows(train);
  const auto fusion = aisle::modality_fusion::fit({x});
  aisle::logistic_regression<float> by_hand;
  by_hand.fit(fusion.transform({x}), aisle::label_vector(names));
  const auto p =
      by_hand.predict_proba(fusion.transform({m.text.vectors.rows(aisle::index_vector{0, 1, 2, 3, 9})}));
  const auto& of_text = find(e, "text", "logistic_regression");
  const auto calibrated = aisle::at_temperature(p, of_text.evidence.temperature);
  const auto& q = of_text.probabilities;
  for (std::int64_t i = 0; i < 5; ++i)
    for (std::int64_t c = 0; c < 3; ++c) CHECK(q(i, c) == doctest::Approx(calibrated(i, c)).epsilon(1e-4));

  aisle::write_experiment(e, work / "out");
  const auto metrics = aisle::read_json(work / "out/metrics.json");
  const auto& first = metrics["models"][0];
  const double a = first["splits"][0].get<double>("accuracy"), b = first["splits"][1].get<double>("accuracy");
  CHECK(first.get<double>("accuracy_mean") == doctest::Approx((a + b) / 2));
  CHECK(first.get<double>("accuracy_sd") == doctest::Approx(std::abs(a - b) / std::sqrt(2.0)));
}

TEST_CASE("splits of a file that list their training rows: rows on neither list take no part") {
  const support::temporary_folder work;
  const auto list = [](std::int64_t first, std::int64_t last) {
    std::string out;
    for (std::int64_t r = first; r < last; ++r) out += (out.empty() ? "" : ",") + std::to_string(r);
    return "[" + out + "]";
  };
  const auto read = [&](const std::string& splits) {
    aisle::write_file(work / "s.json", "{\"splits\":[" + splits + "]}");
    return aisle::read_splits(work / "s.json");
  };
  const made_up m;
  const std::string test = "\"test\":" + list(0, 12);
  const auto some = read("{" + test + ",\"train\":" + list(20, 60) + "}");
  const auto e = m.run({.learners = {"logistic_regression"}, .splits = &some});
  // As if the others had been dropped.
  aisle::split_file dropped = read("{" + test + "}");
  for (std::int64_t r = 12; r < 20; ++r) dropped.dropped.push_back(r);
  for (std::int64_t r = 60; r < 80; ++r) dropped.dropped.push_back(r);
  const auto same = m.run({.learners = {"logistic_regression"}, .splits = &dropped});
  const auto all = read("{" + test + "}");
  const auto more = m.run({.learners = {"logistic_regression"}, .splits = &all});
  const auto &a = find(e, "text", "logistic_regression"), &b = find(same, "text", "logistic_regression"),
             &c = find(more, "text", "logistic_regression");
  CHECK(a.test_rows == b.test_rows);
  CHECK(a.probabilities == b.probabilities);
  CHECK_FALSE(a.probabilities == c.probabilities);
  REQUIRE(e.result.skipped.size() == 28);
  CHECK(e.result.skipped[0].row == 12);
  CHECK(e.result.skipped[0].reason == "in no split of " + (work / "s.json"));
  CHECK(e.result.usage.used() == 52);
  // Of two splits each has its own.
  const auto two = read("{" + test + ",\"train\":" + list(20, 60) + "},{\"test\":" + list(60, 72) +
                        ",\"train\":" + list(12, 50) + "}");
  const auto each = m.run({.learners = {"logistic_regression"}, .splits = &two});
  CHECK(each.result.skipped.size() == 8);
  CHECK(find(each, "text", "logistic_regression").probabilities == a.probabilities);
  // What cannot be.
  for (const std::string wrong : {"\"train\":[]", "\"train\":[11,12]", "\"train\":[12,12]", "\"train\":null",
                                  "\"train\":[-1]", "\"train\":\"rest\""}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(read("{" + test + "," + wrong + "}"), aisle::format_error);
  }
  for (const std::string& wrong : {list(78, 81), list(20, 21)}) {
    CAPTURE(wrong);
    const auto splits = read("{" + test + ",\"train\":" + wrong + "}");
    CHECK_THROWS_AS(m.run({.splits = &splits}), aisle::option_error);
  }
}

TEST_CASE("a class of which a split file leaves one row is skipped") {
  const support::temporary_folder work;
  aisle::write_file(work / "s.json", R"({"dropped":[10],"splits":[{"seed":5,"test":[0,1,2,3]}]})");
  const auto splits = aisle::read_splits(work / "s.json");
  made_up m;
  for (const std::size_t r : {10u, 11u}) m.products.products[r].label = "pair";
  const auto e = m.run({.learners = {"logistic_regression"}, .splits = &splits});
  CHECK(e.result.classes == std::vector<std::string>{"a", "b", "c"});
  REQUIRE(e.result.skipped.size() == 2);
  CHECK(e.result.skipped[0].reason.find("dropped") != std::string::npos);
  CHECK(e.result.skipped[1].row == 11);
  CHECK(e.result.skipped[1].reason.find("pair") != std::string::npos);
}

TEST_CASE("every row of the table of learners makes what it names") {
  const made_up m;
  std::vector<std::string> names, standard;
  for (const auto& kind : aisle::learner_kinds<float>) {
    CAPTURE(kind.name);
    CHECK(aisle::make_classifier<float>(kind.name)->kind() == kind.name);
    if (kind.make_for_experiment == nullptr) continue;
    names.emplace_back(kind.name);
    if (kind.standard) standard.emplace_back(kind.name);
    CHECK(kind.make_for_experiment({.seed = 1, .threads = 1})->kind() == kind.name);
  }
  CHECK(names == aisle::experiment_learners());
  CHECK(standard == std::vector<std::string>{"random_forest", "logistic_regression", "mlp"});
  CHECK(aisle::experiment_options{}.learners == standard);
  CHECK_THROWS_AS(m.run({.learners = {"decision_tree"}}), aisle::option_error);
}

TEST_CASE("split files that make no sense are refused") {
  const support::temporary_folder work;
  for (const char* text :
       {"{}", "[]", R"({"splits":[]})", R"({"splits":[{"seed":1}]})", R"({"splits":[{"seed":1,"test":[]}]})",
        R"({"splits":[{"seed":1,"test":[-1]}]})", R"({"splits":[{"seed":1,"test":[1,1]}]})",
        R"({"rows":4,"splits":[{"seed":1,"test":[4]}]})",
        R"({"rows":4,"dropped":[9],"splits":[{"test":[1]}]})", R"({"splits":[{"seed":"x","test":[1]}]})",
        R"({"splits":[{"seed":1,"test":[0.5]}]})"}) {
    CAPTURE(text);
    aisle::write_file(work / "s.json", text);
    CHECK_THROWS_AS(aisle::read_splits(work / "s.json"), aisle::format_error);
  }
  std::string many = R"({"splits":[{"test":[1,2]})";
  for (int i = 1; i < 1000; ++i) many += R"(,{"test":[1,2]})";
  aisle::write_file(work / "s.json", many + "]}");
  CHECK(aisle::read_splits(work / "s.json").splits.size() == 1000);
  aisle::write_file(work / "s.json", many + R"(,{"test":[1,2]}]})");
  CHECK_THROWS_WITH_AS(aisle::read_splits(work / "s.json"), doctest::Contains("1001 splits"),
                       aisle::format_error);
  const made_up m;
  const auto refuse = [&](const char* text) {
    aisle::write_file(work / "s.json", text);
    const auto splits = aisle::read_splits(work / "s.json");
    CHECK_THROWS_AS(m.run({.splits = &splits}), aisle::option_error);
  };
  refuse(R"({"rows":79,"splits":[{"seed":1,"test":[1,2]}]})");
  refuse(R"({"label":"sort","splits":[{"seed":1,"test":[1,2]}]})");
  refuse(R"({"splits":[{"seed":1,"test":[1,80]}]})");
}

TEST_CASE("nothing to do") {
  made_up m;
  CHECK_THROWS_AS(aisle::run_experiment(m.products, nullptr, nullptr), aisle::nothing_to_do);
  for (auto& p : m.products.products) p.label = p.id;  // each class has one row
  CHECK_THROWS_AS(m.run(), aisle::nothing_to_do);
  for (auto& p : m.products.products) p.label = "all the same";
  std::string warning, what;
  try {
    m.run({.on_warning = [&](std::string_view w) { warning = w; }});
  } catch (const aisle::nothing_to_do& e) {
    what = e.what();
  }
  CHECK(what.find("are of one class, 'all the same'") != std::string::npos);
  CHECK(warning.empty());
  m.products.options.label_column.clear();
  CHECK_THROWS_AS(m.run(), aisle::option_error);
  CHECK_THROWS_AS(made_up().run({.learners = {"oracle"}}), aisle::option_error);
}

TEST_CASE("what can be known before anything is embedded") {
  made_up m;
  for (const double share : {0.0, 1.0, -1.0, std::nan("")})
    CHECK_THROWS_AS(aisle::check_experiment(m.products, {.test_size = share}), aisle::option_error);
  CHECK_THROWS_AS(aisle::check_experiment(m.products, {.learners = {}}), aisle::option_error);
  aisle::split_file splits{.path = "s.json", .label = "", .rows = -1, .dropped = {}, .splits = {{1, {80}}}};
  CHECK_THROWS_AS(aisle::check_experiment(m.products, {.splits = &splits}), aisle::option_error);
  splits.splits[0].test = {79};
  aisle::check_experiment(m.products, {.splits = &splits});
  for (auto& p : m.products.products) p.label = p.id;
  try {
    aisle::check_experiment(m.products, {});
    FAIL("every class has one row");
  } catch (const aisle::nothing_to_do& e) {
    CHECK(e.rows().size() == 80);
  }
}

TEST_CASE("a progress callback can cancel") {
  struct cancelled {};
  CHECK_THROWS_AS(made_up().run({.progress = [](const aisle::progress_event&) { throw cancelled(); }}),
                  cancelled);
}

TEST_CASE("result files, and pipelines that predict as they did") {
  const support::temporary_folder work;
  const made_up m;
  const auto e = m.run();
  aisle::write_experiment(e, work / "out");
  const auto metrics = aisle::read_json(work / "out/metrics.json");
  REQUIRE(metrics["models"].size() == 9);
  for (std::size_t i = 0; i < 9; ++i) {
    const auto& r = e.result.models[i];
    const std::string stem = work / ("out/" + r.modality + "_" + r.model);
    CAPTURE(stem);
    CHECK(metrics["models"][i].get<std::string>("modality") == r.modality);
    CHECK(metrics["models"][i].get<bool>("chosen") == r.chosen);
    CHECK(metrics["models"][i].get<double>("macro_f1_mean") == r.splits[0].macro_f1);
    CHECK(metrics["models"][i].get<double>("macro_f1_sd") == 0);

    const auto [truth, predicted] = aisle::read_results(stem + "_results.csv");
    CHECK(100 * aisle::accuracy(truth, predicted) == r.splits[0].accuracy);
    CHECK(100 * aisle::macro_f1(truth, predicted) == r.splits[0].macro_f1);
    if (r.chosen)
      CHECK(aisle::read_file(stem + "_results.csv") ==
            aisle::read_file(work / ("out/" + r.modality + "_results.csv")));

    const auto p = aisle::pipeline::load(stem + ".safetensors");
    CHECK(p.modality == r.modality);
    CHECK(p.label == "kind");
    CHECK(p.text.model == (r.modality == "image" ? "" : "a"));
    CHECK(p.image.weights_sha256 == (r.modality == "text" ? "" : "sha of c"));
    const auto all = aisle::predict(p, &m.text, &m.image);
    REQUIRE(all.rows.size() == 80);
    for (std::size_t k = 0; k < r.test_rows.size(); ++k) {
      CHECK(all.labels.codes()[static_cast<std::size_t>(r.test_rows[k])] == r.predicted[k]);
      for (std::int64_t c = 0; c < 3; ++c)
        CHECK(all.probabilities(r.test_rows[k], c) == r.probabilities(static_cast<std::int64_t>(k), c));
    }
    if (r.modality != "image") CHECK_THROWS_AS(aisle::predict(p, nullptr, &m.image), aisle::option_error);
    CHECK(aisle::load_classifier<float>(stem + ".safetensors")->kind() == r.model);
  }
  CHECK_FALSE(std::filesystem::exists(work / "out/text_mlp.safetensors.learner"));
  CHECK(aisle::read_csv(work / "out/skipped.csv").rows.empty());
}

TEST_CASE("a pipeline trained on all rows, and files that are none") {
  const support::temporary_folder work;
  made_up m(80, {0, 1}, {1, 2});
  m.products.products[5].label.clear();
  const auto p = aisle::train_pipeline(m.products, &m.text, &m.image, {.how = {.learner = "random_forest"}});
  CHECK(p.modality == "multimodal");
  p.save(work / "p.safetensors");
  const auto q = aisle::pipeline::load(work / "p.safetensors");
  const auto found = aisle::predict(q, &m.text, &m.image);
  CHECK(found.rows.size() == 77);
  int right = 0;
  for (std::size_t i = 0; i < found.rows.size(); ++i)
    right += found.labels[static_cast<std::int64_t>(i)] == made_up::class_of(found.rows[i]);
  CHECK(right >= 75);

  const std::string whole = aisle::read_file(work / "p.safetensors");
  for (std::size_t size = 0; size < whole.size(); size += 1 + whole.size() / 97) {
    aisle::write_file(work / "cut", whole.substr(0, size));
    CHECK_THROWS_AS(aisle::pipeline::load(work / "cut"), aisle::error);
  }
  const auto refuse = [&](const std::string& from, const std::string& to) {
    CAPTURE(from);
    std::string text = whole;
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    REQUIRE(from.size() == to.size());
    aisle::write_file(work / "other", text.replace(at, from.size(), to));
    CHECK_THROWS_AS(aisle::pipeline::load(work / "other"), aisle::error);
  };
  refuse("multimodal", "multimodel");
  refuse("pipeline 1", "pipeline 2");
  refuse("fusion.mean.1", "fusion.mean.7");
  refuse("\\\"balanced\\\"", "\\\"balenced\\\"");
  // Text of a catalogue is UTF-8.
  made_up odd(40);
  for (auto& product : odd.products.products)
    if (product.label == made_up::class_of(0)) product.label = "caf\xe9";
  aisle::train_pipeline(odd.products, &odd.text, &odd.image, {.how = {.learner = "logistic_regression"}})
      .save(work / "latin-1");
  CHECK_THROWS_WITH_AS(aisle::pipeline::load(work / "latin-1"), doctest::Contains("not valid UTF-8"),
                       aisle::format_error);
  p.learner->save(work / "classifier");
  CHECK_THROWS_AS(aisle::pipeline::load(work / "classifier"), aisle::format_error);
}
