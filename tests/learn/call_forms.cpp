#include <cstdint>
#include <list>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <aisle/base/parallel.hpp>
#include <aisle/image/decode.hpp>
#include <aisle/image/encode.hpp>
#include <aisle/image/image_encoder.hpp>
#include <aisle/io/csv.hpp>
#include <aisle/io/npy.hpp>
#include <aisle/learn/cross_validation.hpp>
#include <aisle/learn/logistic_regression.hpp>
#include <aisle/learn/nearest.hpp>
#include <aisle/learn/ranking_metrics.hpp>
#include <aisle/text/text_encoder.hpp>

#include <filesystem>

#include "support/support.hpp"

// Calls that a reader of the headers writes without thinking compile and mean what they say.

namespace {

template <class Paths>
constexpr bool encodes_files = requires(const aisle::image_encoder& e, const Paths& p) {
  e.encode_files(p);
};
static_assert(encodes_files<std::vector<std::string>> && encodes_files<std::vector<std::string_view>> &&
              encodes_files<std::vector<std::filesystem::path>> && encodes_files<std::list<const char*>>);
static_assert(!encodes_files<std::string> && !encodes_files<std::filesystem::path> &&
              !encodes_files<std::vector<int>>);
static_assert(requires(const aisle::image_encoder& e, const aisle::image& i, const aisle::image_view& v,
                       const std::vector<aisle::image>& many, const std::string& s) {
  e.encode(i);
  e.encode(v);
  e.encode(many);
  e.encode({i, i});
  e.encode({i});
  e.encode({v, v}, {.threads = 1});
  e.encode_files({"a", "b"});
  e.encode_files({"a"});
  e.encode_files({s, s}, {.threads = 1});
});
template <class Files>
constexpr bool encodes_bytes = requires(const aisle::image_encoder& e, const Files& files) {
  e.encode_bytes(files);
};
static_assert(encodes_bytes<std::vector<std::span<const std::byte>>> &&
              encodes_bytes<std::vector<std::string>> && encodes_bytes<std::list<std::vector<std::uint8_t>>>);
static_assert(!encodes_bytes<std::string> && !encodes_bytes<std::vector<std::vector<float>>>);
static_assert(requires(const aisle::text_encoder& e, const std::string& s) {
  e.tokenize("a");
  e.tokenize(s);
  e.tokenize({"a", "b"});
  e.tokenize({"a"});
  e.tokenize({s, s}, {.threads = 1});
});

std::int64_t squares[10];
void square(std::int64_t i) { squares[i] = i * i; }
void square_by(std::int64_t i, int) { squares[i] = -i * i; }

}  // namespace

TEST_CASE("plain functions are bodies of parallel loops") {
  aisle::parallel_for(10, 2, square);
  CHECK(squares[9] == 81);
  aisle::parallel_for(10, 2, square_by);
  CHECK(squares[9] == -81);
  aisle::parallel_for(10, 2, &square);
  CHECK(squares[3] == 9);
}

TEST_CASE("views of matrices that may be written are read like others") {
  support::temporary_folder dir;
  aisle::matrix<float> x(40, 2);
  std::vector<int> classes;
  for (int i = 0; i < 40; ++i) {
    x(i, 0) = static_cast<float>(i);
    classes.push_back(i / 20);
  }
  aisle::write_npy(dir / "a.npy", x.view());
  CHECK(aisle::read_npy_matrix<float>(dir / "a.npy") == x);
  const aisle::logistic_regression<float> learner;
  const auto whole = aisle::cross_validate(learner, x, classes);
  CHECK(aisle::cross_validate(learner, x.view(), classes).accuracy == whole.accuracy);
  CHECK(whole.predictions == aisle::cross_validate(learner, std::as_const(x).view(), classes).predictions);

  CHECK(x.rows({3, 1})(0, 0) == 3.f);
  CHECK(x.view().rows({3, 1}) == x.rows({3, 1}));
  CHECK(x.view().rows(aisle::index_vector{5}) == x.rows({5}));
  CHECK(x.rows(std::vector<int>{3, 1}) == x.rows({3, 1}));
  CHECK(x.view().rows(std::vector<std::size_t>{3, 1}) == x.rows({3, 1}));
  CHECK_THROWS_AS(x.rows(std::vector<std::size_t>{std::size_t(0) - 1}), aisle::shape_error);
  CHECK_THROWS_AS(x.rows({40}), aisle::shape_error);
  CHECK_THROWS_AS(x.view().rows({-1}), aisle::shape_error);
  CHECK(aisle::concatenate_columns(x, x.view(), x, x).cols() == 8);
  CHECK(aisle::cosine_similarity(x.rows({3}), x.rows({7})) == doctest::Approx(1));
  CHECK(aisle::cosine_similarity(x.view().rows(3, 1), x.rows({7})) == doctest::Approx(1));
  CHECK_THROWS_AS(aisle::cosine_similarity(x, x), aisle::shape_error);
  CHECK(aisle::nearest(x, x, 5).indices.cols() == 5);
  CHECK(aisle::nearest(x.row(3), x, std::size_t{2}).indices.cols() == 2);
}

