#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <aisle/io/csv.hpp>

#include "bytes.hpp"
#include "support/support.hpp"

using bytes::contains;
using bytes::failure;
using strings = std::vector<std::string>;

namespace {

std::vector<strings> read(std::string_view text, aisle::csv_options options = {}) {
  aisle::csv_reader reader(text, "t.csv", std::move(options));
  std::vector<strings> out = {reader.header()};
  for (aisle::csv_row row; reader.next(row);) out.push_back(row.fields);
  return out;
}

/// "row:line:column " of every problem; the good rows' first fields after it.
std::string lenient(std::string_view text) {
  std::string problems, rows;
  aisle::csv_options options;
  options.on_problem = [&](const aisle::csv_problem& p) {
    problems += std::to_string(p.row) + ":" + std::to_string(p.line) + ":" + std::to_string(p.column) + " ";
  };
  aisle::csv_reader reader(text, "t.csv", options);
  for (aisle::csv_row row; reader.next(row);)
    rows += " " + row.fields[0] + "@" + std::to_string(row.row) + "," + std::to_string(row.line);
  return problems + "|" + rows;
}

}  // namespace

TEST_CASE("csv: records, quotes, line ends") {
  CHECK(read("a,b\n1,2\n") == std::vector<strings>{{"a", "b"}, {"1", "2"}});
  CHECK(read("a,b\r\n1,2\r3,4\n\n\r\n5,6") ==
        std::vector<strings>{{"a", "b"}, {"1", "2"}, {"3", "4"}, {"5", "6"}});
  CHECK(read("a,b\n\"x,\"\"y\"\"\r\nz\",\"\"\n") == std::vector<strings>{{"a", "b"}, {"x,\"y\"\r\nz", ""}});
  CHECK(read("a\n\"\"\n\nx") == std::vector<strings>{{"a"}, {""}, {"x"}});
  CHECK(read("a,b\n55\" TV, \"x\"\n") == std::vector<strings>{{"a", "b"}, {"55\" TV", " \"x\""}});
  CHECK(read("a;b\n1;2,3\n", {.delimiter = ';'}) == std::vector<strings>{{"a", "b"}, {"1", "2,3"}});
  CHECK(read("\xEF\xBB\xBF\"a\",b\n") == std::vector<strings>{{"a", "b"}});
}

TEST_CASE("csv: columns by name") {
  aisle::csv_reader reader("sku,name\n", "t.csv");
  CHECK(reader.column("name") == 1);
  CHECK_FALSE(reader.find_column("Name").has_value());
  CHECK(failure([&] { reader.column("price"); }) ==
        "t.csv: no column 'price'; its columns are: 'sku', 'name'");
  CHECK(failure([] {
          read("sku,name\n", {.required = {"sku", "price"}});
        }) == "t.csv: line 1, column 1: no column 'price'; its columns are: 'sku', 'name'");
}

TEST_CASE("csv: problems say where and why") {
  CHECK(failure([] { read("a,b\n1,2\nx,\"y\n"); }) == "t.csv: line 3, column 3: a quote that never closes");
  CHECK(contains(failure([] { read("a,b\n\"1\n2\"x,2\n"); }),
                 "t.csv: line 3, column 3: text behind a closing quote"));
  CHECK(failure([] { read("a,b\n\n1\n"); }) ==
        "t.csv: line 3, column 1: 1 field, expected 2 as in the header");
  CHECK(failure([] { read("a,b\n1,\xFF\n"); }) == "t.csv: line 2, column 3: invalid UTF-8");
  CHECK(failure([] { read(std::string_view("a,b\n1,\0\n", 8)); }) == "t.csv: line 2, column 3: a NUL byte");
  CHECK(failure([] { read("a,b,a\n"); }) == "t.csv: line 1, column 5: the column 'a' is named twice");
  CHECK(contains(failure([] { read("a;b\n1;2\n"); }), "a header of one column that holds ';'"));
  CHECK(contains(failure([] {
                   read(
                       "\xFF\xFE"
                       "a");
                 }),
                 "UTF-16"));
  CHECK(contains(failure([] { read("\n\n"); }), "line 1, column 1: an empty file"));
  CHECK(contains(failure([] { read("a\n", {.delimiter = '"'}); }), "delimiter"));
}

TEST_CASE("csv: invalid UTF-8 is replaced where asked for") {
  CHECK(read("a,b\n\xE9x,\"\xF0\x9F\x98\"\n", {.replace_invalid_utf8 = true}) ==
        std::vector<strings>{{"a", "b"}, {"\xEF\xBF\xBDx", "\xEF\xBF\xBD"}});
}

