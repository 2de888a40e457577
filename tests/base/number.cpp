#include <doctest/doctest.h>

#include <charconv>
#include <clocale>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include <aisle/base/number.hpp>
#include <aisle/base/random.hpp>

// Both ways of reading a number give the same value and stop at the same place.

namespace {

const std::vector<std::string> texts = {"0",
                                        "-0",
                                        "1",
                                        "-1.5",
                                        ".5",
                                        "5.",
                                        "1e3",
                                        "1E+3",
                                        "1e-3",
                                        "1e",
                                        "1e+",
                                        "1.5x",
                                        "3,5",
                                        "",
                                        "-",
                                        ".",
                                        "+1",
                                        " 1",
                                        "0x10",
                                        "inf",
                                        "-INF",
                                        "nan",
                                        "Infinity",
                                        "1e400",
                                        "-1e400",
                                        "1e-400",
                                        "4.9e-324",
                                        "1e39",
                                        "1e-46",
                                        "1e-45",
                                        "0.1",
                                        "0.30000000000000004",
                                        "9007199254740993",
                                        "1.7976931348623157e308",
                                        "8.589973e9",
                                        "2.2250738585072011e-308",
                                        "123456789012345678901234567890"};

template <class T>
void check_same(const std::string& text) {
  CAPTURE(text);
  T a = 42, b = 42;
  const char *first = text.data(), *last = first + text.size();
  const auto x = aisle::parse_number(first, last, a), y = aisle::detail::parse_by_strto(first, last, b);
  CHECK(x.ec == y.ec);
  CHECK(x.ptr == y.ptr);
  CHECK((std::isnan(a) ? std::isnan(b) : a == b && std::signbit(a) == std::signbit(b)));
}

}  // namespace

TEST_CASE("a number is read to the last bit, up to where it ends") {
  for (const std::string& text : texts) {
    check_same<float>(text);
    check_same<double>(text);
  }
  aisle::random_generator random(1);
  for (int i = 0; i < 2000; ++i) {
    const std::uint64_t bits = random();
    double v = 0;
    std::memcpy(&v, &bits, sizeof v);
    char text[64];
    const auto end = std::to_chars(text, text + sizeof text, v).ptr;
    check_same<double>(std::string(text, end));
    double back = 0;
    aisle::parse_number(text, end, back);
    CHECK((back == v || std::isnan(v)));
  }
  double v = 7;
  const std::string text = "2.5e1;";
  CHECK(*aisle::parse_number(text.data(), text.data() + text.size(), v).ptr == ';');
  CHECK(v == 25);
  CHECK(aisle::parse_number(text.data() + 5, text.data() + 6, v).ec == std::errc::invalid_argument);
  CHECK(v == 25);
}

TEST_CASE("the locale has no say in what a number is") {
  const std::string before = std::setlocale(LC_ALL, nullptr), text = "1.25";
  for (const char* name : {"de_DE.UTF-8", "fr_FR.UTF-8", "C"}) {
    if (!std::setlocale(LC_ALL, name)) continue;
    double v = 0;
    aisle::detail::parse_by_strto(text.data(), text.data() + text.size(), v);
    CHECK(v == 1.25);
  }
  std::setlocale(LC_ALL, before.c_str());
}
