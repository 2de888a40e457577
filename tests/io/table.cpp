#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <aisle/io/delimiter.hpp>
#include <aisle/io/inflate.hpp>
#include <aisle/io/nearest_name.hpp>
#include <aisle/io/table.hpp>

#include "bytes.hpp"
#include "support/support.hpp"

using bytes::contains;
using bytes::failure;
using strings = std::vector<std::string>;

namespace {

struct read_table {
  std::vector<strings> rows;  ///< the header first
  std::vector<std::int64_t> lines;
  strings problems;  ///< "row:line:column reason"
  std::vector<strings> of_problems;
  aisle::short_rows padded;
  aisle::table_format format;
};

read_table read(std::string_view bytes, aisle::table_options options = {}) {
  read_table out;
  options.on_problem = [&](const aisle::csv_problem& p) {
    out.problems.push_back(std::to_string(p.row) + ":" + std::to_string(p.line) + ":" +
                           std::to_string(p.column) + " " + p.reason);
    out.of_problems.push_back(p.fields);
  };
  aisle::table_reader reader(bytes, "t.csv", std::move(options));
  out.rows.push_back(reader.header());
  out.format = reader.format();
  for (aisle::table_row row; reader.next(row);) {
    out.padded.add(row);
    out.rows.push_back(row.fields);
    out.lines.push_back(row.line);
  }
  return out;
}

std::vector<strings> rows_of(std::string_view bytes, const aisle::table_options& options = {}) {
  const read_table t = read(bytes, options);
  CHECK(t.problems.empty());
  return t.rows;
}

std::string utf16(std::string_view ascii, bool little) {
  std::string out;
  for (const char c : ascii)
    for (const bool low : {little, !little}) out += low ? c : '\0';
  return out;
}

/// A gzip member of one stored block.
std::string gzip(const std::string& text) {
  std::string out("\x1F\x8B\x08\x08\0\0\0\0\0\3", 10);
  out += std::string("name\0", 5);
  const auto put = [&](std::uint64_t v, int n) {
    for (int i = 0; i < n; ++i) out += static_cast<char>(v >> (8 * i) & 255);
  };
  out += '\1';
  put(text.size(), 2);
  put(~text.size() & 0xFFFF, 2);
  out += text;
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  put(aisle::crc32(bytes), 4);
  put(text.size(), 4);
  return out;
}

const std::vector<strings> small = {{"sku", "name"}, {"1", "a"}, {"2", "b"}};

}  // namespace

TEST_CASE("table: separators are recognised by how records split") {
  for (const char c : {',', ';', '\t', '|'}) {
    CAPTURE(c);
    std::string text = "sku,name\n1,a\n2,b\n";
    for (char& t : text) t = t == ',' ? c : t;
    const auto t = read(text);
    CHECK(t.rows == small);
    CHECK(t.format.delimiter == c);
    CHECK(t.format.is_plain() == (c == ','));
  }
  CHECK(rows_of("sku;price\n1;2,5\n2;3,5\n") ==
        std::vector<strings>{{"sku", "price"}, {"1", "2,5"}, {"2", "3,5"}});
  // Both split alike: the names decide.
  CHECK(rows_of("sku;price,eur\n1;2,5\n", {.expected = {"sku"}}) ==
        std::vector<strings>{{"sku", "price,eur"}, {"1", "2,5"}});
  CHECK(rows_of("sku,tags\n1,a;b;c\n2,d;e;f\n")[1] == strings{"1", "a;b;c"});
  CHECK(rows_of("sku,name\n\"1\",\"red; green;\n blue\"\n\"2\",\"x; y; z\"\n")[2] == strings{"2", "x; y; z"});
  CHECK(rows_of("\"sku\";\"name, long\"\n\"1\";\"a, b\"\n")[1] == strings{"1", "a, b"});
  // One column stays one, whatever its texts hold.
  CHECK(rows_of("name\nred; big\nblue; small\n") ==
        std::vector<strings>{{"name"}, {"red; big"}, {"blue; small"}});
  CHECK(rows_of("name; and more\nred\nblue\n")[0] == strings{"name; and more"});
  // Some bad rows make no other separator.
  const auto t = read("sku,name\n1,a\n2,b,c\n3,c\n4,d;e\n");
  CHECK(t.rows.size() == 4);
  CHECK(t.problems == strings{"1:3:1 3 fields, expected 2 as in the header"});
}

