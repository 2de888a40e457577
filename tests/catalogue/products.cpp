#include <doctest/doctest.h>

#include <string>

#include <aisle/base/file.hpp>
#include <aisle/catalogue/products.hpp>
#include <aisle/io/csv.hpp>

#include "support/support.hpp"

namespace {

aisle::catalogue load(const support::temporary_folder& work, const std::string& csv,
                      const aisle::catalogue_options& options = {}) {
  aisle::write_file(work / "products.csv", csv);
  return aisle::load_catalogue(work / "products.csv", options);
}

}  // namespace

TEST_CASE("text columns are trimmed, empty ones left out, joined by one space") {
  const support::temporary_folder work;
  const auto c = load(work,
                      "description,sku,name,class_id\n"
                      "  warm ,1,\xc2\xa0 coat\xe3\x80\x80\t,Coats\n"
                      ",2,coat,Coats\n"
                      "warm,3, ,Coats\n",
                      {.label_column = "class_id"});
  REQUIRE(c.products.size() == 3);
  CHECK(c.products[0].text == "coat warm");
  CHECK(c.products[1].text == "coat");
  CHECK(c.products[2].text == "warm");
  CHECK(c.products[0].fields[0] == "  warm ");
  CHECK(c.options.text_columns == std::vector<std::string>{"name", "description"});
  CHECK(c.problems.empty());
  CHECK_FALSE(c.has_images());
}

TEST_CASE("lists as texts are what their strings say, and empty ones are none") {
  const support::temporary_folder work;
  const auto c = load(work,
                      R"({"sku":1,"name":["red"," kettle ",""],"description":[]}
{"sku":2,"name":"red kettle","description":{"en":["of <b>steel</b>",null,{"litres":1.5}],"de":""}}
{"sku":3,"name":[],"description":[""]}
{"sku":4,"name":"[sale] cup","description":"[]"}
{"sku":5,"name":null,"description":{}}
{"sku":6,"name":"\u200b","description":" \ufeff"}
)");
  REQUIRE(c.products.size() == 3);
  CHECK(c.products[0].text == "red kettle");
  CHECK(c.products[1].text == "red kettle of steel 1.5");
  CHECK(c.products[2].text == "[sale] cup");
  CHECK(c.text_of(c.products[0].fields[1]) == "red kettle");
  REQUIRE(c.problems.size() == 3);
  for (const auto& p : c.problems) CHECK(p.reason == "neither a text nor a picture");
  const auto array = load(work, R"([{"sku":1,"name":["red","kettle"]},{"sku":2,"name":[]}])");
  REQUIRE(array.products.size() == 1);
  CHECK(array.products[0].text == "red kettle");
  // In other tables brackets may be the text's own: only a list of strings is one.
  const auto csv = load(work,
                        "sku,name\n"
                        "1,\"[\"\"red\"\", \"\"kettle\"\"]\"\n"
                        "2,[]\n"
                        "3,[1]\n"
                        "4,\"{\"\"a\"\":\"\"b\"\"}\"\n"
                        "5,[red]\n"
                        "6,\"[\"\"a\"\",1]\"\n"
                        "7,\xe2\x80\x8b\n"
                        "8,\"['red', \"\"baker's kettle\"\"]\"\n"
                        "9,['red' kettle]\n"
                        "10,\"['100\\xa0ml', 'a\\nb\\\\c', '\\u00fc \\q']\"\n");
  REQUIRE(csv.products.size() == 8);
  CHECK(csv.products[7].text == "100\xc2\xa0ml a\nb\\c \xc3\xbc q");
  const char* texts[] = {"red kettle",         "[1]",           R"({"a":"b"})", "[red]", R"(["a",1])",
                         "red baker's kettle", "['red' kettle]"};
  for (std::size_t i = 0; i < 7; ++i) CHECK(csv.products[i].text == texts[i]);
}

TEST_CASE("a column that looks like the one asked for is it") {
  const support::temporary_folder work;
  // Decomposed, as macOS writes it; a no-break blank; a line break within a cell.
  const std::string csv =
      "sku,Gro\xcc\x88\xc3\x9f"
      "e,Product\xc2\xa0Name,\"Long\ntext\"\n1,L,cup,red\n";
  const auto c = load(work, csv,
                      {.text_columns = {"Gr\xc3\xb6\xc3\x9f"
                                        "e",
                                        "Product Name", "Long text"}});
  REQUIRE(c.products.size() == 1);
  CHECK(c.products[0].text == "L cup red");
  CHECK(c.options.text_columns.back() == "Long\ntext");
  // Not in another case, nor where two look so.
  CHECK_THROWS_AS(load(work, csv, {.text_columns = {"product name"}}), aisle::missing_column);
  CHECK_THROWS_AS(load(work, "sku,a\xc2\xa0n,a  n\n1,x,y\n", {.text_columns = {"a n"}}),
                  aisle::missing_column);
}

