#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

// What a server counts, as Prometheus reads it.

namespace aisle_command {

/// Used by many threads.
class serve_metrics {
 public:
  void answered(const std::string& path, int status);
  /// Of a request for vectors that was answered.
  void embedded(std::int64_t texts, std::int64_t tokens, double seconds);
  void batch(std::int64_t texts, std::int64_t tokens, double seconds);

  struct queue {
    std::int64_t requests = 0, texts = 0;
  };
  /// The exposition format, version 0.0.4.
  std::string text(const queue& waiting) const;

 private:
  struct histogram {
    std::vector<double> bounds;
    std::vector<std::int64_t> counts = std::vector<std::int64_t>(bounds.size());
    std::int64_t count = 0;
    double sum = 0;
    void add(double value);
    void write(std::string& out, const std::string& name, const std::string& help) const;
  };
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, int>, std::int64_t> answers_;
  std::int64_t texts_ = 0, tokens_ = 0;
  double encode_seconds_ = 0;
  histogram seconds_{{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30}},
      batch_texts_{{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024}},
      batch_tokens_{{16, 64, 256, 1024, 4096, 8192, 16384, 32768}};
};

}  // namespace aisle_command
