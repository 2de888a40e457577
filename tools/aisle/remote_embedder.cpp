#include "remote_embedder.hpp"

#include <utility>
#include <vector>

#include <aisle/base/counted.hpp>
#include <aisle/base/hash.hpp>

namespace aisle_command {

std::string stored_name(const std::string& model, std::int64_t dimensions) {
  return is_remote_model(model) && dimensions > 0 ? model + "-" + std::to_string(dimensions) : model;
}

remote_embedder::remote_embedder(remote_options options)
    : options_(std::move(options)), dimension_(options_.dimensions) {
  // What is cut to another length is another vector; and which texts have one differs by it, too. What was
  // made with the usual limit, before this was told, stays known. A member that is always there, as who
  // compares does not miss one.
  std::string too_long = options_.when_too_long == aisle::openai_options::long_text::cut ? "cut" : "refuse";
  if (options_.max_text_tokens != remote_options{}.max_text_tokens)
    too_long += ", " + aisle::counted(options_.max_text_tokens, "token");
  identity_ = aisle::json::object({{"kind", "text"},
                                   {"model", options_.model},
                                   {"service", options_.api_base},
                                   {"dimensions", options_.dimensions},
                                   {"too_long", too_long}});
  // Pipelines tell models by this; what a server runs behind a name nobody can tell.
  aisle::sha256 hash;
  hash.update(options_.model + " " + std::to_string(options_.dimensions));
  identity_["weights"] = hash.hex();
}

std::int64_t remote_embedder::dimension() const {
  {
    const std::lock_guard lock(mutex_);
    if (dimension_ > 0) return dimension_;
  }
  const aisle::embeddable probe = aisle::embeddable::text("a");
  const aisle::embedded made = encode({&probe, 1});
  if (!made.errors[0].empty())
    throw aisle::error(options_.api_base + ": a text of one letter: " + made.errors[0]);
  return made.vectors.cols();
}

aisle::embedded remote_embedder::encode(std::span<const aisle::embeddable> contents,
                                        const aisle::embed_options& options) const {
  std::vector<std::string_view> texts;
  texts.reserve(contents.size());
  for (const aisle::embeddable& c : contents) {
    if (!c.is_text()) throw aisle::option_error(options_.model + " takes texts, a picture was given");
    texts.push_back(c.value());
  }
  aisle::embedded out{.vectors = {}, .errors = std::vector<std::string>(contents.size()), .tokens = {}};
  if (texts.empty()) return out;
  remote_options how = options_;
  how.progress = options.progress;
  if (options.on_vector)
    how.on_vector = [&](std::size_t text, std::span<const float> vector) {
      options.on_vector(static_cast<std::int64_t>(text), vector);
    };
  remote_vectors made = embed_remotely(texts, how);
  for (aisle::openai_text_error& e : made.errors) out.errors[e.text] = std::move(e.reason);
  out.truncated = made.truncated;
  out.vectors = std::move(made.vectors);
  const std::lock_guard lock(mutex_);
  tokens_ += made.tokens;
  requests_ += made.requests;
  if (out.vectors.cols() > 0) {
    if (dimension_ > 0 && out.vectors.cols() != dimension_)
      throw aisle::error(options_.api_base + ": vectors of " + std::to_string(out.vectors.cols()) +
                         " numbers, expected " + std::to_string(dimension_) +
                         (options_.dimensions > 0 ? " as --dimensions says" : " as before"));
    dimension_ = out.vectors.cols();
  } else {
    out.vectors = aisle::matrix<float>(static_cast<std::int64_t>(contents.size()), dimension_);
  }
  return out;
}

std::string remote_embedder::about() const {
  const std::lock_guard lock(mutex_);
  if (requests_ == 0) return {};
  return options_.model + ": " + spent(options_, tokens_, requests_);
}

remote_options remote_of(const common_options& o) {
  if (o.prompt && !o.prompt->empty())
    throw usage_error("--prompt " + *o.prompt + ": " + o.text_model + " has no prompts of its own");
  if (o.text_model.ends_with(':'))
    throw usage_error("'" + o.text_model + "': expected openai: and the name of a model");
  remote_options out;
  out.model = o.text_model;
  out.api_base = o.service.api_base;
  while (out.api_base.ends_with('/')) out.api_base.pop_back();
  if (!o.service.key_variable.empty()) out.key_variable = o.service.key_variable;
  out.dimensions = o.service.dimensions;
  out.concurrency = o.service.concurrency;
  out.price = o.service.price;
  out.max_text_tokens = o.service.max_text_tokens;
  out.when_too_long = o.service.too_long == "refuse" ? aisle::openai_options::long_text::refuse
                                                     : aisle::openai_options::long_text::cut;
  out.on_warning = warn;
  return out;
}

void tell_spent(const aisle::embedder* texts) {
  if (const auto* service = dynamic_cast<const remote_embedder*>(texts))
    if (const std::string about = service->about(); !about.empty()) say(about);
}

void tell_estimate(const common_options& o, std::span<const std::string_view> texts) {
  remote_options how = remote_of(o);
  how.dry_run = true;
  say(o.text_model + ": " + embed_remotely(texts, how).about);
}

}  // namespace aisle_command
