#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <aisle/base/file.hpp>
#include <aisle/base/random.hpp>
#include <aisle/catalogue/experiment.hpp>
#include <aisle/catalogue/pipeline_set.hpp>
#include <aisle/catalogue/review.hpp>
#include <aisle/io/csv.hpp>
#include <aisle/io/safetensors.hpp>

#include "made_up.hpp"
#include "support/support.hpp"

using made_up_catalogue::made_up;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// 200 rows of which 12 have another row's class, 10 have none, and one is like nothing.
struct planted {
  made_up m{200};
  std::set<std::int64_t> wrong, without;

  planted() {
    aisle::random_generator random(9);
    while (wrong.size() < 12) {
      const auto r = static_cast<std::int64_t>(random.below(190));
      if (!wrong.insert(r).second) continue;
      std::string& label = m.products.products[static_cast<std::size_t>(r)].label;
      label = label == "a" ? "b" : "a";
    }
    for (std::int64_t r = 190; r < 200; ++r) {
      without.insert(r);
      m.products.products[static_cast<std::size_t>(r)].label.clear();
    }
  }
  aisle::catalogue_review review(const aisle::review_options& options = {}) const {
    return aisle::review_catalogue(m.products, &m.text, &m.image, options);
  }
};

}  // namespace

TEST_CASE("labels that were changed come first, and are written so") {
  const planted p;
  const auto found = p.review();
  CHECK(found.classes == std::vector<std::string>{"a", "b", "c"});
  CHECK(found.labelled.size() == 190);
  REQUIRE(found.issues.size() >= 12);
  // The classes overlap: one row in twenty, ten of these, looks like another class by itself.
  int first = 0;
  for (std::size_t i = 0; i < found.issues.size() && i < 24; ++i)
    first += p.wrong.contains(found.labelled[static_cast<std::size_t>(found.issues[i].row)].row);
  CHECK(first >= 11);
  CHECK(found.estimated_wrong == doctest::Approx(12).epsilon(0.4));
  for (const auto& v : found.labelled) {
    CHECK(v.modality == "multimodal");
    CHECK(v.probability > 0);
    CHECK(v.known >= 0);
    CHECK(v.known <= 1);
  }
  // Filed: the precision that was asked for, counted again.
  REQUIRE(found.filed.rows > 0);
  std::int64_t rows = 0, right = 0;
  for (const auto& v : found.labelled)
    if (v.probability >= found.filed.threshold) ++rows, right += v.given == v.suggested;
  CHECK(rows == found.filed.rows);
  CHECK(static_cast<double>(right) / static_cast<double>(rows) >= 0.99);
  CHECK(p.review({.precision = 0.9}).filed.rows > found.filed.rows);

  const support::temporary_folder work;
  aisle::write_review_files(found, work.path());
  const auto table = aisle::read_csv(work / "review.csv");
  CHECK(table.header == std::vector<std::string>{"row", "line", "id", "name", "reason", "label",
                                                 "suggested_label", "probability", "label_probability",
                                                 "known", "modality"});
  std::set<std::string> seen;
  for (std::size_t i = 0; i < table.rows.size(); ++i) CHECK(seen.insert(table.at(i, "row")).second);
  CHECK(table.at(0, "reason").starts_with("likely wrong label"));
  CHECK(table.at(0, "id") == "id" + table.at(0, "row"));
  const std::int64_t top = std::stoll(table.at(0, "row"));
  CHECK(table.at(0, "suggested_label") == made_up::class_of(top));
  CHECK(table.at(0, "label") == p.m.products.products[static_cast<std::size_t>(top)].label);
}

TEST_CASE("rows without a label get a suggestion; the result does not depend on the number of threads") {
  const planted p;
  const auto found = p.review({.threads = 1}), again = p.review({.threads = 3});
  REQUIRE(found.unlabelled.size() == 10);
  int right = 0;
  for (std::size_t i = 0; i < 10; ++i) {
    const auto& v = found.unlabelled[i];
    CHECK(p.without.contains(v.row));
    CHECK(v.given == -1);
    right += found.classes[static_cast<std::size_t>(v.suggested)] == made_up::class_of(v.row);
    CHECK(v.probability == again.unlabelled[i].probability);
    CHECK(v.known == again.unlabelled[i].known);
  }
  CHECK(right >= 9);
  const support::temporary_folder work;
  aisle::write_review_files(found, work.path());
  const auto table = aisle::read_csv(work / "suggested_labels.csv");
  REQUIRE(table.rows.size() == 10);
  for (std::size_t i = 1; i < 10; ++i)
    CHECK(std::stof(table.at(i - 1, "probability")) >= std::stof(table.at(i, "probability")));
}

