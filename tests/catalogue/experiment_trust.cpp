#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include <aisle/base/file.hpp>
#include <aisle/base/random.hpp>
#include <aisle/catalogue/experiment.hpp>
#include <aisle/catalogue/pipeline_set.hpp>
#include <aisle/catalogue/report.hpp>
#include <aisle/io/json.hpp>
#include <aisle/learn/calibration.hpp>
#include <aisle/learn/metrics.hpp>

#include "made_up.hpp"
#include "support/support.hpp"

using made_up_catalogue::find;
using made_up_catalogue::made_up;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// 40 products of four variants whose class has nothing to do with their vectors: variants of one have nearly
/// the same vectors, different ones nothing in common. Only who has seen a variant knows the class.
struct by_heart {
  aisle::catalogue products;
  aisle::embedding_table text;

  explicit by_heart(bool grouped, std::int64_t count = 40) {
    products.path = "variants.csv";
    products.header = {"sku", "kind", "product"};
    products.options.label_column = "kind";
    products.options.text_columns = {"sku"};
    if (grouped) products.options.group_column = "product";
    products.data_rows = 4 * count;
    text.model = "none";
    text.vectors = aisle::matrix<float>(4 * count, 64);
    aisle::random_generator random(11);
    aisle::matrix<float> centres(count, 64);
    for (std::int64_t i = 0; i < 64 * count; ++i) centres.data()[i] = static_cast<float>(random.normal());
    for (std::int64_t r = 0; r < products.data_rows; ++r) {
      const std::int64_t product = r % count;
      text.rows.push_back(r);
      for (std::int64_t c = 0; c < 64; ++c)
        text.vectors(r, c) = centres(product, c) + static_cast<float>(0.05 * random.normal());
      aisle::product p;
      p.row = r;
      p.id = "id" + std::to_string(r);
      p.text = "text " + std::to_string(r);
      p.label = product % 2 ? "odd" : "even";
      p.group = grouped ? "product " + std::to_string(product) : "";
      p.fields = {p.id, p.label, p.group};
      products.products.push_back(p);
    }
  }
  aisle::experiment run(const aisle::experiment_options& options = {
                            .learners = {"logistic_regression"}}) const {
    return aisle::run_experiment(products, &text, nullptr, options);
  }
};

}  // namespace

TEST_CASE("rows of a group are on one side, in cross-validation too") {
  const by_heart alone(false), together(true);
  const auto a = alone.run(), b = together.run();
  const auto &free = a.result.models.at(0), &grouped = b.result.models.at(0);
  CHECK(free.splits[0].accuracy > 95);
  CHECK(free.cross_validation_macro_f1 > 90);
  CHECK(grouped.splits[0].accuracy < 80);
  CHECK(grouped.cross_validation_macro_f1 < 80);
  std::set<std::int64_t> tested;
  for (const std::int64_t r : grouped.test_rows) tested.insert(r % 40);
  CHECK(4 * tested.size() == grouped.test_rows.size());
  CHECK(grouped.test_rows.size() == 48);  // 30 % of 40 products of 4
  CHECK(b.result.group_column == "product");
  CHECK(b.result.groups == 40);
  // Rows that are right or wrong by fours tell less: the interval is wider than of as many rows alone.
  REQUIRE(grouped.evidence.accuracy);
  const auto plain = aisle::wilson_interval(grouped.splits[0].accuracy / 100, 48);
  CHECK(grouped.evidence.accuracy->high - grouped.evidence.accuracy->low > 130 * (plain.high - plain.low));
}