TEST_CASE("table: what a row lacks at its end is empty, and counted") {
  const auto t = read("sku,name,note\n1,a,x\n2,b\n\n3\n4,\"d\ne\"\n5,e,\n");
  CHECK(t.problems.empty());
  CHECK(t.rows == std::vector<strings>{{"sku", "name", "note"},
                                       {"1", "a", "x"},
                                       {"2", "b", ""},
                                       {"3", "", ""},
                                       {"4", "d\ne", ""},
                                       {"5", "e", ""}});
  CHECK(t.padded.count == 3);
  CHECK(t.padded.describe() ==
        "3 rows end before the last column, the first of them row 1 (line 3): the cells that they lack are "
        "empty");
  CHECK(read("sku,name\n1,a\n2\n").padded.describe() ==
        "1 row ends before the last column, row 1 (line 3): the cells that it lacks are empty");
  aisle::table_reader some(std::string_view("a,b,c\n1,2\n"), "t.csv");
  aisle::table_row row;
  REQUIRE(some.next(row));
  CHECK(row.missing == 1);
  CHECK_FALSE(row.lacks(1));
  CHECK(row.lacks(2));
  // A last column without a name is nothing that one could lack.
  CHECK(read("sku,name,\n1,a\n").padded.describe().empty());
  // Objects without a key lack nothing either.
  CHECK(read("{\"a\":1,\"b\":2}\n{\"a\":1}\n").padded.count == 0);
}

TEST_CASE("table: of a bad row is told what could be read") {
  const auto fields = [](std::string_view bytes, const aisle::table_options& options = {}) {
    const auto t = read(bytes, options);
    REQUIRE(t.problems.size() == 1);
    return t.of_problems.front();
  };
  CHECK(fields("sku,name\n1,a,x\n") == strings{"1", "a"});
  CHECK(fields("sku,name,n\n1,a,x\n2,\"b\n\"c,d\n") == strings{"2", "", ""});
  CHECK(fields("sku,name,n\n1,\"a\n2,b,c\n") == strings{"1", "", ""});
  CHECK(fields("sku,name,n\n1,caf\xE9,\xC3\xA9\n", {.encoding = "utf-8"}) ==
        strings{"1", "caf\xEF\xBF\xBD", "\xC3\xA9"});
  CHECK(fields(std::string_view("sku,name\n1,a\0\n2,bb\n", 19)) == strings{"1", ""});
  CHECK(fields("sku,name,n\n1,aaaaa,x\n", {.field_limit = 4}) == strings{"1", "", "x"});
  CHECK(fields("sku,name,n\n1,\"aaaaa\",x\n", {.field_limit = 4}) == strings{"1", "", "x"});
  CHECK(fields("sku,name,n\naaaaa,\"b\",x\n", {.field_limit = 4}) == strings{"", "b", "x"});
  CHECK(fields("{\"a\":\"1\",\"b\":\"2\",\"c\":\"3\"}\n{\"a\":\"4\",\"b\":\"x}\n") == strings{"4", "", ""});
  CHECK(fields("{\"a\":\"1\"}\n[2]\n") == strings{""});
}

TEST_CASE("table: a separator that is said overrules") {
  CHECK(rows_of("sep=;\r\nsku;name\r\n1;a\r\n2;b\r\n") == small);
  CHECK(read("sep=;\r\nsku;name\r\n1;a\r\n").lines == std::vector<std::int64_t>{3});
  CHECK(rows_of("sep=^\nsku^name\n1^a\n2^b\n") == small);
  CHECK(rows_of("\"sep=,\"\nsku,name\n1,a\n2,b\n") == small);
  CHECK(rows_of("SEP=\t\nsku\tname\n1\ta\n2\tb\n") == small);
  CHECK(rows_of("sep=;\nsku,name\n1,a\n2,b\n", {.delimiter = ','}) == small);
  CHECK(rows_of("sku:name\n1:a\n2:b\n", {.delimiter = ':'}) == small);
  CHECK(aisle::parse_delimiter("tab") == '\t');
  CHECK(aisle::parse_delimiter("\\t") == '\t');
  CHECK(aisle::parse_delimiter(";") == ';');
  for (const char* wrong : {"", "\"", "\n", ";;", "\xC3\xA9"})
    CHECK(contains(failure([&] { aisle::parse_delimiter(wrong); }), "no separator of columns"));
}

