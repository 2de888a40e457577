#include <doctest/doctest.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <aisle/base/file.hpp>
#include <aisle/base/hash.hpp>

#include "support/support.hpp"

namespace {

std::string read_at(const aisle::input_file& file, std::uint64_t offset, std::size_t size) {
  std::string out(size, '\0');
  file.read_at(offset, std::as_writable_bytes(std::span(out)));
  return out;
}

/// The unfinished outputs in a folder.
std::vector<std::string> parts_in(const support::temporary_folder& folder) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    if (entry.path().extension() == ".part") found.push_back(entry.path().filename().string());
  return found;
}

/// While it lives, files of this process cannot grow beyond so many bytes, and a write that tries fails.
class file_size_limit {
 public:
  explicit file_size_limit(std::uint64_t bytes) : handler_(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit now = before_;
    now.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  ~file_size_limit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, handler_);
  }
  file_size_limit(const file_size_limit&) = delete;
  file_size_limit& operator=(const file_size_limit&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

}  // namespace

TEST_CASE("what is written is read back, whole and at an offset") {
  const support::temporary_folder folder;
  const std::string path = folder / "a.bin";
  std::string content;
  for (int i = 0; i < 300000; ++i) content += static_cast<char>(i * 7 % 256);
  aisle::write_file(path, content);
  CHECK(aisle::read_file(path) == content);
  CHECK(aisle::file_size(path) == content.size());

  const aisle::input_file file(path);
  CHECK(file.size() == content.size());
  CHECK(read_at(file, 0, 5) == content.substr(0, 5));
  CHECK(read_at(file, 250000, 50000) == content.substr(250000));
  CHECK(read_at(file, content.size(), 0).empty());

  aisle::sha256 sum;
  sum.update(content);
  CHECK(aisle::sha256_of(file) == sum.hex());

  aisle::write_file(path, "");
  CHECK(aisle::read_file(path).empty());
}

TEST_CASE("a file that ends early says at which byte") {
  const support::temporary_folder folder;
  aisle::write_file(folder / "short", "0123456789");
  const aisle::input_file file(folder / "short");
  CHECK_THROWS_WITH_AS(read_at(file, 4, 7),
                       doctest::Contains("ends at byte 10, expected 7 bytes from offset 4"),
                       aisle::file_error);
  CHECK_THROWS_AS(read_at(file, 100, 1), aisle::file_error);
}

TEST_CASE("errors name the file and the system's reason") {
  const support::temporary_folder folder;
  aisle::write_file(folder / "cut", "another file");
  CHECK_THROWS_WITH_AS(aisle::read_file(folder / std::string("cut\0off", 7)), doctest::Contains("zero byte"),
                       aisle::file_error);
  CHECK_THROWS_WITH_AS(aisle::write_file(folder / std::string("cut\0off", 7), "x"),
                       doctest::Contains("zero byte"), aisle::file_error);
  CHECK(aisle::read_file(folder / "cut") == "another file");
  CHECK_THROWS_WITH_AS(aisle::read_file(folder / "absent"), doctest::Contains("No such file"),
                       aisle::file_error);
  CHECK_THROWS_WITH_AS(aisle::input_file(folder.path()), doctest::Contains("is a directory"),
                       aisle::file_error);
  CHECK_THROWS_AS(aisle::file_size(folder / "absent"), aisle::file_error);
  CHECK_THROWS_AS(aisle::write_file(folder / "no/such/folder", "x"), aisle::file_error);
  aisle::write_file(folder / "ten", "0123456789");
  CHECK_THROWS_WITH_AS(aisle::read_file(folder / "ten", 9), doctest::Contains("limit of 9 bytes"),
                       aisle::file_error);
  CHECK(aisle::read_file(folder / "ten", 10).size() == 10);
  try {
    aisle::read_file(folder / "absent");
  } catch (const aisle::file_error& e) {
    CHECK(e.path() == folder / "absent");
  }
}

TEST_CASE("an output appears whole or not at all") {
  const support::temporary_folder folder;
  const std::string path = folder / "out.csv";
  aisle::write_file(path, "old");
  {
    aisle::atomic_file out(path);
    out.write(std::string(3 << 20, 'x'));  // more than the buffer: it has reached the disk
    CHECK(aisle::read_file(path) == "old");
    const auto parts = parts_in(folder);
    REQUIRE(parts.size() == 1);
    CHECK(parts[0].starts_with("out.csv."));
  }  // given up
  CHECK(aisle::read_file(path) == "old");
  CHECK(parts_in(folder).empty());

  aisle::atomic_file first(path);
  first.write("????new");
  aisle::atomic_file out = std::move(first);
  out.write_at(0, "1234", 4);
  CHECK(out.size() == 7);
  out.write(" end");
  CHECK(out.size() == 11);
  out.commit();
  CHECK(aisle::read_file(path) == "1234new end");
  CHECK(parts_in(folder).empty());
}

