#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/file.hpp>
#include <aisle/base/process.hpp>
#include <aisle/io/csv.hpp>
#include <aisle/io/gzip.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/table.hpp>

#include "bytes.hpp"
#include "support/support.hpp"

// What a file costs follows its size, and tables do not depend on what becomes of their file.

using bytes::contains;
using bytes::failure;

namespace {

struct outcome {
  std::vector<std::string> first;  ///< of each good row
  std::vector<std::string> problems;
};

outcome read(std::string_view text, aisle::table_options options = {}) {
  outcome out;
  options.on_problem = [&](const aisle::csv_problem& p) {
    out.problems.push_back(std::to_string(p.line) + ": " + p.reason);
  };
  aisle::table_reader table(text, "t.csv", options);
  for (aisle::table_row row; table.next(row);) out.first.push_back(row.fields[0]);
  return out;
}

}  // namespace

TEST_CASE("a table whose file is cut while its rows are read gives all its rows") {
  const support::temporary_folder folder;
  std::string text = "id,name\n";
  for (int i = 0; i < 50'000; ++i) text += std::to_string(i) + ",a name\n";
  aisle::write_file(folder / "t.csv", text);
  aisle::table_reader table(folder / "t.csv");
  aisle::csv_reader strict(folder / "t.csv");
  std::filesystem::resize_file(folder / "t.csv", 10);
  int rows = 0;
  for (aisle::table_row row; table.next(row);) ++rows;
  for (aisle::csv_row row; strict.next(row);) ++rows;
  CHECK(rows == 100'000);
}

TEST_CASE("a cell above the limit costs its row, in every kind of table") {
  const std::string long_text(101, 'x'), just(100, 'y');
  const aisle::table_options options{.field_limit = 100};
  const std::string reason = "a field of 101 bytes, more than the limit of 100";
  const std::vector<std::string> good = {"1", "3"};

  for (const std::string& cell : {long_text, "\"" + long_text + "\"", "\"a\n" + long_text.substr(2) + "\""}) {
    const auto r = read("id,name,more\n1," + just + ",z\n2," + cell + ",z\n3,c,z\n", options);
    CHECK(r.first == good);
    REQUIRE(r.problems.size() == 1);
    CHECK(r.problems[0] == "3: " + reason);
  }
  // With their quotes in JSON.
  const std::string small_rows[] = {R"({"id": "1", "name": "a"})", R"({"id": "3", "name": "c"})"};
  for (const std::string& cell : {"\"" + long_text + "\"", "[1, " + std::string(100, ' ') + "2]"}) {
    const std::string bad = R"({"id": "2", "name": )" + cell + "}";
    for (const std::string& text : {small_rows[0] + "\n" + bad + "\n" + small_rows[1] + "\n",
                                    "[" + small_rows[0] + ",\n" + bad + ",\n" + small_rows[1] + "]"}) {
      const auto r = read(text, options);
      CHECK(r.first == good);
      REQUIRE(r.problems.size() == 1);
      CHECK(contains(r.problems[0], "2: a field of " + std::to_string(cell.size())));
    }
  }
  const std::string text = "id,name\n1," + just + "\n2," + long_text;
  aisle::csv_reader strict(text, "t.csv", {.field_limit = 100});
  aisle::csv_row row;
  CHECK(strict.next(row));
  CHECK(contains(failure([&] { strict.next(row); }), reason));
}

TEST_CASE("separators without end take no memory for each") {
  const std::string row(4 << 20, ',');
  CHECK(failure([&] {
          const std::string text = "id" + row;
          aisle::csv_reader(text, "t.csv");
        }) == "t.csv: line 1, column 1048579: more than 1048576 columns");
  aisle::reset_peak_resident();
  [[maybe_unused]] const std::uint64_t before = aisle::peak_resident_bytes();
  const auto r = read("id,name\n1," + row + "\n2," + row + "z\n3,c\n");
  CHECK(r.first == std::vector<std::string>{"1", "3"});
  CHECK(r.problems.size() == 1);
  // A field is 32 bytes without its text.
#ifndef AISLE_TEST_SANITIZED  // whose allocator keeps what was freed
  CHECK(aisle::peak_resident_bytes() - before < 10 * row.size());
#endif
}

TEST_CASE("JSON has a limit of values and of bytes, and cells of tables are looked at without a document") {
  const auto message = [](std::string_view text, const aisle::json_options& options) {
    return failure([&] { aisle::parse_json(text, "a.json", options); });
  };
  CHECK(message("[1,2,[3]]", {.max_values = 5}) == "no error");
  CHECK(message("[1,2,[3]]", {.max_values = 4}) == "a.json: more than the 4 values that are read of it");
  CHECK(aisle::json_options().max_values == 4'000'000);

  const support::temporary_folder folder;
  aisle::write_file(folder / "a.json", "[1, 2]");
  CHECK(aisle::read_json(folder / "a.json", {.max_bytes = 6}).size() == 2);
  CHECK_THROWS_WITH_AS(aisle::read_json(folder / "a.json", {.max_bytes = 5}),
                       doctest::Contains("limit of 5 bytes"), aisle::file_error);

  CHECK(aisle::is_json(R"({"a": [1, "\ud800"]})"));
  CHECK_FALSE(aisle::is_json("[1,"));
  CHECK_FALSE(aisle::is_json("[[1]]", {.max_depth = 1}));
  CHECK_FALSE(aisle::is_json(std::string_view("\0", 1)));
}

TEST_CASE("a gzip file of very many members costs what it holds") {
  // A member of nothing: header, an empty stored block, checksum and size.
  const std::string member("\x1f\x8b\x08\0\0\0\0\0\0\xff\x01\0\0\xff\xff\0\0\0\0\0\0\0\0", 23);
  std::string all;
  for (int i = 0; i < 200'000; ++i) all += member;
  CHECK(aisle::gunzip(std::as_bytes(std::span(all)), "t.gz", 1 << 30).empty());
}

TEST_CASE("objects that share no keys make no table of the square of their number") {
  std::string alike, apart;
  for (int i = 0; i < 20'000; ++i) {
    alike += "{\"id\": " + std::to_string(i) + ", \"k" + std::to_string(i % 40) + "\": 1}\n";
    apart += "{\"id\": " + std::to_string(i) + ", \"k" + std::to_string(i) + "\": 1}\n";
  }
  CHECK(read(alike).first.size() == 20'000);
  CHECK(contains(failure([&] { read(apart); }), "20001 keys in 20000 objects"));
}
