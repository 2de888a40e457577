#include <doctest/doctest.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include <aisle/base/error.hpp>
#include <aisle/base/file.hpp>
#include <aisle/base/parallel.hpp>

#include "support/support.hpp"

// How many threads a process takes when nothing is said.

TEST_CASE("the budget of this process") {
  std::cout << "budget " << aisle::available_threads() << '\n';
  CHECK(aisle::available_threads() >= 1);
}

namespace {

/// The budget of a fresh process of this program, started by `prefix` (assignments, taskset).
int budget_of(const std::string& prefix) {
  const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
  const std::string command = prefix + " '" + program + "' --test-case='the budget of this process'";
  FILE* out = ::popen(command.c_str(), "r");
  REQUIRE(out != nullptr);
  std::string text;
  for (int c = std::fgetc(out); c != EOF; c = std::fgetc(out)) text += static_cast<char>(c);
  ::pclose(out);
  const auto at = text.find("budget ");
  REQUIRE_MESSAGE(at != std::string::npos, command << ": " << text);
  return std::stoi(text.substr(at + 7));
}

/// Whether a fresh process with that in AISLE_THREADS is refused its budget.
bool fails_with(const std::string& value) {
  const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
  const std::string command = "AISLE_THREADS='" + value + "' '" + program +
                              "' --test-case='the budget of this process' | grep -q \"AISLE_THREADS is '" +
                              value + "'\"";
  return std::system(command.c_str()) == 0;
}

void put(const std::string& path, const std::string& text) {
  aisle::make_folders(aisle::parent_folder(path));
  aisle::write_file(path, text);
}

}  // namespace

TEST_CASE("AISLE_THREADS decides, and nonsense in it is an error") {
  CHECK(budget_of("AISLE_THREADS=3") == 3);
  CHECK(budget_of("AISLE_THREADS=1") == 1);
  const int plain = budget_of("env -u AISLE_THREADS");
  CHECK(plain >= 1);
  CHECK(budget_of("AISLE_THREADS=0") == plain);
  CHECK(budget_of("AISLE_THREADS=") == plain);
  for (const char* nonsense : {"many", "-2", "3x", "2.5", " 4", "99999999999"})
    CHECK_MESSAGE(fails_with(nonsense), nonsense);
}

TEST_CASE("a process bound to one CPU takes one thread") {
  if (std::system("taskset -c 0 true 2>/dev/null") != 0) {
    support::say_skipped("taskset is absent or CPU 0 is not ours");
    return;
  }
  CHECK(budget_of("env -u AISLE_THREADS taskset -c 0") == 1);
}

TEST_CASE("a requested number of threads is taken, none means all") {
  CHECK(aisle::thread_budget(0) == aisle::available_threads());
  CHECK_THROWS_WITH_AS(aisle::thread_budget(-4),
                       "threads is -4, expected 0 (all the process may use) or a number of threads",
                       aisle::option_error);
  CHECK_THROWS_AS(aisle::parallel_for(0, -1, [](std::int64_t) {}), aisle::option_error);  // nothing to do
  CHECK(aisle::thread_budget(3) == 3);
  CHECK(aisle::thread_budget(1 << 30) <= 4096);
}

TEST_CASE("control groups: the smallest quota on the way to the root, rounded up") {
  using aisle::detail::cgroup_cpus;
  const support::temporary_folder folder;
  CHECK(cgroup_cpus(folder.path()) == 0);  // no /proc: unlimited

  SUBCASE("version 2") {
    put(folder / "proc/self/cgroup", "0::/a/b\n");
    const std::string sys = folder / "sys/fs/cgroup";
    CHECK(cgroup_cpus(folder.path()) == 0);
    put(sys + "/a/b/cpu.max", "max 100000\n");
    CHECK(cgroup_cpus(folder.path()) == 0);
    put(sys + "/a/cpu.max", "250000 100000\n");
    CHECK(cgroup_cpus(folder.path()) == 3);
    put(sys + "/a/b/cpu.max", "150000 100000\n");
    CHECK(cgroup_cpus(folder.path()) == 2);
    put(sys + "/cpu.max", "20000 100000\n");
    CHECK(cgroup_cpus(folder.path()) == 1);
  }
  SUBCASE("version 2 in a container, whose own group is the root") {
    put(folder / "proc/self/cgroup", "0::/\n");
    put(folder / "sys/fs/cgroup/cpu.max", "400000 100000\n");
    CHECK(cgroup_cpus(folder.path()) == 4);
  }
  SUBCASE("version 1") {
    put(folder / "proc/self/cgroup", "7:memory:/x\n4:cpu,cpuacct:/docker/1\n");
    const std::string group = folder / "sys/fs/cgroup/cpu/docker/1";
    put(group + "/cpu.cfs_quota_us", "-1\n");
    put(group + "/cpu.cfs_period_us", "100000\n");
    CHECK(cgroup_cpus(folder.path()) == 0);
    put(group + "/cpu.cfs_quota_us", "50000\n");
    CHECK(cgroup_cpus(folder.path()) == 1);
  }
}