TEST_CASE("table: quotes are text in tab files that never quote") {
  const auto t = read(
      "sku\tname\tnote\n"
      "1\t\"Deluxe\" pan 10\"\tx\n"
      "2\t\"premium pan\tpan 5\"\n"
      "3\tb\ty\n");
  CHECK(t.format.quotes_are_text);
  CHECK(t.problems.empty());
  REQUIRE(t.rows.size() == 4);
  CHECK(t.rows[1][1] == "\"Deluxe\" pan 10\"");
  CHECK(t.rows[2] == strings{"2", "\"premium pan", "pan 5\""});
  // Those of a spreadsheet quote.
  CHECK(rows_of("sku\tname\n1\t\"a \"\"b\"\"\tc\"\n2\t\"two\nlines\"\n") ==
        std::vector<strings>{{"sku", "name"}, {"1", "a \"b\"\tc"}, {"2", "two\nlines"}});
}

TEST_CASE("table: what exports do beyond RFC 4180") {
  CHECK(rows_of("sku, \"name\" ,note\n1, \"a, b\" ,  c\n") ==
        std::vector<strings>{{"sku", "name", "note"}, {"1", "a, b", "  c"}});
  CHECK(rows_of("sku,name\n1, \"Large\" mug\n2,55\" TV\n") ==
        std::vector<strings>{{"sku", "name"}, {"1", " \"Large\" mug"}, {"2", "55\" TV"}});
  CHECK(
      rows_of("sku,name,n\n\"1\",\"10\\\" wide, \\\\ \\n\",x\n\"2\",\"10\\\"\",y\n\"3\",\"C:\\dir\\\",z\n") ==
      std::vector<strings>{{"sku", "name", "n"},
                           {"1", "10\" wide, \\ \\n", "x"},
                           {"2", "10\"", "y"},
                           {"3", "C:\\dir\\", "z"}});
  CHECK(rows_of("sku,name\n1,a,\n2,b,,\n") == small);
  CHECK(rows_of("sku,name,\n1,a\n2,b\n") ==
        std::vector<strings>{{"sku", "name", ""}, {"1", "a", ""}, {"2", "b", ""}});
  CHECK(read("sku,name\n1,a,x\n").problems.size() == 1);
  const auto empty = read("sku,name\n,\n1,a\n , \n\"\",\"\"\n2,b\n,,,\n");
  CHECK(empty.rows == small);
  CHECK(empty.lines == std::vector<std::int64_t>{3, 6});
  CHECK(rows_of("sku,name\r1,a\r\n2,b\n") == small);
  // An empty text of a table of one column is a row.
  CHECK(rows_of("name\n\"\"\nx\n").size() == 3);
}

TEST_CASE("table: a field goes on behind its closing quote, as in Python's csv and pandas") {
  const auto cells = [](const std::string& row) {
    const auto rows = rows_of("sku,name,n\n" + row + "\n9,z,z\n");
    REQUIRE(rows.size() == 3);
    return rows[1];
  };
  CHECK(cells("1,\"blue\" cup,12") == strings{"1", "blue cup", "12"});
  CHECK(cells("\"1\"x,\"Set of \"\"2\"\"\" mugs ,12") == strings{"1x", "Set of \"2\" mugs ", "12"});
  CHECK(cells("1,\"12\" ruler\",12") == strings{"1", "12 ruler\"", "12"});
  CHECK(cells("1,\"a, b\"\"c\" d\"e\"\"f,12") == strings{"1", "a, b\"c d\"e\"\"f", "12"});
  CHECK(cells("1,c,\"blue\" cup") == strings{"1", "c", "blue cup"});
  CHECK(cells("1,c,\"\"x") == strings{"1", "c", "x"});
  CHECK(rows_of("sku;\"name\" (en)\n1;a\n2;b\n")[0] == strings{"sku", "name (en)"});
  // What backslashes were meant to do goes before.
  CHECK(cells("1,\"10\\\" wide\",12") == strings{"1", "10\" wide", "12"});
  CHECK(cells("1,\"10\\\" wide\" pan,12") == strings{"1", "10\" wide pan", "12"});
  // A quote that closes on a later line is likely the next field's: no two rows become one.
  CHECK(read("sku,name,n\n1,\"blue cup,12\n2,\"red\" cup,13\n").problems.size() == 1);
  CHECK(read("sku,name,n\n1,\"blue cup,12\n").problems.size() == 1);
  CHECK(read("sku,name,n\n1,\"aa\"bbb,12\n2,c,13\n", {.field_limit = 4}).problems.size() == 1);
}

