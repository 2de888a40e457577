// A process that dies, or whose machine fails, while it writes its shard: the next one goes on, and the files
// are those of a process that nothing happened to.

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

#include <doctest/doctest.h>

#include "tools/command.hpp"

namespace {

using files = std::map<std::string, std::string>;

command::outcome embed(const support::temporary_folder& work, const std::string& settings = {}) {
  const std::string preload =
      settings.empty() ? std::string() : "LD_PRELOAD=" AISLE_FAULT_LIBRARY " " + settings;
  return command::run(work,
                      "embed --data products.csv --text-model tiny-bert --shard 0/1 --resume --part-rows 3 "
                      "--out now --threads 2",
                      {}, "timeout -s ABRT 60 env " + preload);
}

struct fault {
  const char* call;
  bool kill;
  int few;  ///< places tried
};
constexpr fault faults[] = {{"open", true, 6},    {"write", true, 8},  {"sync", true, 8}, {"rename", true, 8},
                            {"rename", false, 4}, {"write", false, 4}, {"sync", false, 3}};

}  // namespace

TEST_CASE("a shard that is killed at any call is finished by the next process, byte for byte") {
#ifdef AISLE_TEST_SANITIZED
  support::say_skipped("sanitizers have an allocator of their own");
#else
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  const auto words = command::vocabulary();
  std::string table = "sku,name\n";
  for (int i = 0; i < 14; ++i)
    table += "p" + std::to_string(i) + "," + words[static_cast<std::size_t>(4 + i % 10)] + "\n";
  aisle::write_file(work / "products.csv", table);
  REQUIRE(embed(work).code == 0);
  const files whole = command::files_of(work / "now");
  const bool all = std::getenv("AISLE_FULL") != nullptr;
  int killed = 0, failed = 0;
  for (const fault& f : faults) {
    std::filesystem::remove_all(work / "now");
    const std::string call = std::string("FAULT_CALL=") + f.call;
    REQUIRE(embed(work, call + " FAULT_COUNT=" + (work / "count")).code == 0);
    const int count = std::stoi(aisle::read_file(work / "count")),
              tries = all ? count : std::min(count, f.few);
    for (int i = 0; i < tries; ++i) {
      // From the end: most calls are made before there is a part.
      const int at = count - 1 - i * count / tries;
      CAPTURE(f.call);
      CAPTURE(f.kill);
      CAPTURE(at);
      std::filesystem::remove_all(work / "now");
      const auto o = embed(work, call + " FAULT_AT=" + std::to_string(at) +
                                     (f.kill ? " FAULT_KILL=1" : " FAULT_ERRNO=" + std::to_string(EIO)));
      if (f.kill) {
        CHECK(o.code == 137);
        ++killed;
      } else if (o.code != 0) {
        CHECK(o.code == 1);
        CHECK_FALSE(o.err.empty());
        ++failed;
      }
      const auto again = embed(work);
      CAPTURE(again.err);
      CHECK(again.code == 0);
      CHECK(command::files_of(work / "now") == whole);
    }
  }
  CHECK(killed >= 20);
  CHECK(failed >= 4);
#endif
}
