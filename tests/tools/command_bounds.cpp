#include <doctest/doctest.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <thread>

#include "command.hpp"

// What has no end, or claims more than it holds, given to the command.

using command::has;

TEST_CASE("a table that is a device is refused, cells have a limit") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  command::make_catalogue(work);
  for (const std::string data : {"/dev/zero", "/dev/urandom"}) {
    const auto o = command::run(work, "embed --text-model tiny-bert --out e.csv --data " + data);
    CHECK(o.code == 1);
    CHECK(has(o.err, data + ": cannot read: a device, expected a file or pipe"));
  }
  aisle::write_file(work / "long.csv", "sku,name\n1,red\n2," + std::string(10, 'x') + "\n3,blue\n");
  const auto o = command::run(work, "embed --text-model tiny-bert --out e.csv --data long.csv --max-cell 9");
  CHECK(o.code == 3);
  CHECK(has(o.err, "row 1 (line 3)"));
  CHECK(has(o.err, "a field of 10 bytes, more than the limit of 9"));
  CHECK(command::lines_of(aisle::read_file(work / "e.csv")).size() == 3);
}

TEST_CASE("a picture that is a pipe is a bad row, and the others go through") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  command::make_catalogue(work);
  REQUIRE(::mkfifo((work / "pipe.png").c_str(), 0600) == 0);
  aisle::write_file(work / "pipes.csv",
                    "sku,name,image_path\n1,a,one.png\n2,b,pipe.png\n3,c,/dev/zero\n4,d,two.png\n");
  const auto o = command::run(
      work, "embed --image-model resnet18 --out e.csv --skipped s.csv --data pipes.csv", {}, "timeout 60");
  CHECK(o.code == 3);
  CHECK(command::lines_of(aisle::read_file(work / "e.csv")).size() == 3);
  const std::string skipped = aisle::read_file(work / "s.csv");
  CHECK(has(skipped, "found a device or pipe"));
  CHECK(has(skipped, ",1,3,2,"));
  CHECK(has(skipped, ",2,4,3,"));
}

TEST_CASE("a download of unknown size ends at --max-bytes") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  aisle::write_file(work / "model.bin", std::string(100'000, 'x'));
  aisle::write_file(
      work / "m.json",
      R"({"schema": 1, "models": [{"id": "m", "modality": "image", "architecture": "-", "preset": null, "licence": "-", "sources": [{"kind": "file", "url": "file://)" +
          work.path() + R"(", "uploader": "nobody", "licence": "none",)" +
          R"( "files": [{"path": "model.bin", "sha256": null}]}]}]})");
  const std::string get = "weights get m --manifest m.json --weights W --allow-unverified";
  const auto o = command::run(work, get + " --max-bytes 99999");
  CHECK(o.code == 1);
  CHECK(has(o.err, "more than the 99999 bytes that are taken of a file of unknown size (--max-bytes)"));
  CHECK_FALSE(std::filesystem::exists(work / "W/m/model.bin"));
  const auto all = command::run(work, get + " --max-bytes 100000");
  CAPTURE(all.err);
  CHECK(all.code == 0);
  CHECK(aisle::file_size(work / "W/m/model.bin") == 100'000);
}

TEST_CASE("SIGTERM and SIGHUP end a command that waits for a table, or for nothing that comes back") {
  if (command::program().empty()) return;
  for (const int number : {SIGTERM, SIGHUP}) {
    const support::temporary_folder work;
    command::make_models(work);
    REQUIRE(::mkfifo((work / "t.csv").c_str(), 0600) == 0);
    aisle::write_file(work / "err", "");
    const int err = ::open((work / "err").c_str(), O_WRONLY), in = ::open("/dev/null", O_RDONLY);
    const pid_t child = command::start(
        work, {"embed", "--data", "t.csv", "--text-model", "tiny-bert", "--out", "e.csv"}, in, err);
    ::close(err);
    ::close(in);
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    ::kill(child, number);
    CHECK(command::wait_for(child) == 130);  // the handler has been in place for long
    CHECK(aisle::read_file(work / "err") == "aisle: interrupted\n");
    CHECK_FALSE(std::filesystem::exists(work / "e.csv"));
  }
}
