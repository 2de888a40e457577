#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include <aisle/catalogue/column_features.hpp>
#include <aisle/io/json.hpp>

namespace {

using cells = aisle::column_features::cells;

aisle::column_features fit(const cells& column) {
  return aisle::column_features::fit(std::vector<std::string>{"c"}, std::vector<cells>{column});
}

std::vector<float> encode(const aisle::column_features& f, std::string_view cell) {
  aisle::matrix<float> out(1, f.dimension());
  f.transform(std::vector<cells>{{cell}}, out);
  return {out.row(0).begin(), out.row(0).end()};
}

aisle::column_kind kind_of(const cells& column) { return fit(column).columns().front().kind; }

}  // namespace

TEST_CASE("a column whose values all read as numbers of one style is one of numbers") {
  struct {
    cells column;
    double mean;
  } const numbers[] = {
      {{"1", "2", "3"}, 2},
      {{"1.5", " 2.5 "}, 2},
      {{"-1", "+3",
        "\xE2\x88\x92"
        "2"},
       0},
      {{"1,299.00", "701.00"}, 1000},
      {{"1,299", "701"}, 1000},  // nothing says that the comma is a decimal one
      {{"12,50", "1.299,50"}, 656},
      {{"400", "900", "1.500", "2.200"}, 1250},  // hundreds and no thousand: the point parts thousands
      {{"0.400", "900", "1.500"}, 300.633333},
      {{"2", "3", "1.500"}, 2.166667},
      {{"1500", "900", "1.500"}, 800.5},
      {{"12,50", "1,299"}, 6.8995},  // here something does
      {{"$12", "$ 14.00", "13"}, 13},
      {{"12 EUR", "14 EUR"}, 13},
      {{"12,50 \xE2\x82\xAC", "1 299,50 \xE2\x82\xAC"}, 656},
      {{"1\xC2\xA0"
        "299",
        "1'001"},
       1150},
      {{"10%", "20 %"}, 15},
      {{"0", "0.5", ".5", "1e-05"}, 0.2500025},
      {{"", "4", "n/a", "NULL", "6"}, 5},
  };
  for (const auto& one : numbers) {
    CAPTURE(one.column.back());
    const auto f = fit(one.column);
    REQUIRE(f.columns().front().kind == aisle::column_kind::number);
    CHECK(f.columns().front().mean == doctest::Approx(one.mean));
  }
  for (const cells& column : {cells{"1", "two"}, cells{"007", "012"}, cells{"$1", "1 EUR"},
                              cells{"12 cm", "3 cm"}, cells{"12.50", "12,50"}, cells{"1,29", "1.299.0"},
                              cells{"1,2,3", "4"}, cells{"1-2", "3"}, cells{"$1$", "2"}, cells{"v1", "v2"}}) {
    CAPTURE(column.front());
    CHECK(kind_of(column) == aisle::column_kind::category);
  }
  CHECK(kind_of({"", "n/a", " "}) == aisle::column_kind::empty);
  CHECK(fit({"", ""}).dimension() == 0);
}

TEST_CASE("numbers become deviations from the mean of what was learnt from, ten at most") {
  const auto f = fit({"10", "20", "30"});
  REQUIRE(f.dimension() == 1);
  CHECK(encode(f, "20") == std::vector<float>{0});
  CHECK(encode(f, "30")[0] == doctest::Approx(1.224745));
  CHECK(encode(f, "1,000,000") == std::vector<float>{10});
  CHECK(encode(f, "-1000000") == std::vector<float>{-10});
  // Nobody lacked a value: who does is like the mean.
  CHECK(encode(f, "") == std::vector<float>{0});
  CHECK(encode(f, "many") == std::vector<float>{0});

  const auto with_gaps = fit({"10", "", "30", "n/a"});
  REQUIRE(with_gaps.dimension() == 2);
  CHECK(encode(with_gaps, "30") == std::vector<float>{1, 0});
  for (const char* cell : {"", "NULL", "many"}) CHECK(encode(with_gaps, cell) == std::vector<float>{0, 1});
  // All the same: no deviation at all.
  CHECK(encode(fit({"5", "5"}), "7") == std::vector<float>{2});
}

