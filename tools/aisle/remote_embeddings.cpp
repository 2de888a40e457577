#include "remote_embeddings.hpp"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include <aisle/base/ascii.hpp>
#include <aisle/base/counted.hpp>
#include <aisle/base/error.hpp>
#include <aisle/base/process.hpp>

#include "http_post.hpp"

namespace aisle_command {

namespace {

constexpr std::string_view prefix = "openai:", openai_base = "https://api.openai.com/";
constexpr const char* usual_variable = "OPENAI_API_KEY";

std::string url_of(const remote_options& o) {
  std::string base = o.api_base;
  if (base.find_first_of("?#") != std::string::npos || base.find('@') != std::string::npos)
    throw aisle::option_error(
        "--api-base: expected an address without a query and a user, such as https://api.openai.com/v1");
  while (base.ends_with('/')) base.pop_back();
  return base.ends_with("/embeddings") ? base : base + "/embeddings";
}

std::string key_of(const remote_options& o) {
  const std::string name = o.key_variable.value_or(usual_variable);
  const char* value = std::getenv(name.c_str());
  const std::string_view key = value == nullptr ? std::string_view() : aisle::ascii::without_blanks(value);
  if (key.empty() && (o.key_variable || o.api_base.starts_with(openai_base)))
    throw aisle::option_error("the environment variable " + name + " has to hold the server's API key" +
                              (value == nullptr ? ", it is not set" : ", it is empty"));
  return std::string(key);
}

bool is_this_machine(std::string_view url) {
  for (const std::string_view host : {"localhost", "127.", "[::1]"})
    if (aisle::ascii::starts_without_case(url, "http://" + std::string(host))) return true;
  return false;
}

std::string money(double amount) {
  char text[48];
  std::snprintf(text, sizeof text, amount < 0.01 ? "%.4f" : "%.2f", amount);
  return text;
}

std::string cost_of(const remote_options& o, std::int64_t tokens) {
  return money(static_cast<double>(tokens) * o.price / 1e6);
}

std::string about(const remote_options& o, const remote_vectors& v) {
  const auto cost = [&](std::int64_t tokens) { return cost_of(o, tokens); };
  if (!o.dry_run) return spent(o, v.tokens, v.requests);
  const aisle::openai_estimate& e = v.estimate;
  return aisle::counted(e.texts, "text") + " to send, about " + aisle::counted(e.tokens, "token") +
         " by an estimate, no more than " + std::to_string(e.most_tokens) +
         (o.price > 0 ? ": about " + cost(e.tokens) + ", no more than " + cost(e.most_tokens) : "") +
         (e.too_long > 0 ? "; " + aisle::counted(e.too_long, "text") + " may be too long by it" : "");
}

}  // namespace

std::string spent(const remote_options& o, std::int64_t tokens, std::int64_t requests) {
  return aisle::counted(tokens, "token") + " in " + aisle::counted(requests, "request") +
         (o.price > 0 ? ", which cost " + cost_of(o, tokens) : "");
}

bool is_remote_model(std::string_view id) { return id.starts_with(prefix); }

remote_vectors embed_remotely(std::span<const std::string_view> texts, const remote_options& options) {
  if (!is_remote_model(options.model) || options.model.size() == prefix.size())
    throw aisle::option_error("'" + options.model + "': expected openai: and the name of a model");
  const std::string url = url_of(options);
  const aisle::openai_embeddings client({.model = options.model.substr(prefix.size()),
                                         .server = url,
                                         .dimensions = options.dimensions,
                                         .when_too_long = options.when_too_long,
                                         .max_text_tokens = options.max_text_tokens,
                                         .concurrency = options.concurrency,
                                         .tries = options.tries,
                                         .seed = static_cast<std::uint64_t>(aisle::process_id()),
                                         .progress = options.progress,
                                         .on_vector = options.on_vector});
  remote_vectors out;
  out.estimate = client.estimate(texts);
  if (options.dry_run) {
    out.about = about(options, out);
    return out;
  }
  const std::string key = key_of(options);
  if (!key.empty() && aisle::ascii::starts_without_case(url, "http:") && !is_this_machine(url) &&
      options.on_warning)
    options.on_warning(url + ": the API key and the texts go there without encryption");
  http_post post({.url = url, .key = key, .timeout = options.timeout, .certificates = options.certificates});
  aisle::openai_transport transport = post.transport();
  try {
    static_cast<aisle::openai_vectors&>(out) = client.encode(texts, transport);
  } catch (const aisle::error& e) {
    throw aisle::error(without_secret(e.what(), key));
  }
  for (auto& e : out.errors) e.reason = without_secret(std::move(e.reason), key);
  if (out.truncated > 0 && options.on_warning)
    options.on_warning(std::to_string(out.truncated) + " of " + aisle::counted(texts.size(), "text") +
                       (out.truncated == 1 ? " was" : " were") + " cut to " +
                       std::to_string(options.max_text_tokens) + " tokens (--max-text-tokens), or to what " +
                       url + " takes");
  out.about = about(options, out);
  return out;
}

}  // namespace aisle_command
