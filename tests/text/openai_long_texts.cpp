#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include <aisle/io/json.hpp>
#include <aisle/io/utf8.hpp>
#include <aisle/text/detail/openai_protocol.hpp>
#include <aisle/text/openai_embeddings.hpp>

#include "openai_server.hpp"

// The client of OpenAI's embeddings interface: how much a request holds, and texts that are too long.

using namespace openai_test;

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
