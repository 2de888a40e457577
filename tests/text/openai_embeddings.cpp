#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/error.hpp>
#include <aisle/io/base64.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/utf8.hpp>
#include <aisle/text/detail/openai_protocol.hpp>
#include <aisle/text/openai_embeddings.hpp>

#include "openai_server.hpp"

// The client of OpenAI's embeddings interface: requests, answers and every fault of a server.

using namespace openai_test;

TEST_CASE("openai: base64 is read back as it was written, and what is none is told") {
  for (std::size_t n = 0; n < 20; ++n) {
    std::string bytes;
    for (std::size_t i = 0; i < n; ++i) bytes += static_cast<char>(37 * i + 200);
    CHECK(aisle::decode_base64(aisle::encode_base64(bytes)) == bytes);
  }
  CHECK(aisle::encode_base64("fo") == "Zm8=");
  for (const char* bad : {"Zm8", "Zm8!", "Z===", "Zm=8", "Zm\n8", "===="})
    CHECK_FALSE(aisle::decode_base64(bad));
}

TEST_CASE("openai: rows come by their index, from several requests at a time, within the limits of one") {
  server s;
  auto texts = numbered(500);
  texts[7] = texts[3];                          // sent once
  texts[9] = "  ";                              // not sent
  texts[11] = "na\xc3\xafve \xff caf\xc3\xa9";  // not UTF-8
  s.fault = [](const json& request, openai_answer& a) {
    CHECK(request.get<std::string>("model") == "m");
    CHECK(request.get<std::string>("encoding_format") == "base64");
    CHECK_FALSE(request.contains("dimensions"));
    json answer = aisle::parse_json(a.body, "answer"), turned = json::array();
    const auto data = answer.at("data").elements();
    for (std::size_t i = data.size(); i-- > 0;) turned.push_back(data[i]);
    answer["data"] = turned;
    a.body = answer.dump();
  };
  std::vector<std::size_t> seen;
  std::int64_t told = 0;
  const auto got =
      s.encode(texts, {.max_inputs = 50,
                       .max_request_tokens = 200,
                       .max_text_tokens = 200,
                       .concurrency = 3,
                       .progress = [&](const aisle::progress_event& e) { told = e.done; },
                       .on_vector = [&](std::size_t i, std::span<const float>) { seen.push_back(i); }});
  texts[11] = "na\xc3\xafve \xef\xbf\xbd caf\xc3\xa9";
  check_rows(got, texts, {9});
  CHECK(got.errors[0].reason == "an empty text");
  CHECK(told == 500);
  CHECK(seen.size() == 499);
  CHECK(s.most_running == 3);
  CHECK(got.requests == static_cast<std::int64_t>(s.requests.size()));
  std::size_t sent = 0;
  std::int64_t tokens = 0;
  for (const json& r : s.requests) {
    std::size_t bytes = 0;
    std::int64_t estimated = 0;
    for (const json& t : r["input"].elements()) {
      bytes += t.as<std::string>().size();
      estimated += aisle::detail::openai::careful_tokens(t.as<std::string>());
    }
    CHECK(estimated <= 200);
    CHECK(r["input"].size() <= 50);
    sent += r["input"].size();
    tokens += static_cast<std::int64_t>(bytes);
  }
  CHECK(sent == 498);
  CHECK(got.tokens == tokens);
  CHECK(s.requests[0]["input"].size() == 32);  // small and alone
  CHECK(s.encode({}).vectors.rows() == 0);
  CHECK(s.encode({"", " "}).errors.size() == 2);
}