TEST_CASE("near-twins across the split are counted, and the score without them") {
  const auto e = by_heart(false).run();
  const auto& m = e.result.models.at(0);
  const std::set<std::int64_t> tested(m.test_rows.begin(), m.test_rows.end());
  std::int64_t twins = 0, right = 0, left = 0;
  for (std::size_t i = 0; i < m.test_rows.size(); ++i) {
    bool has_one = false;  // a variant that is not tested
    for (std::int64_t v = m.test_rows[i] % 40; v < 160; v += 40) has_one |= !tested.contains(v);
    twins += has_one;
    left += !has_one;
    right += !has_one && m.truth[i] == m.predicted[i];
  }
  CHECK(e.result.twins.least_cosine == 0.9);
  CHECK(e.result.twins.rows == 48);
  CHECK(e.result.twins.twins == twins);
  CHECK(e.result.twins.by_text == twins);
  CHECK(e.result.twins.by_image == 0);
  CHECK(e.result.twins.same == 0);
  CHECK(twins > 40);
  CHECK(m.evidence.without_twins.rows == left);
  if (left > 0)
    CHECK(m.evidence.without_twins.accuracy ==
          doctest::Approx(100 * static_cast<double>(right) / static_cast<double>(left)));

  // With the groups nobody has a twin on the other side; a column that keeps nothing together hides none.
  const auto together = by_heart(true).run().result;
  CHECK(together.twins.least_cosine == 0.9);
  CHECK(together.twins.twins == 0);
  by_heart useless(true);
  for (auto& p : useless.products.products) p.group = p.id;
  const auto apart = useless.run().result;
  CHECK(apart.twins.twins > 40);
  CHECK(apart.models.at(0).evidence.without_twins.rows == apart.twins.rows - apart.twins.twins);
  const std::string page = aisle::report_markdown(apart);
  CHECK(has(page, "in common (160 groups) were on one side of the split. All the same, of 48 test rows"));
  CHECK(has(page, "That column does not keep them together."));
  CHECK_FALSE(has(page, "it had not seen"));

  // The very text on both sides, whatever its vector.
  by_heart same(false);
  for (std::size_t c = 0; c < 64; ++c)
    for (std::int64_t r = 0; r < 160; ++r) same.text.vectors(r, static_cast<std::int64_t>(c)) = 0;
  aisle::random_generator random(2);
  for (std::int64_t i = 0; i < 160 * 64; ++i)
    same.text.vectors.data()[i] = static_cast<float>(random.normal());
  CHECK(same.run().result.twins.twins == 0);
  for (auto& p : same.products.products) p.text = "one text";
  const auto all = same.run().result;
  CHECK(all.twins.same == 48);
  CHECK(all.twins.twins == 48);
  CHECK(all.models[0].evidence.without_twins.rows == 0);
}

TEST_CASE("vectors that all point one way make no twins") {
  by_heart m(false);
  aisle::random_generator random(4);
  for (std::int64_t r = 0; r < 160; ++r)
    for (std::int64_t c = 0; c < 64; ++c)
      m.text.vectors(r, c) = 20 + static_cast<float>(random.normal());  // cosines above 0.99 all of them
  CHECK(m.run().result.twins.twins == 0);
}

TEST_CASE("groups that cannot be: one for all, one a class, torn by a split file") {
  by_heart m(true);
  for (auto& p : m.products.products) p.group = "x";
  CHECK_THROWS_WITH_AS(m.run(),
                       doctest::Contains("variants.csv: column product: cannot split 160 rows in 1 group"),
                       aisle::option_error);
  for (auto& p : m.products.products) p.group = p.label;
  CHECK_THROWS_WITH_AS(m.run(), doctest::Contains("none can be held out"), aisle::option_error);

  const by_heart torn(true);
  aisle::split_file file;
  file.path = "s.json";
  file.rows = 160;
  file.splits.push_back({3, {0, 1, 2, 40, 80, 120}});
  CHECK_THROWS_WITH_AS(
      torn.run({.learners = {"logistic_regression"}, .splits = &file}),
      doctest::Contains("rows 1 and 41 are of one group, and the split of seed 3 of s.json has them on both"),
      aisle::option_error);
  file.splits[0].test = {0, 40, 80, 120, 3, 43, 83, 123};
  CHECK(torn.run({.learners = {"logistic_regression"}, .splits = &file}).result.models[0].test_rows.size() ==
        8);

  // Each row a group of its own is like no groups; a class of one group is learnt and not tested. Both are
  // said.
  std::vector<std::string> warnings;
  const aisle::experiment_options options{
      .learners = {"logistic_regression"},
      .on_warning = [&](std::string_view what) { warnings.emplace_back(what); }};
  by_heart lonely(true);
  for (auto& p : lonely.products.products) p.group.clear();
  lonely.run(options);
  CHECK(std::any_of(warnings.begin(), warnings.end(), [](const auto& w) {
    return has(w, "column product: no two rows have a group in common");
  }));
  warnings.clear();
  by_heart rare(true);
  for (auto& p : rare.products.products)
    if (p.row % 40 == 7) p.label = "rare";
  const auto e = rare.run(options);
  CHECK(std::any_of(warnings.begin(), warnings.end(), [](const auto& w) {
    return has(w, "1 class is in one group alone (\"rare\"): learnt, but never tested");
  }));
  CHECK(e.result.classes.size() == 3);
  for (const std::int64_t r : e.result.models[0].test_rows) CHECK(r % 40 != 7);
}

