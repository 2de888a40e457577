#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <aisle/base/random.hpp>
#include <aisle/io/safetensors.hpp>
#include <aisle/learn/metrics.hpp>
#include <aisle/learn/model_file.hpp>

#include "blobs.hpp"
#include "support/support.hpp"

namespace {

/// Four columns that tell three classes, and `noise` that tell nothing.
template <class T = float>
blobs::data<T> beside_noise(const std::vector<int>& counts, std::int64_t noise, std::uint64_t seed) {
  const auto d = blobs::make<T>(counts, 4, 3.0, seed);
  aisle::random_generator random(seed + 100);
  aisle::matrix<T> x(d.x.rows(), 4 + noise);
  for (std::int64_t r = 0; r < x.rows(); ++r)
    for (std::int64_t c = 0; c < x.cols(); ++c)
      x(r, c) = c < 4 ? d.x(r, c) : static_cast<T>(3 * random.normal());
  return {x, d.labels};
}

template <class T>
std::pair<blobs::data<T>, blobs::data<T>> halves(const blobs::data<T>& d) {
  std::vector<std::int64_t> even, odd;
  for (std::int64_t r = 0; r < d.x.rows(); ++r) (r / 3 % 2 ? odd : even).push_back(r);
  return {{d.x.rows(even), d.labels.rows(even)}, {d.x.rows(odd), d.labels.rows(odd)}};
}

}  // namespace

TEST_CASE_TEMPLATE("late fusion hears little of a block that tells little", T, float, double) {
  const auto both = halves(beside_noise<T>({60, 60, 60}, 150, 1));
  const blobs::data<T>&train = both.first, &test = both.second;
  for (const auto joining : {aisle::late_joining::weighted, aisle::late_joining::stacked}) {
    CAPTURE(static_cast<int>(joining));
    aisle::late_fusion<T> late(nullptr, {.blocks = {4, 150}, .joining = joining});
    late.fit(train.x, train.labels);
    const double alone = [&] {
      aisle::logistic_regression<T> together;
      together.fit(train.x, train.labels);
      return aisle::accuracy(test.labels, together.predict(test.x));
    }();
    const double joined = aisle::accuracy(test.labels, late.predict(test.x));
    CHECK(joined > alone + 0.1);
    CHECK(late.features() == 154);
    aisle::logistic_regression<T> first;
    aisle::matrix<T> told(train.x.rows(), 4), asked(test.x.rows(), 4);
    for (std::int64_t r = 0; r < told.rows(); ++r) std::copy_n(train.x.row(r).data(), 4, told.row(r).data());
    for (std::int64_t r = 0; r < asked.rows(); ++r) std::copy_n(test.x.row(r).data(), 4, asked.row(r).data());
    first.fit(told, train.labels);
    CHECK(joined > aisle::accuracy(test.labels, first.predict(asked)) - 0.05);
    const support::temporary_folder work;
    const auto p = late.predict_proba(test.x);
    late.save(work / "m");
    const auto kept = aisle::load_classifier<T>(work / "m");
    CHECK(kept->kind() == "late_fusion");
    CHECK(kept->classes() == train.labels.classes());
    CHECK(kept->predict_proba(test.x) == p);
    kept->save(work / "again");
    CHECK(aisle::load_classifier<T>(work / "again")->predict_proba(test.x) == p);
    // Seeds make the same model.
    aisle::late_fusion<T> twin(nullptr, {.blocks = {4, 150}, .joining = joining, .threads = 1});
    twin.fit(train.x, train.labels);
    CHECK(twin.predict_proba(test.x) == p);
  }
}

TEST_CASE("late fusion of any learner, and of classes that a fold or a split lacks") {
  const auto d = beside_noise({30, 20, 1}, 3, 2);
  for (const char* kind : {"linear_svm", "random_forest", "mlp", "kernel_ridge"}) {
    CAPTURE(kind);
    aisle::late_fusion<float> late(aisle::make_classifier<float>(kind), {.blocks = {4, 3}});
    late.fit(d.x, d.labels);
    CHECK(late.each().kind() == kind);
    CHECK(aisle::accuracy(d.labels, late.predict(d.x)) > 0.8);
    CHECK(late.unfitted()->kind() == "late_fusion");
  }
  // A class of the list that has no row.
  const std::vector<std::int64_t> some{0, 1, 3, 4, 5, 6, 7, 8, 9, 10};
  aisle::late_fusion<float> late(nullptr, {.blocks = {4, 3}, .folds = 3});
  late.fit(d.x.rows(some), d.labels.rows(some));
  const auto p = late.predict_proba(d.x);
  CHECK(p.cols() == 3);
  CHECK(p(0, 2) == 0);
}

