#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <aisle/base/file.hpp>
#include <aisle/base/random.hpp>
#include <aisle/io/safetensors.hpp>
#include <aisle/learn/pca.hpp>

#include "support/support.hpp"

namespace {

using aisle::pca;
using aisle::pca_solver;

/// Rows that vary along `rank` directions, along each half as much as along the one before, far from 0.
template <class T>
aisle::matrix<T> rows_of_rank(std::int64_t rows, std::int64_t cols, std::int64_t rank, double noise = 0,
                              std::uint64_t seed = 1) {
  aisle::random_generator random(seed);
  aisle::matrix<double> directions(rank, cols);
  for (auto row : directions)
    for (double& v : row) v = random.normal();
  aisle::matrix<T> out(rows, cols);
  for (std::int64_t r = 0; r < rows; ++r) {
    std::vector<double> sums(static_cast<std::size_t>(cols), 5.0);
    for (std::int64_t k = 0; k < rank; ++k) {
      const double z = random.normal() * std::pow(0.5, static_cast<double>(k));
      for (std::size_t c = 0; c < sums.size(); ++c) sums[c] += z * directions(k, c);
    }
    for (std::size_t c = 0; c < sums.size(); ++c)
      out(r, c) = static_cast<T>(sums[c] + noise * random.normal());
  }
  return out;
}

struct size {
  std::int64_t rows, cols;
};

double inner(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// Of what a PCA must be, by its definition: orthonormal rows, projections that do not vary together and
/// vary as said, a share of the whole variance, signs.
template <class T>
void check_definition(const aisle::matrix<T>& x, const pca<T>& p, double limit) {
  const auto n = static_cast<double>(x.rows());
  const aisle::matrix<double>& v = p.components();
  const aisle::matrix<T> y = p.transform(x);
  double whole = 0;
  for (std::int64_t c = 0; c < x.cols(); ++c) {
    double mean = 0, squares = 0;
    for (std::int64_t r = 0; r < x.rows(); ++r) mean += static_cast<double>(x(r, c)) / n;
    for (std::int64_t r = 0; r < x.rows(); ++r) squares += std::pow(static_cast<double>(x(r, c)) - mean, 2);
    whole += squares / (n - 1);
    CHECK(p.mean()[static_cast<std::size_t>(c)] == doctest::Approx(mean).epsilon(1e-6));
  }
  const double first = p.explained_variance()[0];
  for (std::int64_t i = 0; i < v.rows(); ++i) {
    double largest = 0;
    for (const double e : v.row(i))
      if (std::abs(e) > std::abs(largest)) largest = e;
    CHECK(largest > 0);
    const auto at = static_cast<std::size_t>(i);
    CHECK(p.explained_variance_ratio()[at] ==
          doctest::Approx(p.explained_variance()[at] / whole).epsilon(1e-5));
    CHECK(p.singular_values()[at] ==
          doctest::Approx(std::sqrt(p.explained_variance()[at] * (n - 1))).epsilon(1e-9));
    for (std::int64_t j = 0; j <= i; ++j) {
      CHECK(std::abs(inner(v.row(i), v.row(j)) - (i == j)) < 1e-9);
      double together = 0;
      for (std::int64_t r = 0; r < y.rows(); ++r)
        together += static_cast<double>(y(r, i)) * y(r, j) / (n - 1);
      CHECK(std::abs(together - (i == j ? p.explained_variance()[at] : 0.0)) < limit * first);
    }
  }
}

}  // namespace

TEST_CASE_TEMPLATE("components are orthonormal, uncorrelated and the widest there are", T, float, double) {
  const double limit = sizeof(T) == 4 ? 2e-6 : 1e-12;
  for (const size& s : {size{300, 20}, {20, 300}, {420, 400}, {3, 1}, {2, 50}, {70, 70}}) {
    CAPTURE(s.rows);
    CAPTURE(s.cols);
    const auto x = rows_of_rank<T>(s.rows, s.cols, std::min<std::int64_t>({s.rows, s.cols, 12}), 0.01);
    const std::int64_t k = std::min<std::int64_t>({s.rows - 1, s.cols, 12});
    check_definition(x, pca<T>::fit(x, {.components = k}), limit);
  }
}

TEST_CASE("known variances are found") {
  // Columns that do not vary together: the components are the axes, by variance.
  aisle::matrix<double> x(4, 3);
  const double values[] = {1, 10, 0, -1, 10, 0, 0, 14, 0, 0, 6, 0};
  std::copy(std::begin(values), std::end(values), x.data());
  const auto p = pca<double>::fit(x, {.components = 3});
  CHECK(p.explained_variance()[0] == doctest::Approx(32.0 / 3));
  CHECK(p.explained_variance()[1] == doctest::Approx(2.0 / 3));
  CHECK(p.explained_variance()[2] == doctest::Approx(0).epsilon(1e-12));
  CHECK(p.components()(0, 1) == doctest::Approx(1));
  CHECK(p.components()(1, 0) == doctest::Approx(1));
  CHECK(p.components()(2, 2) == doctest::Approx(1));
  CHECK(p.noise_variance() == 0);
  CHECK(pca<double>::fit(x, {.components = 1}).noise_variance() == doctest::Approx(1.0 / 3));
}

TEST_CASE("rows as they are, not centred: their own directions") {
  const auto x = rows_of_rank<double>(90, 20, 6, 0.01);
  const auto p = pca<double>::fit(x, {.components = 2, .centre = false});
  CHECK(p.mean() == std::vector<double>(20, 0.0));
  const auto y = p.transform(x);
  for (std::int64_t k = 0; k < 2; ++k) {
    double sum = 0, squares = 0;
    for (std::int64_t r = 0; r < 90; ++r) sum += y(r, k) / 90, squares += y(r, k) * y(r, k);
    const auto at = static_cast<std::size_t>(k);
    CHECK(p.singular_values()[at] == doctest::Approx(std::sqrt(squares)));
    CHECK(p.explained_variance()[at] == doctest::Approx(squares / 90 - sum * sum).epsilon(1e-8));
  }
  CHECK_THROWS_AS(pca<double>::fit(x, {.whiten = true, .centre = false}), aisle::option_error);
}

TEST_CASE("both exact ways and the randomised one agree") {
  const auto x = rows_of_rank<double>(260, 240, 30, 1e-3);
  aisle::matrix<double> wide(200, 240);
  std::copy_n(x.data(), wide.rows() * wide.cols(), wide.data());
  for (const aisle::matrix<double>* rows : std::vector<const aisle::matrix<double>*>{&x, &wide}) {
    const auto exact = pca<double>::fit(*rows, {.components = 8, .solver = pca_solver::exact});
    const auto random =
        pca<double>::fit(*rows, {.components = 8, .solver = pca_solver::randomised, .seed = 3});
    for (std::int64_t k = 0; k < 8; ++k) {
      const auto at = static_cast<std::size_t>(k);
      CHECK(random.explained_variance()[at] == doctest::Approx(exact.explained_variance()[at]).epsilon(1e-9));
      CHECK(inner(random.components().row(k), exact.components().row(k)) == doctest::Approx(1).epsilon(1e-9));
    }
    CHECK(random.noise_variance() == doctest::Approx(exact.noise_variance()).epsilon(1e-6));
    check_definition(*rows, random, 1e-9);
  }
  // All there are: nothing is left to guess.
  const auto all = pca<double>::fit(wide, {.components = 200, .solver = pca_solver::randomised});
  CHECK(all.explained_variance()[150] ==
        doctest::Approx(pca<double>::fit(wide, {.components = 200}).explained_variance()[150]).epsilon(1e-6));
}

TEST_CASE("a few components of many are those of the whole decomposition") {
  constexpr std::int64_t features = 600, few = 20, many = 120;  // many: by the whole decomposition
  std::vector<std::pair<std::string, aisle::matrix<double>>> cases;
  cases.emplace_back("falling variances", rows_of_rank<double>(900, features, 60, 0.1));
  cases.emplace_back("noise alone", rows_of_rank<double>(2000, features, 1, 1));
  cases.emplace_back("fewer directions than are wanted", rows_of_rank<double>(700, features, 8));
  cases.emplace_back("more features than rows", rows_of_rank<double>(599, 800, 60, 0.1));
  // One row a feature and sign: all variances are one of three, each many times.
  aisle::matrix<double> equal(2 * features, features);
  for (auto row : equal) std::fill(row.begin(), row.end(), 0.0);
  for (std::int64_t i = 0; i < features; ++i)
    equal(2 * i, i) = i < 10 ? 3 : i < 100 ? 2 : 1, equal(2 * i + 1, i) = -equal(2 * i, i);
  cases.emplace_back("equal variances", equal);
  for (const auto& each : cases) {
    CAPTURE(each.first);
    const aisle::matrix<double>& x = each.second;
    const auto some = pca<double>::fit(x, {.components = few, .solver = pca_solver::exact}),
               whole = pca<double>::fit(x, {.components = many, .solver = pca_solver::exact});
    const double largest = whole.explained_variance()[0];
    for (std::size_t k = 0; k < few; ++k)
      CHECK(std::abs(some.explained_variance()[k] - whole.explained_variance()[k]) <= 1e-12 * largest);
    // Where a variance stands alone its direction is determined.
    for (std::int64_t k = 0; k < few; ++k) {
      const auto v = [&](std::int64_t i) {
        return i < 0 ? INFINITY : whole.explained_variance()[static_cast<std::size_t>(i)];
      };
      const double apart = std::min(v(k - 1) - v(k), v(k) - v(k + 1)) / largest;
      if (apart < 1e-6) continue;
      CHECK(std::abs(inner(some.components().row(k), whole.components().row(k))) > 1 - 1e-12 / apart);
    }
    for (std::int64_t i = 0; i < few; ++i)
      for (std::int64_t j = 0; j <= i; ++j)
        CHECK(std::abs(inner(some.components().row(i), some.components().row(j)) - (i == j)) < 1e-12);
    const double left = whole.noise_variance() * static_cast<double>(std::min(x.rows(), x.cols()) - many);
    double sum = left;
    for (std::size_t k = few; k < many; ++k) sum += whole.explained_variance()[k];
    CHECK(std::abs(some.noise_variance() * static_cast<double>(std::min(x.rows(), x.cols()) - few) - sum) <=
          1e-10 * largest);
  }
}

TEST_CASE("a few components of many rows of floats are those of double to the rounding of floats") {
  constexpr std::int64_t rows = 1800, features = 520, few = 12;  // enough for a start on a sample of the rows
  const auto x = rows_of_rank<float>(rows, features, 9, 0.1);
  aisle::matrix<double> wide(rows, features);
  for (std::int64_t r = 0; r < rows; ++r) std::copy(x.row(r).begin(), x.row(r).end(), wide.row(r).begin());
  const auto whole = pca<double>::fit(wide, {.components = 60});  // too many for anything but the whole
  const double largest = whole.explained_variance()[0];
  for (const auto solver : {pca_solver::automatic, pca_solver::exact}) {  // to 3e-6 and 3e-7
    const auto p = pca<float>::fit(x, {.components = few, .solver = solver});
    for (std::size_t k = 0; k < few; ++k)
      CHECK(std::abs(p.explained_variance()[k] - whole.explained_variance()[k]) <= 1e-6 * largest);
    for (std::int64_t k = 0; k < 9; ++k)  // what stands out of the noise
      CHECK(std::abs(inner(p.components().row(k), whole.components().row(k))) > 1 - 1e-6);
    const double others = whole.noise_variance() * (features - 60);
    double sum = others;
    for (std::size_t k = few; k < 60; ++k) sum += whole.explained_variance()[k];
    CHECK(p.noise_variance() * (features - few) == doctest::Approx(sum).epsilon(1e-4));
    const auto again = pca<float>::fit(x, {.components = few, .solver = solver, .threads = 3});
    CHECK(std::equal(again.components().data(), again.components().data() + few * features,
                     p.components().data()));
  }
  // One number that is none, wherever it stands, is found by the sums of columns.
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    auto spoilt = x;
    spoilt(rows - 1, features - 1) = bad;
    CHECK_THROWS_WITH_AS(pca<float>::fit(spoilt, {.components = few}), doctest::Contains("1799"),
                         aisle::row_error);
  }
}

