// A machine that fails: `aisle run` on a small catalogue, again and again, with another system call or
// allocation failing each time (inject.cpp), or killed there. Some of the places by default, with AISLE_FULL
// all of them (of allocations, of which there are too many, more).

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tools/command.hpp"

namespace {

using command::outcome;
using files = std::map<std::string, std::string>;

constexpr const char* arguments =
    "run --data products.csv --label kind --text-model tiny-bert --image-model resnet18 --weights weights "
    "--out now/out --embeddings now/kept --learners logistic_regression --threads 4";

/// weights/, pictures, and products.csv with 20 rows, one of which has a damaged picture.
void make_job(const support::temporary_folder& work) {
  namespace fs = std::filesystem;
  command::make_models(work);
  fs::copy_file(support::data("image/files/interlaced_rgb_45x37.png"), work / "a.png");
  fs::copy_file(support::data("image/files/jpeg_17x13.jpg"), work / "b.jpg");
  aisle::write_file(work / "c.png", "no picture");
  const auto words = command::vocabulary();
  std::string table = "sku,name,image_path,kind\n";
  for (int i = 0; i < 20; ++i)
    table += "p" + std::to_string(i) + "," + words[static_cast<std::size_t>(4 + i % 7)] +
             (i % 2 ? " red" : " blue") + "," +
             (i == 7  ? "c.png"
              : i % 2 ? "a.png"
                      : "b.jpg") +
             "," + (i % 2 ? "odd" : "even") + "\n";
  aisle::write_file(work / "products.csv", table);
}

outcome run(const support::temporary_folder& work, const std::string& environment = {},
            const std::string& more = {}) {
  // A minute is a hang.
  return command::run(work, arguments + more, {}, "timeout -s ABRT 60 env " + environment);
}
std::string preload(const std::string& settings) { return "LD_PRELOAD=" AISLE_FAULT_LIBRARY " " + settings; }
void clear(const support::temporary_folder& work) { std::filesystem::remove_all(work / "now"); }

/// How many bytes at the end of a file are alike in all runs; -1: all. The others hold times and memory.
int bytes_alike(const std::string& name) {
  for (const char* end : {"metrics.json", "report.json", "report.html", "report.ipynb"})
    if (name.ends_with(end)) return 8;
  return name.ends_with("report.md") ? 1 : -1;
}

/// What of `found` is not as in the undisturbed run.
std::string difference(const files& found, const files& undisturbed, bool complete) {
  std::string out;
  for (const auto& [name, content] : found) {
    const auto expected = undisturbed.find(name);
    if (expected == undisturbed.end()) continue;
    if (!complete && name.ends_with("skipped.csv")) continue;  // lists what was known until then
    const int alike = bytes_alike(name);
    const auto end_of = [&](const std::string& text) {
      const auto size = static_cast<std::size_t>(alike);
      return alike < 0 || text.size() < size ? text : text.substr(text.size() - size);
    };
    if (end_of(content) != end_of(expected->second)) out += " " + name;
  }
  if (complete)
    for (const auto& [name, content] : undisturbed)
      if (!found.contains(name)) out += " (no " + name + ")";
  return out;
}

bool has_parts(const files& found) {
  return std::any_of(found.begin(), found.end(),
                     [](const auto& file) { return file.first.ends_with(".part"); });
}

struct fault {
  const char* call;
  int code;
  bool on = false, kill = false;
  int few = 4, many = 1'000'000;  ///< places tried
  bool harmless = false;          ///< the job can be done all the same
};

constexpr fault faults[] = {
    {"open", EMFILE},
    {"open", EMFILE, true},
    {"read", EIO},
    {"read", EIO, true},
    {"write", ENOSPC, true},
    {"write", EIO},
    {"sync", EIO},
    {"rename", EIO},
    {"rename", EIO, false, true, 6},
    {"thread", EAGAIN, true, false, 6, 1'000'000, true},
    {"memory", ENOMEM, false, false, 16, 1500},
#ifndef _LIBCPP_VERSION  // whose exceptions need memory themselves
    {"memory", ENOMEM, true, false, 8, 500},
#endif
};

}  // namespace

