#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <aisle/base/file.hpp>
#include <aisle/catalogue/label_findings.hpp>
#include <aisle/catalogue/label_treatment.hpp>
#include <aisle/catalogue/products.hpp>
#include <aisle/text/case_fold.hpp>

#include "support/support.hpp"

using aisle::label_treatment;

namespace {

std::vector<std::string> sentences(const std::vector<std::string>& labels, std::size_t most = 10) {
  return aisle::describe(aisle::find_odd_labels(labels), most);
}

std::vector<std::string> times(std::initializer_list<std::pair<const char*, int>> counts) {
  std::vector<std::string> out;
  for (const auto& [name, n] : counts) out.insert(out.end(), static_cast<std::size_t>(n), name);
  return out;
}

}  // namespace

TEST_CASE("without separator and level a label is the cell, trimmed") {
  const label_treatment plain;
  for (const char* cell : {"A > B", "[\"A\",\"B\"]", "A/B", ""}) CHECK(plain.apply(cell) == cell);
  CHECK(plain.apply("\t A b\xc2\xa0 ") == "A b");
}

TEST_CASE("category paths: the first levels, whatever stands between them") {
  struct {
    const char *separator, *cell, *first, *second, *whole;
  } const cases[] = {
      {">", "Home > Kitchen > Tools", "Home", "Home > Kitchen", "Home > Kitchen > Tools"},
      {">", "Home>Kitchen>Tools", "Home", "Home > Kitchen", "Home > Kitchen > Tools"},
      {" > ", "Home > Kitchen > Tools", "Home", "Home > Kitchen", "Home > Kitchen > Tools"},
      {">", "  Home >\xc2\xa0Kitchen  ", "Home", "Home > Kitchen", "Home > Kitchen"},
      {">", "Home", "Home", "Home", "Home"},
      {">", "> Home >> Kitchen >", "Home", "Home > Kitchen", "Home > Kitchen"},
      {">>", "Home >> Kitchen", "Home", "Home > Kitchen", "Home > Kitchen"},
      {"/", "Home/Kitchen/Tools", "Home", "Home > Kitchen", "Home > Kitchen > Tools"},
      {" - ", "T-Shirts - Long", "T-Shirts", "T-Shirts > Long", "T-Shirts > Long"},
      {"|", "Home|Kitchen", "Home", "Home > Kitchen", "Home > Kitchen"},
      {"\xe2\x80\xba", "Home \xe2\x80\xba Kitchen", "Home", "Home > Kitchen", "Home > Kitchen"},
      {">", " > ", "", "", ""},
      {">", "", "", "", ""},
      // Lists, as JSON and Python write them; lists of paths.
      {"", "[\"Home\", \"Kitchen\", \"Tools\"]", "Home", "Home > Kitchen", "Home > Kitchen > Tools"},
      {">", R"([{"id": "abcat1", "name": "Home"}, {"id": "2", "name": "Kitchen"}])", "Home", "Home > Kitchen",
       "Home > Kitchen"},
      {">", R"([{"id":1,"title":"Home"},{"id":2,"title":"Kitchen"}])", "Home", "Home > Kitchen",
       "Home > Kitchen"},
      {">", R"([{'id': 'abcat1', 'name': 'Home'}, {'id': '2', 'name': "Men's"}])", "Home", "Home > Men's",
       "Home > Men's"},
      {">", R"({"name": "Home > Kitchen", "id": 7})", "Home", "Home > Kitchen", "Home > Kitchen"},
      {">", "[\"Home\",\"Kitchen\"]", "Home", "Home > Kitchen", "Home > Kitchen"},
      {">", "['Home', \"Men's\"]", "Home", "Home > Men's", "Home > Men's"},
      {">", "['Men\\'s', 'Shoes']", "Men's", "Men's > Shoes", "Men's > Shoes"},
      {">", "[[\"Home\",\"Kitchen\"],[\"Gifts\"]]", "Home", "Home > Kitchen", "Home > Kitchen"},
      {">", "[['Home', 'Kitchen'], ['Gifts']]", "Home", "Home > Kitchen", "Home > Kitchen"},
      {">>", "[\"Home >> Kitchen >> Tools\"]", "Home", "Home > Kitchen", "Home > Kitchen > Tools"},
      {">", "[\"Home > Kitchen\", \"Gifts > Her\"]", "Home", "Home > Kitchen", "Home > Kitchen"},
      {">", "[12, 34]", "12", "12 > 34", "12 > 34"},
      {">", "[]", "", "", ""},
      {">", "[Sale] > Home", "[Sale]", "[Sale] > Home", "[Sale] > Home"},
      {">", "[Sale]", "[Sale]", "[Sale]", "[Sale]"},
      {">", "['never closed]", "['never closed]", "['never closed]", "['never closed]"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.cell);
    CHECK(label_treatment{c.separator, 1}.apply(c.cell) == c.first);
    CHECK(label_treatment{c.separator, 2}.apply(c.cell) == c.second);
    CHECK(label_treatment{c.separator, 9}.apply(c.cell) == c.whole);
    if (*c.separator) CHECK(label_treatment{c.separator, 0}.apply(c.cell) == c.whole);
  }
  CHECK_THROWS_AS((label_treatment{">", -1}.apply("A > B")), aisle::option_error);
}