TEST_CASE("cells that are all written in another way are the same numbers; what is none is counted") {
  const auto f = fit({"10.00", "20.00", "30.00"});
  const auto values = [](const aisle::column_features& of, const cells& column) {
    aisle::matrix<float> out(static_cast<std::int64_t>(column.size()), of.dimension());
    of.transform(std::vector<cells>{column}, out);
    std::vector<float> first;
    for (const auto row : out) first.push_back(row[0]);
    return first;
  };
  const auto as_learnt = values(f, {"10.00", "30.00", "1020.00"});
  for (const cells& other : {cells{"10,00", "30,00", "1.020,00"}, cells{"$10", "$30", "$1,020"},
                             cells{"\xE2\x82\xAC 10,00", "30 \xE2\x82\xAC", "1 020,00"}}) {
    CAPTURE(other.front());
    CHECK(values(f, other) == as_learnt);
    CHECK(f.unreadable(std::vector<cells>{other}) == std::vector<std::int64_t>{0});
  }
  // Of two styles the one that was learnt.
  const cells mixed{"10.00", "30,00", "abc", "", "n/a"};
  CHECK(f.unreadable(std::vector<cells>{mixed}) == std::vector<std::int64_t>{2});
  CHECK(values(f, mixed)[0] == as_learnt[0]);
  CHECK(values(f, mixed)[1] == 0);
  // Another measure is no number here.
  const auto dollars = fit({"$10", "$20", "$30"});
  CHECK(dollars.unreadable(std::vector<cells>{{"10 EUR", "20 EUR"}}) == std::vector<std::int64_t>{2});
  CHECK(values(dollars, {"10"})[0] == as_learnt[0]);
  CHECK(f.unreadable(std::vector<cells>{{"10%"}}) == std::vector<std::int64_t>{1});
}

TEST_CASE("categories are told apart where two rows have them, others are one") {
  const auto f = fit({"Nike", "nike ", "Puma", "Puma", "Rare"});
  REQUIRE(f.dimension() == 3);
  CHECK(f.columns().front().categories == std::vector<std::string>{"nike", "puma"});
  CHECK(encode(f, "NIKE") == std::vector<float>{1, 0, 0});
  CHECK(encode(f, "Puma") == std::vector<float>{0, 1, 0});
  for (const char* cell : {"Rare", "never seen", ""}) CHECK(encode(f, cell) == std::vector<float>{0, 0, 1});
  const auto with_gaps = fit({"a", "a", "", ""});
  CHECK(encode(with_gaps, "") == std::vector<float>{0, 0, 1});
  CHECK(encode(with_gaps, "b") == std::vector<float>{0, 1, 0});
  CHECK(aisle::describe(f.columns().front()) == "c: 2 categories and 1 in one row each, which are one");
  CHECK(aisle::describe(fit({"a", "b"}).columns().front()).find("tells nothing") != std::string::npos);

  // Beyond the limit the most frequent ones.
  std::vector<std::string> many{"often", "often", "often"};
  for (int i = 0; i < 300; ++i) many.insert(many.end(), 2, "x" + std::to_string(i));
  const auto limited = fit(cells(many.begin(), many.end()));
  CHECK(limited.dimension() == aisle::column_features::most_categories + 1);
  CHECK(aisle::describe(limited.columns().front()) ==
        "c: 256 categories, the most frequent; 45 more are one");
  CHECK(encode(limited, "often").back() == 0);
}

TEST_CASE("columns side by side are read again as they were written") {
  const std::vector<std::string> names{"price", "brand", "none"};
  const std::vector<cells> columns{{"1,50 EUR", "", "2,50 EUR"}, {"a", "a", ""}, {"", "", ""}};
  const auto f = aisle::column_features::fit(names, columns, 0.5);
  CHECK(f.dimension() == 2 + 3);
  aisle::matrix<float> out(3, 7);
  f.transform(columns, out, 2);
  CHECK(out(0, 2) == -0.5f);
  CHECK(out(1, 3) == 0.5f);
  CHECK(out(2, 6) == 0.5f);
  const auto read = aisle::column_features::read(aisle::parse_json(f.to_json().dump(), "file"));
  CHECK(read.names() == names);
  aisle::matrix<float> again(3, 7);
  read.transform(columns, again, 2);
  CHECK(again == out);
  CHECK(read.to_json().dump() == f.to_json().dump());
  for (std::size_t c = 0; c < 3; ++c)
    CHECK(aisle::describe(read.columns()[c]) == aisle::describe(f.columns()[c]));

  CHECK_THROWS_AS(f.transform({}, out), aisle::shape_error);
  CHECK_THROWS_AS(f.transform(columns, out, 3), aisle::shape_error);
  for (const auto& [good, bad] : {std::pair<std::string, std::string>{"\"sd\":0.5", "\"sd\":0"},
                                  {"\"decimal\":\",\"", "\"decimal\":\";\""},
                                  {"\"scale\":0.5", "\"scale\":-1"},
                                  {"\"kind\":\"category\"", "\"kind\":\"colour\""}}) {
    std::string text = f.to_json().dump();
    REQUIRE(text.find(good) != std::string::npos);
    text.replace(text.find(good), good.size(), bad);
    CHECK_THROWS_AS(aisle::column_features::read(aisle::parse_json(text, "file")), aisle::format_error);
  }
}