TEST_CASE(
    "openai: what may pass is tried again, after what the server says or growing waits, and no longer") {
  struct one {
    int status;
    std::string ms, seconds;
    double least, most;
  };
  for (const one& c :
       {one{429, "1500", "9", 1.5, 1.7}, one{429, "", "20", 20, 20.2}, one{503, "", "60", 60, 60.2},
        one{503, "", "61", 60, 60.2}, one{503, "", "1e3", 60, 60.2},
        one{503, "", std::string(40, '9'), 60, 60.2}, one{429, "70000", "", 60, 60.2},
        one{500, "", "soon", 0.37, 0.7}, one{408, "", "", 0.37, 0.7}, one{409, "", "-1", 0.37, 0.7},
        one{0, "", "", 0.37, 0.7}}) {
    CAPTURE(c.status);
    CAPTURE(c.seconds);
    server s;
    bool first = true;
    s.fault = [&](const json&, openai_answer& a) {
      if (!std::exchange(first, false)) return;
      refuse(a, c.status, "later");
      if (c.status == 0) a.fault = "the connection broke";
      a.retry_after_ms = c.ms;
      a.retry_after = c.seconds;
    };
    check_rows(s.encode({"a", "b"}), {"a", "b"});
    REQUIRE(s.times.size() == 2);
    CHECK(s.times[1] - s.times[0] >= c.least);
    CHECK(s.times[1] - s.times[0] <= c.most);
  }
  server s;
  s.fault = [](const json&, openai_answer& a) {
    a.status = 0;
    a.fault = "no route to it";
  };
  const std::string message = message_of([&] { s.encode({"a", "b"}); });
  CHECK(has(message, "here: no route to it"));
  CHECK(has(message, "7 tries"));
  REQUIRE(s.times.size() == 7);
  const double expected[] = {0.5, 1, 2, 4, 8, 8};
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK(s.times[i + 1] - s.times[i] <= expected[i] + 0.15);
    CHECK(s.times[i + 1] - s.times[i] >= 0.75 * expected[i]);
  }
}

TEST_CASE("openai: who asks for less gets less: nothing is sent while a 429 lasts") {
  server s;
  int requests = 0;
  double until = -1;
  s.fault = [&](const json&, openai_answer& a) {
    CHECK(s.now >= until);
    if (++requests == 6) {
      refuse(a, 429, "rate limit");
      a.retry_after = "30";
    }
  };
  const auto transport = s.transport();
  auto watched = transport;
  watched.wait = [&](double seconds) {
    auto out = transport.wait(seconds);
    for (const auto& a : out)
      if (a.status == 429) until = s.now + 30;
    return out;
  };
  const auto texts = numbered(400);
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  check_rows(
      aisle::openai_embeddings({.model = "m", .max_inputs = 20, .concurrency = 4}).encode(views, watched),
      texts);
  CHECK(until > 0);
}

TEST_CASE("openai: a refused row costs the others nothing") {
  for (const int status : {400, 413, 422}) {
    CAPTURE(status);
    server s;
    const auto texts = numbered(300);
    s.fault = [&](const json& request, openai_answer& a) {
      for (const json& t : request["input"].elements())
        if (t.as<std::string>() == "text 77" || t.as<std::string>() == "text 201")
          refuse(a, status, "not this one", "input");
    };
    const auto got =
        s.encode(texts, {.when_too_long = aisle::openai_options::long_text::refuse, .max_inputs = 100});
    check_rows(got, texts, {77, 201});
    CHECK(has(got.errors[0].reason, "refused (" + std::to_string(status) + "): not this one"));
    CHECK(s.requests.size() < 60);
    // Also among the first, where it could be the format that is refused.
    const auto first = s.encode({"text 77", "a", "b"});
    check_rows(first, {"text 77", "a", "b"}, {0});
    CHECK(s.requests.back().get<std::string>("encoding_format") == "base64");
  }
}

TEST_CASE("openai: the size that a server takes is learnt") {
  server s;
  s.fault = [](const json& request, openai_answer& a) {
    if (request["input"].size() > 16) refuse(a, 413, "batch size > maximum allowed batch size 16");
  };
  const auto texts = numbered(1000);
  check_rows(s.encode(texts, {.when_too_long = aisle::openai_options::long_text::refuse}), texts);
  std::size_t refused = 0;
  for (const json& r : s.requests) refused += r["input"].size() > 16;
  CHECK(refused < 12);
  CHECK(s.requests.size() < 80);
}

