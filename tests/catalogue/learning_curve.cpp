// Learning curves of a catalogue whose classes are known to need few rows, and many.

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include <aisle/base/file.hpp>
#include <aisle/base/random.hpp>
#include <aisle/catalogue/learning_curve.hpp>
#include <aisle/io/csv.hpp>

#include "support/support.hpp"

namespace {

/// Four classes of 60 rows each in 40 dimensions, of noise with a deviation of 1. "far" and "away" lie 20
/// from all else: one row of each tells them. "left" and "right" are 3 apart along a line across all
/// dimensions: the best possible classifier is wrong in Phi(-1.5) = 7 % of their rows, one that learnt from
/// few rows in many.
struct made {
  aisle::catalogue products;
  aisle::embedding_table text;

  explicit made(std::int64_t rows = 240, bool grouped = false) {
    products.path = "made.csv";
    products.header = {"sku", "kind"};
    products.options.label_column = "kind";
    products.options.text_columns = {"sku"};
    products.data_rows = rows;
    text.vectors = aisle::matrix<float>(rows, 40);
    text.model = "m";
    aisle::random_generator random(4);
    const char* names[] = {"far", "away", "left", "right"};
    for (std::int64_t r = 0; r < rows; ++r) {
      const std::int64_t c = r % 4;
      text.rows.push_back(r);
      for (std::int64_t d = 0; d < 40; ++d) {
        const double centre = c == 0   ? (d == 0 ? 20 : 0)
                              : c == 1 ? (d == 1 ? 20 : 0)
                                       : (c == 2 ? -1 : 1) * 0.2372;
        text.vectors(r, d) = static_cast<float>(centre + random.normal());
      }
      aisle::product p;
      p.row = r;
      p.id = "id" + std::to_string(r);
      p.text = "text";
      p.label = names[c];
      if (grouped) {
        p.group = "g" + std::to_string(r / 16);
        products.options.group_column = "g";
      }
      p.fields = {p.id, p.label};
      products.products.push_back(p);
    }
  }
  aisle::learning_curve curve(const aisle::review_options& options = {}) const {
    return aisle::find_learning_curve(products, &text, nullptr, options);
  }
};

}  // namespace

TEST_CASE("a learning curve has the rows of its shares, and rises where rows are wanting") {
  const auto c = made().curve();
  CHECK(c.modality == "text");
  CHECK(c.folds == 5);
  REQUIRE(c.points.size() == 4);
  // Of each class four fifths of 60 rows, 48: 12 % of that are 5.76, rounded up; 25 % 12, 50 % 24.
  const double rows[] = {6, 12, 24, 48};
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(c.points[i].rows == 4 * rows[i]);
    CHECK(c.points[i].class_rows == std::vector<double>(4, rows[i]));
  }
  const auto far =
      static_cast<std::size_t>(std::find(c.classes.begin(), c.classes.end(), "far") - c.classes.begin());
  const auto left =
      static_cast<std::size_t>(std::find(c.classes.begin(), c.classes.end(), "left") - c.classes.begin());
  REQUIRE(far < 4);
  REQUIRE(left < 4);
  CHECK(c.points[0].class_f1[far] > 97);
  CHECK(c.points[3].class_f1[left] > c.points[0].class_f1[left]);
  CHECK(c.points[3].class_f1[left] < 97);  // 93 would be the best
  CHECK(c.points[3].macro_f1 > c.points[0].macro_f1);
  for (const aisle::curve_forecast& f : c.forecasts) {
    CHECK(c.classes[static_cast<std::size_t>(f.code)] != "far");  // nothing is left to gain
    CHECK(c.classes[static_cast<std::size_t>(f.code)] != "away");
    CHECK(f.low > 0);
    CHECK(f.gain >= 2);
    CHECK(f.more_rows == 48);
  }
  const auto lines = aisle::describe(c);
  REQUIRE(lines.size() == 1 + c.forecasts.size());
  CHECK(lines[0].starts_with("learning curve: from 24, 48, 96, 192 rows macro F1 is "));
}