TEST_CASE("table: names of rows in front of the columns that have a name, as R writes them") {
  for (const std::string separator : {",", ";", "\t", "|"}) {
    CAPTURE(separator);
    std::string r = "\"sku\",\"name\"\n\"1\",\"a7\",\"red, \"\"big\"\" cup\"\n\r\n\"2\",\"a8\",NA\n";
    std::size_t at = 0;
    for (char& c : r)
      if (c == ',' && ++at != 4) c = separator[0];
    const auto t = read(r, {.expected = {"sku"}});
    CHECK(t.problems.empty());
    CHECK(t.format.row_names);
    CHECK(t.format.describe().ends_with("row names in front of the first column"));
    CHECK(t.rows ==
          std::vector<strings>{{"", "sku", "name"}, {"1", "a7", "red, \"big\" cup"}, {"2", "a8", "NA"}});
  }
  // Commas too many are none: of prices, of descriptions, at the end of lines; nor is a single row.
  for (const char* csv :
       {"sku,name,price\n1,shirt,12,50\n2,cup,9,90\n", "a,b\n1,2,3\n4,5\n", "a,b\n1,2,\n4,5,\n",
        "\"a\",\"b\"\n\"1\",\"2\",\"\"\n\"4\",\"5\",\"\"\n", "\"a\",\"b\"\n\"1\",\"2\",\"3\"\n",
        "\"a\",\"b\"\n\"1\",\"2\",\"3\"\n\"1\",\"5\",\"6\"\n", "a,b\n\"1\",2,3\n\"4\",5,6\n",
        "\"a\",\"b\"\n1,2,3\n4,5,6\n"}) {
    CAPTURE(csv);
    CHECK_FALSE(read(csv).format.row_names);
  }
}

TEST_CASE("table: the header once more, as in exports that were pasted together, is told of and no row") {
  const std::string bom = "\xEF\xBB\xBF";
  for (const std::string& again : {std::string("sku,name"), std::string("\"sku\",\"name\""),
                                   std::string(" sku ,name,"), bom + "sku,name", bom + "\"sku\",\"name\""}) {
    CAPTURE(again);
    const std::string text = "sku,name\n1,a\n" + again + "\n2,b\n";
    const auto t = read(text);
    CHECK(t.rows == small);
    CHECK(t.problems == strings{"1:3:1 the header once more"});
    CHECK(t.of_problems.front() == strings{"", ""});
    // Who does not ask is not stopped by it, and rows keep their numbers.
    aisle::table_reader reader(std::string_view(text), "t.csv");
    aisle::table_row row;
    REQUIRE(reader.next(row));
    REQUIRE(reader.next(row));
    CHECK(row.fields == strings{"2", "b"});
    CHECK(row.row == 2);
    CHECK_FALSE(reader.next(row));
  }
  CHECK(rows_of("sku,name\n1,a\nsku,Name\n").size() == 3);
  // A text may be what its one column is called.
  CHECK(rows_of("name\na\nname\n").size() == 3);
  CHECK(rows_of("name,\na\nname,\n").size() == 3);
}

TEST_CASE("table: columns by name") {
  aisle::table_reader t(std::string_view("Product export,,,\n SKU ,Name,size,size\n1,a,b,c\n"), "t.csv");
  CHECK(failure([&] { t.column("sku", "id_column"); }) ==
        "t.csv: no column 'sku' (id_column); columns: 'Product export', '', '', ''; line 2 looks like the "
        "header: remove what stands above it");
  aisle::table_reader u(std::string_view(" SKU ,Name,size,size,\"Long text, plain\"\n1,a,b,c,d\n"), "u.csv");
  CHECK(u.column("SKU") == 0);
  CHECK(rows_of("\xE2\x80\x8BSKU\xC2\xAD,\xE3\x80\x80name\n1,a\n")[0] == strings{"SKU", "name"});
  CHECK(u.column(" Name ") == 1);
  CHECK(u.column("Long text, plain") == 4);
  CHECK(failure([&] { u.column("sku", "id_column"); }) ==
        "u.csv: no column 'sku' (id_column); columns: 'SKU', 'Name', 'size', 'size', 'Long text, plain', did "
        "you mean 'SKU'?");
  CHECK(contains(failure([&] { u.column("size", "label_column"); }),
                 "'size' (label_column) is there twice, as columns 3 and 4"));
  try {
    u.column("nmae", "text_columns");
    FAIL("found");
  } catch (const aisle::missing_column& e) {
    CHECK(e.nearest() == strings{"Name"});
    CHECK(contains(e.message("--text-columns"), "no column 'nmae' (--text-columns); columns:"));
  }
  CHECK(aisle::nearest_names("sku", strings{"Handle", "Variant SKU", "seller-sku"}) ==
        strings{"Variant SKU", "seller-sku"});
  CHECK(aisle::nearest_names("image_path", strings{"Image Path", "image", "price"})[0] == "Image Path");
  CHECK(aisle::nearest_names("sku", strings{"name", "price"}).empty());
}