TEST_CASE("entities of labels are their characters, before a path is split") {
  const label_treatment plain, path = {.separator = ">", .level = 2};
  CHECK(plain.apply("Home &amp; Garden") == "Home & Garden");
  CHECK(plain.apply("A < B & C") == "A < B & C");
  CHECK(path.apply("Home &amp; Garden &gt; Kitchen &gt; Tools") == "Home & Garden > Kitchen");
  CHECK(path.apply(R"(["Home &amp; Garden", "Kitchen"])") == "Home & Garden > Kitchen");
  const label_treatment kept = {.keep_entities = true};
  CHECK(kept.apply("Home &amp; Garden") == "Home &amp; Garden");
}

TEST_CASE("a catalogue's labels are read by the treatment") {
  const support::temporary_folder work;
  aisle::write_file(
      work / "p.csv",
      "sku,name,kind\n1,a,Home > Kitchen > Tools\n2,b,Home > Kitchen\n3,c,Home > Garden\n4,d, > \n");
  const auto c = aisle::load_catalogue(work / "p.csv", {.label_column = "kind", .labels = {">", 2}});
  REQUIRE(c.products.size() == 4);
  CHECK(c.products[0].label == "Home > Kitchen");
  CHECK(c.products[1].label == "Home > Kitchen");
  CHECK(c.products[2].label == "Home > Garden");
  CHECK(c.products[3].label.empty());
  REQUIRE(c.problems.size() == 1);
  CHECK(c.problems[0].reason == "empty label");
}

TEST_CASE("of several category paths in a cell the first counts, and commas of names stay") {
  const support::temporary_folder work;
  const auto labels = [&](const std::vector<std::string>& cells, const label_treatment& how) {
    std::string csv = "sku,name,kind\n";
    for (std::size_t i = 0; i < cells.size(); ++i) csv += std::to_string(i) + ",a,\"" + cells[i] + "\"\n";
    aisle::write_file(work / "p.csv", csv);
    const auto c = aisle::load_catalogue(work / "p.csv", {.label_column = "kind", .labels = how});
    std::vector<std::string> out;
    for (const auto& p : c.products) out.push_back(p.label);
    return out;
  };
  using list = std::vector<std::string>;
  // WooCommerce, Magento, and others' dividers.
  CHECK(labels({"Home > Kitchen, Home > Mugs", "Home > Kitchen", "Garden > X", "Garden > X > Y, Home",
                "Home, Home > Mugs", "Home &gt; Kitchen, Garden &gt; X"},
               {">", 2}) ==
        list{"Home > Kitchen", "Home > Kitchen", "Garden > X", "Garden > X", "Home", "Home > Kitchen"});
  CHECK(labels({"Default Category/Gear,Default Category/Gear/Bags", "Default Category/Men"}, {"/", 2}) ==
        list{"Default Category > Gear", "Default Category > Men"});
  CHECK(labels({"/A/B,/C/D", "/C/E"}, {"/", 0}) == list{"A > B", "C > E"});
  CHECK(labels({"A|B;C|D", "C|E"}, {"|", 2}) == list{"A > B", "C > E"});
  // What no cell begins with is part of a name, and so is what follows a backslash.
  CHECK(labels({"Home > Kitchen, Dining > Plates", "Kitchen, Dining > Cups", "Home > Kitchen, Dining"},
               {">", 2}) ==
        list{"Home > Kitchen, Dining", "Kitchen, Dining > Cups", "Home > Kitchen, Dining"});
  CHECK(labels({"Shop > Home\\, Garden", "Garden > X"}, {">", 2}) ==
        list{"Shop > Home\\, Garden", "Garden > X"});
  CHECK(labels({"Tables, Home > X", "Home > Y"}, {">", 2}) == list{"Tables, Home > X", "Home > Y"});
  CHECK(labels({"Home > A, 1,000 pieces", "Home > B"}, {">", 2}) ==
        list{"Home > A, 1,000 pieces", "Home > B"});
  // A comma between the parts of a path divides no paths; a label without parts is the cell.
  CHECK(labels({"A, B", "B, C"}, {",", 1}) == list{"A", "B"});
  CHECK(labels({"A, B", "A", "B"}, {}) == list{"A, B", "A", "B"});
}

