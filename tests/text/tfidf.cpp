#include <cmath>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <aisle/base/error.hpp>
#include <aisle/base/file.hpp>
#include <aisle/base/random.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/safetensors.hpp>
#include <aisle/text/detail/term_counts.hpp>
#include <aisle/text/tfidf.hpp>

#include "support/support.hpp"

using aisle::tfidf;
using block = aisle::tfidf_term::block;
using strings = std::vector<std::string>;

namespace {

strings terms_of(const tfidf& t, block of) {
  strings out;
  for (std::int64_t i = 0; i < t.dimension(); ++i)
    if (t.term(i).of == of) out.push_back(t.term(i).text);
  return out;
}
strings words_of(const std::string& text) { return terms_of(tfidf::fit(strings{text}), block::words); }
strings characters_of(const std::string& text) {
  return terms_of(tfidf::fit(strings{text}), block::characters);
}

/// The value of a term in a row; 0 where it is not.
float value(const tfidf& t, const aisle::sparse_matrix<float>& x, std::int64_t row, block of,
            const std::string& term) {
  const auto r = x.row(row);
  for (std::size_t i = 0; i < r.columns.size(); ++i) {
    const aisle::tfidf_term found = t.term(r.columns[i]);
    if (found.of == of && found.text == term) return r.values[i];
  }
  return 0;
}

bool same(const tfidf& a, const tfidf& b) {
  if (a.fitted() != b.fitted() || a.dimension() != b.dimension() || a.documents() != b.documents())
    return false;
  for (std::int64_t i = 0; i < a.dimension(); ++i) {
    const aisle::tfidf_term s = a.term(i), t = b.term(i);
    if (s.of != t.of || s.text != t.text || s.documents != t.documents) return false;
  }
  return true;
}
bool same(const aisle::sparse_matrix<float>& a, const aisle::sparse_matrix<float>& b) {
  if (a.rows() != b.rows() || a.cols() != b.cols()) return false;
  for (std::int64_t r = 0; r < a.rows(); ++r)
    if (!std::equal(a.row(r).columns.begin(), a.row(r).columns.end(), b.row(r).columns.begin(),
                    b.row(r).columns.end()) ||
        !std::equal(a.row(r).values.begin(), a.row(r).values.end(), b.row(r).values.begin(),
                    b.row(r).values.end()))
      return false;
  return true;
}

strings made_up(std::int64_t count) {
  static const strings parts = {"red",  "Blue", "shirt",      "Schuh", "größe", "10", "x",
                                "東京", "50ml", "e\u0301tui", "-",     "B&W",   "★★★"};
  aisle::random_generator random(5);
  strings out;
  for (std::int64_t i = 0; i < count; ++i) {
    std::string text;
    for (auto n = random.below(9); n > 0; --n) text += parts[random.below(parts.size())] + " ";
    out.push_back(text + std::to_string(random.below(300)));
  }
  return out;
}

}  // namespace

TEST_CASE("words are weighed as scikit-learn documents it: 1 + ln(tf), ln((1 + n) / (1 + df)) + 1, norm 1") {
  const strings texts = {"Red shirt", "red RED shoe", ""};
  const tfidf t = tfidf::fit(texts);
  CHECK(terms_of(t, block::words) == strings{"red", "red red", "red shirt", "red shoe", "shirt", "shoe"});
  CHECK(t.documents() == 3);
  CHECK(t.term(0).documents == 2);
  CHECK(t.term(1).documents == 1);
  const auto x = t.transform(texts);
  REQUIRE(x.rows() == 3);
  CHECK(x.cols() == t.dimension());

  const double of_two = std::log(4.0 / 3) + 1, of_one = std::log(4.0 / 2) + 1;
  const double first = std::sqrt(of_two * of_two + 2 * of_one * of_one);
  CHECK(value(t, x, 0, block::words, "red") == doctest::Approx(of_two / first).epsilon(1e-6));
  CHECK(value(t, x, 0, block::words, "shirt") == doctest::Approx(of_one / first).epsilon(1e-6));
  CHECK(value(t, x, 0, block::words, "shoe") == 0);
  const double twice = (1 + std::log(2.0)) * of_two;
  const double second = std::sqrt(twice * twice + 3 * of_one * of_one);
  CHECK(value(t, x, 1, block::words, "red") == doctest::Approx(twice / second).epsilon(1e-6));
  CHECK(value(t, x, 1, block::words, "red red") == doctest::Approx(of_one / second).epsilon(1e-6));
  CHECK(x.row(2).columns.empty());
}