TEST_CASE("what is like none of its class is known for it") {
  planted p;
  for (float& v : p.m.text.vectors.row(20)) v = -60;  // the other way than anything
  for (float& v : p.m.image.vectors.row(20)) v = -60;
  p.m.text.vectors(20, 0) = 90;
  const auto found = p.review({.how = {.fusion = {.kind = aisle::fusion_kind::concat}}});
  const auto at =
      std::find_if(found.labelled.begin(), found.labelled.end(), [](const auto& v) { return v.row == 20; });
  REQUIRE(at != found.labelled.end());
  CHECK(at->known == 0);
  std::int64_t unlike = 0;
  for (const auto& v : found.labelled) unlike += v.known < aisle::least_known;
  CHECK(unlike < 15);
  const support::temporary_folder work;
  aisle::write_review(found, work / "review.csv");
  const auto table = aisle::read_csv(work / "review.csv");
  bool told = false;
  for (std::size_t i = 0; i < table.rows.size(); ++i)
    told |= table.at(i, "row") == "20" && has(table.at(i, "reason"), "like none of its class");
  CHECK(told);
}

TEST_CASE("near-duplicates by text and by picture, with what differs and odd labels") {
  planted p;
  for (std::size_t c = 0; c < 6; ++c) {
    const auto at = static_cast<std::int64_t>(c);
    p.m.text.vectors(31, at) = p.m.text.vectors(30, at);
    p.m.image.vectors(41, at) = p.m.image.vectors(40, at);
  }
  aisle::review_options options;
  const auto found = p.review(options);
  const auto cluster = [&](const char* by, std::int64_t a,
                           std::int64_t b) -> const aisle::duplicate_cluster* {
    for (const auto& d : found.duplicates)
      if (d.by == by && std::count(d.rows.begin(), d.rows.end(), a) == 1 &&
          std::count(d.rows.begin(), d.rows.end(), b) == 1)
        return &d;
    return nullptr;
  };
  REQUIRE(cluster("text", 30, 31) != nullptr);
  CHECK(cluster("image", 40, 41) != nullptr);
  const auto& differs = cluster("text", 30, 31)->differs;
  CHECK(std::count(differs.begin(), differs.end(), "sku") == 1);
  const support::temporary_folder work;
  aisle::write_review_files(found, work.path());
  const auto table = aisle::read_csv(work / "duplicates.csv");
  CHECK(table.header ==
        std::vector<std::string>{"cluster", "by", "row", "line", "id", "name", "label", "differs"});
  CHECK(table.rows.size() >= 4);
}

TEST_CASE("rows that lack a modality are looked at by the other; groups are kept together") {
  made_up m(120, {1, 2, 3}, {4, 5});
  const auto found = aisle::review_catalogue(m.products, &m.text, &m.image, {});
  REQUIRE(found.labelled.size() == 120);
  for (const auto& v : found.labelled) {
    const bool no_text = v.row >= 1 && v.row <= 3, no_image = v.row == 4 || v.row == 5;
    CHECK(v.modality == (no_text ? "image" : no_image ? "text" : "multimodal"));
  }
  for (const auto& v : aisle::review_catalogue(m.products, &m.text, &m.image, {.modality = "text"}).labelled)
    CHECK((v.modality == "text") == !(v.row >= 1 && v.row <= 3));

  // Twenty pairs of the same vectors and, by chance, the same class: only who has seen the other knows it.
  made_up twins(80);
  aisle::random_generator random(1);
  twins.products.options.group_column = "pair";
  for (std::int64_t r = 0; r < 80; ++r) {
    auto& p = twins.products.products[static_cast<std::size_t>(r)];
    p.group = "pair " + std::to_string(r / 2);
    p.label = r / 2 % 2 ? "x" : "y";
    for (auto* table : {&twins.text, &twins.image})
      for (std::int64_t c = 0; c < 6; ++c)
        table->vectors(r, c) = r % 2 ? table->vectors(r - 1, c) : static_cast<float>(random.normal());
  }
  const auto share = [](const aisle::catalogue_review& r) {
    double right = 0;
    for (const auto& v : r.labelled) right += v.given == v.suggested;
    return right / static_cast<double>(r.labelled.size());
  };
  const aisle::review_options by_forest{.how = {.learner = "random_forest"}};
  const double together =
      share(aisle::review_catalogue(twins.products, &twins.text, &twins.image, by_forest));
  twins.products.options.group_column.clear();
  const double apart = share(aisle::review_catalogue(twins.products, &twins.text, &twins.image, by_forest));
  CHECK(together < 0.75);
  CHECK(apart > together + 0.15);
}

