#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <aisle/base/error.hpp>
#include <aisle/base/parallel.hpp>
#include <aisle/base/process.hpp>

TEST_CASE("every index runs exactly once, whatever the thread count") {
  for (const int threads : {0, 1, 2, 3, 7, 40})
    for (const std::int64_t n : {0, 1, 2, 3, 33, 1000}) {
      std::vector<std::atomic<int>> seen(static_cast<std::size_t>(n));
      std::atomic<bool> worker_ok{true};
      aisle::parallel_for(n, threads, [&](std::int64_t i, int worker) {
        ++seen[static_cast<std::size_t>(i)];
        if (worker < 0 || worker >= std::min<std::int64_t>(aisle::thread_budget(threads), n))
          worker_ok = false;
      });
      for (const auto& count : seen) CHECK(count == 1);
      CHECK(worker_ok);
    }
}

TEST_CASE("a worker begins with its own share of a loop, and the same in each") {
  for (int round = 0; round < 3; ++round) {
    std::atomic<std::int64_t> first[2] = {-1, -1};
    aisle::parallel_for(1000, 2, [&](std::int64_t i, int worker) {
      std::int64_t none = -1;
      if (!first[worker].compare_exchange_strong(none, i)) return;
      // Until the other began too, or there is no other.
      for (int ms = 0; ms < 5000 && first[1 - worker] < 0; ++ms)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    });
    CHECK(first[0] == 0);
    if (first[1] >= 0) CHECK(first[1] == 500);
  }
}

TEST_CASE("the first exception reaches the caller and the loop stays usable") {
  for (int round = 0; round < 3; ++round)
    CHECK_THROWS_AS(aisle::parallel_for(100, 2,
                                        [](std::int64_t i) {
                                          if (i == 37) throw aisle::option_error("no");
                                        }),
                    aisle::option_error);
  std::atomic<int> sum{0};
  aisle::parallel_for(10, 2, [&](std::int64_t i) { sum += static_cast<int>(i); });
  CHECK(sum == 45);
}

TEST_CASE("a nested call runs serially on its own thread") {
  CHECK_FALSE(aisle::in_parallel_region());
  std::atomic<bool> same{true};
  aisle::parallel_for(4, 2, [&](std::int64_t) {
    const auto outer = std::this_thread::get_id();
    aisle::parallel_for(8, 2, [&](std::int64_t, int worker) {
      if (std::this_thread::get_id() != outer || worker != 0) same = false;
    });
  });
  CHECK(same);
  CHECK_FALSE(aisle::in_parallel_region());
}

TEST_CASE("two callers at the same time") {
  std::atomic<long> sum{0};
  const auto work = [&] {
    for (int k = 0; k < 50; ++k) aisle::parallel_for(100, 2, [&](std::int64_t i) { sum += i; });
  };
  std::thread a(work), b(work);
  a.join();
  b.join();
  CHECK(sum == 2L * 50 * 4950);
}

TEST_CASE("fork before the first loop, of a process whose own OpenMP ran (in a process of its own)" *
          doctest::skip()) {
  double sum = 0;
#ifdef _OPENMP
#pragma omp parallel for num_threads(4) reduction(+ : sum)
#endif
  for (int i = 0; i < 1000; ++i) sum += i;
  REQUIRE(sum == 499500);
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    std::atomic<int> n{0};
    aisle::parallel_for(100, 4, [&](std::int64_t) { ++n; });
    _exit(n == 100 ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  CHECK(status == 0);
}

TEST_CASE("fork is survived by loops that come after OpenMP's") {
  const std::string line =
      "'" + aisle::own_program() + "' --no-skip -tc='fork before the first loop*' > /dev/null";
  CHECK(std::system(line.c_str()) == 0);
}

TEST_CASE("fork is survived: the child's loops finish") {
  aisle::parallel_for(10, 2, [](std::int64_t) {});
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    std::atomic<long> sum{0};
    for (int k = 0; k < 3; ++k) aisle::parallel_for(1000, 2, [&](std::int64_t i) { sum += i; });
    _exit(sum == 3 * 499500 ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  CHECK(status == 0);
}