// tests/data/text/tfidf.json is what bench/peers/tfidf.py --reference writes.
TEST_CASE("texts of many scripts have scikit-learn's terms and values") {
  const aisle::json reference =
      aisle::parse_json(aisle::read_file(support::data("text/tfidf.json")), "tfidf.json");
  const auto texts = reference.at("texts").as_vector<std::string>();
  const tfidf t = tfidf::fit(std::span(texts).first(reference.get<std::size_t>("fitted")));
  CHECK(terms_of(t, block::words) == reference.at("words").as_vector<std::string>());
  CHECK(terms_of(t, block::characters) == reference.at("characters").as_vector<std::string>());
  const auto x = t.transform(texts);
  const auto words = static_cast<std::int32_t>(reference.at("words").size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    CAPTURE(texts[i]);
    std::vector<std::int32_t> columns;
    std::vector<double> values;
    for (const char* rows : {"word_rows", "character_rows"}) {
      const aisle::json& row = reference.at(rows).at(i);
      for (const std::int32_t c : row.at("columns").as_vector<std::int32_t>())
        columns.push_back(c + (rows == std::string("word_rows") ? 0 : words));
      for (const double v : row.at("values").as_vector<double>()) values.push_back(v);
    }
    const auto row = x.row(static_cast<std::int64_t>(i));
    CHECK(std::vector<std::int32_t>(row.columns.begin(), row.columns.end()) == columns);
    REQUIRE(row.values.size() == values.size());
    double worst = 0;
    for (std::size_t k = 0; k < values.size(); ++k)
      worst = std::max(worst, std::abs(static_cast<double>(row.values[k]) - values[k]));
    CHECK(worst < 6e-8);  // half a unit in the last place of values below 1, and the reference's nine digits
  }
}

TEST_CASE("characters are taken two to five at a time from words between two spaces") {
  CHECK(characters_of("ab") == strings{" a", " ab", " ab ", "ab", "ab ", "b "});
  CHECK(characters_of("x") == strings{" x", " x ", "x "});  // shorter than five: once, not again
  CHECK(characters_of("a\xC2\xA0 b\x1C\n") == strings{" a", " a ", " b", " b ", "a ", "b "});
  const strings five = characters_of("xyzw");
  CHECK(five.size() == 5 + 4 + 3 + 2);
  for (const std::string& s : five) CHECK(s.size() <= 5);
  const tfidf t = tfidf::fit(strings{"ab"});
  const auto x = t.transform(strings{"ab", "ab ab", "ba"});
  CHECK(value(t, x, 0, block::characters, "ab") == doctest::Approx(1 / std::sqrt(6.0)).epsilon(1e-6));
  CHECK(value(t, x, 1, block::characters, "ab") == doctest::Approx(1 / std::sqrt(6.0)).epsilon(1e-6));
  CHECK(x.row(2).columns.empty());
}

