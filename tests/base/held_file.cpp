#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <aisle/base/file.hpp>
#include <aisle/base/held_file.hpp>

#include "support/support.hpp"

namespace {

/// A process that does `write(stay)`, which ends by calling stay() and never returns; it has when this does.
template <class Write>
pid_t start_writer(const Write& write) {
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    write([&] {
      if (::write(ready[1], "x", 1) != 1) ::_exit(1);
      for (;;) ::pause();
    });
    ::_exit(1);
  }
  ::close(ready[1]);
  char byte = 0;
  REQUIRE(::read(ready[0], &byte, 1) == 1);
  ::close(ready[0]);
  return child;
}

}  // namespace

TEST_CASE("a held file is its writer's until that ends, however it ends") {
  const support::temporary_folder folder;
  const std::string path = folder / "table";
  std::string name;
  {
    auto mine = aisle::held_file::create(path, "rows");
    name = mine.path();
    CHECK(aisle::held_files(path, "rows") == std::vector<std::string>{name});
    mine.append("one");
    mine.append("two");
    mine.sync();
    CHECK_FALSE(aisle::held_file::take(name).has_value());
    aisle::remove_left_behind(path, "rows");
    CHECK(aisle::read_file(name) == "onetwo");
  }
  {
    auto left = aisle::held_file::take(name);
    REQUIRE(left.has_value());
    left->append("three");
    CHECK_FALSE(aisle::held_file::take(name).has_value());
  }
  CHECK(aisle::read_file(name) == "onetwothree");
  aisle::remove_left_behind(path, "rows");
  CHECK(aisle::held_files(path, "rows").empty());
  CHECK_FALSE(aisle::held_file::take(name).has_value());
  CHECK_THROWS_AS(aisle::held_file::create(folder / "missing/table", "rows"), aisle::file_error);
}

TEST_CASE("a held folder is its writer's until that ends, then the next one deletes it") {
  const support::temporary_folder folder;
  const std::string path = folder / "vectors.npy";
  const pid_t killed = start_writer([&](const auto& stay) {
    const aisle::held_folder mine(path);
    aisle::write_file(mine.path() + "/vectors.npy", "half");
    stay();
  });
  const auto theirs = aisle::held_files(path, "part");
  REQUIRE(theirs.size() == 1);
  {
    const aisle::held_folder mine(path);
    aisle::remove_left_behind(path, "part");
    CHECK(aisle::held_files(path, "part").size() == 2);
    CHECK(aisle::read_file(theirs[0] + "/vectors.npy") == "half");
  }
  CHECK(aisle::held_files(path, "part") == theirs);
  ::kill(killed, SIGKILL);
  ::waitpid(killed, nullptr, 0);
  {
    const aisle::held_folder mine(path);
    CHECK(aisle::held_files(path, "part") == std::vector<std::string>{mine.path()});
  }
  CHECK(aisle::held_files(path, "part").empty());
  CHECK_THROWS_AS(aisle::held_folder(folder / "missing/vectors.npy"), aisle::file_error);
}

TEST_CASE("the next writer of a file deletes the parts that killed ones left, and nothing else") {
  const support::temporary_folder folder;
  const std::string path = folder / "out.csv";
  const pid_t killed = start_writer([&](const auto& stay) {
    aisle::atomic_file file(path);
    file.write("half");
    stay();
  });
  for (const char* other : {"out.csv.part", "out.csv.1-2-3.part", "out.csv.-1.part", "out.csv.x-1.part",
                            "another.csv.1-1.part", "out.csv.1-1.parts"})
    aisle::write_file(folder / other, "");
  const auto count = [&] {
    return std::distance(std::filesystem::directory_iterator(folder.path()),
                         std::filesystem::directory_iterator());
  };
  aisle::write_file(path, "while it lives");
  CHECK(count() == 8);
  ::kill(killed, SIGKILL);
  ::waitpid(killed, nullptr, 0);
  aisle::write_file(path, "afterwards");
  CHECK(count() == 7);
  CHECK(aisle::read_file(path) == "afterwards");
}
