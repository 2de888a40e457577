#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <deque>
#include <functional>
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

// The client of OpenAI's embeddings interface against a server that is a function, on a clock that is a
// number.

namespace {

using aisle::json;
using aisle::openai_answer;

/// What the server makes of a text.
std::vector<float> vector_of(std::string_view text) {
  float sum = 0;
  for (std::size_t i = 0; i < text.size(); ++i)
    sum += static_cast<float>(i % 9 + 1) * static_cast<float>(static_cast<unsigned char>(text[i]));
  return {static_cast<float>(text.size()), sum, -0.1f};
}

json embedding_of(const std::vector<float>& values, bool base64) {
  if (!base64) return json::array_of(values);
  std::string bytes;
  for (const float v : values)
    for (int k = 0; k < 4; ++k) bytes += static_cast<char>(std::bit_cast<std::uint32_t>(v) >> (8 * k) & 255);
  return aisle::encode_base64(bytes);
}

struct server {
  double now = 0;
  std::size_t running = 0, most_running = 0;
  std::vector<json> requests{};
  std::vector<double> times{};
  std::deque<openai_answer> answers{};
  /// Changes or replaces a good answer.
  std::function<void(const json& request, openai_answer& answer)> fault{};

  static openai_answer good(const json& request, bool base64) {
    json data = json::array();
    std::int64_t tokens = 0;
    for (std::size_t i = 0; i < request["input"].size(); ++i) {
      const auto text = request["input"][i].as<std::string>();
      tokens += static_cast<std::int64_t>(text.size());
      data.push_back(json::object(
          {{"object", "embedding"}, {"index", i}, {"embedding", embedding_of(vector_of(text), base64)}}));
    }
    openai_answer out;
    out.status = 200;
    out.body = json::object({{"data", data}, {"usage", json::object({{"total_tokens", tokens}})}}).dump();
    return out;
  }

  aisle::openai_transport transport() {
    return {[this](aisle::openai_request r) {
              const json request = aisle::parse_json(r.body, "request");
              requests.push_back(request);
              times.push_back(now);
              openai_answer a = good(request, request.get("encoding_format", "float") == "base64");
              if (fault) fault(request, a);
              a.id = r.id;
              answers.push_back(a);
              most_running = std::max(most_running, ++running);
            },
            [this](double seconds) {
              // The last comes first: nobody may rely on their order.
              std::vector<openai_answer> out;
              if (answers.empty()) {
                now += seconds;
              } else {
                now += 0.01;
                out.push_back(answers.back());
                answers.pop_back();
                --running;
              }
              return out;
            },
            [this] { return now; }};
  }
  aisle::openai_vectors encode(const std::vector<std::string>& texts, aisle::openai_options o = {}) {
    if (o.model.empty()) o.model = "m";
    o.server = "here";
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    return aisle::openai_embeddings(o).encode(views, transport());
  }
};

void refuse(openai_answer& a, int status, const std::string& message, const std::string& param = "") {
  a.status = status;
  a.body =
      json::object({{"error", json::object({{"message", message}, {"param", param}, {"code", nullptr}})}})
          .dump();
}

std::vector<std::string> numbered(std::size_t count, const std::string& begin = "text ") {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(begin + std::to_string(i));
  return out;
}

/// So many words of four letters.
std::string words(std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += "word ";
  return out;
}

void check_rows(const aisle::openai_vectors& got, const std::vector<std::string>& texts,
                const std::vector<std::size_t>& without = {}) {
  REQUIRE(got.vectors.rows() == static_cast<std::int64_t>(texts.size()));
  std::vector<std::size_t> failed;
  for (const auto& e : got.errors) failed.push_back(e.text);
  CHECK(failed == without);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto row = got.vectors.row(i);
    const bool has = std::find(without.begin(), without.end(), i) == without.end();
    const std::vector<float> expected = has ? vector_of(texts[i]) : std::vector<float>(row.size());
    CHECK_MESSAGE(std::equal(row.begin(), row.end(), expected.begin(), expected.end()), "text " << i);
  }
}

std::string message_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const aisle::error& e) {
    return e.what();
  }
  return "nothing was thrown";
}
bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

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

