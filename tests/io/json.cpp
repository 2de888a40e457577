#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <aisle/base/file.hpp>
#include <aisle/io/json.hpp>

#include "support/support.hpp"

using aisle::json;
using aisle::parse_json;

namespace {
/// The message of what a call throws as format_error.
template <class F>
std::string failure(F&& f) {
  try {
    f();
  } catch (const aisle::format_error& e) {
    return e.what();
  }
  return "no error";
}
}  // namespace

TEST_CASE("json: values of every kind") {
  const json j =
      parse_json(R"({"n":null,"t":true,"i":-7,"big":9223372036854775807,"over":18446744073709551615,)"
                 R"("d":2.5,"s":"h\u00e9\n","a":[1,2.5,[]],"o":{}})",
                 "x");
  CHECK(j.size() == 9);
  CHECK(j["n"].is_null());
  CHECK(j.get<bool>("t"));
  CHECK(j.get<int>("i") == -7);
  CHECK(j.get<std::int64_t>("big") == std::numeric_limits<std::int64_t>::max());
  CHECK(j["over"].is_integer());
  CHECK(j.get<std::uint64_t>("over") == std::numeric_limits<std::uint64_t>::max());
  CHECK(j.get<double>("over") == 18446744073709551615.0);
  CHECK(j.get<float>("d") == 2.5f);
  CHECK(j.get<std::string>("s") == "h\xC3\xA9\n");
  CHECK(j["a"].size() == 3);
  CHECK(parse_json("[1,2.5]", "x").as_vector<double>() == std::vector<double>{1, 2.5});
}

TEST_CASE("json: integers of any size keep their digits") {
  for (const char* digits : {"9223372036854775808", "12345678901234567890", "-9223372036854775809",
                             "123456789012345678901234567890123456789012345678901234567890"}) {
    CAPTURE(digits);
    const json j = parse_json("{\"id\":" + std::string(digits) + "}", "x");
    CHECK(j["id"].is_integer());
    CHECK(j.dump() == "{\"id\":" + std::string(digits) + "}");
    CHECK(j == parse_json(j.dump(), "y"));
    CHECK(failure([&] { j.get<std::int64_t>("id"); }) ==
          "x: id: expected an integer from -9223372036854775808 to 9223372036854775807, found " +
              std::string(digits));
    CHECK(j.get<double>("id") == std::stod(digits));
  }
  CHECK(json(std::numeric_limits<std::uint64_t>::max()).dump() == "18446744073709551615");
  CHECK(parse_json("1e30", "x").dump() == "1e+30");
}

TEST_CASE("json: order of members, last duplicate wins in the first place") {
  const json j = parse_json(R"({"z":1,"a":2,"z":3,"b":4})", "x");
  std::string keys;
  for (const auto& [key, value] : j.members()) keys += key + std::to_string(value.as<int>());
  CHECK(keys == "z3a2b4");
  CHECK(failure([] { parse_json(R"({"k":{"z":1,"z":2}})", "f.json", {.unique_keys = true}); }) ==
        "f.json: k: the key 'z' is given twice");
}

TEST_CASE("json: objects of many pairs") {
  std::map<std::string, std::int64_t> pairs;
  for (int i = 0; i < 3; ++i) pairs["k" + std::to_string(i)] = i;
  CHECK(aisle::json::object_of(pairs).dump() == R"({"k0":0,"k1":1,"k2":2})");
  CHECK(aisle::json::object_of(std::vector<std::pair<std::string, std::string>>{}).dump() == "{}");
}

TEST_CASE("json: getters name the place") {
  const json j =
      parse_json(R"({"hidden_size":"384","text":{"layers":[1,{"dim":[2,"x"]}],"rate":0.5}})", "config.json");
  CHECK(failure([&] { j.get<int>("hidden_size"); }) ==
        "config.json: hidden_size: expected an integer, found a string");
  CHECK(failure([&] { j["text"]["layers"][1]["dim"][1].as<double>(); }) ==
        "config.json: text.layers[1].dim[1]: expected a number, found a string");
  CHECK(failure([&] { j["text"].get<int>("rate"); }) ==
        "config.json: text.rate: expected an integer, found 0.5");
  CHECK(failure([&] { j.at("absent"); }) == "config.json: the key 'absent' is missing");
  CHECK(failure([&] { j["text"]["layers"].at(2); }) ==
        "config.json: text.layers: expected more than 2 elements, found 2");
  CHECK(failure([&] { j["text"]["layers"].members(); }) ==
        "config.json: text.layers: expected an object, found an array");
  CHECK(failure([&] { parse_json("300", "n").as<std::uint8_t>(); }) ==
        "n: expected an integer from 0 to 255, found 300");
  CHECK(failure([&] { parse_json("-1", "n").as<std::uint64_t>(); }).find("found -1") != std::string::npos);
  CHECK(parse_json("3.0", "n").as<int>() == 3);
}