TEST_CASE("labels of mixed strings, and compared") {
  const std::string a = "a";
  CHECK(aisle::label_vector{a, "b"} == aisle::label_vector{"a", "b"});
  CHECK(aisle::label_vector{"a", "b"} != aisle::label_vector{"b", "a"});
  CHECK(aisle::label_vector{"a", "c"} != aisle::label_vector{"a", "b"});
  CHECK(aisle::label_vector{"1"} != aisle::label_vector{1});
  CHECK(aisle::label_vector{1, 2, 3}.rows(aisle::index_vector{0, 2}) == aisle::label_vector{1, 3});
  CHECK(aisle::label_vector() == aisle::label_vector());
  CHECK(aisle::label_vector{1, 2, 3}.rows({2, 0}) == aisle::label_vector{3, 1});
  CHECK(aisle::label_vector{1, 2, 3}.rows(std::vector<int>{2, 0}) == aisle::label_vector{3, 1});
}

TEST_CASE("scores of probabilities in float, and of flags of any integers") {
  aisle::matrix<float> p(4, 2);
  aisle::matrix<double> q(4, 2);
  for (int i = 0; i < 8; ++i) p.data()[i] = static_cast<float>(q.data()[i] = ((i * 5) % 8) / 8.0);
  const aisle::label_vector truth{"a", "b", "b", "a"};
  CHECK(aisle::roc_auc(truth, p).macro == aisle::roc_auc(truth, q).macro);
  CHECK(aisle::top_k_accuracy(truth, p, 1) == aisle::top_k_accuracy(truth, q, 1));
  const std::vector<double> scores{0.1, 0.9, 0.4, 0.6};
  const std::vector<std::uint8_t> bytes{0, 1, 0, 1};
  const double expected = aisle::roc_auc(bytes, scores);
  CHECK(aisle::roc_auc(std::vector<int>{0, 256, 0, -1}, scores) == expected);
  const std::vector<float> halves{0.f, 1.f, 0.25f, 0.5f};
  CHECK(aisle::roc_auc(bytes, halves) == expected);
  CHECK(aisle::roc_auc(std::vector<bool>{false, true, false, true}, halves) == expected);
  CHECK(aisle::average_precision(bytes, halves) == aisle::average_precision(bytes, scores));
  CHECK(aisle::roc_curve(bytes, halves).tpr == aisle::roc_curve(bytes, scores).tpr);
  CHECK(aisle::precision_recall_curve(bytes, halves).recall ==
        aisle::precision_recall_curve(bytes, scores).recall);
  CHECK(aisle::roc_auc(std::vector<bool>{false, true, false, true}, scores) == expected);
  CHECK(aisle::average_precision(std::vector<bool>{false, true, false, true}, scores) ==
        aisle::average_precision(bytes, scores));
  CHECK(aisle::roc_curve(std::vector<int>{0, 1, 0, 1}, scores).fpr == aisle::roc_curve(bytes, scores).fpr);
  CHECK(aisle::precision_recall_curve(std::vector<int>{0, 1, 0, 1}, scores).recall ==
        aisle::precision_recall_curve(bytes, scores).recall);
}

TEST_CASE("fields of any integer, rows written out, pictures from bytes") {
  std::string out;
  aisle::csv_writer w([&](std::string_view text) { out += text; });
  w.field(1).field(std::size_t(0) - 1).field(true).field('x').field("y").field(-2L).field(short{3}).end_row();
  w.row({"a", std::string("b,c")});
  w.row(std::vector<std::string_view>{"d", "e"});
  CHECK(out == "1,18446744073709551615,1,x,y,-2,3\na,\"b,c\"\nd,e\n");
  const auto png = aisle::encode_png(aisle::image(2, 3));
  std::vector<std::uint8_t> bytes(png.size());
  std::transform(png.begin(), png.end(), bytes.begin(), [](auto b) { return static_cast<std::uint8_t>(b); });
  CHECK(aisle::decode_image(bytes, "bytes").height() == 3);
  CHECK(aisle::decode_image(std::string(bytes.begin(), bytes.end()), "text").height() == 3);
}
