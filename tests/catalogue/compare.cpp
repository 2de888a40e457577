#include <aisle/catalogue/compare.hpp>

#include <doctest/doctest.h>

#include <aisle/base/error.hpp>

#include "report_sample.hpp"

// What changed between two runs.

TEST_CASE("a run compared with itself has not changed") {
  const auto result = report_sample::make();
  const auto c = aisle::compare_results(result, result);
  CHECK(c.best_before == "multimodal logistic_regression");
  CHECK(c.best_after == c.best_before);
  CHECK(c.tested_by_both == 100);
  CHECK(c.worse.empty());
  CHECK(c.better.empty());
  CHECK(c.relabelled.empty());
  CHECK(c.test.p_value == doctest::Approx(1));
  for (const auto& k : c.classes) CHECK(k.change() == 0);
}

TEST_CASE("products that were right and are wrong, the other way round, and of another label") {
  const auto before = report_sample::make();
  auto after = before;
  aisle::model_result* best = nullptr;
  for (auto& m : after.models)
    if (m.chosen && m.modality == "multimodal") best = &m;
  REQUIRE(best != nullptr);
  std::size_t right = 0, wrong = 0, other = 0;
  while (best->truth[right] != best->predicted[right]) ++right;
  while (best->truth[wrong] == best->predicted[wrong]) ++wrong;
  best->predicted[right] = (best->truth[right] + 1) % 13;
  best->predicted[wrong] = best->truth[wrong];
  while (other == right || other == wrong || best->truth[other] != best->predicted[other]) ++other;
  best->truth[other] = best->predicted[other] = (best->truth[other] + 1) % 13;
  after.classes[12] = "Desks";
  // A product that the second run does not know by its id.
  std::size_t gone = 0;
  while (gone == right || gone == wrong || gone == other) ++gone;
  after.products[static_cast<std::size_t>(best->test_rows[gone])].id = "another";

  const auto c = aisle::compare_results(before, after);
  CHECK(c.tested_by_both == 99);
  REQUIRE(c.worse.size() == 1);
  CHECK(c.worse[0].id == before.products[static_cast<std::size_t>(best->test_rows[right])].id);
  CHECK(c.worse[0].said_after == after.classes[static_cast<std::size_t>(best->predicted[right])]);
  REQUIRE(c.better.size() == 1);
  CHECK(c.better[0].id == before.products[static_cast<std::size_t>(best->test_rows[wrong])].id);
  CHECK(c.test.only_first == 1);
  CHECK(c.test.only_second == 1);
  bool found = false;
  for (const auto& p : c.relabelled)
    found = found || p.id == before.products[static_cast<std::size_t>(best->test_rows[other])].id;
  CHECK(found);
  CHECK(c.classes_gone == std::vector<std::string>{"Desk & office"});
  CHECK(c.classes_new == std::vector<std::string>{"Desks"});
  for (std::size_t i = 1; i < c.classes.size(); ++i)
    CHECK(std::abs(c.classes[i].change()) <= std::abs(c.classes[i - 1].change()));
}

TEST_CASE("of several splits the first is compared, as products are") {
  const auto before = report_sample::make();
  auto after = before;
  for (auto& m : after.models)
    for (int more = 0; more < 2; ++more) {
      auto split = m.splits.front();
      split.accuracy += 3;
      split.macro_f1 += 3;
      m.splits.push_back(split);
    }
  const auto c = aisle::compare_results(before, after);
  CHECK(c.accuracy_after == c.accuracy_before);
  CHECK(c.macro_f1_after == c.macro_f1_before);
  CHECK(c.accuracy_before > 0);
  CHECK(c.splits_after == c.splits_before + 2);
}

TEST_CASE("runs without classifiers, and parts that do not fit") {
  const aisle::experiment_result nothing;
  const auto result = report_sample::make();
  CHECK(aisle::compare_results(nothing, result).best_before.empty());
  CHECK(aisle::compare_results(nothing, nothing).tested_by_both == 0);
  auto bad = result;
  bad.models[0].predicted.pop_back();
  CHECK_THROWS_AS(aisle::compare_results(result, bad), aisle::shape_error);
}
