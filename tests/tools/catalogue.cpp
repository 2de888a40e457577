#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>

#include <aisle/base/file.hpp>

#include "support/support.hpp"

namespace {
namespace fs = std::filesystem;

std::set<std::string> files_of(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) names.insert(fs::relative(entry.path(), folder).string());
  return names;
}
}  // namespace

// Whatever compiler, flags and machine build the program, it draws the catalogue that is committed.
TEST_CASE("make_catalogue writes the committed catalogue, byte for byte") {
  if (!fs::exists(AISLE_BINARY_FOLDER "/bin/make_catalogue")) {
    support::say_skipped(
        "configured without the tools");  // with them, CMake builds the program before this test
    return;
  }
  const fs::path committed = fs::path(AISLE_SOURCE_FOLDER) / "examples/catalogue";
  const support::temporary_folder folder;
  const fs::path made = folder.path();
  const std::string command = "'" AISLE_BINARY_FOLDER "/bin/make_catalogue' '" + made.string() + "'";
  REQUIRE(std::system(command.c_str()) == 0);
  REQUIRE(files_of(made) == files_of(committed));
  CHECK(files_of(made).size() > 300);
  for (const std::string& name : files_of(made)) {
    CAPTURE(name);
    CHECK((aisle::read_file((made / name).string()) == aisle::read_file((committed / name).string())));
  }
}