TEST_CASE("rows of few directions have orthonormal components of no variance behind them") {
  for (const auto solver : {pca_solver::exact, pca_solver::randomised})
    for (const size& s : {size{40, 15}, {15, 40}}) {
      CAPTURE(s.rows);
      const auto x = rows_of_rank<double>(s.rows, s.cols, 3);
      const auto p = pca<double>::fit(x, {.components = 15, .solver = solver});
      check_definition(x, p, 1e-9);
      for (std::size_t k = 3; k < 15; ++k) CHECK(p.explained_variance()[k] < 1e-9);
    }
  const auto constant = pca<double>::fit(aisle::matrix<double>(5, 4, 2.5), {.components = 4});
  for (std::size_t k = 0; k < 4; ++k) {
    CHECK(constant.explained_variance()[k] == 0);
    CHECK(constant.explained_variance_ratio()[k] == 0);
    CHECK(inner(constant.components().row(k), constant.components().row(k)) == doctest::Approx(1));
  }
}

TEST_CASE("back and forth, whitened and not") {
  const auto x = rows_of_rank<double>(80, 12, 12);
  for (const bool whiten : {false, true}) {
    const auto p = pca<double>::fit(x, {.components = 12, .whiten = whiten});
    const auto y = p.transform(x), back = p.inverse_transform(y);
    for (std::int64_t r = 0; r < x.rows(); ++r)
      for (std::int64_t c = 0; c < x.cols(); ++c)
        REQUIRE(back(r, c) == doctest::Approx(x(r, c)).epsilon(1e-9));
    double squares = 0;
    for (std::int64_t r = 0; r < y.rows(); ++r) squares += y(r, 7) * y(r, 7) / 79;
    CHECK(squares == doctest::Approx(whiten ? 1.0 : p.explained_variance()[7]).epsilon(1e-9));
  }
  // What does not vary stays finite.
  const auto flat = pca<double>::fit(rows_of_rank<double>(30, 6, 2), {.components = 6, .whiten = true});
  const auto y = flat.transform(rows_of_rank<double>(30, 6, 2));
  for (std::int64_t r = 0; r < 30; ++r) CHECK(std::abs(y(r, 5)) < 1e-6);
}