TEST_CASE("table: encodings are recognised") {
  const std::string text = "sku,name\r\n1,a\r\n2,b\r\n";
  for (const bool little : {true, false})
    for (const bool mark : {true, false}) {
      const std::string bytes = (!mark ? "" : little ? "\xFF\xFE" : "\xFE\xFF") + utf16(text, little);
      const auto t = read(bytes);
      CHECK(t.rows == small);
      CHECK(t.format.describe() == (little ? "comma-separated, UTF-16LE" : "comma-separated, UTF-16BE"));
      CHECK(rows_of(bytes, {.encoding = mark ? "utf-16" : little ? "UTF16-LE" : "utf-16be"}) == small);
    }
  CHECK(rows_of("\xEF\xBB\xBFsku,name\n1,a\n2,b\n") == small);
  // A pair of surrogates; half of one is a bad row.
  std::string pair = utf16("sku,name\n1,", true);
  pair += std::string("\x3D\xD8\x00\xDE", 4) + utf16("\n2,", true) + "\x3D\xD8" + utf16("\n", true);
  const auto t = read(pair);
  CHECK(t.rows.at(1)[1] == "\xF0\x9F\x98\x80");
  CHECK(t.problems == strings{"1:3:3 invalid UTF-8"});

  const auto latin = read("sku,name\n1,Caf\xE9 \x96 f\xFCr 5 \x80\n2,\xC0 la\n");
  CHECK(latin.format.encoding == aisle::text_encoding::windows1252);
  CHECK(latin.rows.at(1)[1] == "Caf\xC3\xA9 \xE2\x80\x93 f\xC3\xBCr 5 \xE2\x82\xAC");
  CHECK(rows_of("sku,name\n1,\x80\n", {.encoding = "latin-1"}).at(1)[1] == "\xC2\x80");
  CHECK(read("sku,name\n1,\x81\n2,\xE9\n", {.encoding = "windows-1252"}).problems ==
        strings{"0:2:3 invalid UTF-8"});
  // Broken rows of a file in UTF-8 stay what they are.
  CHECK(read("sku,name\n1,caf\xC3\xA9\n2,caf\xE9\n").problems == strings{"1:3:6 invalid UTF-8"});
  CHECK(read("sku,name\n1,\xFF\xFE\n2,b\n").problems == strings{"0:2:3 invalid UTF-8"});
  CHECK(read("sku,name\n1,caf\xE9\n", {.encoding = "utf-8"}).problems.size() == 1);
  CHECK(read(std::string_view("sku,name\n1,a\0\n2,b\n", 18)).problems == strings{"0:2:4 a NUL byte"});
  // One zero in a short text makes no UTF-16; Chinese in it has few.
  CHECK(read(std::string_view("sku,name\n1,a\0\n2,bb\n", 19)).problems.size() == 1);
  std::string chinese = utf16("sku,name\n", false);
  for (int i = 0; i < 30; ++i)
    chinese += utf16("1,", false) + "\x54\x46\x54\x0D\x79\xF0\x51\x7F" + utf16("\n", false);
  CHECK(read(chinese).rows.size() == 31);
  CHECK(contains(failure([] { read("a\n", {.encoding = "klingon"}); }), "windows-1252 or latin-1"));
}

