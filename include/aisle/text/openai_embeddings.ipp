#pragma once

#include <utility>

#include <aisle/base/error.hpp>
#include <aisle/text/detail/openai_protocol.hpp>
#include <aisle/text/detail/openai_run.ipp>
#include <aisle/text/detail/openai_texts.hpp>
#include <aisle/text/openai_embeddings.hpp>

AISLE_NAMESPACE_BEGIN

AISLE_API openai_embeddings::openai_embeddings(openai_options options) : options_(std::move(options)) {
  if (options_.model.empty()) throw option_error("a model of " + options_.server + " has to be named");
  const std::pair<const char*, std::int64_t> least[] = {{"max_inputs", options_.max_inputs},
                                                        {"max_request_tokens", options_.max_request_tokens},
                                                        {"max_text_tokens", options_.max_text_tokens},
                                                        {"concurrency", options_.concurrency},
                                                        {"tries", options_.tries}};
  for (const auto& [name, value] : least)
    if (value < 1)
      throw option_error(std::string(name) + " " + std::to_string(value) + ": expected at least 1");
  if (options_.dimensions < 0)
    throw option_error("dimensions " + std::to_string(options_.dimensions) +
                       ": expected at least 1, or 0 for the model's own");
  if (options_.max_text_tokens > options_.max_request_tokens)
    throw option_error("max_text_tokens " + std::to_string(options_.max_text_tokens) +
                       ": expected no more than max_request_tokens, " +
                       std::to_string(options_.max_request_tokens));
}

AISLE_API openai_vectors openai_embeddings::encode(std::span<const std::string_view> texts,
                                                   const openai_transport& transport) const {
  return detail::openai::run(options_, texts, transport).all();
}

AISLE_API openai_estimate openai_embeddings::estimate(std::span<const std::string_view> texts) const {
  detail::openai::sent_texts sent(texts);
  openai_estimate out;
  for (const std::string_view text : sent.texts)
    out.too_long += detail::openai::approximate_tokens(text) > options_.max_text_tokens;
  sent.keep_short(options_.max_text_tokens, options_.when_too_long == openai_options::long_text::cut);
  for (const std::string_view text : sent.texts) {
    ++out.texts;
    out.tokens += detail::openai::approximate_tokens(text);
    out.most_tokens += static_cast<std::int64_t>(text.size());
  }
  for (std::size_t at = 0; at < sent.texts.size(); ++out.requests)
    at = sent.end_of_request(at, static_cast<std::size_t>(options_.max_inputs), options_.max_request_tokens);
  return out;
}

AISLE_NAMESPACE_END
