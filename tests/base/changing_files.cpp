#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <aisle/base/file.hpp>
#include <aisle/base/process.hpp>

#include "support/support.hpp"

// Files that change while they are read, files that are none, and a program that is told to end.

TEST_CASE("a file that is cut or written to while it is read is an error that says so") {
  const support::temporary_folder folder;
  const std::string path = folder / "a.bin";
  std::vector<std::byte> room(1000);
  aisle::write_file(path, std::string(100'000, 'x'));
  const aisle::input_file cut(path);
  cut.read_at(0, room);
  std::filesystem::resize_file(path, 500);
  CHECK_THROWS_WITH_AS(cut.read_at(50'000, room),
                       doctest::Contains("has become shorter while it was read: 500 bytes, expected 100000"),
                       aisle::file_error);
  CHECK_THROWS_AS(cut.read_at(0, std::span(room).first(10)), aisle::file_error);

  aisle::write_file(path, std::string(100'000, 'x'));
  const aisle::input_file changed(path);
  std::filesystem::last_write_time(path, std::filesystem::last_write_time(path) + std::chrono::seconds(5));
  CHECK_THROWS_WITH_AS(changed.read_at(0, room), doctest::Contains("was written to while it was read"),
                       aisle::file_error);

  // Another file in its place is none of this one's business.
  const aisle::input_file kept(path);
  aisle::write_file(path, "other");
  CHECK_NOTHROW(kept.read_at(99'000, room));
}

TEST_CASE("pipes are refused where a file is expected, endless devices always") {
  const support::temporary_folder folder;
  const std::string pipe = folder / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK_THROWS_WITH_AS(aisle::input_file{pipe}, doctest::Contains("found a device or pipe"),
                       aisle::file_error);
  CHECK_THROWS_AS(aisle::read_file(pipe, 1000, aisle::file_kinds::regular), aisle::file_error);
  CHECK_THROWS_AS(aisle::read_file("/dev/zero", 1000, aisle::file_kinds::regular), aisle::file_error);
  CHECK_THROWS_WITH_AS(aisle::read_file("/dev/zero"), doctest::Contains("a device, expected a file or pipe"),
                       aisle::file_error);
  CHECK(aisle::read_file("/dev/null").empty());
}

TEST_CASE("a program that does not come back to its callbacks ends all the same, and leaves no part") {
  for (const int number : {SIGTERM, SIGHUP}) {
    CAPTURE(number);
    const support::temporary_folder folder;
    const ::pid_t child = ::fork();
    if (child == 0) {
      ::signal(number, SIG_DFL);
      aisle::install_interrupt_handler(50);
      aisle::atomic_file unfinished(folder / "out.csv");
      unfinished.write(std::string(3 << 20, 'x'));
      ::raise(number);
      if (!aisle::interrupted()) ::_exit(1);
      for (;;) ::pause();
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 130);
    CHECK(std::filesystem::is_empty(folder.path()));
  }
}