TEST_CASE("csv: reading goes on behind a bad record") {
  CHECK(lenient("a,b\n1,2\n3\n5,6\n") == "1:3:1 | 1@0,2 5@2,4");
  CHECK(lenient("a,b\n1,\"x\"y\n3,4\n") == "0:2:6 | 3@1,3");
  // Only the line of a quote that never closes is lost.
  CHECK(lenient("a,b\n1,\"x\n3,4\n5,6\n") == "0:2:3 | 3@1,3 5@2,4");
  CHECK(lenient("a,b\n1,\xFF\n3,4\n\"5\",\"\n6\"\n7\n8,9") == "0:2:3 3:6:1 | 3@1,3 5@2,4 8@4,7");
  // A thrown problem is passed over by the next call.
  aisle::csv_reader reader("a,b\n1\n2,3\n", "t.csv");
  aisle::csv_row row;
  CHECK_THROWS_AS(reader.next(row), aisle::csv_error);
  CHECK(reader.next(row));
  CHECK(row.fields == strings{"2", "3"});
  CHECK_FALSE(reader.next(row));
}

TEST_CASE("csv: many quotes that never close cost no more than a few passes") {
  std::string text = "a,b\n";
  for (int i = 0; i < 200'000; ++i) text += "x,\"\"\"\n";
  text += "\"";
  int problems = 0;
  aisle::csv_options options;
  options.on_problem = [&](const aisle::csv_problem&) { ++problems; };
  aisle::csv_reader reader(text, "t.csv", options);
  for (aisle::csv_row row; reader.next(row);) continue;
  CHECK(problems > 0);
  CHECK(problems < 200);
}

TEST_CASE("csv: files") {
  const support::temporary_folder dir;
  bytes::put(dir / "t.csv", "sku,name\n1,a\n2\n3,c\n");
  CHECK(contains(failure([&] { aisle::read_csv(dir / "t.csv"); }), "t.csv: line 3, column 1"));
  const auto t = aisle::read_csv_lenient(dir / "t.csv");
  CHECK(t.rows.size() == 2);
  CHECK(t.problems.size() == 1);
  CHECK(t.problems[0].row == 1);
  CHECK(t.at(1, "name") == "c");
  CHECK(t.rows[1].row == 2);
  CHECK(contains(failure([&] { t.at(0, "x"); }), "no column 'x'"));
  CHECK(contains(failure([&] { aisle::read_csv(dir / "absent.csv"); }), "absent.csv: cannot open"));
}

TEST_CASE("csv: what is written reads back") {
  const support::temporary_folder dir;
  const std::vector<strings> rows = {
      {"a", "b"}, {"x,y", "say \"hi\""}, {"line\nend\r", ""}, {" pad ", "caf\xC3\xA9"}};
  {
    aisle::csv_writer w(dir / "t.csv");
    for (const auto& r : rows) w.row(r);
    CHECK_FALSE(aisle::file_exists(dir / "t.csv"));
    w.commit();
  }
  CHECK(read(aisle::read_file(dir / "t.csv")) == rows);
  aisle::csv_writer w(dir / "n.csv", {.line_end = "\r\n"});
  w.field("v").end_row();
  w.field(0.1f).end_row();
  w.field(1.0 / 3).end_row();
  w.field(std::int64_t{-5}).end_row();
  w.field("").end_row();
  w.commit();
  CHECK(aisle::read_file(dir / "n.csv") == "v\r\n0.1\r\n0.3333333333333333\r\n-5\r\n\"\"\r\n");
}

TEST_CASE(
    "csv: texts that a spreadsheet computes stand as they are, or behind an apostrophe where asked for") {
  const auto written = [](bool safe) {
    std::string out;
    aisle::csv_writer w([&](std::string_view line) { out += line; }, {.spreadsheet_safe = safe});
    for (const char* text : {"=1+1", "+A1", "-A1", "@SUM(1)", "\tx", "-5", "+3.5e2", "-", "a=b", ""})
      w.field(text);
    w.field(-1.5f).field(std::int64_t{-7});
    w.end_row();
    return out;
  };
  CHECK(written(false) == "=1+1,+A1,-A1,@SUM(1),\tx,-5,+3.5e2,-,a=b,,-1.5,-7\n");
  CHECK(written(true) == "'=1+1,'+A1,'-A1,'@SUM(1),'\tx,-5,+3.5e2,'-,a=b,,-1.5,-7\n");
}