TEST_CASE_TEMPLATE("the same bits for any number of threads, and as a view" *
                       doctest::skip(support::long_when_sanitized()),
                   T, float, double) {
  for (const auto solver : {pca_solver::exact, pca_solver::randomised})
    for (const size& s : {size{700, 330}, {330, 700}}) {
      const auto x = rows_of_rank<T>(s.rows, s.cols, 20, 0.1);
      const auto fit = [&](aisle::matrix_view<const T> of, int threads) {
        return pca<T>::fit(of, {.components = 40, .solver = solver, .seed = 5, .threads = threads});
      };
      const auto one = fit(x, 1);
      for (const int threads : {2, 3, 7}) {
        const auto several = fit(x, threads);
        CHECK(several.components() == one.components());
        CHECK(several.explained_variance() == one.explained_variance());
        CHECK(several.transform(x, threads) == one.transform(x, 1));
        CHECK(several.inverse_transform(one.transform(x), threads) ==
              one.inverse_transform(one.transform(x), 1));
      }
      const aisle::matrix_view<const T> part(x.data(), s.rows, 200, s.cols);
      const auto of_part = fit(part, 2), of_copy = fit(aisle::matrix<T>(part), 1);
      CHECK(of_part.components() == of_copy.components());
    }
}

TEST_CASE("very large, very small and far away numbers") {
  const auto x = rows_of_rank<float>(120, 30, 5, 0.1);
  const auto plain = pca<float>::fit(x, {.components = 3});
  for (const float factor : {1e30f, 1e-30f}) {
    auto scaled = x;
    for (auto row : scaled)
      for (float& v : row) v *= factor;
    const auto p = pca<float>::fit(scaled, {.components = 3});
    const double square = static_cast<double>(factor) * static_cast<double>(factor);
    CHECK(p.explained_variance()[0] / square == doctest::Approx(plain.explained_variance()[0]).epsilon(1e-5));
    CHECK(inner(p.components().row(2), plain.components().row(2)) == doctest::Approx(1).epsilon(1e-4));
  }
  auto far = rows_of_rank<double>(120, 30, 5, 0.1);
  const auto here = pca<double>::fit(far, {.components = 3});
  for (auto row : far)
    for (double& v : row) v += 1e6;
  CHECK(pca<double>::fit(far, {.components = 3}).explained_variance()[2] ==
        doctest::Approx(here.explained_variance()[2]).epsilon(1e-7));
  aisle::matrix<double> huge(3, 2, 1.0);
  huge(1, 1) = 1e200;
  CHECK_THROWS_WITH_AS(pca<double>::fit(huge, {.components = 1}),
                       doctest::Contains("row 1, column 1: too large"), aisle::row_error);
}