TEST_CASE("what pandas reads as missing is no text, and counted") {
  const support::temporary_folder work;
  const auto c = load(work,
                      "sku,name,description\n1,red cup,NULL\n2,nan,\\N\n3,Nan,none of these\n4,None, <NA> "
                      "\n5,Infinity,-\n");
  REQUIRE(c.products.size() == 3);
  CHECK(c.products[0].text == "red cup");
  CHECK(c.products[1].text == "Nan none of these");
  CHECK(c.products[2].text == "Infinity -");
  CHECK(c.missing_texts == 5);
  CHECK(c.text_of("N/A").empty());
  CHECK(c.problems.size() == 2);
  // Strings of JSON are what they say.
  CHECK(load(work, R"([{"sku":1,"name":"NULL"}])").products[0].text == "NULL");
}

TEST_CASE("columns can be called anything") {
  const support::temporary_folder work;
  const auto c = load(work, "key,title,file,kind\n a ,t,x/y.jpg,k\nb,t,/abs/z.png,\n",
                      {.id_column = "key",
                       .text_columns = {"kind", "title"},
                       .image_column = "file",
                       .label_column = "kind"});
  REQUIRE(c.products.size() == 2);
  CHECK(c.products[0].id == "a");
  CHECK(c.products[0].text == "k t");
  CHECK(c.products[0].image_path == work / "x/y.jpg");
  CHECK(c.products[1].image_path == "/abs/z.png");
  CHECK(c.products[0].label == "k");
}

TEST_CASE("a column that is not there is named with those that are") {
  const support::temporary_folder work;
  const std::string csv = "sku,name,image_path\n1,a,b\n";
  const aisle::catalogue_options cases[] = {{.id_column = "id"},
                                            {.text_columns = {"title"}},
                                            {.image_column = "photo"},
                                            {.label_column = "class_id"}};
  const char* names[] = {"id", "title", "photo", "class_id"};
  for (std::size_t i = 0; i < 4; ++i) {
    std::string what;
    try {
      load(work, csv, cases[i]);
    } catch (const aisle::format_error& e) {
      what = e.what();
    }
    CAPTURE(what);
    CHECK(what.find(names[i]) != std::string::npos);
    CHECK(what.find("image_path") != std::string::npos);
    CHECK(what.find("products.csv") != std::string::npos);
  }
  CHECK_THROWS_AS(load(work, "sku,price\n1,2\n"), aisle::option_error);
}

TEST_CASE("bad rows become problems with their place, good ones go on") {
  const support::temporary_folder work;
  const auto c = load(work,
                      "sku,name,image_path,class_id\n"
                      "1,a,,x\n"
                      "2,ragged,,x,y\n"
                      "1,twice,,x\n"
                      ",nameless,,x\n"
                      "5,\xff\xfe,,x\n"
                      "6, ,,x\n"
                      "7,g,,\n"
                      "8,,p.jpg,x\n",
                      {.label_column = "class_id"});
  REQUIRE(c.products.size() == 3);
  CHECK(c.products[1].row == 6);
  CHECK(c.products[1].label.empty());
  CHECK(c.products[2].row == 7);
  CHECK(c.data_rows == 8);
  REQUIRE(c.problems.size() == 6);
  const std::int64_t rows[] = {1, 2, 3, 4, 5, 6};
  const char* reasons[] = {"fields", "row 0", "empty id", "UTF-8", "neither", "empty label"};
  for (std::size_t i = 0; i < 6; ++i) {
    CAPTURE(c.problems[i].reason);
    CHECK(c.problems[i].row == rows[i]);
    CHECK(c.problems[i].file == work / "products.csv");
    CHECK(c.problems[i].reason.find(reasons[i]) != std::string::npos);
  }
  const char* ids[] = {"2", "1", "", "5", "6", "7"};
  for (std::size_t i = 0; i < 6; ++i) CHECK(c.problems[i].id == ids[i]);
  CHECK(c.problems[1].column == "sku");
  CHECK(c.problems[5].column == "class_id");
}

TEST_CASE("rows are named by data row and line of the file") {
  const support::temporary_folder work;
  const auto c = load(work,
                      "sku,name\n"
                      "1,\"two\nlines\"\n"
                      "\n"
                      ",\n"
                      "2,b\n"
                      "1,c\n"
                      "3,d,e\n"
                      "4,\"x\n\"y\n");
  REQUIRE(c.products.size() == 2);
  CHECK(c.products[0].line == 2);
  CHECK(c.products[1].row == 1);
  CHECK(c.products[1].line == 6);
  CHECK(c.data_rows == 5);
  REQUIRE(c.problems.size() == 3);
  CHECK(c.problems[0].line == 7);
  CHECK(c.problems[0].reason == "duplicate id, already in row 0 (line 2)");
  CHECK(c.problems[1].line == 8);
  CHECK(c.problems[1].reason == "3 fields, expected 2 as in the header");
  CHECK(c.problems[2].line == 10);
  CHECK(c.problems[2].reason.find("closing quote") != std::string::npos);
  CHECK(c.problems[2].reason.find("at byte 2 of the line") != std::string::npos);
  CHECK(aisle::row_name(12, 14) == "row 12 (line 14)");
  CHECK(aisle::row_name(12, 0) == "row 12");
}

