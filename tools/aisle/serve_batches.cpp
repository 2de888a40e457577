#include "serve_batches.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <utility>

#include <aisle/base/process.hpp>

namespace aisle_command {

namespace {

/// Texts that are taken of a request before it is another one's turn.
constexpr std::size_t turn = 64;
/// What is waited for clients that were just answered and may ask again: of the last batch's time, and no
/// more than this. Otherwise the first of them would have the model alone, and the rest wait for that.
constexpr double share_waited = 0.1, longest_wait = 0.005;

std::int64_t tokens_of(std::span<const std::vector<std::int32_t>> lists) {
  std::int64_t n = 0;
  for (const auto& list : lists) n += static_cast<std::int64_t>(list.size());
  return n;
}

}  // namespace

std::optional<aisle::matrix<float>> batch_queue::encode(token_lists lists) {
  job j{.lists = std::move(lists)};
  const auto count = static_cast<std::int64_t>(j.lists.size());
  std::unique_lock lock(mutex_);
  if (fault_) std::rethrow_exception(fault_);
  // Whoever comes first may bring any number.
  if (texts_ > 0 && texts_ + count > limits_.queue_texts) return std::nullopt;
  jobs_.push_back(&j);
  ++requests_;
  texts_ += count;
  tokens_ += tokens_of(j.lists);
  arrived_.notify_one();
  const auto answered = [&] { return j.done == j.lists.size() || fault_ != nullptr; };
  j.finished.wait(lock, answered);
  --requests_;
  if (fault_) std::rethrow_exception(fault_);
  if (j.fault) std::rethrow_exception(j.fault);
  return std::move(j.vectors);
}

void batch_queue::run(const std::function<bool()>& go_on) {
  try {
    work_while(go_on);
  } catch (...) {
    // Nobody works any more: nobody may wait.
    const std::lock_guard lock(mutex_);
    fault_ = std::current_exception();
    for (job* j : jobs_) j->finished.notify_one();
    for (job* j : in_work_) j->finished.notify_one();
    throw;
  }
}

void batch_queue::work_while(const std::function<bool()>& go_on) {
  std::unique_lock lock(mutex_);
  for (;;) {
    lock.unlock();
    const bool on = go_on();
    lock.lock();
    if (!on && jobs_.empty()) return;
    if (jobs_.empty())
      arrived_.wait_for(lock, std::chrono::milliseconds(100), [&] { return !jobs_.empty(); });
    if (jobs_.empty()) continue;
    if (jobs_.size() < expected_ && tokens_ < limits_.batch_tokens) {
      const std::chrono::duration<double> patience(std::min(share_waited * last_seconds_, longest_wait));
      arrived_.wait_for(lock, patience,
                        [&] { return jobs_.size() >= expected_ || tokens_ >= limits_.batch_tokens; });
    }
    work(lock);
  }
}

void batch_queue::work(std::unique_lock<std::mutex>& lock) {
  std::vector<share> shares;
  token_lists batch;
  std::int64_t tokens = 0;
  const auto fits = [&](const job& j) {
    return batch.empty() ||
           tokens + static_cast<std::int64_t>(j.lists[j.taken].size()) <= limits_.batch_tokens;
  };
  while (!jobs_.empty() && fits(*jobs_.front())) {
    job* j = jobs_.front();
    in_work_.push_back(j);
    jobs_.pop_front();
    share s{j, j->taken, 0};
    while (j->taken < j->lists.size() && s.count < turn && fits(*j)) {
      tokens += static_cast<std::int64_t>(j->lists[j->taken].size());
      batch.push_back(std::move(j->lists[j->taken]));
      ++j->taken;
      ++s.count;
    }
    shares.push_back(s);
    if (j->taken < j->lists.size()) jobs_.push_back(j);
  }
  texts_ -= static_cast<std::int64_t>(batch.size());
  tokens_ -= tokens;
  lock.unlock();

  const double began = aisle::steady_seconds();
  aisle::matrix<float> vectors;
  bool good = true;
  try {
    vectors = encode_(batch);
  } catch (...) {
    good = false;
  }
  // What one request brings must not cost the others: each alone.
  std::vector<std::pair<aisle::matrix<float>, std::exception_ptr>> alone;
  std::size_t at = 0;
  if (!good)
    for (const share& s : shares) {
      try {
        alone.emplace_back(encode_(std::span(batch).subspan(at, s.count)), nullptr);
      } catch (...) {
        alone.emplace_back(aisle::matrix<float>(), std::current_exception());
      }
      at += s.count;
    }
  const double seconds = aisle::steady_seconds() - began;
  metrics_.batch(static_cast<std::int64_t>(batch.size()), tokens, seconds);

  lock.lock();
  last_seconds_ = seconds;
  expected_ = shares.size() + jobs_.size();
  if (seconds > 0) {
    const double speed = static_cast<double>(tokens) / seconds;
    tokens_per_second_ = tokens_per_second_ > 0 ? 0.8 * tokens_per_second_ + 0.2 * speed : speed;
  }
  std::int64_t row = 0;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    if (good)
      give(shares[i], vectors, row);
    else if (alone[i].second)
      shares[i].of->fault = alone[i].second;
    else
      give(shares[i], alone[i].first, 0);
    row += static_cast<std::int64_t>(shares[i].count);
    job* j = shares[i].of;
    j->done += shares[i].count;
    if (j->done == j->lists.size()) j->finished.notify_one();  // it may be gone once the lock is free
  }
  in_work_.clear();
}

void batch_queue::give(const share& s, const aisle::matrix<float>& vectors, std::int64_t row) {
  job& j = *s.of;
  if (j.vectors.rows() == 0)
    j.vectors = aisle::matrix<float>(static_cast<std::int64_t>(j.lists.size()), vectors.cols());
  for (std::size_t i = 0; i < s.count; ++i) {
    const auto from = vectors.row(row + static_cast<std::int64_t>(i));
    std::copy(from.begin(), from.end(), j.vectors.row(s.first + i).begin());
  }
}

serve_metrics::queue batch_queue::waiting() const {
  const std::lock_guard lock(mutex_);
  return {requests_, texts_};
}

int batch_queue::retry_seconds() const {
  const std::lock_guard lock(mutex_);
  const double seconds = tokens_per_second_ > 0 ? static_cast<double>(tokens_) / tokens_per_second_ : 1;
  return static_cast<int>(std::clamp(std::ceil(seconds), 1.0, 60.0));
}

}  // namespace aisle_command
