// What is odd about a catalogue: rows and classes that were put there by hand.

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

#include <aisle/base/file.hpp>
#include <aisle/catalogue/quality.hpp>
#include <aisle/image/encode.hpp>
#include <aisle/io/csv.hpp>

#include "support/support.hpp"

namespace {

/// 8 x 6, one colour but for `last`, the blue of its last pixel.
void write_picture(const std::string& path, int blue, int last) {
  aisle::image picture(8, 6);
  for (int y = 0; y < 6; ++y) {
    auto row = picture.row(y);
    for (std::size_t i = 0; i < 24; ++i) row[i] = static_cast<std::uint8_t>(i % 3 == 2 ? blue : 200);
  }
  picture.row(5)[23] = static_cast<std::uint8_t>(last);
  aisle::write_image(path, picture);
}

/// Ten rows: one text empty, one of two letters (four bytes); pictures 1 and 2 the same in two files,
/// picture 3 of one colour, picture 4 as near to that as is taken for it, picture 5 a step further; a broken
/// one. Classes: Mugs 6, mugs 1, Tea 3.
aisle::catalogue odd_catalogue(const support::temporary_folder& work) {
  write_picture(work / "1.png", 10, 250);
  write_picture(work / "2.png", 10, 250);
  write_picture(work / "3.png", 100, 100);
  write_picture(work / "4.png", 100, 108);
  write_picture(work / "5.png", 100, 109);
  aisle::write_file(work / "6.png", "no picture");
  aisle::write_file(work / "products.csv",
                    "sku,name,image_path,kind\n"
                    "a,a mug of blue glass,1.png,Mugs\n"
                    "b,another mug of glass,2.png,Mugs\n"
                    "c,,3.png,Mugs\n"
                    "d,\xC3\xA9\xC3\xA9,4.png,Mugs\n"
                    "e,a mug of red glass,5.png,Mugs\n"
                    "f,a mug of clay here,6.png,Mugs\n"
                    "g,a mug of tin and wood,1.png,mugs\n"
                    "h,black tea leaves,,Tea\n"
                    "i,green tea leaves,,Tea\n"
                    "j,white tea leaves,,Tea\n");
  return aisle::load_catalogue(work / "products.csv", {.label_column = "kind"});
}

aisle::index_vector rows_of(const aisle::catalogue_quality& q, const std::string& kind) {
  aisle::index_vector out;
  for (const aisle::quality_finding& f : q.findings)
    if (f.kind == kind) out.insert(out.end(), f.rows.begin(), f.rows.end());
  return out;
}

}  // namespace

TEST_CASE("texts, pictures and classes that are odd are found, and nothing else") {
  const support::temporary_folder work;
  const auto products = odd_catalogue(work);
  const auto q = aisle::check_quality(products, {.least_text = 3, .least_rows = 4});
  CHECK(rows_of(q, "empty text") == aisle::index_vector{2});
  CHECK(rows_of(q, "short text") == aisle::index_vector{3});
  CHECK(rows_of(q, "one colour") == aisle::index_vector{2, 3});
  CHECK(rows_of(q, "same picture") == aisle::index_vector{0, 1, 6});
  CHECK(q.count("same picture") == 1);
  CHECK(q.pictures == 6);
  CHECK(q.count("class names") == 1);
  CHECK(q.count("small class") == 2);  // mugs 1, Tea 3
  CHECK(q.imbalance == 6);             // Mugs 6 to mugs 1
  CHECK(q.findings.size() == 8);
  CHECK(q.counts() == std::vector<aisle::quality_count>{{"empty text", 1, 1},
                                                        {"short text", 1, 1},
                                                        {"one colour", 2, 2},
                                                        {"same picture", 1, 3},
                                                        {"class names", 1, 0},
                                                        {"small class", 2, 0}});
  CHECK(q.products.size() == 5);  // rows 0, 1, 2, 3 and 6
  CHECK(rows_of(aisle::check_quality(products, {.least_text = 2}), "short text").empty());
  CHECK(aisle::check_quality(products, {.least_rows = 3}).count("small class") == 1);  // Tea has as many
  CHECK(aisle::check_quality(products, {.pictures = false}).pictures == 0);
  CHECK_THROWS_AS(aisle::check_quality(products, {.least_rows = -1}), aisle::option_error);
  const auto lines = aisle::describe(q);
  REQUIRE(lines.size() == 4);
  CHECK(lines[0] == "of the texts 1 is empty and 1 short");
  CHECK(lines[1] == "of 6 pictures 2 are of one colour; 3 products share 1 picture with others");
  CHECK(lines[2] ==
        "the largest class 'Mugs' has 6 rows, the smallest 'mugs' 1: 6 to 1; 2 classes of few rows");
}

TEST_CASE("the table of quality has a line for each row of a finding, whatever the threads") {
  const support::temporary_folder work;
  const auto products = odd_catalogue(work);
  aisle::write_quality(aisle::check_quality(products, {.least_text = 3, .least_rows = 4, .threads = 1}),
                       work / "one.csv");
  aisle::write_quality(aisle::check_quality(products, {.least_text = 3, .least_rows = 4, .threads = 3}),
                       work / "three.csv");
  CHECK(aisle::read_file(work / "one.csv") == aisle::read_file(work / "three.csv"));
  const auto t = aisle::read_csv(work / "one.csv");
  CHECK(t.header == std::vector<std::string>{"finding", "row", "line", "id", "name", "detail"});
  REQUIRE(t.rows.size() == 1 + 1 + 2 + 3 + 1 + 2);
  CHECK(t.at(1, "id") == "d");
  CHECK(t.at(1, "line") == "5");
  CHECK(t.at(1, "detail") == "2 characters: '\xC3\xA9\xC3\xA9'");
  CHECK(t.at(4, "detail") == "3 products, the first 'a'");
  CHECK(t.at(8, "row") == "");
}