TEST_CASE("the header in the middle of a table is no product, and told of") {
  const support::temporary_folder work;
  const auto c =
      load(work, "sku,name,kind\n1,a,x\nsku,name,kind\n2,b,x\nsku,name,kind\n", {.label_column = "kind"});
  REQUIRE(c.products.size() == 2);
  CHECK(c.products[1].row == 2);
  CHECK(c.data_rows == 4);
  REQUIRE(c.problems.size() == 2);
  CHECK(c.problems[0].row == 1);
  CHECK(c.problems[0].line == 3);
  CHECK(c.problems[0].id.empty());
  CHECK(c.problems[0].reason == "the header once more");
}

TEST_CASE("rows short of trailing cells are products with empty ones") {
  const support::temporary_folder work;
  const auto c =
      load(work, "sku,name,image_path,class_id\n1,a,,x\n2,b\n3\n4,d,,y\n5,e\n", {.label_column = "class_id"});
  REQUIRE(c.products.size() == 4);
  CHECK(c.products[1].id == "2");
  CHECK(c.products[1].text == "b");
  CHECK(c.products[1].label.empty());
  CHECK(c.padded.count == 3);
  CHECK(c.padded.row == 1);
  REQUIRE(c.problems.size() == 3);
  CHECK(c.problems[0].reason == "empty label");
  CHECK(c.problems[1].id == "3");
  CHECK(c.problems[1].reason == "neither a text nor a picture");
  CHECK(load(work, "sku,name,n\n1,a,x\n2,b\n", {.limit = 1}).padded.count == 0);
}

TEST_CASE("products are read from any table, and its format is told") {
  const support::temporary_folder work;
  const auto tabs =
      load(work, "\xEF\xBB\xBF sku \tname\tkind\n1\ta \"b\"\tx, y\n", {.label_column = " kind"});
  REQUIRE(tabs.products.size() == 1);
  CHECK(tabs.products[0].text == "a \"b\"");
  CHECK(tabs.products[0].label == "x, y");
  CHECK(tabs.format.describe() == "tab-separated, UTF-8");
  CHECK(tabs.options.label_column == "kind");
  const auto json = load(work, "[{\"sku\": 12345678901234567890, \"name\": \"a\"}]");
  REQUIRE(json.products.size() == 1);
  CHECK(json.products[0].id == "12345678901234567890");
  const auto colons = load(work, "sku:name\n1:a\n", {.delimiter = ':'});
  CHECK(colons.products.size() == 1);
  aisle::catalogue_options latin;  // not in braces: GCC 12 takes what it destroys on errors for uninitialised
  latin.encoding = "latin-1";
  CHECK(load(work, "sku,name\n1,\xE9\n", latin).products.at(0).text == "\xC3\xA9");
}

TEST_CASE("columns that are nearly there are named") {
  const support::temporary_folder work;
  const auto what = [&](const std::string& csv, const aisle::catalogue_options& options = {}) {
    try {
      load(work, csv, options);
    } catch (const aisle::error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  CHECK(what(" SKU,Name ,Class_ID\n1,a,b\n")
            .find("no column 'sku' (id_column); columns: 'SKU', 'Name', "
                  "'Class_ID', did you mean 'SKU'?") != std::string::npos);
  CHECK(what("sku,Name\n1,a\n").find("did you mean 'Name'?") != std::string::npos);
  CHECK(what("sku,name,size,size\n1,a,b,c\n").empty());
  CHECK(what("sku,name,size,size\n1,a,b,c\n", {.label_column = "size"}).find("is there twice") !=
        std::string::npos);
}

TEST_CASE("limit counts data rows, bad ones too") {
  const support::temporary_folder work;
  const auto c = load(work, "sku,name\n1,a\n2\n3,c\n4\n", {.limit = 3});
  CHECK(c.products.size() == 2);
  CHECK(c.problems.size() == 1);
  CHECK(c.data_rows == 3);
  CHECK(load(work, "sku,name\n").products.empty());
}

TEST_CASE("skipped rows as CSV") {
  const support::temporary_folder work;
  aisle::write_skipped(work / "s.csv",
                       {{"p.csv", 3, "a,b", "name", "says \"no\"", 5}, {"p.csv", 0, "", "", "x"}});
  const auto t = aisle::read_csv(work / "s.csv");
  CHECK(t.header == std::vector<std::string>{"file", "row", "line", "id", "column", "reason"});
  CHECK(t.rows.at(0).fields == std::vector<std::string>{"p.csv", "3", "5", "a,b", "name", "says \"no\""});
  CHECK(t.rows.at(1).fields == std::vector<std::string>{"p.csv", "0", "", "", "", "x"});
}

TEST_CASE("trimmed takes Unicode white space from both ends alone") {
  CHECK(aisle::trimmed("\xe2\x80\xaf\x1f a\xc2\xa0"
                       "b \v") ==
        "a\xc2\xa0"
        "b");
  CHECK(aisle::trimmed("\xe2\x80\x8b").size() == 3);  // a zero width space is none
  CHECK(aisle::trimmed(" \xc2\x85\n").empty());
}
