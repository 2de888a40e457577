#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include <aisle/catalogue/embedder.hpp>
#include <aisle/io/json.hpp>

#include "command.hpp"
#include "remote_embeddings.hpp"

namespace aisle_command {

/// "openai:NAME", or "openai:NAME-256" of those dimensions; of other models the name alone.
std::string stored_name(const std::string& model, std::int64_t dimensions);

/// A text model behind an address. Its name is its id, "openai:NAME"; its identity says which server, as two
/// that give one name to their models need not give the same vectors.
class remote_embedder : public aisle::embedder {
 public:
  explicit remote_embedder(remote_options options);
  aisle::vector_kind kind() const noexcept override { return aisle::vector_kind::text; }
  const std::string& name() const noexcept override { return options_.model; }
  /// Vectors of other dimensions are kept beside each other: they were paid for.
  std::string stored_as() const override { return stored_name(options_.model, options_.dimensions); }
  const std::string& treatment() const noexcept override { return treatment_; }
  const aisle::json& identity() const override { return identity_; }
  /// Asks the server with a text of one letter where nobody has said it and no vector has come yet.
  std::int64_t dimension() const override;
  /// So many that as many requests of their greatest size as may be are on their way together.
  std::int64_t contents_at_once() const noexcept override {
    return std::min<std::int64_t>(16'384, 2'048 * std::int64_t{options_.concurrency});
  }
  aisle::embedded encode(std::span<const aisle::embeddable> contents,
                         const aisle::embed_options& options = {}) const override;
  /// "1,234 tokens in 3 requests, which cost 0.02"; empty where nothing was asked for.
  std::string about() const;

 private:
  remote_options options_;
  std::string treatment_;
  aisle::json identity_;
  mutable std::mutex mutex_;
  mutable std::int64_t dimension_ = 0, tokens_ = 0, requests_ = 0;
};

/// What the options of common::service say. Throws usage_error for a prompt.
remote_options remote_of(const common_options& o);

/// Says what a service took for it; of other embedders, and where nothing was asked for, nothing.
void tell_spent(const aisle::embedder* texts);

/// --dry-run: says what the texts of an input would cost.
void tell_estimate(const common_options& o, std::span<const std::string_view> texts);

}  // namespace aisle_command