TEST_CASE("json: fallbacks stand for absent and null, not for the wrong type") {
  const json j = parse_json(R"({"a":null,"b":"x"})", "x");
  CHECK(j.get("a", 5) == 5);
  CHECK(j.get("c", "y") == "y");
  CHECK(j.get("b", "y") == "x");
  CHECK(failure([&] { j.get("b", 5); }) == "x: b: expected an integer, found a string");
}

TEST_CASE("json: syntax errors say line and column") {
  CHECK(failure([] {
          parse_json("{\"a\": 1,\n  \"b\": tru }", "f.json");
        }).starts_with("f.json: line 2, column 11: "));
  for (const char* text : {"", " ", "{", "[1,", "[1]x", "{\"a\"}", "{a:1}", "[01]", "[+1]", "\"\n\"",
                           "\"\\x\"", "nul", "[1,]", "1e999", "NaN", "\"abc"})
    CHECK_MESSAGE(failure([&] { parse_json(text, "f"); }).starts_with("f: line 1, column "), text);
  CHECK(failure([] { parse_json(std::string_view("[1]\0[2]", 7), "f"); }) ==
        "f: line 1, column 4: a NUL byte");
}

TEST_CASE("json: depth is limited") {
  const auto nested = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  CHECK_NOTHROW(parse_json(nested(200), "f"));
  CHECK(failure([&] { parse_json(nested(201), "f"); }) == "f: containers nested deeper than 200");
  CHECK(failure([&] { parse_json(std::string(1'000'000, '['), "f"); }) ==
        "f: containers nested deeper than 200");
}