TEST_CASE("a file keeps its permissions when it is replaced, and a link stays one") {
  namespace fs = std::filesystem;
  const support::temporary_folder folder;
  const auto mode = [&](const std::string& name) {
    struct ::stat info {};
    REQUIRE(::stat((folder / name).c_str(), &info) == 0);
    return static_cast<int>(info.st_mode & 0777);
  };
  aisle::write_file(folder / "private", "old");
  for (const int wanted : {0600, 0640, 0444, 0666, 0755}) {
    REQUIRE(::chmod((folder / "private").c_str(), static_cast<::mode_t>(wanted)) == 0);
    {
      aisle::atomic_file out(folder / "private");
      const auto parts = parts_in(folder);
      REQUIRE(parts.size() == 1);
      CHECK(mode(parts[0]) == wanted);  // also before anything is in it
      out.write("new");
      out.commit();
    }
    CHECK(mode("private") == wanted);
  }
  fs::create_directories(folder / "far");
  fs::create_symlink("far/target", folder / "link");
  fs::create_symlink("link", folder / "second");
  aisle::write_file(folder / "second", "through both");  // to nothing yet
  CHECK(aisle::read_file(folder / "far/target") == "through both");
  REQUIRE(::chmod((folder / "far/target").c_str(), 0600) == 0);
  aisle::write_file(folder / "link", "again");
  CHECK(fs::is_symlink(folder / "link"));
  CHECK(fs::is_symlink(folder / "second"));
  CHECK(aisle::read_file(folder / "far/target") == "again");
  CHECK(mode("far/target") == 0600);
  CHECK(parts_in(folder).empty());

  aisle::write_file(folder / "finished", "moved");
  aisle::replace_file(folder / "finished", folder / "second");
  CHECK_FALSE(aisle::file_exists(folder / "finished"));
  CHECK(fs::is_symlink(folder / "second"));
  CHECK(aisle::read_file(folder / "far/target") == "moved");
  CHECK(mode("far/target") == 0600);
  fs::create_symlink("loop", folder / "loop");
  CHECK_THROWS_WITH_AS(aisle::write_file(folder / "loop", "x"), doctest::Contains("leads to itself"),
                       aisle::file_error);
}

TEST_CASE("a file is known again under every name") {
  namespace fs = std::filesystem;
  const support::temporary_folder folder;
  aisle::write_file(folder / "a", "x");
  aisle::write_file(folder / "b", "x");
  fs::create_hard_link(folder / "a", folder / "hard");
  fs::create_symlink("a", folder / "soft");
  const auto a = aisle::identify_file(folder / "a");
  REQUIRE(a);
  CHECK(aisle::identify_file(folder / "hard") == a);
  CHECK(aisle::identify_file(folder / "soft") == a);
  CHECK(aisle::identify_file(folder / "./a") == a);
  CHECK_FALSE(aisle::identify_file(folder / "b") == a);
  CHECK_FALSE(aisle::identify_file(folder / "absent"));
}

TEST_CASE("two writers of one target do not mix: the last to commit wins, whole") {
  const support::temporary_folder folder;
  const std::string path = folder / "out", a(3 << 20, 'a'), b(2 << 20, 'b');
  aisle::atomic_file first(path), second(path);
  for (std::size_t i = 0; i < a.size(); i += std::size_t{1} << 20) {
    first.write(a.data() + i, std::size_t{1} << 20);
    if (i < b.size()) second.write(b.data() + i, std::size_t{1} << 20);
  }
  first.commit();
  CHECK(aisle::read_file(path) == a);
  second.commit();
  CHECK(aisle::read_file(path) == b);
  CHECK(parts_in(folder).empty());
}

TEST_CASE("what is no file is not replaced by one") {
  const support::temporary_folder folder;
  const std::string pipe = folder / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK_THROWS_WITH_AS(aisle::write_file(pipe, "x"), doctest::Contains("found a device or pipe"),
                       aisle::file_error);
  CHECK(std::filesystem::is_fifo(pipe));
  CHECK_THROWS_WITH_AS(aisle::write_file(folder.path(), "x"), doctest::Contains("is a directory"),
                       aisle::file_error);
}