TEST_CASE("what a PCA refuses") {
  const auto x = rows_of_rank<double>(10, 4, 4);
  const auto fit = [](const aisle::matrix<double>& rows, std::int64_t components) {
    return pca<double>::fit(rows, {.components = components});
  };
  CHECK_THROWS_WITH_AS(fit(x, 5), "PCA: components is 5, expected 1 to the smaller of 10 rows and 4 features",
                       aisle::option_error);
  CHECK_THROWS_AS(fit(x, 0), aisle::option_error);
  CHECK_THROWS_WITH_AS(fit(aisle::matrix<double>(0, 4), 1),
                       "nothing to fit a PCA on: 0 rows of 4 features, expected at least 2 of 1",
                       aisle::shape_error);
  CHECK_THROWS_AS(fit(aisle::matrix<double>(1, 4), 1), aisle::shape_error);
  CHECK_THROWS_AS(fit(aisle::matrix<double>(4, 0), 1), aisle::shape_error);
  auto bad = x;
  bad(7, 2) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH_AS(fit(bad, 1), "features: row 7, column 2: NaN, expected a number", aisle::row_error);
  const auto p = fit(x, 2);
  CHECK_THROWS_AS(p.transform(bad), aisle::row_error);
  bad(7, 2) = std::numeric_limits<double>::infinity();
  CHECK_THROWS_AS(fit(bad, 1), aisle::row_error);
  CHECK_THROWS_WITH_AS(p.transform(aisle::matrix<double>(2, 3)), "rows of 3 features for a PCA of 4",
                       aisle::shape_error);
  CHECK_THROWS_AS(p.inverse_transform(aisle::matrix<double>(2, 4)), aisle::shape_error);
  CHECK_THROWS_AS(pca<double>().transform(x), aisle::not_fitted_error);
  struct stop {};
  CHECK_THROWS_AS(pca<double>::fit(x, {.progress = [](const auto&) { throw stop(); }}), stop);
}

