// aisle serve: OpenAI's embeddings interface for a text model of ours.

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aisle/base/ascii.hpp>
#include <aisle/base/counted.hpp>
#include <aisle/base/file.hpp>
#include <aisle/base/parallel.hpp>
#include <aisle/base/process.hpp>
#include <aisle/text/text_encoder.hpp>

#include "command.hpp"
#include "encoders.hpp"
#include "serve_batches.hpp"
#include "serve_http.hpp"
#include "serve_interface.hpp"
#include "serve_metrics.hpp"
#include "serve_signals.hpp"

namespace {

using namespace aisle_command;

struct options {
  common_options common;
  http_server_options http{.port = 8080};
  batch_limits batches;
  std::string model_name, key_variable, when_too_long = "cut";
  std::int64_t max_inputs = 2048, max_body = std::int64_t{16} << 20, connections = 256;
  bool matryoshka = false;
};

/// OpenMP's threads wait for work at full speed for milliseconds, in the way of those that speak with
/// clients: of eight clients with a text each the model then took four times as long, on two cores that
/// others used too. How long they do is read before main(), so this program begins again.
void begin_again_with_patient_threads() {
  if (std::string_view(aisle::parallel_backend()) != "openmp") return;
  for (const char* name : {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"})
    if (std::getenv(name) != nullptr) return;
  ::setenv("GOMP_SPINCOUNT", "1000", 1);  // GCC's
  ::setenv("KMP_BLOCKTIME", "0", 1);      // LLVM's
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> words;
  for (std::string word; std::getline(file, word, '\0');) words.push_back(word);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  if (!words.empty()) ::execv(aisle::own_program().c_str(), arguments.data());
}

class service {
 public:
  service(const options& o, const aisle::text_encoder& encoder, served_model model, std::string key)
      : options_(o),
        encoder_(encoder),
        model_(std::move(model)),
        key_(std::move(key)),
        how_{.threads = 1, .prompt = o.common.prompt},
        batches_([this](std::span<const std::vector<std::int32_t>> ids) { return encode(ids); }, o.batches,
                 metrics_) {}

  http_answer answer(const http_request& r) {
    http_answer a;
    try {
      a = route(r);
    } catch (const request_error& e) {
      a = {.status = e.status(), .body = error_body(e)};
      if (e.status() == 401) a.headers.emplace_back("WWW-Authenticate", "Bearer");
      if (e.status() == 429) a.headers.emplace_back("Retry-After", std::to_string(batches_.retry_seconds()));
      if (e.status() == 405)
        a.headers.emplace_back("Allow", r.path == "/v1/embeddings" ? "POST" : "GET, HEAD");
    } catch (const std::bad_alloc&) {
      a = {.status = 503, .body = error_body(503, "out of memory")};
    } catch (const std::exception& e) {
      a = {.status = 500, .body = error_body(500, e.what())};
      say("error: " + r.path + ": " + e.what());
    }
    metrics_.answered(known(r.path) ? r.path : "other", a.status);
    return a;
  }

  void run(const std::function<bool()>& go_on) { batches_.run(go_on); }

 private:
  static bool known(std::string_view path) {
    for (const char* p : {"/v1/embeddings", "/v1/models", "/health", "/metrics"})
      if (path == p) return true;
    return false;
  }

  http_answer route(const http_request& r) {
    const bool embeddings = r.path == "/v1/embeddings", get = r.method == "GET" || r.method == "HEAD";
    const bool one_model = r.path.starts_with("/v1/models/");
    if (!known(r.path) && !one_model) throw request_error(404, "no such address: " + r.method + " " + r.path);
    if (embeddings ? r.method != "POST" : !get)
      throw request_error(405, r.method + " " + r.path + ": expected " + (embeddings ? "POST" : "GET"));
    if (r.path == "/health") return {.body = R"({"status":"ok"})"};
    if (r.path == "/metrics")
      return {.body = metrics_.text(batches_.waiting()), .type = "text/plain; version=0.0.4"};
    allow(r);
    if (embeddings) return embed(r);
    if (one_model && r.path.substr(11) != model_.name)
      throw request_error(
          404, "The model '" + r.path.substr(11) + "' does not exist; there is '" + model_.name + "'",
          "model", "model_not_found");
    return {.body = one_model ? model_body(model_) : models_body(model_)};
  }

  void allow(const http_request& r) const {
    if (key_.empty()) return;
    std::string_view given = r.authorization;
    constexpr std::string_view scheme = "bearer ";
    if (!aisle::ascii::starts_without_case(given, scheme))
      throw request_error(401, "expected the header Authorization: Bearer KEY", {}, "invalid_api_key");
    given.remove_prefix(scheme.size());
    if (!same_secret(aisle::ascii::without_blanks(given), key_))
      throw request_error(401, "this API key is not the server's", {}, "invalid_api_key");
  }

  http_answer embed(const http_request& r) {
    const double began = aisle::steady_seconds();
    if (r.too_large)
      throw request_error(
          413, "a request of more than " + aisle::counted(options_.http.max_body, "byte") + " (--max-body)");
    if (r.content_type.starts_with("multipart/"))
      throw request_error(415, "Content-Type: expected application/json, found " + r.content_type);
    embeddings_request request = read_embeddings_request(r.body, model_);
    batch_queue::token_lists lists = std::move(request.ids);
    if (!request.texts.empty()) {
      aisle::tokenized_texts tokens = encoder_.tokenize(request.texts, how_);
      if (options_.when_too_long == "refuse")
        for (std::size_t i = 0; i < tokens.ids.size(); ++i)
          if (tokens.lengths[i] > static_cast<std::int64_t>(tokens.ids[i].size()))
            throw request_error(400,
                                "input[" + std::to_string(i) +
                                    "]: " + aisle::counted(tokens.lengths[i], "token") +
                                    ", this model takes " + std::to_string(model_.max_tokens),
                                "input", "context_length_exceeded");
      lists = std::move(tokens.ids);
    }
    const auto texts = static_cast<std::int64_t>(lists.size());
    std::int64_t count = 0;
    for (const auto& list : lists) count += static_cast<std::int64_t>(list.size());
    const auto vectors = batches_.encode(std::move(lists));
    if (!vectors)
      throw request_error(429, "too much waits here already: try again later", {}, "rate_limit_exceeded");
    http_answer a{.body = embeddings_body(*vectors, request, model_, count)};
    metrics_.embedded(texts, count, aisle::steady_seconds() - began);
    return a;
  }

  aisle::matrix<float> encode(std::span<const std::vector<std::int32_t>> ids) const {
    // A thread more is worth its start, and the time that it then waits for work at full speed, from here on.
    constexpr std::int64_t tokens_a_thread = 64;
    std::int64_t tokens = 0;
    for (const auto& list : ids) tokens += static_cast<std::int64_t>(list.size());
    const std::int64_t threads =
        std::clamp<std::int64_t>(tokens / tokens_a_thread, 1, aisle::thread_budget(options_.common.threads));
    return encoder_.encode_ids(ids, {.threads = static_cast<int>(threads), .prompt = options_.common.prompt});
  }

  const options& options_;
  const aisle::text_encoder& encoder_;
  served_model model_;
  std::string key_;
  aisle::text_encode_options how_;  ///< of a request's own thread
  serve_metrics metrics_;
  batch_queue batches_;
};

std::string key_of(const options& o) {
  if (o.key_variable.empty()) return {};
  const char* value = std::getenv(o.key_variable.c_str());
  const std::string_view key = value == nullptr ? std::string_view() : aisle::ascii::without_blanks(value);
  if (key.empty())
    throw usage_error("--api-key-variable: the environment variable " + o.key_variable +
                      " has to hold the key that clients send, it is " +
                      (value == nullptr ? "not set" : "empty"));
  return std::string(key);
}

bool is_loopback(const std::string& host) {
  return host == "localhost" || host.starts_with("127.") || host == "::1";
}

served_model describe(const options& o, const aisle::text_encoder& encoder) {
  const aisle::wordpiece& tokenizer = encoder.tokenizer();
  const aisle::sentence_model& sentence = encoder.sentence();
  const bool framed = sentence.kind == aisle::sentence_model::reader::transformer;
  std::string name = o.model_name.empty() ? o.common.text_model : o.model_name;
  if (o.model_name.empty() && name.find('/') != std::string::npos) {
    while (name.ends_with('/')) name.pop_back();
    name = aisle::file_name(name);
  }
  return {.name = std::move(name),
          .dimension = encoder.dimension(),
          .max_tokens = encoder.max_tokens(),
          .vocabulary = tokenizer.vocabulary_size(),
          .first = framed ? tokenizer.cls_id() : -1,
          .last = framed ? tokenizer.sep_id() : -1,
          .takes_tokens = sentence.prompt(o.common.prompt.value_or(sentence.default_prompt)).empty(),
          .shortens = o.matryoshka,
          .max_inputs = o.max_inputs,
          .created = static_cast<std::int64_t>(std::time(nullptr))};
}

int run(options& o) {
  if (const std::string missing = http_server::missing(); !missing.empty()) throw aisle::error(missing);
  o.http.max_body = static_cast<std::size_t>(o.max_body);
  o.http.connections = static_cast<std::size_t>(o.connections);
  const std::string key = key_of(o);
  begin_again_with_patient_threads();
  const aisle::text_encoder encoder = load_text_encoder(o.common);
  const served_model model = describe(o, encoder);
  service s(o, encoder, model, key);
  // The first texts would wait for memory and threads.
  encoder.encode({"a"}, {.threads = o.common.threads, .prompt = o.common.prompt});

  drain_on_signals();
  http_server server(o.http, [&s](const http_request& r) { return s.answer(r); });
  server.start();
  const std::string host = o.http.host.find(':') == std::string::npos ? o.http.host : "[" + o.http.host + "]";
  const std::string url = "http://" + host + ":" + std::to_string(server.port()) + "/v1";
  if (key.empty() && !is_loopback(o.http.host))
    warn(o.http.host + " is reached by other machines, and anybody there may ask (--api-key-variable)");
  say("serving " + model.name + " at " + url);
  write_out(url + "\n");
  flush_out();

  std::atomic<bool> stopped = false;
  {
    const signal_watch watch([&] {
      stopped = true;
      say("stopping: what was asked for is answered, a second signal ends it at once");
      server.stop();
    });
    s.run([&] { return !server.ended(); });
  }
  if (!stopped) throw aisle::error(url + ": listening failed");
  say("stopped");
  return exit_ok;
}

action setup(option_set app) {
  auto o = std::make_shared<options>();
  o->common.text_model = "all-MiniLM-L6-v2";
  o->common.add(app, {common::text_model, common::prompt});
  app.add_option("--model-name", o->model_name, "what clients call the model (default: its id)")
      .type_name("NAME");
  app.add_option("--host", o->http.host, "address to listen on; 0.0.0.0 for other machines too")
      .type_name("ADDRESS")
      .capture_default_str();
  app.add_option("--port", o->http.port, "port to listen on; 0: one that is free, which is printed")
      .type_name("N")
      .check(within(0, 65535))
      .capture_default_str();
  app.add_option("--api-key-variable", o->key_variable,
                 "environment variable with a key that clients have to send as Authorization: Bearer KEY "
                 "(default: none is asked for)")
      .type_name("NAME");
  app.add_option(
         "--when-too-long", o->when_too_long,
         "of texts with more tokens than the model takes: cut, as `aisle embed` does, or refuse the request")
      .check(one_of({"cut", "refuse"}))
      .capture_default_str();
  app.add_flag("--matryoshka", o->matryoshka,
               "the model was trained for shorter vectors, too: `dimensions` is taken, and the vectors are "
               "brought to length 1 again");
  app.add_option("--max-inputs", o->max_inputs, "texts a request")
      .type_name("N")
      .check(within(std::int64_t{1}, std::int64_t{1} << 20))
      .capture_default_str();
  app.add_option("--max-body", o->max_body, "bytes a request")
      .type_name("BYTES")
      .check(within(std::int64_t{1024}, std::int64_t{1} << 30))
      .capture_default_str();
  app.add_option("--batch-tokens", o->batches.batch_tokens,
                 "tokens of all requests that go through the model together")
      .type_name("N")
      .check(within(std::int64_t{1}, std::int64_t{1} << 24))
      .capture_default_str();
  app.add_option(
         "--queue", o->batches.queue_texts,
         "texts that may wait; where some wait, a request that would make them more is answered with 429 and "
         "Retry-After")
      .type_name("N")
      .check(within(std::int64_t{1}, std::int64_t{1} << 30))
      .capture_default_str();
  app.add_option("--connections", o->connections, "connections that are served at a time")
      .type_name("N")
      .check(within(std::int64_t{1}, std::int64_t{1} << 14))
      .capture_default_str();
  o->common.add(app, {common::threads, common::precision, common::isa, common::weights});
  app.footer(
      "POST /v1/embeddings   OpenAI's interface: input is a text, a list of texts, tokens as `aisle "
      "tokenize` gives\n"
      "                      them, or lists of those; encoding_format float or base64. The vectors have the "
      "bits of\n"
      "                      `aisle embed`, whatever is asked for beside them\n"
      "GET  /v1/models       the model\n"
      "GET  /health          200 while it answers\n"
      "GET  /metrics         counters for Prometheus\n"
      "The address goes to stdout once it answers. SIGTERM, SIGINT and SIGHUP stop it: it takes no more\n"
      "connections from then on, answers what was asked for, cuts off who has not asked within five\n"
      "seconds, and ends with exit code 0; a second signal ends it at once. A request has 5 seconds for its\n"
      "headers and 30 for all of it, with one more for each 64 KiB.\n"
      "\n"
      "Examples:\n"
      "  aisle serve --text-model all-MiniLM-L6-v2 --port 8080\n"
      "  curl http://127.0.0.1:8080/v1/embeddings -d '{\"model\":\"all-MiniLM-L6-v2\",\"input\":\"Blue "
      "shirt\"}'");
  return [o] { return run(*o); };
}

const registration entry{{"serve", "vectors of texts over HTTP, by OpenAI's interface", setup}};

}  // namespace
