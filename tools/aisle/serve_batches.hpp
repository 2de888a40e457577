#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include <aisle/tensor/matrix.hpp>

#include "serve_metrics.hpp"

// Texts of many requests, brought together for one model.

namespace aisle_command {

struct batch_limits {
  std::int64_t batch_tokens = 16384;  ///< that go through the model together; a longer text goes alone
  std::int64_t queue_texts = 16384;   ///< that may wait
};

/// Requests wait in their threads; one thread, run()'s, works for all of them. No batch waits to become full:
/// what comes while the model works is the next one; those who were just answered get a moment to ask again.
/// Of each request some texts at a time are taken in turn, so that a short one does not wait for all of a
/// long one.
class batch_queue {
 public:
  using token_lists = std::vector<std::vector<std::int32_t>>;
  using encoder = std::function<aisle::matrix<float>(std::span<const std::vector<std::int32_t>>)>;

  batch_queue(encoder encode, const batch_limits& limits, serve_metrics& metrics)
      : encode_(std::move(encode)), limits_(limits), metrics_(metrics) {}

  /// Vectors of the lists, [lists, dimension]; rethrows what the encoder throws of them. None where too much
  /// waits already: retry_seconds() says for how long. To be called from any thread but run()'s.
  std::optional<aisle::matrix<float>> encode(token_lists lists);
  /// Works until `go_on`, which is asked at least ten times a second while there is nothing to do, says
  /// false.
  void run(const std::function<bool()>& go_on);

  serve_metrics::queue waiting() const;
  /// Whole seconds after which there may be room, 1 to 60.
  int retry_seconds() const;

 private:
  struct job {
    token_lists lists;
    std::size_t taken = 0, done = 0;
    aisle::matrix<float> vectors{};
    std::exception_ptr fault{};
    std::condition_variable finished{};
  };
  /// A part of a batch.
  struct share {
    job* of;
    std::size_t first, count;
  };

  void work_while(const std::function<bool()>& go_on);
  void work(std::unique_lock<std::mutex>& lock);
  void give(const share& s, const aisle::matrix<float>& vectors, std::int64_t row);

  encoder encode_;
  batch_limits limits_;
  serve_metrics& metrics_;
  mutable std::mutex mutex_;  // of what follows
  std::condition_variable arrived_;
  std::deque<job*> jobs_;       ///< with texts that are not taken yet
  std::vector<job*> in_work_;   ///< with texts in the batch that is computed
  std::exception_ptr fault_{};  ///< why nobody works any more
  std::int64_t requests_ = 0, texts_ = 0, tokens_ = 0;
  double tokens_per_second_ = 0, last_seconds_ = 0;
  std::size_t expected_ = 0;  ///< requests, if all that had part in the last batch ask again
};

}  // namespace aisle_command