TEST_CASE(
    "a machine that fails: an error and no half of anything, and the next run is as if nothing had been") {
#ifdef AISLE_TEST_SANITIZED
  support::say_skipped("sanitizers have an allocator of their own");
#else
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_job(work);
  const outcome good = run(work);
  CAPTURE(good.err);
  REQUIRE(good.code == 3);
  const files undisturbed = command::files_of(work / "now");
  REQUIRE(undisturbed.size() > 10);
  const bool full = std::getenv("AISLE_FULL") != nullptr;

  for (const fault& f : faults) {
    const std::string what =
        std::string(f.call) + (f.on ? " and all after it" : "") + (f.kill ? ", killed" : "");
    const std::string settings = "FAULT_CALL=" + std::string(f.call) +
                                 " FAULT_ERRNO=" + std::to_string(f.code) + (f.on ? " FAULT_ON=1" : "") +
                                 (f.kill ? " FAULT_KILL=1" : "");
    clear(work);
    REQUIRE(run(work, preload(settings + " FAULT_COUNT=count")).code == 3);
    const long calls = std::stol(aisle::read_file(work / "count"));
    CAPTURE(what);
    CHECK(calls > 0);
    const long places = std::min<long>(calls, full ? f.many : f.few);
    for (long i = 0; i < places; ++i) {
      // The first, the last, and those between in even steps.
      const long at = places < 2 ? 0 : i * (calls - 1) / (places - 1);
      CAPTURE(at);
      CAPTURE(calls);
      clear(work);
      const outcome o = run(work, preload(settings + " FAULT_AT=" + std::to_string(at)));
      CAPTURE(o.err);
      const files left = std::filesystem::exists(work / "now") ? command::files_of(work / "now") : files();
      if (f.kill) {
        CHECK(o.code == 137);
      } else {
        // Some calls can do without: then nothing may be different.
        // LLVM's OpenMP ends the process itself where it gets no memory, which nobody can prevent.
        const bool ended_by_openmp = o.code == 134 && o.err.find("OMP: Error #") != std::string::npos;
        CHECK((o.code == good.code || (o.code == 1 && !f.harmless) || ended_by_openmp));
        CHECK_FALSE(has_parts(left));
        if (o.code == 1) CHECK_FALSE(o.err.empty());
      }
      CHECK(difference(left, undisturbed, o.code == good.code) == "");
      const outcome again = run(work);
      CAPTURE(again.err);
      CHECK(again.code == good.code);
      CHECK(difference(command::files_of(work / "now"), undisturbed, true) == "");
    }
  }
#endif
}

TEST_CASE("a rename that fails while results are replaced: the older ones are there, whole") {
#ifdef AISLE_TEST_SANITIZED
  support::say_skipped("sanitizers have an allocator of their own");
#else
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_job(work);
  REQUIRE(run(work).code == 3);
  const files older = command::files_of(work / "now/out");
  const std::string other = " --seed 7";
  std::filesystem::copy(work / "now", work / "kept", std::filesystem::copy_options::recursive);
  REQUIRE(run(work, preload("FAULT_CALL=rename FAULT_COUNT=count"), other).code == 3);
  const files newer = command::files_of(work / "now/out");
  const long calls = std::stol(aisle::read_file(work / "count"));
  // The last ones are those that give files their places.
  const auto moves = static_cast<long>(newer.size());
  REQUIRE(calls > moves);
  for (long at = calls - moves; at < calls; ++at) {
    CAPTURE(at);
    clear(work);
    std::filesystem::copy(work / "kept", work / "now", std::filesystem::copy_options::recursive);
    const outcome o =
        run(work, preload("FAULT_CALL=rename FAULT_ERRNO=5 FAULT_AT=" + std::to_string(at)), other);
    CAPTURE(o.err);
    CHECK(o.code == 1);
    files left = command::files_of(work / "now/out");
    CHECK(left.erase("skipped.failed.csv") == 1);  // lists what was known until then
    CHECK(left == older);
  }
#endif
}

TEST_CASE(
    "points and their page: of whatever fails or is killed, no page stands beside points of another run") {
#ifdef AISLE_TEST_SANITIZED
  support::say_skipped("sanitizers have an allocator of their own");
#else
  if (command::program().empty()) return;
  const support::temporary_folder work;
  const auto write_vectors = [&](int which) {
    std::string table = "id,v0,v1,v2\n";
    for (int i = 0; i < 12; ++i)
      table += "p" + std::to_string(i) + "," + std::to_string(i * i % 7 + which) + "," +
               std::to_string(i % 5) + "," + std::to_string(which * i % 3) + "\n";
    aisle::write_file(work / "v.csv", table);
  };
  const auto project = [&](const std::string& environment = {}) {
    return command::run(work, "project --embeddings v.csv --out points.csv --page page.html", {},
                        "timeout -s ABRT 60 env " + environment);
  };
  const auto outputs = [&] {
    std::pair<std::string, std::string> out;
    if (aisle::file_exists(work / "points.csv")) out.first = aisle::read_file(work / "points.csv");
    if (aisle::file_exists(work / "page.html")) out.second = aisle::read_file(work / "page.html");
    return out;
  };
  write_vectors(1);
  REQUIRE(project(preload("FAULT_CALL=rename FAULT_COUNT=count")).code == 0);
  const auto older = outputs();
  const long calls = std::stol(aisle::read_file(work / "count"));
  REQUIRE(calls == 2);
  write_vectors(2);
  REQUIRE(project().code == 0);
  const auto newer = outputs();
  REQUIRE(newer.first != older.first);
  REQUIRE(newer.second != older.second);
  for (const char* how : {"FAULT_ERRNO=5", "FAULT_KILL=1"})
    for (long at = 0; at < calls; ++at) {
      CAPTURE(how);
      CAPTURE(at);
      write_vectors(1);
      REQUIRE(project().code == 0);
      write_vectors(2);
      CHECK(project(preload("FAULT_CALL=rename " + std::string(how) + " FAULT_AT=" + std::to_string(at)))
                .code != 0);
      const auto left = outputs();
      CHECK((left.first == older.first || left.first == newer.first));
      CHECK((left.second.empty() || left.second == (left.first == older.first ? older : newer).second));
      CHECK(project().code == 0);
      CHECK(outputs() == newer);
    }
#endif
}