TEST_CASE("table: an encoding that is not read is named as such, with what to do") {
  const auto error_of = [](std::string bytes, aisle::table_options options = {}) {
    return failure([&] {
      aisle::table_reader reader(std::string_view(bytes), "t.csv", std::move(options));
      for (aisle::table_row row; reader.next(row);) continue;
    });
  };
  const char* files[] = {
      "sku,name\n1,cup\n2,\xEA\xF0\xE0\xF1\xED\xFB\xE9 \xF7\xE0\xE9\xED\xE8\xEA\n",  // CP1251
      "sku,name\n1,cup\n2,\xBA\xEC\xC9\xAB\xCB\xAE\xBA\xF8\n",                       // GBK
      "\xE8\xE4,name\n1,cup\n",                                                      // the header
      "{\"sku\":1,\"name\":\"\xBA\xEC\xC9\xAB\xCB\xAE\xBA\xF8\"}\n"};
  for (const char* bytes : files) {
    const std::string what = error_of(bytes);
    CAPTURE(what);
    CHECK(contains(what, "invalid UTF-8: the file is neither UTF-8 nor UTF-16 nor Windows-1252"));
    CHECK(contains(what, "--encoding"));
    CHECK(contains(what, "iconv -f ENCODING -t UTF-8 t.csv > NEW_FILE"));
    CHECK(error_of(bytes, {.encoding = "utf-8"}).find("iconv") == std::string::npos);
  }
  // UTF-8 that was damaged, and what says itself that it is UTF-8.
  CHECK(error_of("sku,name\n1,caf\xC3\xA9 \xC3\xA9\n2,\xFF\xFE\n").find("iconv") == std::string::npos);
  CHECK(error_of("\xEF\xBB\xBFsku,name\n1,\xFF\xFE\n").find("iconv") == std::string::npos);
}

TEST_CASE("table: JSON lines") {
  const auto t = read(
      "{\"sku\": 12345678901234567890123, \"name\": \"a \\u00e9\", \"price\": 1.50}\n"
      "\n"
      "  {\"name\":null,\"sku\":\"B\",\"tags\":[ \"x y\", {\"a\": 1.0} ],\"on\":true,\"sku\":\"C\"}\r\n"
      "{\"sku\": \n"
      "[1]\n"
      "{\"sku\":\"D\"} x\n"
      "{\"name\":NaN,\"price\":-1e5}");
  CHECK(t.format.kind == aisle::table_format::kinds::json_lines);
  CHECK(t.rows == std::vector<strings>{{"sku", "name", "price", "tags", "on"},
                                       {"12345678901234567890123", "a \xC3\xA9", "1.50", "", ""},
                                       {"C", "", "", "[\"x y\",{\"a\":1.0}]", "true"},
                                       {"", "", "-1e5", "", ""}});
  CHECK(t.lines == std::vector<std::int64_t>{1, 3, 7});
  REQUIRE(t.problems.size() == 3);
  CHECK(contains(t.problems[0], "2:6:"));
  CHECK(contains(t.problems[1], "3:5:1 expected an object"));
  CHECK(contains(t.problems[2], "4:6:13 text behind the object"));
  CHECK(rows_of("{\"sku\":\"1\",\"name\":\"a\"}\n{\"sku\":\"2\",\"name\":\"b\"}") == small);
  for (const char* wrong :
       {"01", "+1", "1.", ".5", "nul", "1e", "", "'a'", "\"a\tb\"", "\"\\x\"", "[1", "\"a"})
    CHECK_MESSAGE(read("{\"a\":\"x\"}\n{\"a\":" + std::string(wrong) + "}\n").problems.size() == 1, wrong);
  CHECK(read("{\"a\":\"x\"}\n{\"a\":\"\xFF\"}\n").problems == strings{"1:2:7 invalid UTF-8"});
  CHECK(contains(failure([] { read("{\"a\" 1}\n"); }), "line 1, column 6: expected a colon"));
}

TEST_CASE("table: JSON lines that each end in a comma") {
  const auto t = read("{\"sku\":1,\"name\":\"a\"},\r\n{\"sku\":2,\"name\":\"b\"} , \n");
  CHECK(t.format.kind == aisle::table_format::kinds::json_lines);
  CHECK(t.problems.empty());
  CHECK(t.rows == small);
  CHECK(t.lines == std::vector<std::int64_t>{1, 2});
  CHECK(rows_of("{\"sku\":1,\"name\":\"a\"},\n{\"sku\":2,\"name\":\"b\"}") == small);
  CHECK(rows_of("{\n\"sku\":1,\n\"name\":\"a\"\n},\n{\"sku\":2,\"name\":\"b\"},") == small);
  CHECK(read("{\"a\":1},,\n{\"a\":2}, x\n{\"a\":3}\n").problems.size() == 2);
}

