#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <numeric>

#include <remote_embeddings.hpp>
#include <http_post.hpp>

#include <aisle/base/error.hpp>
#include <aisle/base/process.hpp>

#include "embeddings_server.hpp"
#include "support/openai_rows.hpp"

// Text models behind an address, against a server with the faults of real ones.

using command::embeddings_server;
using command::has;
using command::secret;
using command::vector_of;

namespace {

aisle_command::remote_vectors embed(const std::vector<std::string>& texts,
                                    const aisle_command::remote_options& o) {
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  return aisle_command::embed_remotely(views, o);
}

void check_rows(const aisle_command::remote_vectors& got, const std::vector<std::string>& texts,
                const std::vector<std::size_t>& without = {}) {
  support::check_rows(got, texts, without, [](const std::string& text) { return vector_of(text); });
}

std::vector<std::string> numbered(std::size_t count) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back("caf\xc3\xa9 \"" + std::to_string(i) + "\"\n");
  return out;
}

std::string message_of(const std::function<void()>& f) { return support::message_of<aisle::error>(f); }

}  // namespace

TEST_CASE("remote embeddings: vectors by several requests at a time, with what they cost") {
  const support::temporary_folder work;
  const embeddings_server server(work);
  if (!server.is_up()) return;
  const auto texts = numbered(5000);
  auto o = server.options("good");
  o.price = 20;
  std::int64_t done = 0;
  o.progress = [&](const aisle::progress_event& e) { done = e.done; };
  const auto got = embed(texts, o);
  check_rows(got, texts);
  CHECK(done == 5000);
  CHECK(got.tokens == 10000);
  CHECK(got.about == "10000 tokens in 4 requests, which cost 0.20");
  CHECK(has(server.requests("good").at(0), " 200 key 32 "));
  CHECK(aisle_command::is_remote_model("openai:x"));
  CHECK_FALSE(aisle_command::is_remote_model("all-MiniLM-L6-v2"));

  o.dry_run = true;
  const std::size_t before = server.requests("good").size();
  const auto dry = embed(texts, o);
  CHECK(server.requests("good").size() == before);
  CHECK(dry.vectors.rows() == 0);
  CHECK(dry.estimate.texts == 5000);
  CHECK(dry.estimate.requests <= 4);
  CHECK(has(dry.about, "5000 texts to send, about " + std::to_string(dry.estimate.tokens) +
                           " tokens by an estimate, no more than "));
  CHECK(has(dry.about, "no more than " + std::to_string(dry.estimate.most_tokens)));
}

TEST_CASE("remote embeddings: what passes is survived") {
  const support::temporary_folder work;
  const embeddings_server server(work);
  if (!server.is_up()) return;
  const auto texts = numbered(100);
  for (const std::string fault : {"busy-ms-3", "away-2", "cut-1", "reset-1", "short-1", "few-1", "page-1",
                                  "width-1", "turned", "floats", "no-base64", "no-format"}) {
    CAPTURE(fault);
    check_rows(embed(texts, server.options(fault)), texts);
  }
  CHECK(server.requests("no-base64").size() == 3);  // the first is refused once; then what is left
  CHECK(has(server.requests("no-base64")[2], " float"));
  CHECK(server.requests("no-format").size() == 4);
  CHECK(has(server.requests("no-format")[3], " unsaid"));
  const auto busy = server.requests("busy-ms-3");
  REQUIRE(busy.size() == 5);
  CHECK(std::stod(busy[1]) - std::stod(busy[0]) >= 0.1);  // and not 59 s
  auto o = server.options("slow-1");
  o.timeout = 0.5;
  check_rows(embed(texts, o), texts);
}

TEST_CASE("remote embeddings: retry-after is obeyed") {
  const support::temporary_folder work;
  const embeddings_server server(work);
  if (!server.is_up()) return;
  check_rows(embed({"a"}, server.options("busy-1")), {"a"});
  const auto busy = server.requests("busy-1");
  REQUIRE(busy.size() == 2);
  CHECK(std::stod(busy[1]) - std::stod(busy[0]) >= 0.99);
}

TEST_CASE("remote embeddings: one bad row does not cost the others") {
  const support::temporary_folder work;
  const embeddings_server server(work);
  if (!server.is_up()) return;
  auto texts = numbered(300);
  texts[200] = "bad";
  for (const std::string fault : {"poison", "nan", "infinite"}) {
    CAPTURE(fault);
    check_rows(embed(texts, server.options(fault)), texts, {200});
  }
  auto o = server.options("crash");
  o.tries = 1;
  check_rows(embed(texts, o), texts, {200});
  check_rows(embed(texts, server.options("batch-64")), texts);
  texts[200] = std::string(1000, 'x');
  auto shorter = texts;
  shorter[200].resize(250);
  std::string warned;
  auto l = server.options("long-400");
  l.on_warning = [&](std::string_view w) { warned += w; };
  check_rows(embed(texts, l), shorter);
  CHECK(has(warned, "1 of 300 texts was cut"));
  CHECK(has(warned, "to what " + l.api_base + "embeddings takes"));
  l.when_too_long = aisle::openai_options::long_text::refuse;
  check_rows(embed(texts, l), texts, {200});
  // Of few tokens, though of many bytes: whole.
  for (int i = 0; i < 2000; ++i) texts[199] += "word ";
  warned.clear();
  l = server.options("good");
  l.on_warning = [&](std::string_view w) { warned += w; };
  check_rows(embed(texts, l), texts);
  CHECK(warned.empty());
}