TEST_CASE("problems of labels stand among the others, by row") {
  const support::temporary_folder work;
  aisle::write_file(work / "p.csv", "sku,name,kind\n1,a,\n2,,x\n3,c,\n");
  const auto c = aisle::load_catalogue(work / "p.csv", {.label_column = "kind"});
  REQUIRE(c.problems.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(c.problems[i].row == static_cast<std::int64_t>(i));
}

TEST_CASE("case is folded in the alphabets of shops, accents stay") {
  const char* pairs[][2] = {{"KITCHEN", "kitchen"},
                            {"K\xc3\x9c"
                             "CHE",
                             "k\xc3\xbc"
                             "che"},
                            {"STRASSE",
                             "stra\xc3\x9f"
                             "e"},
                            {"\xce\x9f\xce\xa3", "\xce\xbf\xcf\x82"},
                            {"\xd0\x9a\xd0\xa3", "\xd0\xba\xd1\x83"},
                            {"\xc5\xbb", "\xc5\xbc"},
                            {"\xc6\xa0\xc6\xaf", "\xc6\xa1\xc6\xb0"}};
  for (const auto& p : pairs) CHECK(aisle::fold_case(p[0]) == aisle::fold_case(p[1]));
  CHECK(aisle::fold_case("\xc3\x89t\xc3\xa9") == "\xc3\xa9t\xc3\xa9");
  CHECK(aisle::fold_case("e") != aisle::fold_case("\xc3\xa9"));
  CHECK(aisle::fold_case(std::string_view("\xff")) == "\xef\xbf\xbd");
}

TEST_CASE("classes that differ in case, blanks or .0 alone are found, by name and count") {
  CHECK(
      sentences(times({{"Kitchen", 12}, {"kitchen", 3}, {"Outdoor", 4}})) ==
      std::vector<std::string>{"classes 'Kitchen' (12 rows) and 'kitchen' (3) differ in letter case alone"});
  CHECK(sentences(times({{"KITCHEN", 1}, {"Kitchen", 2}, {"kitchen", 1}})) ==
        std::vector<std::string>{
            "classes 'Kitchen' (2 rows), 'KITCHEN' (1) and 'kitchen' (1) differ in letter case alone"});
  CHECK(sentences(times({{"Living room", 1}, {"Living  room", 2}})) ==
        std::vector<std::string>{
            "classes 'Living  room' (2 rows) and 'Living room' (1) differ in blanks alone"});
  CHECK(sentences(times({{"a\xc2\xa0"
                          "b",
                          1},
                         {"a b", 1}}))
            .size() == 1);
  CHECK(sentences(times({{"a\xe2\x80\x8b", 1}, {"a", 1}})).size() == 1);
  CHECK(sentences(times({{"5", 1}, {"5.0", 2}})) ==
        std::vector<std::string>{"classes '5.0' (2 rows) and '5' (1) differ in a trailing .0 alone"});
  CHECK(sentences(times({{"5", 1}, {"05", 2}})) ==
        std::vector<std::string>{"classes '05' (2 rows) and '5' (1) differ in leading zeros alone"});
  CHECK(sentences(times({{"0", 1}, {"10", 1}, {"100", 1}, {"a05", 1}, {"a5", 1}})).empty());
  CHECK(sentences(times({{"Tool box", 1}, {"toolbox", 1}})) ==
        std::vector<std::string>{
            "classes 'Tool box' (1 row) and 'toolbox' (1) differ in letter case and blanks alone"});
  CHECK(sentences(times({{"5.5", 1}, {"5", 1}, {"v1.0", 2}, {"v1", 1}, {"caf\xc3\xa9", 1}, {"cafe", 1}}))
            .empty());
  // Composed and decomposed letters look alike.
  const std::string composed = "Caf\xc3\xa9", decomposed = "Cafe\xcc\x81";
  CHECK(sentences({composed, decomposed, composed}) ==
        std::vector<std::string>{"classes '" + composed + "' (2 rows) and '" + decomposed +
                                 "' (1) differ in Unicode form alone"});
  CHECK(sentences({composed, "cafe\xcc\x81"})[0].ends_with("differ in letter case and Unicode form alone"));
  CHECK(sentences({composed + " bar", decomposed + "bar"})[0].ends_with(
      "differ in blanks and Unicode form alone"));
  CHECK(sentences({"\xed\x95\x9c", "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab"})[0].ends_with(
      "differ in Unicode form alone"));
  CHECK(
      sentences({"a\xc2\xa0"
                 "b",
                 "a b"})[0]
          .ends_with("differ in blanks alone"));
  CHECK(sentences({"aA", "Aa"})[0].ends_with("differ in letter case alone"));
  CHECK(sentences(times({{"<b>Shoes</b>", 1}, {"Shoes", 2}})) ==
        std::vector<std::string>{"classes 'Shoes' (2 rows) and '<b>Shoes</b>' (1) differ in markup alone"});
  CHECK(sentences({"Bed &amp; Bath", "Bed & Bath", "Bed &amp; Bath"})[0].ends_with("differ in markup alone"));
  CHECK(sentences({"Bed &amp; Bath", "bed & bath"})[0].ends_with("differ in letter case and markup alone"));
  CHECK(sentences({"Caf&eacute;", composed})[0].ends_with("differ in markup alone"));
  CHECK(sentences({"<unknown>", "<none>", "AT&T", "AT", "a < b", "a > b"}).empty());
  std::vector<std::string> many;
  for (int i = 0; i < 20; ++i) {
    many.push_back("k" + std::to_string(i));
    many.push_back("K" + std::to_string(i));
  }
  const auto lines = sentences(many, 3);
  REQUIRE(lines.size() == 4);
  CHECK(lines[3] == "17 more groups of such classes");
}

TEST_CASE("classes that are named like missing values are found") {
  for (const char* name : {"nan", "NaN", "NULL", "null", "None", "N/A", "n/a", "inf", "-inf", "<NA>", "#N/A",
                           "NaT", "-", "#DIV/0!", "Infinity"})
    CHECK_MESSAGE(aisle::names_missing_value(name), name);
  for (const char* name : {"", "Nano", "Other", "Inflatables", "Annuals", "0", "unknown"})
    CHECK_FALSE_MESSAGE(aisle::names_missing_value(name), name);
  const auto lines = sentences(times({{"nan", 4}, {"Kitchen", 4}}));
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].starts_with("'nan' is a class of 4 rows, and what is written for a missing value"));
}

TEST_CASE("texts lose their HTML, unless they are to keep it") {
  const support::temporary_folder work;
  aisle::write_file(work / "p.csv",
                    "sku,name,description\n"
                    "1,Caf&eacute; cup,<p>Bone&nbsp;china</p><p>5 &lt; 6</p>\n"
                    "2,AT&T <3,5 < 6\n"
                    "3,<br/>,<!-- nothing -->\n");
  const auto plain = aisle::load_catalogue(work / "p.csv");
  REQUIRE(plain.products.size() == 2);
  CHECK(plain.products[0].text ==
        "Caf\xc3\xa9 cup Bone\xc2\xa0"
        "china 5 < 6");
  CHECK(plain.products[0].fields[1] == "Caf&eacute; cup");
  CHECK(plain.products[1].text == "AT&T <3 5 < 6");
  REQUIRE(plain.problems.size() == 1);
  CHECK(plain.problems[0].reason == "neither a text nor a picture");
  const auto kept = aisle::load_catalogue(work / "p.csv", {.keep_html = true});
  REQUIRE(kept.products.size() == 3);
  CHECK(kept.products[0].text == "Caf&eacute; cup <p>Bone&nbsp;china</p><p>5 &lt; 6</p>");
}