TEST_CASE("a learning curve is the same for a seed whatever the threads, and is written whole") {
  const support::temporary_folder work;
  const made m;
  aisle::write_learning_curve(m.curve({.threads = 1}), work / "one.csv");
  aisle::write_learning_curve(m.curve({.threads = 3}), work / "three.csv");
  aisle::write_learning_curve(m.curve({.seed = 43}), work / "other.csv");
  CHECK(aisle::read_file(work / "one.csv") == aisle::read_file(work / "three.csv"));
  CHECK(aisle::read_file(work / "one.csv") != aisle::read_file(work / "other.csv"));
  const auto t = aisle::read_csv(work / "one.csv");
  CHECK(t.rows.size() == 4 * (1 + 4));
  CHECK(t.at(0, "training_rows") == "24");
}

TEST_CASE("groups are learnt from whole") {
  // 15 groups of 16 rows, four of each class; a fold learns from 12 of them. 12 % of their 192 rows
  // are 23.04: two groups, where rows by themselves would be 24.
  const auto c = made(240, true).curve();
  REQUIRE(c.points.size() == 4);
  CHECK(c.points[0].rows == 32);
  CHECK(c.points[3].rows == 192);
  double before = 0;
  for (const aisle::curve_point& p : c.points) {
    CHECK(p.rows > before);
    before = p.rows;
    for (const double n : p.class_rows) CHECK(n == doctest::Approx(p.rows / 4));
  }
}

TEST_CASE("the forecast of a class is the slope of its folds, and is made where they agree alone") {
  // At 25, 50 and 100 %, F1 of each fold. The slopes are 5, 5, 6, 6 and 8: 6 in the mean, their deviation
  // sqrt((1 + 1 + 0 + 0 + 4) / 4) = 1.2247, the error of the mean 0.5477, times 2.776 (t, 4 degrees) 1.5205.
  auto f = aisle::detail::forecast_of(
      2, {{{70, 75, 80}}, {{70, 76, 80}}, {{68, 74, 80}}, {{68, 74, 80}}, {{64, 72, 80}}}, 48);
  REQUIRE(f);
  CHECK(f->f1 == doctest::Approx(80));
  CHECK(f->gain == doctest::Approx(6));
  CHECK(f->low == doctest::Approx(6 - 1.5205).epsilon(1e-3));
  CHECK(f->high == doctest::Approx(6 + 1.5205).epsilon(1e-3));
  CHECK(f->more_rows == 48);
  // Folds that do not agree: slopes 30, -10, 2: 7.33 in the mean, its error above 10.
  CHECK_FALSE(aisle::detail::forecast_of(0, {{{20, 50, 80}}, {{90, 80, 70}}, {{70, 72, 74}}}, 48));
  // A curve that has become flat: the slope is 6, the last doubling brought 1.
  CHECK_FALSE(aisle::detail::forecast_of(0, {{{68, 79, 80}}, {{68, 79, 80}}, {{68, 79, 80}}}, 48));
  // The slope is 11, and 2 are left to 100 %. Two folds say nothing of their spread.
  f = aisle::detail::forecast_of(0, {{{76, 87, 98}}, {{76, 87, 98}}, {{76, 87, 98}}}, 48);
  REQUIRE(f);
  CHECK(f->gain == doctest::Approx(2));
  CHECK_FALSE(aisle::detail::forecast_of(0, {{{60, 70, 80}}, {{60, 70, 80}}}, 48));
}

TEST_CASE("learning curves that cannot be") {
  const made m;
  CHECK(m.curve({.modality = "image"}).modality == "text");  // as the review, by what there is
  CHECK_THROWS_AS(m.curve({.modality = "smell"}), aisle::option_error);
  CHECK_THROWS_AS(m.curve({.folds = 1}), aisle::option_error);
  CHECK_THROWS_AS(m.curve({.how = {.learner = "guess"}}), aisle::option_error);
  made unlabelled;
  unlabelled.products.options.label_column.clear();
  CHECK_THROWS_AS(unlabelled.curve(), aisle::option_error);
  // 240 labels of 4 classes: what is too much for the review is too much for its curve.
  CHECK_THROWS_WITH_AS(m.curve({.most_probabilities = 959}), doctest::Contains("240 labels of 4 classes"),
                       aisle::nothing_to_do);
  CHECK(m.curve({.most_probabilities = 960}).points.size() == 4);
}