TEST_CASE("table: JSON arrays") {
  CHECK(rows_of("[{\"sku\":1,\"name\":\"a\"},{\"sku\":2,\"name\":\"b\"}]") == small);
  const auto t =
      read("\n[\n {\n  \"sku\": 1,\n  \"name\": \"a\"\n },\n 7,\n {\"name\": \"b\", \"sku\": 2}\n]\n");
  CHECK(t.rows == small);
  CHECK(t.lines == std::vector<std::int64_t>{3, 8});
  REQUIRE(t.problems.size() == 1);
  CHECK(contains(t.problems[0], "1:7:2 expected an object"));
  CHECK(t.format.describe() == "a JSON array, UTF-8");
  const auto cut = read("[{\"a\":1},{\"a\":2},{\"a\":");
  CHECK(cut.rows.size() == 3);
  REQUIRE(cut.problems.size() == 1);
  CHECK(contains(cut.problems[0], "nothing below it is read"));
  CHECK(read("[{\"a\":1}{\"a\":2}]").problems.size() == 1);
  CHECK(read("[{\"a\":1}] []").problems.size() == 1);
  CHECK(rows_of("[]").at(0).empty());
  // A CSV may begin with a bracket.
  CHECK(rows_of("[sku],name\n1,a\n")[0] == strings{"[sku]", "name"});
}

TEST_CASE("table: JSON of columns is refused, in every way that pandas writes it") {
  for (const char* text :
       {R"({"sku":{"0":"1","1":"2"},"name":{"0":"a","1":"b"}})", R"({"sku":["1","2"],"name":["a","b"]})",
        R"({"columns":["sku","name"],"index":[0,1],"data":[["1","a"],["2","b"]]})",
        R"({"0":{"sku":"1","name":"a"},"1":{"sku":"2","name":"b"}})",
        R"({"schema":{"fields":[]},"data":[{"sku":"1"}]})", "[[\"1\",\"a\"],\n[\"2\",\"b\"]]"}) {
    CAPTURE(text);
    CHECK(contains(failure([&] { read(text); }), "orient=\"records\""));
  }
  // Answers of shops' interfaces: one object around the list.
  for (const char* text :
       {R"({"products":[{"sku":"1"},{"sku":"2"}]})", "{\"links\":{},\n\"products\" : [ {\"sku\":1}]}"}) {
    CAPTURE(text);
    CHECK(contains(failure([&] { read(text); }), "rows in a list under the key 'products'"));
  }
  // One product, and two whose cells are lists.
  CHECK(rows_of(R"({"sku":"1","tags":["a"]})").size() == 2);
  CHECK(rows_of("{\"sku\":[\"1\"]}\n{\"sku\":[\"2\"]}\n").size() == 3);
}

TEST_CASE("table: DOS's mark of the end is no row") {
  for (const char* end : {"\x1a", "\n\x1a", "\r\n\x1a\r\n"}) {
    const auto t = read(std::string("sku,name\n1,a\n2,b") + end);
    CHECK(t.rows == small);
    CHECK(t.problems.empty());
  }
}