TEST_CASE("remote embeddings: the key is sent to the one address and told to nobody") {
  const support::temporary_folder work;
  const embeddings_server server(work);
  if (!server.is_up()) return;
  const std::string denied = message_of([&] { embed({"a"}, server.options("denied")); });
  CHECK(has(denied, "answer 401: Incorrect API key provided: ***"));
  CHECK_FALSE(has(denied, secret));
  CHECK(server.requests("denied").size() == 1);
  // A gateway's error under 200.
  const auto without = embed({"a"}, server.options("told"));
  REQUIRE(without.errors.size() == 1);
  const std::string told = without.errors[0].reason;
  CAPTURE(told);
  CHECK(has(told, "answer 200 without vectors: quota  exceeded by Bearer ***"));
  CHECK_FALSE(has(told, secret));
  const std::string elsewhere = message_of([&] { embed({"a"}, server.options("elsewhere")); });
  CHECK(has(elsewhere, "answer 307, a redirect, which is not followed"));
  CHECK(server.requests("good").empty());
  CHECK(has(message_of([&] { embed({"a"}, server.options("quota")); }), "exceeded your current quota"));
  CHECK(server.requests("quota").size() == 1);

  // Without a key a server that is not OpenAI's is asked without one.
  auto o = server.options("good");
  o.key_variable.reset();
  ::unsetenv("OPENAI_API_KEY");
  check_rows(embed({"a"}, o), {"a"});
  CHECK(has(server.requests("good").at(0), " 200 - 1 "));
  o.key_variable = "AISLE_TEST_NO_KEY";
  CHECK(has(message_of([&] { embed({"a"}, o); }), "AISLE_TEST_NO_KEY has to hold"));
  o.api_base = "https://api.openai.com/v1";
  o.key_variable.reset();
  CHECK(has(message_of([&] { embed({"a"}, o); }), "OPENAI_API_KEY has to hold"));
  ::setenv("AISLE_TEST_KEY", "sk-a\r\nX-Other: b", 1);
  const std::string refused = message_of([&] { embed({"a"}, server.options("good")); });
  CHECK(has(refused, "a character that no key has"));
  CHECK_FALSE(has(refused, "sk-a"));
  for (const char* base : {"ftp://a/v1", "api.openai.com", "https://me:word@a/v1", "https://a/v1?x=1"}) {
    CAPTURE(base);
    ::setenv("AISLE_TEST_KEY", secret, 1);
    auto bad = server.options("good");
    bad.api_base = base;
    const std::string message = message_of([&] { embed({"a"}, bad); });
    CHECK(has(message, "expected an address"));
    CHECK_FALSE(has(message, "word@"));
  }
  CHECK(aisle_command::without_secret("a sk\\/1 sk/1 b", "sk/1") == "a *** *** b");
}

TEST_CASE("remote embeddings: an endless answer, a server that is away and Ctrl-C end it") {
  const support::temporary_folder work;
  const embeddings_server server(work);
  if (!server.is_up()) return;
  aisle_command::http_post post({.url = server.options("big").api_base + "embeddings", .max_bytes = 1 << 20});
  post.start({.id = 7, .body = R"({"model":"m","input":["a"]})"});
  std::vector<aisle::openai_answer> answers;
  for (int i = 0; i < 100 && answers.empty(); ++i) answers = post.wait(0.1);
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].id == 7);
  CHECK(answers[0].fault == "an answer of more than 1048576 bytes");

  auto away = server.options("good");
  away.api_base = "http://127.0.0.1:9/v1";  // nobody listens on "discard"
  away.tries = 2;
  CHECK(has(message_of([&] { embed({"a"}, away); }), "http://127.0.0.1:9/v1/embeddings: "));

  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGINT, SIG_DFL);
    aisle::install_interrupt_handler();
    try {
      embed({"a"}, server.options("silent"));
    } catch (const aisle::interruption&) {
      ::_exit(130);
    } catch (...) {
    }
    ::_exit(1);
  }
  // Its request is on its way once the server sleeps; the handler stands before that.
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  ::kill(child, SIGINT);
  CHECK(command::wait_for(child) == 130);
}
