#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include <serve_batches.hpp>
#include <serve_interface.hpp>

#include "support/support.hpp"

// How requests of many clients share one model, with a model that waits until it is told to go on.

using namespace aisle_command;

namespace {

using lists = batch_queue::token_lists;

/// A list's vector: its length and its first id; -1 breaks it.
class model {
 public:
  aisle::matrix<float> encode(std::span<const std::vector<std::int32_t>> ids) {
    std::unique_lock lock(mutex_);
    batches_.emplace_back();
    for (const auto& list : ids) batches_.back().push_back(list[0]);
    arrived_.notify_all();
    arrived_.wait(lock, [&] { return open_; });
    aisle::matrix<float> out(static_cast<std::int64_t>(ids.size()), 2);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (ids[i][0] < 0) throw std::runtime_error("this text breaks it");
      out(i, 0) = static_cast<float>(ids[i].size());
      out(i, 1) = static_cast<float>(ids[i][0]);
    }
    return out;
  }
  void open(bool is) {
    const std::lock_guard lock(mutex_);
    open_ = is;
    arrived_.notify_all();
  }
  void wait_for_batches(std::size_t count) {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [&] { return batches_.size() >= count; });
  }
  /// First ids.
  std::vector<std::vector<std::int32_t>> batches() {
    const std::lock_guard lock(mutex_);
    return batches_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  bool open_ = true;
  std::vector<std::vector<std::int32_t>> batches_;
};

/// The queue at work, and clients of it.
struct bench {
  explicit bench(const batch_limits& limits)
      : queue([this](std::span<const std::vector<std::int32_t>> ids) { return of.encode(ids); }, limits,
              metrics),
        worker([this] { queue.run([this] { return !ended; }); }) {}
  ~bench() {
    of.open(true);
    for (std::thread& t : clients) t.join();
    ended = true;
    worker.join();
  }
  /// Of `count` lists of `length` ids that begin with `first`, first + 1, ….
  static lists some(std::int32_t first, std::size_t count, std::size_t length) {
    lists out;
    for (std::size_t i = 0; i < count; ++i) out.emplace_back(length, first + static_cast<std::int32_t>(i));
    return out;
  }
  /// Asks in a thread of its own, and comes back once it waits.
  void ask(lists l) {
    const std::int64_t before = queue.waiting().requests;
    clients.emplace_back([this, l = std::move(l)] {
      const lists same = l;
      try {
        const auto got = queue.encode(l);
        for (std::size_t i = 0; i < same.size(); ++i)
          if (!got || (*got)(i, 0) != static_cast<float>(same[i].size()) ||
              (*got)(i, 1) != static_cast<float>(same[i][0]))
            ++wrong;
        ++answered;
      } catch (const std::runtime_error&) {
        ++broken;
      }
    });
    while (queue.waiting().requests == before) std::this_thread::yield();
  }

  serve_metrics metrics{};
  model of{};
  batch_queue queue;
  std::atomic<bool> ended{false};
  std::atomic<int> answered{0}, broken{0}, wrong{0};
  std::vector<std::thread> clients{};
  std::thread worker;
};

std::vector<std::int32_t> numbers(std::int32_t first, std::int32_t count) {
  std::vector<std::int32_t> out;
  for (std::int32_t i = 0; i < count; ++i) out.push_back(first + i);
  return out;
}

}  // namespace

TEST_CASE("serve: what comes while the model works goes through it together, a long request in turns") {
  int wrong = 0, answered = 0;
  {
    bench b({.batch_tokens = 1000});
    b.of.open(false);
    b.ask(bench::some(0, 1, 5));
    b.of.wait_for_batches(1);  // nobody waits for more
    b.ask(bench::some(1000, 130, 5));
    b.ask(bench::some(2000, 3, 5));
    b.ask(bench::some(3000, 2, 2000));  // longer than a batch: each alone
    CHECK(b.queue.waiting().requests == 4);
    CHECK(b.queue.waiting().texts == 135);
    b.of.open(true);
    for (std::thread& t : b.clients) t.join();
    b.clients.clear();
    const auto got = b.of.batches();
    REQUIRE(got.size() == 6);
    CHECK(got[0] == numbers(0, 1));
    std::vector<std::int32_t> expected = numbers(1000, 64);
    for (const std::int32_t i : numbers(2000, 3)) expected.push_back(i);
    CHECK(got[1] == expected);  // the short one does not wait for all of the long one
    CHECK(got[2] == numbers(3000, 1));
    CHECK(got[3] == numbers(1064, 64));
    CHECK(got[4] == numbers(3001, 1));
    CHECK(got[5] == numbers(1128, 2));
    wrong = b.wrong;
    answered = b.answered;
    CHECK(b.queue.waiting().texts == 0);
    CHECK(b.metrics.text(b.queue.waiting()).find("aisle_batch_texts_count 6\n") != std::string::npos);
  }
  CHECK(wrong == 0);
  CHECK(answered == 4);
}

TEST_CASE("serve: a text that breaks the model costs its request alone") {
  bench b({});
  b.of.open(false);
  b.ask(bench::some(0, 1, 1));
  b.of.wait_for_batches(1);
  b.ask(bench::some(10, 3, 2));
  b.ask({{-1}, {4}});
  b.ask(bench::some(20, 100, 3));
  b.of.open(true);
  for (std::thread& t : b.clients) t.join();
  b.clients.clear();
  CHECK(b.broken == 1);
  CHECK(b.answered == 3);
  CHECK(b.wrong == 0);
}

TEST_CASE("serve: what does not fit into the queue is told so at once, and when to come again") {
  bench b({.batch_tokens = 4, .queue_texts = 10});
  b.of.open(false);
  b.ask(bench::some(0, 20, 1));  // the first may bring any number
  b.of.wait_for_batches(1);
  CHECK(b.queue.waiting().texts == 16);
  CHECK_FALSE(b.queue.encode(bench::some(0, 1, 1)));
  CHECK(b.queue.retry_seconds() >= 1);
  CHECK(b.queue.retry_seconds() <= 60);
  b.of.open(true);
  for (std::thread& t : b.clients) t.join();
  b.clients.clear();
  CHECK(b.queue.encode(bench::some(0, 10, 1)));
}

TEST_CASE("serve: where the model's thread ends early nobody waits for it") {
  serve_metrics metrics;
  batch_queue queue([](std::span<const std::vector<std::int32_t>>) { return aisle::matrix<float>(1, 1); }, {},
                    metrics);
  std::atomic<bool> thrown{false};
  std::thread client([&] {
    try {
      queue.encode({{1}});
    } catch (const std::runtime_error&) {
      thrown = true;
    }
  });
  while (queue.waiting().requests == 0) std::this_thread::yield();
  const auto fail = []() -> bool { throw std::runtime_error("no memory"); };
  CHECK_THROWS_AS(queue.run(fail), std::runtime_error);
  client.join();
  CHECK(thrown);
  CHECK_THROWS_AS(queue.encode({{1}}), std::runtime_error);
}

TEST_CASE("serve: secrets are compared as they are") {
  CHECK(same_secret("sk-1", "sk-1"));
  for (const char* other : {"", "sk-", "sk-2", "sk-11", "SK-1"}) CHECK_FALSE(same_secret(other, "sk-1"));
}