TEST_CASE("table: many JSON values that never close cost no more than a few passes") {
  std::string text = "{\"a\":1}\n";
  for (int i = 0; i < 200'000; ++i) text += "{\"a\":[\n";
  const auto t = read(text);
  CHECK(t.rows.size() == 2);
  CHECK(t.problems.size() < 200);
}

TEST_CASE("table: gzip") {
  const std::string first = "sku,name\n1,a\n", second = "2,b\n";
  const auto t = read(gzip(first) + gzip(second) + std::string(5, '\0'));
  CHECK(t.rows == small);
  CHECK(t.format.describe() == "comma-separated, UTF-8, gzip");
  CHECK(rows_of(gzip("{\"sku\":1,\"name\":\"a\"}\n{\"sku\":2,\"name\":\"b\"}\n")) == small);
  CHECK(rows_of(gzip("\xFF\xFE" + utf16("sku\tname\n1\ta\n2\tb\n", true))) == small);
  std::string broken = gzip(first);
  broken[broken.size() - 10] ^= 1;
  CHECK(contains(failure([&] { read(broken); }), "checksum"));
  CHECK(contains(failure([&] { read(gzip(first).substr(0, 25)); }), "cut off"));
  CHECK(contains(failure([&] { read(gzip(first) + "x"); }), "neither another member nor the end"));
  CHECK(contains(failure([&] { read("\x1F\x8B\x08"); }), "damaged header"));
  CHECK(contains(failure([&] { read(gzip(std::string(5000, 'x')), {.memory_limit = 4999}); }),
                 "holds more than"));
  CHECK(read(gzip(std::string(5000, 'x')), {.memory_limit = 5000}).rows.size() == 1);
  CHECK(contains(failure([&] { read(gzip(std::string("PK\3\4xl/", 7))); }), "an Excel workbook"));
}

TEST_CASE("table: files of other kinds are named, with what to do") {
  using namespace std::string_view_literals;
  const std::pair<std::string_view, const char*> cases[] = {
      {"PK\3\4 [Content_Types].xml xl/workbook.xml", "t.csv: an Excel workbook (xlsx), expected"},
      {"PK\3\4 mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "OpenDocument"},
      {"PK\3\4 products.csv", "a zip archive"},
      {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0"sv, "an Excel workbook (xls)"},
      {"PAR1\0\1"sv, "pandas.read_parquet('t.csv')"},
      {"ARROW1\0\0"sv, "an Arrow file"},
      {"SQLite format 3\0"sv, "sqlite3 -header -csv t.csv"},
      {"BZh91AY&SY\0"sv, "bunzip2"},
      {"\x28\xB5\x2F\xFD\0"sv, "unzstd"},
      {"%PDF-1.7\n", "a PDF document"},
      {"GGUF\3\0\0\0"sv, "a GGUF file"},
      {"\x08\x08\x12\x07pytorch\x1a\x06"sv, "an ONNX model"},
      {"II*\0\x10"sv, "a TIFF image, expected"},
      {"GIF89a\1\0"sv, "a GIF image"},
      {"\0\0\0\x1c"
       "ftypavif"sv,
       "an AVIF image"},
      {"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"},
      {"<?xml version=\"1.0\"?>\n<!DOCTYPE html><html>", "a web page"},
      {"<?xml version=\"1.0\"?><svg width=\"1\"><title>x</title></svg>", "an SVG drawing"},
      {"<?xml version=\"1.0\"?><products/>", "an XML file"},
      {"\xFF\xFE\0\0s\0\0\0"sv, "UTF-32"},
      {"\n<!DOCTYPE html><html>", "a web page"},
      {"\xEF\xBB\xBF<Table border=1>", "a web page"},
      {"<?xml version=\"1.0\"?><?mso-application progid=\"Excel.Sheet\"?>", "an Excel workbook (XML)"}};
  for (const auto& [bytes, message] : cases) {
    const std::string what = failure([&, b = bytes] { read(b); });
    CHECK_MESSAGE(contains(what, message), what);
    CHECK_MESSAGE(contains(what, "expected a table as text"), what);
  }
  CHECK(contains(failure([&] { read("\xFF\xFE" + utf16("<html>\n", true)); }), "a web page"));
  CHECK(contains(failure([] { read(gzip(gzip("sku,name\n1,a\n"))); }), "gzip data, expected a table"));
  // Letters that a header may begin with.
  for (const char* header : {"ORCID", "PAR1", "Obj", "BZh", "GGUF", "GIF89a", "8BPS", "ftyp", "<size>"})
    CHECK(rows_of(header + std::string(",b\n1,2\n"))[0][0] == header);
}

TEST_CASE("table: the export files of the reference set") {
  const std::string folder = support::shared("cases");
  if (folder.empty()) return;
  const std::pair<const char*, const char*> cases[] = {
      {"csv_utf16le_bom.csv", "comma-separated, UTF-16LE"},
      {"csv_semicolon_commas_inside.csv", "semicolon-separated, UTF-8"},
      {"csv_tabs_amazon_report.txt", "tab-separated, UTF-8"},
      {"csv_sep_line.csv", "semicolon-separated, UTF-8"},
      {"csv_trailing_comma_data_rows.csv", "comma-separated, UTF-8"},
      {"csv_backslash_escaped_quotes.csv", "comma-separated, UTF-8"},
      {"csv_space_before_quote.csv", "comma-separated, UTF-8"},
      {"csv_some_rows_space_before_quote.csv", "comma-separated, UTF-8"},
      {"csv_duplicate_column_names.csv", "comma-separated, UTF-8"},
      {"csv_windows1252.csv", "comma-separated, Windows-1252"},
      {"csv_empty_trailing_rows.csv", "comma-separated, UTF-8"},
      {"table_csv_gz.csv.gz", "comma-separated, UTF-8, gzip"}};
  for (const auto& [name, format] : cases) {
    const std::string file = name;
    CAPTURE(file);
    aisle::table_reader t(folder + "/" + file, {.expected = {"sku", "name", "class_id"}});
    CHECK(t.format().describe() == format);
    const std::size_t label = t.column("class_id");
    int kitchen = 0, outdoor = 0;
    for (aisle::table_row row; t.next(row);) {
      kitchen += row.fields[label] == "Kitchen";
      outdoor += row.fields[label] == "Outdoor";
    }
    CHECK(kitchen == 6);
    CHECK(outdoor == 6);
  }
}