TEST_CASE("openai: servers without base64 are asked for numbers, in requests that can be held") {
  const auto texts = numbered(2000);
  for (const bool refuses : {false, true}) {
    CAPTURE(refuses);
    server s;
    s.fault = [&](const json& request, openai_answer& a) {
      if (request.get("encoding_format", "") == "base64" && refuses)
        refuse(a, 400, "extra fields not permitted");
      else
        a = server::good(request, false);
    };
    check_rows(s.encode(texts), texts);
    std::size_t base64 = 0;
    for (const json& r : s.requests) base64 += r.get("encoding_format", "") == "base64";
    CHECK(base64 == 1);
  }
}

TEST_CASE("openai: servers that do not know encoding_format are asked without it") {
  const auto texts = numbered(200);
  for (const bool names_base64 : {false, true}) {
    server s;
    s.fault = [&](const json& request, openai_answer& a) {
      if (const std::string format = request.get("encoding_format", ""); !format.empty())
        refuse(a, 400,
               names_base64 || format == "float" ? "unrecognized argument: encoding_format"
                                                 : "extra fields not permitted");
      else
        a = server::good(request, false);
    };
    check_rows(s.encode(texts), texts);
    std::size_t with = 0;
    for (const json& r : s.requests) with += r.contains("encoding_format");
    CHECK(with == 2);
    CHECK(s.times.back() < 0.3);  // nothing was waited for
  }
}

TEST_CASE("openai: servers whose base64 is none are asked for numbers, once") {
  const auto texts = numbered(200);
  for (const std::string text : {"AAA", "AAAAgD8", "AAAAgD8=AAA=", "?"}) {
    CAPTURE(text);
    for (const bool for_good : {true, false}) {
      server s;
      s.fault = [&](const json& request, openai_answer& a) {
        const bool base64 = request.get("encoding_format", "") == "base64";
        a = server::good(request, false);
        if (!base64 && for_good) return;
        json answer = aisle::parse_json(a.body, "answer"), data = json::array();
        for (json item : answer.at("data").elements()) {
          item["embedding"] = text;
          data.push_back(item);
        }
        answer["data"] = data;
        a.body = answer.dump();
      };
      if (!for_good) {
        CHECK(has(message_of([&] { s.encode(texts); }), "base64"));
        CHECK(s.requests.size() <= 10);
        continue;
      }
      check_rows(s.encode(texts), texts);
      std::size_t base64 = 0;
      for (const json& r : s.requests) base64 += r.get("encoding_format", "") == "base64";
      CHECK(base64 == 1);
      CHECK(s.times.back() < 0.3);  // nothing was waited for
    }
  }
}

TEST_CASE("openai: dimensions are asked for and looked at") {
  server s;
  s.fault = [](const json& request, openai_answer&) { CHECK(request.get<std::int64_t>("dimensions") == 3); };
  check_rows(s.encode({"a"}, {.dimensions = 3}), {"a"});
  s.fault = nullptr;
  CHECK(
      has(message_of([&] { s.encode({"a"}, {.dimensions = 2}); }), "vectors of 3 numbers, 2 were asked for"));
  s.fault = [](const json&, openai_answer& a) {
    refuse(a, 400, "Model does not support matryoshka representation");
  };
  const std::size_t before = s.requests.size();
  CHECK(has(message_of([&] { s.encode(numbered(100), {.dimensions = 2}); }), "matryoshka"));
  CHECK(s.requests.size() == before + 1);
}