TEST_CASE("each block of a row has norm 1, or is zero where none of its terms is known") {
  const tfidf t = tfidf::fit(strings{"red shirt x", "blue shirt y 12", "z"});
  const auto x = t.transform(strings{"red blue shirt shirt", "z", "QQ", "reddish shirts"});
  const auto norms = [&](std::int64_t row) {
    double words = 0, characters = 0;
    for (std::size_t i = 0; i < x.row(row).columns.size(); ++i) {
      const double v = x.row(row).values[i];
      (t.term(x.row(row).columns[i]).of == block::words ? words : characters) += v * v;
    }
    return std::pair{words, characters};
  };
  CHECK(norms(0).first == doctest::Approx(1).epsilon(1e-6));
  CHECK(norms(0).second == doctest::Approx(1).epsilon(1e-6));
  CHECK(norms(1).first == 0);  // no word has one letter
  CHECK(norms(1).second == doctest::Approx(1).epsilon(1e-6));
  CHECK(norms(2) == std::pair{0.0, 0.0});
  CHECK(norms(3).first == 0);
  CHECK(norms(3).second == doctest::Approx(1).epsilon(1e-6));
}

TEST_CASE("words are runs of two or more letters, digits and underscores of any script") {
  CHECK(words_of("don't a_b 4x4-X1 C") == strings{"4x4", "4x4 x1", "a_b", "a_b 4x4", "don", "don a_b", "x1"});
  CHECK(words_of("Straße STRASSE ＳＴＲＡＳＳＥ") == strings{"strasse", "strasse strasse"});
  CHECK(words_of("e\u0301te\u0301 \u00C9T\u00C9") == strings{"\u00E9t\u00E9", "\u00E9t\u00E9 \u00E9t\u00E9"});
  CHECK(words_of("東京 ｶﾞｽ") == strings{"ガス", "東京", "東京 ガス"});
  CHECK(words_of("👩‍👩‍👧 ★★ ½l") == strings{"2l"});  // 1⁄2l
  CHECK(words_of("हिन्दी") == strings{});  // marks are no letters: each stands alone
  CHECK(characters_of("👩").size() == 3);
  CHECK(words_of("ab\xFF"
                 "cd") == strings{"ab", "ab cd", "cd"});
}

TEST_CASE("rare terms are left out, and of many those that most texts hold, equal ones in their order") {
  const strings texts = {"bb cc", "bb dd", "bb cc aa", "ee"};
  CHECK(terms_of(tfidf::fit(texts, {.min_df = 2}), block::words) == strings{"bb", "bb cc", "cc"});
  CHECK(terms_of(tfidf::fit(texts, {.max_features = 1}), block::words) == strings{"bb"});
  CHECK(terms_of(tfidf::fit(texts, {.max_features = 3}), block::words) == strings{"bb", "bb cc", "cc"});
  CHECK(terms_of(tfidf::fit(texts, {.max_features = 5}), block::words) ==
        strings{"aa", "bb", "bb cc", "bb dd", "cc"});
  const tfidf t = tfidf::fit(texts, {.max_features = 4});
  CHECK(t.dimension() == 8);
  CHECK(t.term(4).of == block::characters);
  CHECK_THROWS_AS(t.term(8), aisle::shape_error);
  CHECK_THROWS_AS(t.term(-1), aisle::shape_error);
  CHECK(tfidf::fit(texts, {.min_df = 5}).dimension() == 0);
  CHECK_THROWS_AS(tfidf::fit(texts, {.min_df = 0}), aisle::option_error);
  CHECK_THROWS_AS(tfidf::fit(texts, {.max_features = 0}), aisle::option_error);
  CHECK_THROWS_AS(tfidf::fit(texts, {.max_features = std::int64_t{1} << 31}), aisle::option_error);
  CHECK_THROWS_AS(tfidf::fit(texts, {.threads = -1}), aisle::option_error);
}

TEST_CASE("texts without terms, and no texts, make a table without columns") {
  for (const strings& texts : {strings{}, strings{"", " \n"}}) {
    const tfidf t = tfidf::fit(texts);
    CHECK(t.fitted());
    CHECK(t.dimension() == 0);
    const auto x = t.transform(strings{"red shirt", ""});
    CHECK(x.rows() == 2);
    CHECK(x.cols() == 0);
    CHECK(x.nonzeros() == 0);
  }
  CHECK_FALSE(tfidf().fitted());
  CHECK(tfidf().dimension() == 0);
  CHECK_THROWS_AS(tfidf().transform(strings{"a"}), aisle::not_fitted_error);
  tfidf from = tfidf::fit(strings{"red"});
  const tfidf to = std::move(from);
  CHECK(to.dimension() > 0);
  CHECK_FALSE(from.fitted());
  CHECK(from.dimension() == 0);
}

