#include "serve_metrics.hpp"

#include <aisle/base/counted.hpp>

namespace aisle_command {

namespace {

void describe(std::string& out, const std::string& name, const std::string& type, const std::string& help) {
  out += "# HELP " + name + " " + help + "\n# TYPE " + name + " " + type + "\n";
}

void one(std::string& out, const std::string& name, const std::string& type, const std::string& help,
         double value) {
  describe(out, name, type, help);
  out += name + " " + aisle::shortest(value) + "\n";
}

}  // namespace

void serve_metrics::histogram::add(double value) {
  ++count;
  sum += value;
  for (std::size_t i = 0; i < bounds.size(); ++i) counts[i] += value <= bounds[i];
}

void serve_metrics::histogram::write(std::string& out, const std::string& name,
                                     const std::string& help) const {
  describe(out, name, "histogram", help);
  for (std::size_t i = 0; i < bounds.size(); ++i)
    out += name + "_bucket{le=\"" + aisle::shortest(bounds[i]) + "\"} " + std::to_string(counts[i]) + "\n";
  out += name + "_bucket{le=\"+Inf\"} " + std::to_string(count) + "\n";
  out += name + "_sum " + aisle::shortest(sum) + "\n" + name + "_count " + std::to_string(count) + "\n";
}

void serve_metrics::answered(const std::string& path, int status) {
  const std::lock_guard lock(mutex_);
  ++answers_[{path, status}];
}

void serve_metrics::embedded(std::int64_t texts, std::int64_t tokens, double seconds) {
  const std::lock_guard lock(mutex_);
  texts_ += texts;
  tokens_ += tokens;
  seconds_.add(seconds);
}

void serve_metrics::batch(std::int64_t texts, std::int64_t tokens, double seconds) {
  const std::lock_guard lock(mutex_);
  batch_texts_.add(static_cast<double>(texts));
  batch_tokens_.add(static_cast<double>(tokens));
  encode_seconds_ += seconds;
}

std::string serve_metrics::text(const queue& waiting) const {
  const std::lock_guard lock(mutex_);
  std::string out;
  describe(out, "aisle_http_requests_total", "counter", "Requests that were answered.");
  for (const auto& [which, count] : answers_)
    out += "aisle_http_requests_total{path=\"" + which.first + "\",status=\"" + std::to_string(which.second) +
           "\"} " + std::to_string(count) + "\n";
  one(out, "aisle_texts_total", "counter", "Texts that became vectors.", static_cast<double>(texts_));
  one(out, "aisle_tokens_total", "counter", "Tokens of those texts.", static_cast<double>(tokens_));
  one(out, "aisle_encode_seconds_total", "counter", "Time in which the model worked.", encode_seconds_);
  one(out, "aisle_queue_requests", "gauge", "Requests that wait for vectors.",
      static_cast<double>(waiting.requests));
  one(out, "aisle_queue_texts", "gauge", "Texts that wait for the model.",
      static_cast<double>(waiting.texts));
  batch_texts_.write(out, "aisle_batch_texts", "Texts that went through the model together.");
  batch_tokens_.write(out, "aisle_batch_tokens", "Tokens that went through the model together.");
  seconds_.write(out, "aisle_request_seconds", "From a request's first byte to its vectors.");
  return out;
}

}  // namespace aisle_command