TEST_CASE("openai: what cannot become good stops at once") {
  for (const int status : {401, 403, 404, 301, 308, 405, 429}) {
    CAPTURE(status);
    server s;
    s.fault = [&](const json&, openai_answer& a) { refuse(a, status, "no: insufficient_quota"); };
    const std::string message = message_of([&] { s.encode(numbered(100)); });
    CHECK(has(message, "here: answer " + std::to_string(status)));
    CHECK(s.requests.size() == 1);
  }
  server s;
  s.fault = [](const json&, openai_answer& a) {
    a.status = 0;
    a.fault = "the certificate is not trusted";
    a.passing = false;
  };
  CHECK(has(message_of([&] { s.encode({"a"}); }), "certificate"));
  CHECK(s.requests.size() == 1);
  s.fault = [](const json&, openai_answer& a) { refuse(a, 400, "nothing is good"); };
  CHECK(has(message_of([&] { s.encode(numbered(5000)); }), "32 texts refused and none taken"));
}

TEST_CASE("openai: answers that are none are not taken, and tried again") {
  const auto with = [](const std::function<void(json&)>& change) {
    return [change](openai_answer& a) {
      json body = aisle::parse_json(a.body, "answer");
      change(body);
      a.body = body.dump();
    };
  };
  const auto drop_last = [](json& body) {
    json data = json::array();
    for (std::size_t i = 0; i + 1 < body["data"].size(); ++i) data.push_back(body["data"][i]);
    body["data"] = data;
  };
  const auto replace = [](std::string_view key, json value) {
    return [key, value](json& body) {
      json data = json::array();
      for (std::size_t i = 0; i < body["data"].size(); ++i) {
        json item = body["data"][i];
        if (i == 1) item[key] = value;
        data.push_back(item);
      }
      body["data"] = data;
    };
  };
  const std::pair<std::string, std::function<void(openai_answer&)>> faults[] = {
      {"HTML page", [](openai_answer& a) { a.body = " <!doctype html><p>Sign in"; }},
      {"line 1", [](openai_answer& a) { a.body.resize(a.body.size() / 2); }},
      {"an answer of 2 vectors, expected 3", with(drop_last)},
      {"index 0 a second time", with(replace("index", 0))},
      {"index 7, expected less than 3", with(replace("index", 7))},
      {"a vector of 1 number, expected 3", with(replace("embedding", embedding_of({1}, true)))},
      {"base64", with(replace("embedding", "AAA"))},
      {"embedding", with(replace("embedding", 3))},
      {"data", [](openai_answer& a) { a.body = "{}"; }}};
  const auto told = [](const std::string& body) {
    server s;
    s.fault = [&](const json&, openai_answer& a) { a.body = body; };
    const auto got = s.encode({"a"});
    return got.errors.at(0).reason;
  };
  CHECK(told(R"({"error":{"message":"quota\nexceeded"}})") == "answer 200 without vectors: quota exceeded");
  CHECK(told(R"({"error":"busy"})") == "answer 200 without vectors: busy");
  CHECK(has(told(R"({"error":null})"), "data"));
  CHECK(has(told(R"(["error"])"), "data"));
  for (const auto& fault : faults) {
    const std::string& words = fault.first;
    CAPTURE(words);
    server s;
    int bad = 1;
    s.fault = [&](const json&, openai_answer& a) {
      if (bad-- > 0) fault.second(a);
    };
    check_rows(s.encode({"a", "b", "c"}), {"a", "b", "c"});
    CHECK(s.requests.size() == 2);
    openai_answer a = server::good(aisle::parse_json(R"({"input":["a","b","c"]})", "request"), true);
    fault.second(a);
    CHECK_THROWS_AS(aisle::detail::openai::read_answer(a.body, 3, "here"), aisle::format_error);
    const std::string message = message_of([&] { aisle::detail::openai::read_answer(a.body, 3, "here"); });
    CHECK_MESSAGE((words == "HTML page" || has(message, words)), message);
  }
  server s;
  s.fault = [&](const json&, openai_answer& a) { faults[0].second(a); };
  CHECK(has(message_of([&] { s.encode({"a", "b", "c"}); }), "here: an HTML page in place of an answer"));
  CHECK(s.requests.size() <= 9);
}