TEST_CASE("late fusion keeps groups together when it learns whom to hear") {
  // The second block tells which group a row is of and nothing else; the first tells the class now and then.
  aisle::random_generator random(5);
  const std::int64_t groups = 30, of_each = 6;
  aisle::matrix<float> x(groups * of_each, 22);
  std::vector<std::string> names;
  aisle::late_fusion_options options{.blocks = {2, 20}};
  for (std::int64_t g = 0; g < groups; ++g) {
    std::vector<float> badge;
    for (int i = 0; i < 20; ++i) badge.push_back(static_cast<float>(4 * random.normal()));
    for (std::int64_t i = 0; i < of_each; ++i) {
      const auto row = x.row(g * of_each + i);
      for (std::size_t c = 0; c < 2; ++c)
        row[c] = static_cast<float>((g % 2 ? 1 : -1) + 1.5 * random.normal());
      for (std::size_t c = 0; c < 20; ++c) row[c + 2] = badge[c];
      names.push_back(g % 2 ? "odd" : "even");
      options.groups.push_back(g);
    }
  }
  const aisle::label_vector labels(names);
  aisle::late_fusion<float> grouped(nullptr, options);
  grouped.fit(x, labels);
  options.groups.clear();
  aisle::late_fusion<float> alone(nullptr, options);
  alone.fit(x, labels);
  CHECK(alone.weights_of_blocks()[1] > alone.weights_of_blocks()[0]);
  CHECK(grouped.weights_of_blocks()[1] < grouped.weights_of_blocks()[0]);
}

TEST_CASE("late fusion takes sparse features beside its first block") {
  const auto d = beside_noise({40, 40}, 3, 7);
  aisle::sparse_matrix<float> words(2);
  for (std::int64_t r = 0; r < d.x.rows(); ++r) {
    const std::vector<std::int32_t> column{d.labels.codes()[static_cast<std::size_t>(r)]};
    const std::vector<float> value{1};
    words.add_row(column, value);
  }
  const aisle::feature_view<float> x(d.x, words);
  aisle::late_fusion<float> late(nullptr, {.blocks = {4, 3}});
  REQUIRE(late.takes_sparse());
  late.fit(x, d.labels);
  CHECK(late.sparse_features() == 2);
  const support::temporary_folder work;
  late.save(work / "m");
  CHECK(aisle::load_classifier<float>(work / "m")->predict_proba(x) == late.predict_proba(x));
}

TEST_CASE("late fusion refuses what does not fit, in files too") {
  const auto d = beside_noise({20, 20}, 3, 3);
  const auto fit = [&](aisle::late_fusion_options options) {
    aisle::late_fusion<float>(nullptr, std::move(options)).fit(d.x, d.labels);
  };
  CHECK_THROWS_WITH_AS(fit({.blocks = {4, 4}}), doctest::Contains("blocks of 8 columns for 7 dense features"),
                       aisle::shape_error);
  CHECK_THROWS_AS(fit({.blocks = {7, 0}}), aisle::option_error);
  CHECK_THROWS_AS(fit({.blocks = {4, 3}, .folds = 1}), aisle::option_error);
  CHECK_THROWS_AS(fit({.blocks = {4, 3}, .groups = {1, 2}}), aisle::shape_error);

  const support::temporary_folder work;
  aisle::late_fusion<float> late(nullptr, {.blocks = {4, 3}});
  late.fit(d.x, d.labels);
  late.save(work / "m");
  const aisle::state_dict good = aisle::read_safetensors(work / "m");
  for (const auto& left_out : good.entries()) {
    CAPTURE(left_out.name);
    aisle::state_dict torn;
    for (const auto& e : good.entries())
      if (e.name != left_out.name) torn.add(e.name, good.read(e.name));
    aisle::write_safetensors(work / "torn", torn, good.metadata());
    CHECK_THROWS_AS(aisle::load_classifier<float>(work / "torn"), aisle::format_error);
  }
  // A late fusion of late fusions there is not.
  auto metadata = good.metadata();
  metadata["aisle.block0.kind"] = "late_fusion";
  aisle::write_safetensors(work / "nested", good, metadata);
  CHECK_THROWS_AS(aisle::load_classifier<float>(work / "nested"), aisle::format_error);
}