TEST_CASE("openai: no request has more than 2,048 texts, nor more than 300,000 tokens by the estimate") {
  server s;
  auto texts = numbered(5000, "");
  const auto got = s.encode(texts, {.concurrency = 1});
  check_rows(got, texts);
  std::size_t most = 0;
  for (const json& r : s.requests) most = std::max(most, r["input"].size());
  CHECK(most == 2048);

  // Words of four letters and a blank: a token each, by all tokenizers of OpenAI's.
  server t;
  texts = numbered(400, words(1500) + "text ");
  check_rows(t.encode(texts, {.concurrency = 1}), texts);
  for (const json& r : t.requests) CHECK(r["input"].size() * 1500 <= 300'000);
  CHECK(t.requests.size() <= 5);  // 300 million bytes are not 300 million tokens
}

TEST_CASE("openai: a text is too long by its tokens, not by its bytes") {
  using long_text = aisle::openai_options::long_text;
  const auto cjk = [](std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out += "\xe6\x97\xa5";
    return out;
  };
  const std::vector<std::string> fit = {words(2000), cjk(3000), "b"};  // 10,000 and 9,000 bytes
  for (const long_text how : {long_text::cut, long_text::refuse}) {
    server s;
    const auto got = s.encode(fit, {.when_too_long = how});
    check_rows(got, fit);
    CHECK(got.truncated == 0);
    CHECK(s.requests.size() == 1);
  }
  // What is clearly too long is not sent as it is.
  const std::vector<std::string> long_ones = {"b", words(20'000), cjk(20'000)};
  server s;
  auto got = s.encode(long_ones);
  CHECK(got.errors.empty());
  CHECK(got.truncated == 2);
  for (const json& r : s.requests)
    for (const json& sent : r["input"].elements()) {
      const auto text = sent.as<std::string>();
      CHECK(aisle::find_invalid_utf8(text) == std::string_view::npos);
      CHECK((text == "b" || (text.size() > 8192 && aisle::detail::openai::approximate_tokens(text) <= 8192)));
    }
  got = s.encode(long_ones, {.when_too_long = long_text::refuse});
  check_rows(got, long_ones, {1, 2});
  CHECK(has(got.errors[0].reason, "a text of about 20000 tokens by an estimate, more than 8192"));
  // One character stays at least.
  got = s.encode({"\xf0\x9f\x91\x95\xf0\x9f\x91\x95"}, {.max_text_tokens = 1});
  check_rows(got, {"\xf0\x9f\x91\x95"});
}

TEST_CASE("openai: what the server finds too long is cut to the share of its tokens, or step by step") {
  // A token is two bytes here: the estimate, a token a word, is far too low.
  const std::string longer = "a" + words(6200);
  std::vector<std::string> texts = numbered(200);
  texts[0] = longer;
  for (const std::string wording : {"openai", "vllm", "silent", "unknown"}) {
    CAPTURE(wording);
    server s;
    s.fault = [&](const json& request, openai_answer& a) {
      for (const json& t : request["input"].elements()) {
        const std::size_t tokens = t.as<std::string>().size() / 2;
        if (tokens <= 8192) continue;
        if (wording == "openai")
          refuse(a, 400,
                 "This model's maximum context length is 8192 tokens, however you requested " +
                     std::to_string(tokens) + " tokens (" + std::to_string(tokens) +
                     " in your prompt; 0 for the completion). Please reduce your prompt.");
        else if (wording == "vllm")
          refuse(a, 413, "max 8,192 tokens; given: " + std::to_string(tokens) + " tokens");
        else
          refuse(a, 422, wording == "silent" ? "too many tokens" : "zu lang");
      }
    };
    const auto got = s.encode(texts);
    CHECK(got.errors.empty());
    CHECK(got.truncated == 1);
    const auto kept = static_cast<std::size_t>(got.vectors(0, 0));
    CHECK(kept <= 2 * 8192);
    CHECK(kept >= (wording == "openai" || wording == "vllm" ? 2 * 8000u : 8192u));
    CHECK(s.requests.size() <= 6);
    CHECK(s.requests[1]["input"].size() == 167);  // the others are sent as if it were not there
    CHECK(s.requests.back().get<std::string>("encoding_format") == "base64");
    const auto refused = s.encode(texts, {.when_too_long = aisle::openai_options::long_text::refuse});
    check_rows(refused, texts, {0});
    CHECK(has(refused.errors[0].reason, "refused (4"));
  }
  // One cut does not make the requests that follow smaller, nor ones of numbers.
  server s;
  s.fault = [&](const json& request, openai_answer& a) {
    for (const json& t : request["input"].elements())
      if (t.as<std::string>().size() > 600) refuse(a, 400, "maximum context length is 512 tokens");
  };
  texts = numbered(600);
  texts[0] = std::string(1000, 'b');
  const auto got = s.encode(texts, {.max_inputs = 100, .concurrency = 1});
  CHECK(got.truncated == 1);
  CHECK(s.requests.back()["input"].size() > 60);
  CHECK(s.requests.back().get<std::string>("encoding_format") == "base64");
  CHECK(s.requests.size() < 20);
}

TEST_CASE("openai: many texts that are refused as too long are no reason to give up") {
  server s;
  std::vector<std::string> texts;
  for (int i = 0; i < 40; ++i) texts.push_back(words(7000) + std::to_string(i));
  s.fault = [&](const json&, openai_answer& a) { refuse(a, 400, "maximum context length is 8192 tokens"); };
  const auto got = s.encode(texts, {.when_too_long = aisle::openai_options::long_text::refuse});
  CHECK(got.errors.size() == 40);
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
        one{503, "", "61", 60, 60.2}, one{503, "", "1e3", 60, 60.2}, one{429, "70000", "", 60, 60.2},
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

TEST_CASE("openai: a text that the server finds too long is halved until it fits") {
  server s;
  s.fault = [](const json& request, openai_answer& a) {
    for (const json& t : request["input"].elements())
      if (t.as<std::string>().size() > 600)
        refuse(a, 400, "This model's maximum context length is 512 tokens");
  };
  const std::vector<std::string> texts = {"a", std::string(2000, 'b'), "c"};
  auto got = s.encode(texts);
  check_rows(got, {"a", std::string(500, 'b'), "c"});
  CHECK(got.truncated == 1);
  got = s.encode(texts, {.when_too_long = aisle::openai_options::long_text::refuse});
  check_rows(got, texts, {1});
  CHECK(has(got.errors[0].reason, "maximum context length"));
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