TEST_CASE("repeats are splits with the seeds that follow; the first is what it is alone") {
  const made_up m;
  const auto once = m.run({.learners = {"logistic_regression"}, .seed = 5}),
             thrice = m.run({.learners = {"logistic_regression"}, .seed = 5, .repeats = 3}),
             next = m.run({.learners = {"logistic_regression"}, .seed = 6});
  for (std::size_t i = 0; i < 3; ++i) {
    const auto &a = once.result.models[i], &b = thrice.result.models[i], &c = next.result.models[i];
    REQUIRE(b.splits.size() == 3);
    CHECK(b.splits[0].seed == 5);
    CHECK(b.splits[2].seed == 7);
    CHECK(b.test_rows == a.test_rows);
    CHECK(b.predicted == a.predicted);
    CHECK(b.probabilities == a.probabilities);
    CHECK(b.splits[0].accuracy == a.splits[0].accuracy);
    CHECK(b.splits[1].accuracy == c.splits[0].accuracy);
    CHECK(b.cross_validation_macro_f1 == a.cross_validation_macro_f1);
  }
  CHECK_THROWS_AS(m.run({.repeats = 0}), aisle::option_error);
}

TEST_CASE("evidence: intervals around the score, comparisons with the best, calibrated probabilities") {
  const support::temporary_folder work;
  const made_up m(80, {1, 2, 3}, {3, 4, 5, 6});
  const auto e = m.run();
  const auto* best = e.result.best();
  REQUIRE(best != nullptr);
  for (const auto& r : e.result.models) {
    CAPTURE(r.modality + " " + r.model);
    const auto& score = r.splits[0];
    const auto n = static_cast<double>(r.test_rows.size());
    REQUIRE(r.evidence.accuracy);
    REQUIRE(r.evidence.macro_f1);
    CHECK(r.evidence.accuracy->low ==
          doctest::Approx(100 * aisle::wilson_interval(score.accuracy / 100, n).low));
    CHECK(r.evidence.macro_f1->low <= score.macro_f1);
    CHECK(r.evidence.macro_f1->high >= score.macro_f1);
    CHECK(r.evidence.temperature > 0);
    CHECK(r.evidence.temperature != 1);
    for (std::int64_t i = 0; i < r.probabilities.rows(); ++i) {
      const auto row = r.probabilities.row(i);
      const auto top = std::max_element(row.begin(), row.end()) - row.begin();
      CHECK(top == r.predicted[static_cast<std::size_t>(i)]);
    }
    REQUIRE(r.evidence.against_best.has_value() == (&r != best));
    if (&r == best) continue;
    // By hand, on the rows that both were tested on.
    std::int64_t only_this = 0, only_best = 0, rows = 0;
    for (std::size_t i = 0; i < r.test_rows.size(); ++i) {
      const auto at = std::find(best->test_rows.begin(), best->test_rows.end(), r.test_rows[i]);
      if (at == best->test_rows.end()) continue;
      const auto j = static_cast<std::size_t>(at - best->test_rows.begin());
      const bool one = r.predicted[i] == r.truth[i], other = best->predicted[j] == best->truth[j];
      ++rows, only_this += one && !other, only_best += other && !one;
    }
    CHECK(r.evidence.compared_rows == rows);
    CHECK(r.evidence.against_best->only_first == only_this);
    CHECK(r.evidence.against_best->only_second == only_best);
    CHECK(r.evidence.indistinguishable() == (aisle::mcnemar_test(only_this, only_best).p_value > 0.05));
  }
  // A pipeline keeps its temperature in its file.
  aisle::write_experiment(e, work / "out");
  const auto kept = aisle::pipeline::load(work / "out/text_logistic_regression.safetensors");
  const auto& text = find(e, "text", "logistic_regression");
  CHECK(kept.temperature == text.evidence.temperature);
  const auto again = aisle::predict(kept, &m.text, nullptr);
  for (std::size_t i = 0; i < text.test_rows.size(); ++i) {
    const auto at = std::find(again.rows.begin(), again.rows.end(), text.test_rows[i]) - again.rows.begin();
    for (std::int64_t c = 0; c < 3; ++c)
      CHECK(again.probabilities(at, c) == text.probabilities(static_cast<std::int64_t>(i), c));
  }
  // metrics.json and report.json say the same, and both are read again.
  const auto metrics = aisle::read_json(work / "out/metrics.json");
  const auto& first = metrics["models"][0];
  CHECK(first["accuracy_interval"].as_vector<double>().size() == 2);
  CHECK(first["calibration"].get<double>("temperature") == e.result.models[0].evidence.temperature);
  CHECK(metrics["near_twins"].get<std::int64_t>("test_rows") == e.result.twins.rows);
  aisle::save_result(e.result, work / "report.json");
  const auto loaded = aisle::load_result(work / "report.json");
  for (std::size_t i = 0; i < e.result.models.size(); ++i) {
    const auto &a = e.result.models[i].evidence, &b = loaded.models[i].evidence;
    CHECK(a.accuracy->low == b.accuracy->low);
    CHECK(a.macro_f1->high == b.macro_f1->high);
    CHECK(a.calibration_error == b.calibration_error);
    CHECK(a.compared_rows == b.compared_rows);
    CHECK(a.indistinguishable() == b.indistinguishable());
  }
  CHECK(loaded.twins.twins == e.result.twins.twins);
  auto reviewed = e.result;
  reviewed.review = {"of 9 labels <one> is likely wrong"};
  aisle::save_result(reviewed, work / "reviewed.json");
  CHECK(aisle::load_result(work / "reviewed.json").review == reviewed.review);
  reviewed.curve = {
      .modality = "text",
      .learner = "mlp",
      .folds = 5,
      .classes = {"a", "b"},
      .points =
          {{.share = 0.5, .rows = 40, .accuracy = 91.5, .macro_f1 = 90.25, .class_rows = {}, .class_f1 = {}}},
      .forecasts = {{.code = 1, .more_rows = 20, .f1 = 80, .gain = 6, .low = 4.5, .high = 7.5}}};
  reviewed.quality = {{"empty text", 2, 2}, {"same picture", 1, 3}, {"small class", 0, 0}};
  aisle::save_result(reviewed, work / "reviewed.json");
  aisle::write_metrics(reviewed, work / "reviewed-metrics.json");
  const auto back = aisle::load_result(work / "reviewed.json");
  CHECK(back.curve.modality == "text");
  CHECK(back.curve.folds == 5);
  REQUIRE(back.curve.forecasts.size() == 1);
  CHECK(back.curve.classes.at(static_cast<std::size_t>(back.curve.forecasts[0].code)) == "b");
  CHECK(back.curve.forecasts[0].low == 4.5);
  CHECK(back.quality == reviewed.quality);
  CHECK(aisle::condense_result(reviewed, 1).quality == reviewed.quality);
  CHECK(aisle::condense_result(reviewed, 1).curve.points.size() == 1);
  for (const char* file : {"reviewed.json", "reviewed-metrics.json"}) {
    CAPTURE(file);
    const auto j = aisle::read_json(work / file);
    const auto& point = j["learning_curve"]["points"][0];
    CHECK(point.get<double>("share") == 0.5);
    CHECK(point.get<double>("rows") == 40);
    CHECK(point.get<double>("accuracy") == 91.5);
    CHECK(point.get<double>("macro_f1") == 90.25);
    const auto& forecast = j["learning_curve"]["forecasts"][0];
    CHECK(forecast.get<std::string>("class") == "b");
    CHECK(forecast.get<double>("more_rows") == 20);
    CHECK(forecast.get<double>("gain") == 6);
    CHECK(forecast.get<double>("high") == 7.5);
    CHECK(j["quality"]["same picture"].get<std::int64_t>("findings") == 1);
    CHECK(j["quality"]["same picture"].get<std::int64_t>("rows") == 3);
    CHECK(j["quality"]["small class"].get<std::int64_t>("findings") == 0);
  }
  CHECK_FALSE(metrics.contains("learning_curve"));
  CHECK_FALSE(metrics.contains("quality"));
  CHECK(has(aisle::report_html(reviewed), "of 9 labels &lt;one&gt; is likely wrong"));
  CHECK(has(aisle::report_markdown(reviewed), "## The catalogue reviewed"));
  CHECK_FALSE(has(aisle::report_html(e.result), "The catalogue reviewed"));
  const std::string page = aisle::report_html(e.result), text_page = aisle::report_markdown(e.result);
  for (const std::string* p : {&page, &text_page}) {
    CHECK(has(*p, "How far to trust"));
    CHECK(has(*p, "Against the best"));
  }
}

TEST_CASE("results of earlier versions, without evidence, are read and shown") {
  const support::temporary_folder work;
  auto e = made_up().run({.learners = {"logistic_regression"}});
  e.result.twins = {};
  for (auto& m : e.result.models) m.evidence = {};
  aisle::save_result(e.result, work / "report.json");
  const std::string text = aisle::read_file(work / "report.json");
  CHECK_FALSE(has(text, "interval"));
  const auto loaded = aisle::load_result(work / "report.json");
  CHECK_FALSE(loaded.models[0].evidence.accuracy.has_value());
  CHECK_FALSE(has(aisle::report_html(loaded), "How far to trust"));
  CHECK_FALSE(has(aisle::report_markdown(loaded), "How far to trust"));
}