TEST_CASE("any number of threads gives the same terms and bits") {
  const strings texts = made_up(5000);
  for (const std::int64_t most : {50, 200'000}) {
    const tfidf one = tfidf::fit(texts, {.max_features = most, .threads = 1});
    const auto x = one.transform(texts, 1);
    CHECK(x.nonzeros() > 5000);
    for (const int threads : {2, 3, 8}) {
      const tfidf many = tfidf::fit(texts, {.max_features = most, .threads = threads});
      CHECK(same(many, one));
      CHECK(same(many.transform(texts, threads), x));
    }
  }
}

TEST_CASE("what was written into a file is read again, to the bit") {
  const strings texts = made_up(300);
  for (const tfidf& t : {tfidf::fit(texts), tfidf::fit(texts, {.min_df = 3}), tfidf::fit(strings{"x"}),
                         tfidf::fit(strings{}), tfidf()}) {
    aisle::state_dict file;
    t.add_to(file);
    CHECK(file.size() == (t.fitted() ? 4 : 0));
    const support::temporary_folder folder;
    const std::string path = folder / "words.safetensors";
    aisle::write_safetensors(path, file, {});
    const tfidf again = tfidf::read(aisle::read_safetensors(path), path);
    CHECK(same(again, t));
    if (t.fitted()) CHECK(same(again.transform(texts), t.transform(texts)));
    if (t.fitted()) CHECK_THROWS_AS(t.add_to(file), aisle::tensor_error);
  }
}

namespace {

/// The tensors of a file that can be changed.
struct parts {
  std::string terms = "aabbaabb";
  std::vector<std::int32_t> lengths = {2, 2, 2, 2}, documents = {1, 2, 3, 1};
  std::vector<std::int64_t> sizes = {3, 2, 2};
  std::set<std::string> left_out{};

  template <class T, class Values>
  void add(aisle::state_dict& file, const std::string& name, const Values& values) const {
    if (left_out.contains(name)) return;
    aisle::tensor t(aisle::dtype_of<T>, {static_cast<std::int64_t>(values.size())});
    std::copy(values.begin(), values.end(), t.data<T>().begin());
    file.add(name, std::move(t));
  }
  aisle::state_dict file() const {
    aisle::state_dict out;
    add<std::uint8_t>(out, "words.terms", terms);
    add<std::int32_t>(out, "words.lengths", lengths);
    add<std::int32_t>(out, "words.documents", documents);
    add<std::int64_t>(out, "words.sizes", sizes);
    return out;
  }
};

}  // namespace

TEST_CASE("a damaged file is refused, whatever it says") {
  CHECK(tfidf::read(parts().file(), "f").dimension() == 4);
  constexpr auto huge = std::int64_t{1} << 62;
  const std::vector<std::pair<const char*, std::function<void(parts&)>>> damages = {
      {"no sizes", [](parts& p) { p.left_out = {"words.sizes"}; }},
      {"no terms", [](parts& p) { p.left_out = {"words.terms"}; }},
      {"sizes alone",
       [](parts& p) {
         p.left_out = {"words.terms", "words.lengths", "words.documents"};
       }},
      {"two sizes",
       [](parts& p) {
         p.sizes = {3, 4};
       }},
      {"fewer terms",
       [](parts& p) {
         p.sizes = {3, 2, 1};
       }},
      {"negative words",
       [](parts& p) {
         p.sizes = {3, -1, 5};
       }},
      {"negative characters",
       [](parts& p) {
         p.sizes = {3, 5, -1};
       }},
      {"huge words",
       [](parts& p) {
         p.sizes = {3, huge, 4 - huge};
       }},
      {"negative texts",
       [](parts& p) {
         p.sizes = {-3, 2, 2};
       }},
      {"negative texts, no terms",
       [](parts& p) {
         p = {"", {}, {}, {-3, 0, 0}};
       }},
      {"too many texts",
       [](parts& p) {
         p.sizes = {huge, 2, 2};
       }},
      {"fewer lengths",
       [](parts& p) {
         p.lengths = {2, 2, 4};
       }},
      {"fewer documents",
       [](parts& p) {
         p.documents = {1, 2, 3};
       }},
      {"an empty term",
       [](parts& p) {
         p.lengths = {0, 4, 2, 2};
       }},
      {"a negative length",
       [](parts& p) {
         p.lengths = {4, -2, 4, 2};
       }},
      {"a length beyond",
       [](parts& p) {
         p.lengths = {2, 2, 2, 2147483647};
       }},
      {"bytes left",
       [](parts& p) {
         p.lengths = {2, 2, 2, 1};
       }},
      {"falling terms", [](parts& p) { p.terms = "bbaaaabb"; }},
      {"a term twice", [](parts& p) { p.terms = "aaaaaabb"; }},
      {"no UTF-8",
       [](parts& p) {
         p.terms =
             "aab\xC3"
             "aabb";
       }},
      {"in no text",
       [](parts& p) {
         p.documents = {1, 0, 3, 1};
       }},
      {"in more than all texts",
       [](parts& p) {
         p.documents = {1, 2, 4, 1};
       }},
  };
  for (const auto& damage : damages) {
    parts p;
    damage.second(p);
    CAPTURE(damage.first);
    CHECK_THROWS_WITH_AS(tfidf::read(p.file(), "pipeline.safetensors"),
                         doctest::Contains("pipeline.safetensors: "), aisle::format_error);
  }
  aisle::state_dict other;
  other.add("words.terms", aisle::tensor(aisle::dtype::f32, {2}));
  CHECK_THROWS_AS(tfidf::read(other, "f"), aisle::format_error);
  aisle::state_dict square;
  square.add("words.terms", aisle::tensor(aisle::dtype::u8, {2, 2}));
  CHECK_THROWS_AS(tfidf::read(square, "f"), aisle::format_error);
}

TEST_CASE("terms of one hash are counted and found, too: texts and files may be made of them") {
  std::set<std::string> terms;
  for (int i = 0; terms.size() < 200; ++i) {
    const std::string term = "t" + std::to_string(i);
    const std::uint64_t hash = aisle::detail::hash_of_term(term);
    if (hash % 512 == 0 && hash >> 60 == 0) terms.insert(term);
  }
  std::string all;
  for (const std::string& t : terms) all += t + " . ";
  const tfidf counted = tfidf::fit(strings{all, all, "t0"}, {.threads = 1});
  std::int64_t found = 0;
  for (std::int64_t i = 0; i < counted.dimension() && counted.term(i).of == block::words; ++i)
    if (terms.contains(counted.term(i).text)) {
      ++found;
      CHECK(counted.term(i).documents == 2);
    }
  CHECK(found == 200);

  parts p;
  p.terms.clear();
  for (const std::string& t : terms) p.terms += t;
  p.lengths.clear();
  for (const std::string& t : terms) p.lengths.push_back(static_cast<std::int32_t>(t.size()));
  p.documents.assign(terms.size(), 1);
  p.sizes = {1, 200, 0};
  const tfidf t = tfidf::read(p.file(), "f");
  std::int64_t column = 0;
  for (const std::string& term : terms) {
    const auto x = t.transform(strings{term});
    REQUIRE(x.row(0).columns.size() == 1);
    CHECK(x.row(0).columns[0] == column++);
  }
  CHECK(t.transform(strings{"t0 tx zz"}).nonzeros() == 0);
}
