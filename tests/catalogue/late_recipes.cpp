// Recipes with a classifier for each modality.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <aisle/base/file.hpp>
#include <aisle/catalogue/experiment.hpp>
#include <aisle/catalogue/pipeline_set.hpp>
#include <aisle/learn/late_fusion.hpp>

#include "made_up.hpp"
#include "support/support.hpp"

using made_up_catalogue::made_up;

namespace {

/// Pictures of many numbers that tell nothing, beside texts that tell all classes if one listens.
made_up loud_pictures(std::int64_t rows = 120, std::uint64_t seed = 21) {
  made_up m(rows);
  aisle::random_generator random(seed);
  m.image.vectors = aisle::matrix<float>(rows, 600);
  for (float& v : std::span(m.image.vectors.data(), static_cast<std::size_t>(rows * 600)))
    v = static_cast<float>(random.normal());
  for (std::int64_t r = 0; r < rows; ++r) {
    const std::string of = made_up::class_of(r);
    for (std::int64_t c = 0; c < 6; ++c)
      m.text.vectors(r, c) = static_cast<float>((of == "a" && c < 2    ? 3
                                                 : of == "b" && c >= 4 ? 3
                                                                       : 0) +
                                                1.4 * random.normal());
  }
  return m;
}

double accuracy_of(const aisle::pipeline_prediction& said) {
  double right = 0;
  for (std::size_t i = 0; i < said.rows.size(); ++i)
    right += said.labels[static_cast<std::int64_t>(i)] == made_up::class_of(said.rows[i]);
  return right / static_cast<double>(said.rows.size());
}

}  // namespace

TEST_CASE("late fusion does not let a modality of noise drown the other; one file holds it") {
  const support::temporary_folder work;
  const made_up m = loud_pictures(), fresh = loud_pictures(200, 22);
  const auto trained = [&](aisle::fusion_kind kind) {
    return aisle::train_pipeline(m.products, &m.text, &m.image,
                                 {.how = {.learner = "random_forest", .fusion = {.kind = kind}}, .folds = 3});
  };
  const double balanced =
      accuracy_of(aisle::predict(trained(aisle::fusion_kind::balanced), &fresh.text, &fresh.image));
  for (const auto kind : {aisle::fusion_kind::late, aisle::fusion_kind::stacked}) {
    CAPTURE(aisle::name_of(kind));
    const auto p = trained(kind);
    CHECK(p.learner->kind() == "late_fusion");
    CHECK(p.how.learner == "random_forest");
    p.save(work / "p");
    const auto kept = aisle::pipeline::load(work / "p");
    CHECK(kept.how == p.how);
    CHECK(kept.features.fusion.options().kind == kind);
    const auto said = aisle::predict(kept, &fresh.text, &fresh.image);
    CHECK(said.probabilities == aisle::predict(p, &fresh.text, &fresh.image).probabilities);
    CHECK(accuracy_of(said) > balanced + 0.1);
    CHECK(aisle::parse_fusion_kind(aisle::name_of(kind)) == kind);
  }
}

TEST_CASE("an experiment by late fusion keeps all its classifiers apart, and one modality needs none") {
  const support::temporary_folder work;
  const made_up m(80);
  for (const auto kind : {aisle::fusion_kind::late, aisle::fusion_kind::stacked}) {
    CAPTURE(aisle::name_of(kind));
    const auto e = m.run({.learners = {"random_forest", "logistic_regression"}, .fusion = {.kind = kind}});
    REQUIRE(e.pipelines.size() == 6);
    for (const auto& p : e.pipelines)
      CHECK((p.learner->kind() == "late_fusion") == (p.modality == "multimodal"));
    const auto& best = *e.result.chosen("multimodal");
    CHECK(best.splits.front().accuracy > 90);
    CHECK(best.evidence.temperature != 1);
    aisle::write_experiment(e, work / "out");
    for (const char* name : {"out/multimodal_random_forest.safetensors",
                             "out/multimodal_logistic_regression.safetensors", "out/multimodal.safetensors"})
      CHECK(aisle::file_exists(work / name));
    const auto set = aisle::pipeline_set::load(work / "out");
    const auto said = aisle::predict(set, m.products, &m.text, &m.image);
    std::int64_t right = 0;
    for (std::size_t r = 0; r < said.rows.size(); ++r)
      right += said.classes.names()[static_cast<std::size_t>(said.rows[r].label)] ==
               made_up::class_of(static_cast<std::int64_t>(r));
    CHECK(right >= 76);
  }
}

TEST_CASE("columns and words have their place in late fusion") {
  made_up m(80);
  m.products.header.push_back("maker");
  for (aisle::product& p : m.products.products) {
    p.fields.push_back(p.label == "c" ? "Smith" : "Miller");
    p.text = p.label == "a" ? "kettle" : "lamp";
  }
  const auto p = aisle::train_pipeline(
      m.products, &m.text, &m.image,
      {.how = {.fusion = {.kind = aisle::fusion_kind::late}, .words = true, .columns = {"maker"}}});
  const auto* late = dynamic_cast<const aisle::late_fusion<float>*>(p.learner.get());
  REQUIRE(late != nullptr);
  CHECK(late->weights_of_blocks().size() == 3);
  CHECK(late->sparse_features() > 0);
  CHECK(accuracy_of(aisle::predict(p, &m.text, &m.image, &m.products)) > 0.95);
}

TEST_CASE("late fusion learns whom to hear from folds that keep groups together") {
  made_up m(80);
  m.products.options.group_column = "variant";
  for (aisle::product& p : m.products.products) p.group = "of " + std::to_string(p.row / 8);
  const auto p = aisle::train_pipeline(m.products, &m.text, &m.image,
                                       {.how = {.fusion = {.kind = aisle::fusion_kind::late}}});
  const auto* late = dynamic_cast<const aisle::late_fusion<float>*>(p.learner.get());
  REQUIRE(late != nullptr);
  const std::vector<std::int64_t>& groups = late->options().groups;
  REQUIRE(groups.size() == 80);
  for (std::size_t r = 0; r < 80; ++r) CHECK((groups[r] == groups[0]) == (r / 8 == 0));
}
