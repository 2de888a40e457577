#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <aisle/io/json.hpp>

#include "command.hpp"

// What the benchmark subcommands share: timing, and JSON lines with the fields of the scripts in bench/peers,
// so that their table.py joins both.

namespace aisle_command {

struct bench_options {
  common_options common;
  std::string model;
  int repeats = 10;
  double budget_s = 60;

  void add(option_set app, std::initializer_list<aisle_command::common> which) {
    common.add(app, which);
    app.add_option("--repeats", repeats, "timed calls").check(positive()).capture_default_str();
    app.add_option("--budget", budget_s, "seconds after which no further call is timed")
        .capture_default_str();
  }
};

/// Seconds of each of up to `repeats` calls; the first call, which pays for caches and threads, is thrown
/// away.
template <class Call>
std::vector<double> time_calls(const bench_options& o, Call call) {
  using clock = std::chrono::steady_clock;
  const auto seconds = [](clock::time_point since) {
    return std::chrono::duration<double>(clock::now() - since).count();
  };
  call();
  std::vector<double> times;
  const auto begin = clock::now();
  while (static_cast<int>(times.size()) < o.repeats && (times.size() < 3 || seconds(begin) < o.budget_s)) {
    check_interrupt();
    const auto t = clock::now();
    call();
    times.push_back(seconds(t));
  }
  return times;
}

/// One line of results; fields as in bench/peers/common.py. `batch` 0 is null.
aisle::json bench_row(const std::string& workload, int threads, std::int64_t batch,
                      const std::string& precision, const std::vector<double>& seconds, std::int64_t items,
                      const std::string& kernel);
void print_row(const aisle::json& row);
/// The highest resident memory since reset_peak_resident(), in MB as the peers' scripts count them.
double peak_mb();

/// The subcommands of `aisle bench`, each in its own file.
extern const subcommand bench_infer, bench_text, bench_images, bench_cold, bench_train, bench_project,
    bench_tune;

}  // namespace aisle_command