TEST_CASE("json: lone surrogates and invalid UTF-8 become U+FFFD") {
  const auto text = [](std::string_view s) { return parse_json(s, "x").as<std::string>(); };
  CHECK(text(R"("\ud83d\ude00")") == "\xF0\x9F\x98\x80");
  CHECK(text(R"("a\ud800b")") ==
        "a\xEF\xBF\xBD"
        "b");
  CHECK(text(R"("\udc00\ud800")") == "\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(text(R"("\ud800\ud83d\ude00")") == "\xEF\xBF\xBD\xF0\x9F\x98\x80");
  CHECK(text(R"("\\ud800")") == "\\ud800");
  CHECK(text(R"("\\\ud800")") == "\\\xEF\xBF\xBD");
  CHECK(text("\"a\xFFz\"") == "a\xEF\xBF\xBDz");
  CHECK(text("\"\xED\xA0\x80\"") ==
        "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");      // as Python: each byte by itself
  CHECK(text("\"\xF0\x9F\x98\"") == "\xEF\xBF\xBD");  // a cut sequence is one
  CHECK(failure([] { parse_json("\"\xFF\"", "f", {.strict_unicode = true}); }) ==
        "f: line 1, column 2: invalid UTF-8");
  CHECK(failure([] { parse_json("\"\\ud800\"", "f", {.strict_unicode = true}); }) ==
        "f: line 1, column 2: half of a surrogate pair");
}

TEST_CASE("json: golden surrogates") {
  const std::string path = support::shared("golden/text/surrogates.jsonl");
  if (path.empty()) return;
  const std::string content = aisle::read_file(path);
  int cases = 0;
  for (std::size_t at = 0; at < content.size();) {
    const auto end = std::min(content.find('\n', at), content.size());
    const json row = parse_json(std::string_view(content).substr(at, end - at), path);
    CHECK(parse_json(row.get<std::string>("json"), "json").as<std::string>() == row.get<std::string>("text"));
    at = end + 1;
    ++cases;
  }
  CHECK(cases > 5);
}

TEST_CASE("json: dump") {
  json j;
  j["a"] = json::array({1, 2.0, 0.1, "q\"\\\n\x01\xFF", nullptr, true});
  j["e"] = json::array();
  j["o"] = json::object({{"k", std::numeric_limits<double>::infinity()}});
  CHECK(j.dump() ==
        "{\"a\":[1,2.0,0.1,\"q\\\"\\\\\\n\\u0001\xEF\xBF\xBD\",null,true],\"e\":[],\"o\":{\"k\":null}}");
  CHECK(json::array({1, json::object({{"k", 2}})}).dump(2) == "[\n  1,\n  {\n    \"k\": 2\n  }\n]");
  for (const double v : {0.1, 1e300, 5e-324, 1.0 / 3, -0.0, 1e22, 123456789.125}) {
    const json back = parse_json(json(v).dump(), "x");
    CHECK_FALSE(back.is_integer());
    CHECK(back.as<double>() == v);
    CHECK(std::signbit(back.as<double>()) == std::signbit(v));
  }
  CHECK(parse_json(j["a"].dump(), "x")[3].as<std::string>() == "q\"\\\n\x01\xEF\xBF\xBD");
}

TEST_CASE("json: copies are of their own, moves leave null") {
  json a = parse_json(R"({"k":[1,{"s":"x"},99999999999999999999]})", "f.json");
  json b = a;
  b["k"].push_back(2);
  b["new"] = "y";
  CHECK(a.dump() == R"({"k":[1,{"s":"x"},99999999999999999999]})");
  CHECK(b.dump() == R"({"k":[1,{"s":"x"},99999999999999999999,2],"new":"y"})");
  CHECK(b["k"][1].where() == "f.json: k[1]");
  const json c = std::move(b);
  CHECK(b.is_null());
  CHECK(c.size() == 2);
  a = a["k"][1];  // a part of itself
  CHECK(a.dump() == R"({"s":"x"})");
  const json& self = a;
  a = self;
  CHECK(a.get<std::string>("s") == "x");
  json null = parse_json("[null]", "f.json");
  null = null.elements()[0];
  null["k"] = 1;
  CHECK(null.where() == "f.json: [0]");
}

TEST_CASE("json: what RFC 8259 allows and nothing else") {
  for (const char* text :
       {"\xEF\xBB\xBF[1]", " \t\r\n[ ] ", "{ }", "-0", "0.5e+3", "1E-2", R"("\/\b\f\u00e9\u0000")", "[[],{}]",
        "1e-999", "-0.0000000001e-400", "0e999999999999999999999", "\"\x7f\""})
    CHECK_NOTHROW_MESSAGE(parse_json(text, "f"), text);
  for (const char* text : {"[1 2]",
                           "[,1]",
                           "{,}",
                           "{\"a\":1,}",
                           "{\"a\" 1}",
                           "{\"a\":}",
                           "]",
                           "}",
                           "[}",
                           "-",
                           ".5",
                           "5.",
                           "1e",
                           "1e+",
                           "0x1",
                           "'a'",
                           "\"\\u12g4\"",
                           "\"\\",
                           "\"\\u12",
                           "tru",
                           "True",
                           "// c\n1",
                           "[1]\xEF\xBB\xBF",
                           "-1e999",
                           "1e99999999999999999999",
                           "\"\t\""}) {
    CHECK_MESSAGE(failure([&] { parse_json(text, "f"); }).starts_with("f: line "), text);
    CHECK_MESSAGE(!aisle::is_json(text), text);
  }
  CHECK_THROWS_AS(parse_json(std::string(400, '9'), "f"), aisle::format_error);
  CHECK(parse_json("1e-999", "f").as<double>() == 0);
  CHECK(std::signbit(parse_json("-1e-999", "f").as<double>()));
  CHECK(parse_json("1e-310", "f").as<double>() > 0);
  CHECK(parse_json(R"("\u0000")", "f").as<std::string>() == std::string(1, '\0'));
  CHECK(failure([] { parse_json("[1\n,tru]", "f"); }) == "f: line 2, column 5: expected 'true', found ']'");
  CHECK(failure([] { parse_json("{\"a\":1", "f"); }) ==
        "f: line 1, column 7: expected ',' or '}', found the end");
  CHECK(failure([] { parse_json("[\"a\nb\"]", "f"); }) ==
        "f: line 1, column 4: expected a character of a string or its closing quote, found the byte 10");
}