TEST_CASE("reviews that cannot be") {
  planted p;
  CHECK_THROWS_AS(p.review({.modality = "smell"}), aisle::option_error);
  CHECK_THROWS_AS(p.review({.how = {.learner = "guess"}}), aisle::option_error);
  CHECK_THROWS_AS(p.review({.folds = 1}), aisle::option_error);
  CHECK_THROWS_AS(p.review({.precision = 0}), aisle::option_error);
  // 190 labels of three classes.
  CHECK_THROWS_WITH_AS(p.review({.most_probabilities = 569}),
                       doctest::Contains("190 labels of 3 classes are more than the 569 probabilities"),
                       aisle::nothing_to_do);
  CHECK(p.review({.most_probabilities = 570}).labelled.size() == 190);
  for (auto& product : p.m.products.products) product.label = "one";
  CHECK_THROWS_AS(p.review(), aisle::nothing_to_do);
  p.m.products.options.label_column.clear();
  CHECK_THROWS_AS(p.review(), aisle::option_error);
}

TEST_CASE("pipelines for use say how known a row is, from their files too") {
  const support::temporary_folder work;
  made_up m(120);
  const auto e = m.run({.learners = {"logistic_regression"}, .fusion = {.kind = aisle::fusion_kind::concat}});
  aisle::write_experiment(e, work / "out");
  const auto set = aisle::pipeline_set::load(work / "out");
  for (float& v : m.text.vectors.row(5)) v = -80;
  const auto found = aisle::predict(set, m.products, &m.text, &m.image);
  double mean = 0;
  for (const auto& r : found.rows) {
    CHECK(r.known >= 0);
    CHECK(r.known <= 1);
    mean += r.known / 120;
  }
  CHECK(found.rows[5].known == 0);
  CHECK(std::abs(mean - 0.5) < 0.1);  // rows it learnt from: evenly between 0 and 1
  const auto kept = aisle::pipeline::load(work / "out/text.safetensors");
  const auto& used = *std::find_if(e.final_pipelines.begin(), e.final_pipelines.end(),
                                   [](const auto& p) { return p.modality == "text"; });
  CHECK(kept.known.distances() == used.known.distances());
  CHECK(aisle::predict(kept, &m.text, nullptr).known == aisle::predict(used, &m.text, nullptr).known);

  // A file of an earlier version has none; one whose numbers do not fit is refused.
  const auto file = aisle::read_safetensors(work / "out/text.safetensors");
  const auto copy = [&](const std::string& without, bool bad_counts) {
    aisle::state_dict out;
    for (const auto& tensor : file.entries()) {
      if (!without.empty() && tensor.name.starts_with(without)) continue;
      aisle::tensor t = file.read(tensor.name);
      if (bad_counts && tensor.name == "known.counts") t.data<std::int32_t>()[0] = 1'000'000;
      out.add(tensor.name, std::move(t));
    }
    aisle::write_safetensors(work / "copy.safetensors", out, file.metadata());
    return aisle::pipeline::load(work / "copy.safetensors");
  };
  CHECK_FALSE(copy("known.", false).known.fitted());
  CHECK(aisle::predict(copy("known.", false), &m.text, nullptr).known.empty());
  CHECK_THROWS_AS(copy("", true), aisle::format_error);
  CHECK_THROWS_AS(copy("known.distances", false), aisle::error);
}