TEST_CASE("openai: numbers that are not finite cost their row alone") {
  const auto texts = numbered(100);
  for (const bool base64 : {true, false}) {
    CAPTURE(base64);
    server s;
    s.fault = [&](const json& request, openai_answer& a) {
      a = server::good(request, base64);
      const std::string bad = embedding_of(vector_of("text 50"), base64).dump();
      const std::string with =
          base64 ? embedding_of({1, std::numeric_limits<float>::quiet_NaN(), 2}, true).dump()
                 : std::string("[1, NaN, -Infinity]");
      for (std::size_t i = 0; i < request["input"].size(); ++i)
        if (request["input"][i].as<std::string>() == "text 50")
          a.body.replace(a.body.find(bad), bad.size(), with);
    };
    const auto got = s.encode(texts);
    check_rows(got, texts, {50});
    CHECK(has(got.errors[0].reason, "no finite number"));
  }
}

TEST_CASE("openai: one text that a server breaks on does not stop the others; a server that is down does") {
  for (const int at_a_time : {1, 4}) {
    CAPTURE(at_a_time);
    server s;
    const auto texts = numbered(200);
    s.fault = [&](const json& request, openai_answer& a) {
      for (const json& t : request["input"].elements())
        if (t.as<std::string>() == "text 123") refuse(a, 500, "worker died");
    };
    const auto got = s.encode(texts, {.max_inputs = 40, .concurrency = at_a_time, .tries = 2});
    check_rows(got, texts, {123});
    CHECK(has(got.errors[0].reason, "worker died"));
  }
  server s;
  int good = 3;
  s.fault = [&](const json&, openai_answer& a) {
    if (good-- <= 0) refuse(a, 502, "bad gateway");
  };
  const auto texts = numbered(2000);
  std::size_t kept = 0;
  const std::string message = message_of([&] {
    s.encode(texts, {.max_inputs = 50, .on_vector = [&](std::size_t, std::span<const float>) { ++kept; }});
  });
  CHECK(has(message, "502: bad gateway"));
  CHECK(kept == 132);
  CHECK(s.requests.size() < 60);
}

TEST_CASE("openai: what it would cost is counted without asking") {
  const aisle::openai_embeddings client({.model = "m", .max_inputs = 2});
  const std::vector<std::string_view> texts = {"a blue shirt", "a blue shirt", "",
                                               "two",          "three",        "Jeans 501, 12345678"};
  const auto e = client.estimate(texts);
  CHECK(e.texts == 4);
  CHECK(e.requests == 2);
  CHECK(e.most_tokens == 12 + 3 + 5 + 19);
  CHECK(e.tokens >= 10);
  CHECK(e.tokens <= e.most_tokens);
  CHECK(e.too_long == 0);
  const std::string fits = words(8000), may_fit = words(8500), longer = words(30'000), blanks(1 << 20, ' ');
  const std::string_view long_ones[] = {fits, may_fit, longer};
  const auto l = client.estimate(long_ones);
  CHECK(l.texts == 3);
  CHECK(l.tokens == 8000 + 8500 + 8192);
  CHECK(l.too_long == 2);
  CHECK(l.requests == 3);
  CHECK(l.most_tokens == 5 * (8000 + 8500 + 8192));
  const auto refused =
      aisle::openai_embeddings({.model = "m", .when_too_long = aisle::openai_options::long_text::refuse})
          .estimate(long_ones);
  CHECK(refused.texts == 2);
  CHECK(aisle::detail::openai::approximate_tokens(blanks) > 8192);
  // cl100k_base has as many.
  CHECK(aisle::detail::openai::approximate_tokens("a red shirt 12345") == 6);
  CHECK_THROWS_AS(aisle::openai_embeddings({}), aisle::option_error);
  CHECK_THROWS_AS(aisle::openai_embeddings({.model = "m", .concurrency = 0}), aisle::option_error);
}