TEST_CASE("a disk that takes no more is an error, and leaves what was there") {
  const support::temporary_folder folder;
  const std::string path = folder / "out";
  aisle::write_file(path, "old");
  {
    const file_size_limit limit(1000);
    CHECK_THROWS_WITH_AS(aisle::write_file(path, std::string(2000, 'x')), doctest::Contains("cannot write"),
                         aisle::file_error);
    // Found while writing too, not only at the end.
    aisle::atomic_file out(path);
    CHECK_THROWS_AS(out.write(std::string(2 << 20, 'x')), aisle::file_error);
  }
  CHECK(aisle::read_file(path) == "old");
  CHECK(parts_in(folder).empty());
}

TEST_CASE("a file above the limit is refused before memory is taken for it") {
  const support::temporary_folder folder;
  const std::string path = folder / "sparse";
  aisle::write_file(path, "");
  std::error_code code;
  std::filesystem::resize_file(path, std::uintmax_t{1} << 42, code);  // all hole: no disk is used
  if (code) {
    support::say_skipped("this file system has no files of 4 TB");
    return;
  }
  CHECK_THROWS_WITH_AS(aisle::read_file(path, std::uint64_t{1} << 31),
                       doctest::Contains("larger than the limit"), aisle::file_error);
  CHECK_THROWS_AS(aisle::read_file(path), aisle::file_error);
}

TEST_CASE("a pipe is read to its end although it has no size") {
  const support::temporary_folder folder;
  const std::string path = folder / "pipe";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    FILE* out = std::fopen(path.c_str(), "w");
    const std::string text(200000, 'p');
    const bool ok =
        out && std::fwrite(text.data(), 1, text.size(), out) == text.size() && std::fclose(out) == 0;
    ::_exit(ok ? 0 : 1);
  }
  CHECK(aisle::read_file(path) == std::string(200000, 'p'));
}

TEST_CASE("folders and paths") {
  const support::temporary_folder folder;
  aisle::make_folders(folder / "a/b/c");
  aisle::make_folders(folder / "a/b/c");
  CHECK(aisle::folder_exists(folder / "a/b"));
  CHECK_FALSE(aisle::file_exists(folder / "a/b"));
  aisle::write_file(folder / "a/f", "");
  CHECK(aisle::file_exists(folder / "a/f"));
  CHECK_THROWS_AS(aisle::make_folders(folder / "a/f/g"), aisle::file_error);

  CHECK(aisle::join_path("a", "b") == "a/b");
  CHECK(aisle::join_path("a/", "b") == "a/b");
  CHECK(aisle::join_path("a", "/b") == "/b");
  CHECK(aisle::join_path("", "b") == "b");
  CHECK(aisle::file_name("a/b/c.csv") == "c.csv");
  CHECK(aisle::file_name("a/b/") == "b");
  CHECK(aisle::file_name("b") == "b");
  CHECK(aisle::file_name("/") == "");
  CHECK(aisle::parent_folder("a/b/c.csv") == "a/b");
  CHECK(aisle::parent_folder("c.csv") == ".");
  CHECK(aisle::parent_folder("/c.csv") == "/");
}

TEST_CASE("renames and removals: what the system refuses is an error that names the path") {
  const support::temporary_folder folder;
  aisle::write_file(folder / "a", "one");
  aisle::write_file(folder / "b", "two");
  aisle::rename_file(folder / "a", folder / "b");
  CHECK(aisle::read_file(folder / "b") == "one");
  CHECK_THROWS_WITH_AS(aisle::rename_file(folder / "a", folder / "b"),
                       doctest::Contains((folder / "a: cannot rename to ").c_str()), aisle::file_error);
  aisle::cut_file(folder / "b", 2);
  CHECK(aisle::read_file(folder / "b") == "on");
  CHECK_THROWS_AS(aisle::cut_file(folder / "a", 2), aisle::file_error);
  aisle::remove_file(folder / "b");
  CHECK_FALSE(aisle::file_exists(folder / "b"));
  CHECK_NOTHROW(aisle::remove_file(folder / "b"));
  aisle::make_folders(folder / "c/d");
  CHECK_THROWS_WITH_AS(aisle::remove_file(folder / "c"), doctest::Contains("cannot remove"),
                       aisle::file_error);
  aisle::remove_tree(folder / "c");
  CHECK_FALSE(aisle::folder_exists(folder / "c"));
  CHECK_NOTHROW(aisle::remove_tree(folder / "c"));
}
