#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <utility>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <aisle/base/folder_lock.hpp>

#include "support/support.hpp"

namespace {

/// A process that holds the folder's lock until this object ends or it is killed.
class holder {
 public:
  explicit holder(const std::string& folder) {
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      const aisle::folder_lock lock(folder);
      if (::write(ready[1], "x", 1) != 1) ::_exit(1);
      for (;;) ::pause();
    }
    char byte = 0;
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    ::close(ready[0]);
    ::close(ready[1]);
  }
  ~holder() { kill(); }
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  std::string name() const { return "process " + std::to_string(pid_); }

 private:
  pid_t pid_ = 0;
};

std::string refusal(const std::string& folder) {
  try {
    const aisle::folder_lock lock(folder);
  } catch (const aisle::locked_error& error) {
    return error.what();
  }
  return "taken";
}

}  // namespace

TEST_CASE("a folder's lock is one's alone, and given back") {
  const support::temporary_folder folder;
  {
    aisle::folder_lock first(folder.path());
    CHECK(refusal(folder.path()).find(folder.path() + ": ") == 0);
    const aisle::folder_lock moved = std::move(first);
    CHECK(refusal(folder.path()) != "taken");
  }
  CHECK(refusal(folder.path()) == "taken");
  CHECK_THROWS_AS(aisle::folder_lock(folder / "missing"), aisle::file_error);
}

TEST_CASE("another process's lock is refused by its name, waited for, and gone when it dies") {
  const support::temporary_folder folder;
  holder other(folder.path());
  const std::string said = refusal(folder.path());
  CHECK(said != "taken");
  if (said.find("another process") == std::string::npos) CHECK(said.find(other.name()) != std::string::npos);

  int asked = 0;
  const aisle::folder_lock lock(folder.path(), [&](const std::string&) {
    if (++asked == 2) other.kill();
  });
  CHECK(asked >= 2);
}

TEST_CASE("what the waiting throws ends it") {
  const support::temporary_folder folder;
  const aisle::folder_lock lock(folder.path());
  CHECK_THROWS_AS(
      aisle::folder_lock(folder.path(), [](const std::string&) { throw std::runtime_error("enough"); }),
      std::runtime_error);
}