TEST_CASE("a model file is read as it was written") {
  const support::temporary_folder work;
  const auto x = rows_of_rank<double>(60, 9, 9);
  const auto p = pca<double>::fit(x, {.components = 3, .whiten = true});
  p.save(work / "p.safetensors");
  const auto q = pca<double>::load(work / "p.safetensors");
  CHECK(q.transform(x) == p.transform(x));
  CHECK(q.inverse_transform(q.transform(x)) == p.inverse_transform(p.transform(x)));
  CHECK(q.whiten());
  CHECK(q.singular_values() == p.singular_values());
  CHECK(q.explained_variance_ratio() == p.explained_variance_ratio());
  CHECK(q.noise_variance() == p.noise_variance());
  aisle::matrix<float> narrow(60, 9);
  for (std::int64_t i = 0; i < 540; ++i) narrow.data()[i] = static_cast<float>(x.data()[i]);
  CHECK(pca<float>::load(work / "p.safetensors").transform(narrow)(5, 1) ==
        doctest::Approx(p.transform(x)(5, 1)).epsilon(1e-5));
  CHECK_THROWS_AS(pca<double>().save(work / "none.safetensors"), aisle::not_fitted_error);

  const auto damaged = [&](const auto& change) {
    const aisle::state_dict file = aisle::read_safetensors(work / "p.safetensors");
    aisle::state_dict other;
    auto metadata = file.metadata();
    std::map<std::string, aisle::tensor> tensors;
    for (const auto& e : file.entries()) tensors.emplace(e.name, file.read(e.name));
    change(tensors, metadata);
    for (auto& named : tensors) other.add(named.first, std::move(named.second));
    aisle::write_safetensors(work / "damaged.safetensors", other, metadata);
    return [&] { return pca<double>::load(work / "damaged.safetensors"); };
  };
  CHECK_THROWS_WITH_AS(damaged([](auto&, auto& m) { m["aisle.format"] = "classifier 1"; })(),
                       doctest::Contains("aisle.format is \"classifier 1\", expected \"projection 1\""),
                       aisle::format_error);
  CHECK_THROWS_AS(damaged([](auto& t, auto&) { t.erase("mean"); })(), aisle::format_error);
  CHECK_THROWS_AS(damaged([](auto& t, auto&) { t["mean"] = aisle::tensor(aisle::dtype::f64, {4}); })(),
                  aisle::format_error);
  CHECK_THROWS_AS(
      damaged([](auto& t, auto&) { t["components"].template data<double>()[1] = std::nan(""); })(),
      aisle::format_error);
  CHECK_THROWS_AS(damaged([](auto& t, auto&) { t["explained_variance"].template data<double>()[1] = -1; })(),
                  aisle::format_error);
}
