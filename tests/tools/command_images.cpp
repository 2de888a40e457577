#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>

#include <fcntl.h>

#include <aisle/base/hash.hpp>
#include <aisle/image/decode.hpp>
#include <aisle/image/encode.hpp>
#include <aisle/image/resize.hpp>
#include <aisle/io/csv.hpp>

#include "script_server.hpp"

// aisle images, through the command, against a server with the faults of real ones.

using command::has;

namespace {

namespace fs = std::filesystem;

/// Runs while it lives.
class picture_server : public command::script_server {
 public:
  explicit picture_server(const support::temporary_folder& work) : script_server(work, "picture_server.py") {}

  /// When each request for the path came.
  std::vector<double> requests(const std::string& path = {}) const {
    std::vector<double> out;
    for (const std::string& line : log())
      if (path.empty() || line.ends_with(" /" + path)) out.push_back(std::stod(line));
    return out;
  }
};

constexpr const char* quick =
    " --allow-private --retry-wait 0.01 --retries 2 --timeout 1 --deadline 2 --max-bytes 2000000";

command::outcome images(const support::temporary_folder& work, const std::string& arguments) {
  return command::run(work, "images --data a.csv --out out" + arguments, {}, "no_proxy='*'");
}

/// status.csv by id.
std::map<std::string, std::map<std::string, std::string>> status_of(const std::string& path) {
  std::map<std::string, std::map<std::string, std::string>> out;
  const aisle::csv_table table = aisle::read_csv(path);
  for (const aisle::csv_row& row : table.rows)
    for (std::size_t i = 0; i < table.header.size(); ++i)
      out[row.fields[table.column("id")]][table.header[i]] = row.fields[i];
  return out;
}

std::set<std::string> names_in(const std::string& folder) {
  std::set<std::string> out;
  for (const std::string& name : aisle::folder_entries(folder)) out.insert(name);
  return out;
}

}  // namespace

TEST_CASE("images: every fault of a server ends with its row, told in status.csv") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  const picture_server server(work);
  if (!server.is_up()) return;
  const std::map<std::string, std::string> faults = {
      {"cut", "bytes remaining to read (3 tries)"},
      {"short", "bytes remaining to read (3 tries)"},
      {"long", "PNG: cut off"},
      {"no-length", "PNG: cut off"},
      {"html", "no picture but a web page (HTML) (image/jpeg)"},
      {"page", "the server answered 404"},
      {"empty", "an empty answer (3 tries)"},
      {"endless", "more than 2000000 bytes (--max-bytes)"},
      {"big", "more than 2000000 bytes (--max-bytes)"},
      {"slow", "deadline"},
      {"silent", "deadline"},
      {"drip", "not whole by the deadline"},
      {"reset", "(3 tries)"},
      {"loop", "more than 5 redirects"},
      {"hops-6", "more than 5 redirects"},
      {"to-file", "redirected to file:///etc/passwd, expected a URL of http or https"},
      {"busy-9", "the server answered 429 (3 tries)"},
      {"away", "the server answered 503 (3 tries)"},
      {"bomb", "a packed answer: holds more than"},
      {"torn", "a packed answer: gzip"},
      {"leave-not", "the server answered 418"}};
  std::string csv = "sku,image_path\n";
  for (const auto& [name, text] : faults)
    csv += name + "," +
           (name == "busy-9" ? server.other_url(name + "/x")
                             : server.url(name == "leave-not" ? "teapot/x" : name + "/x")) +
           "\n";
  const std::vector<std::string> good = {"good",      "cut-once", "moved",   "hops-5",
                                         "away-once", "busy-1",   "proxied", "packed"};
  for (const std::string& name : good) csv += name + "," + server.url(name + "/x") + "\n";
  csv += "several," + server.url("page/1") + " | " + server.url("html/2") + "|" + server.url("good/3") + "\n";
  // Blanks of a URL's own.
  csv += "shirt," + server.url("good/q?name=red shirt") + "\nsocks," + server.url("good/q?name=red socks") +
         "\nblank," + server.url("good/my pic.jpg?v=1") + "\n";
  csv += "odd/id," + server.url("good/4") + "\nftp,ftp://x.example/1.jpg\nnone,\ngood,again\n";
  aisle::write_file(work / "a.csv", csv);
  const auto run = images(work, quick);
  CAPTURE(run.err);
  CHECK(run.code == 3);
  CHECK(run.out.empty());
  const auto status = status_of(work / "out/status.csv");
  for (const auto& fault : faults) {
    const std::string &name = fault.first, &text = fault.second;
    CAPTURE(name);
    REQUIRE(status.contains(name));
    CAPTURE(status.at(name).at("error"));
    CHECK(status.at(name).at("status") == "failed");
    CHECK(has(status.at(name).at("error"), text));
    CHECK(status.at(name).at("file").empty());
    CHECK(std::stod(status.at(name).at("seconds")) < 8);
  }
  CHECK(status.at("ftp").at("status") == "failed");
  CHECK(status.at("none").at("status") == "none");
  CHECK(status.at("").at("status") == "skipped");
  CHECK(has(status.at("").at("error"), "duplicate id"));
  std::set<std::string> files = {"status.csv"};
  for (std::string id : {"good", "cut-once", "moved", "hops-5", "away-once", "busy-1", "proxied", "packed",
                         "several", "odd/id", "shirt", "socks", "blank"}) {
    CAPTURE(id);
    const auto& row = status.at(id);
    CHECK(row.at("status") == "ok");
    files.insert(row.at("file"));
    const std::string bytes = aisle::read_file(work / ("out/" + row.at("file")));
    CHECK(row.at("sha256") == aisle::to_hex(aisle::sha256::of(bytes)));
    CHECK(row.at("bytes") == std::to_string(bytes.size()));
    const aisle::image picture = aisle::decode_image(bytes, id);
    CHECK(picture.width() == 224);
    CHECK(picture.height() == 224);
    CHECK(bytes.starts_with("\xff\xd8\xff"));
  }
  CHECK(names_in(work / "out") == files);
  CHECK(status.at("several").at("url") == server.url("good/3"));
  for (const char* path : {"good/q?name=red%20shirt", "good/q?name=red%20socks", "good/my%20pic.jpg?v=1"})
    CHECK(server.requests(path).size() == 1);
  // As often as was to be, and no sooner.
  CHECK(server.requests("loop/x").size() == 6);
  CHECK(server.requests("hops-6/x").size() == 1);
  CHECK(server.requests("page/x").size() == 1);
  CHECK(server.requests("html/x").size() == 1);
  CHECK(server.requests("away/x").size() == 3);
  CHECK(server.requests("cut/x").size() == 3);
  CHECK(server.requests("no-length/x").size() == 2);
  const auto busy = server.requests("busy-1/x");
  REQUIRE(busy.size() == 2);
  CHECK(busy[1] - busy[0] > 0.95);  // Retry-After: 1
  // More seconds than a number of 64 bits holds.
  aisle::write_file(work / "a.csv", "sku,image_path\nlong," + server.url("leave-long/x") + "\n");
  CHECK(command::run(work, std::string("images --data a.csv --out later") + quick, {}, "no_proxy='*'").code !=
        0);
  CHECK(has(status_of(work / "later/status.csv").at("long").at("error"),
            "asked to be left alone for more than 30 years"));
  CHECK(server.requests("leave-long/x").size() == 1);
}

TEST_CASE("images: a later run gets what is missing, and what failed with --retry-failed alone") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  const picture_server server(work);
  if (!server.is_up()) return;
  const auto write = [&](const std::string& third) {
    aisle::write_file(work / "a.csv", "sku,image_path\n1," + server.url("good/1") + "\n2," +
                                          server.url("good/2") + "\n3," + server.url(third) + "\n4," +
                                          server.url("page/4") + "\n5," + server.url("good/2") + "\n");
  };
  write("good/3");
  CHECK(images(work, quick).code == 3);
  CHECK(server.requests().size() == 4);  // row 5 has row 2's picture
  const auto files = command::files_of(work / "out");
  CHECK(files.at("2.jpg") == files.at("5.jpg"));
  const auto again = images(work, quick);
  CHECK(again.code == 3);
  CHECK(has(again.err, "4 of 5 pictures in out, 4 of them from before"));
  CHECK(has(again.err, "--retry-failed"));
  CHECK(server.requests().size() == 4);
  CHECK(command::files_of(work / "out") == files);
  // A file that is gone, one that was cut, another URL.
  aisle::remove_file(work / "out/1.jpg");
  aisle::write_file(work / "out/2.jpg", "x");
  write("good/other");
  CHECK(images(work, quick).code == 3);
  CHECK(server.requests().size() == 7);
  CHECK(server.requests("good/1").size() == 2);
  CHECK(server.requests("good/2").size() == 2);
  CHECK(server.requests("good/other").size() == 1);
  CHECK(images(work, std::string(" --retry-failed") + quick).code == 3);
  CHECK(server.requests().size() == 8);
  CHECK(server.requests("page/4").size() == 2);
  // Another form: all of them that can be had.
  CHECK(images(work, std::string(" --size 100") + quick).code == 3);
  CHECK(aisle::read_image(work / "out/5.jpg").width() == 100);
  CHECK(status_of(work / "out/status.csv").at("1").at("form") == "100 squash q75");
  CHECK(server.requests().size() == 11);
  // Of a URL whose picture is not to be had, that of the URL before is not left in its place.
  write("page/3");
  CHECK(images(work, std::string(" --size 100") + quick).code == 3);
  CHECK_FALSE(aisle::file_exists(work / "out/3.jpg"));
  // Files that no status tells of are taken as they are, if they are pictures of that size; others are
  // somebody's own, and stay.
  aisle::remove_file(work / "out/status.csv");
  aisle::write_file(work / "out/2.jpg", "no picture");
  const std::size_t before = server.requests().size();
  CHECK(images(work, std::string(" --size 100") + quick).code == 3);
  CHECK(server.requests().size() == before + 2);  // the two pages
  CHECK(status_of(work / "out/status.csv").at("2").at("status") == "failed");
  CHECK(has(status_of(work / "out/status.csv").at("2").at("error"), "2.jpg is in the way, "));
  CHECK(aisle::read_file(work / "out/2.jpg") == "no picture");
  const std::string own = aisle::encode_png(aisle::image(30, 20));
  aisle::write_file(work / "out/2.jpg", own);
  CHECK(images(work, std::string(" --retry-failed --size 100") + quick).code == 3);
  CHECK(has(status_of(work / "out/status.csv").at("2").at("error"),
            "in the way, a picture of 30 x 20, and no"));
  CHECK(aisle::read_file(work / "out/2.jpg") == own);
  // A folder of somebody else.
  aisle::write_file(work / "out/status.csv", "a,b\n");
  const auto foreign = images(work, quick);
  CHECK(foreign.code == 1);
  CHECK(has(foreign.err, "out/status.csv"));
  CHECK(aisle::read_file(work / "out/status.csv") == "a,b\n");
}

TEST_CASE("images: the pictures have the form that is asked for") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  fs::create_directories(work / "pics");
  fs::copy_file(support::data("image/files/l_300x200.png"), work / "pics/a.png");
  fs::copy_file(support::data("image/files/gif_multi_frame.gif"), work / "pics/b.gif");
  aisle::write_file(work / "a.csv",
                    "sku,image_path\na,pics\\a.png\nb,file://" + (work / "pics/b.gif") + "\n");
  CHECK(images(work, "").code == 0);
  const aisle::image source = aisle::read_image(work / "pics/a.png"),
                     made = aisle::read_image(work / "out/a.jpg"),
                     exact = aisle::resize(source, 224, 224, aisle::resize_filter::lanczos);
  REQUIRE(made.rgb().size() == exact.rgb().size());
  double difference = 0;
  for (std::size_t i = 0; i < exact.rgb().size(); ++i)
    difference += std::abs(int{made.rgb()[i]} - int{exact.rgb()[i]});
  CHECK(difference / static_cast<double>(exact.rgb().size()) < 6);  // what JPEG loses
  const auto sides = [&](const std::string& mode) {
    CHECK(command::run(work, "images --data a.csv --out " + mode + " --size 100 --mode " + mode).code == 0);
    const aisle::image picture = aisle::read_image(work / (mode + "/a.jpg"));
    return std::to_string(picture.width()) + "x" + std::to_string(picture.height());
  };
  CHECK(sides("keep-ratio") == "150x100");
  CHECK(sides("center-crop") == "100x100");
  CHECK(sides("border") == "100x100");
  CHECK(command::run(work, "images --data a.csv --out same --original").code == 0);
  CHECK(aisle::read_file(work / "same/a.png") == aisle::read_file(work / "pics/a.png"));
  CHECK(aisle::read_file(work / "same/b.gif") == aisle::read_file(work / "pics/b.gif"));
  CHECK(command::run(work, "images --data a.csv --original --mode border").code == 2);
  CHECK(command::run(work, "images --data a.csv --mode stretch").code == 2);

  // No picture takes the place of one that is read, nor is one read that lies elsewhere.
  aisle::write_file(work / "b.csv", "sku,image_path\na,pics/c.jpg\nc,pics/a.png\n");
  aisle::write_file(work / "pics/c.jpg", aisle::read_file(work / "out/a.jpg"));
  const auto over = command::run(work, "images --data b.csv --out pics");
  CHECK(over.code == 2);
  CHECK(has(over.err, "pics/c.jpg"));
  CHECK_FALSE(aisle::file_exists(work / "pics/status.csv"));
  fs::create_directories(work / "shop");
  aisle::write_file(work / "shop/c.csv", "sku,image_path\na,../pics/a.png\nb,absent.png\n");
  const auto outside = command::run(work, "images --data shop/c.csv");
  CHECK(outside.code == 1);  // no row has a picture
  CHECK(has(outside.err, "lies outside"));
  CHECK(aisle::file_exists(work / "shop/images/status.csv"));
  CHECK(command::run(work, "images --data shop/c.csv --allow-outside --retry-failed").code == 3);
  aisle::write_file(work / "d.csv", "sku,name,image_path\na,x,\n");
  CHECK(command::run(work, "images --data d.csv").code == 4);
  aisle::write_file(work / "d.csv", "sku,name\na,x\n");
  CHECK(command::run(work, "images --data d.csv").code == 2);
}

TEST_CASE("images: nobody on this machine or a private network is asked unless that is allowed") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  const picture_server server(work);
  if (!server.is_up()) return;
  std::string port = server.url("");
  port = port.substr(port.rfind(':'));
  aisle::write_file(work / "a.csv", "sku,image_path\n1,http://127.0.0.1" + port +
                                        "good/1\n2,http://localhost" + port + "good/2\n3,http://2130706433" +
                                        port + "good/3\n4,http://[::ffff:127.0.0.1]" + port +
                                        "good/4\n5,http://10.1.2.3/5.jpg\n6,http://169.254.169.254/latest\n" +
                                        "7,http://0.0.0.0" + port + "good/7\n");
  for (const char* option : {"--retry-wait", "--deadline", "--timeout", "--patience"})
    CHECK(images(work, " " + std::string(option) + " nan").code == 2);
  // No fault of a row's.
  CHECK(command::run(work, "images --data a.csv --out out", {}, "AISLE_ISA=abacus").code == 2);
  CHECK_FALSE(aisle::file_exists(work / "out/status.csv"));
  const auto refused = images(work, " --retries 3 --retry-wait 0.01 --timeout 2");
  CAPTURE(refused.err);
  CHECK(refused.code == 1);
  CHECK(server.requests().empty());
  for (const auto& id_and_row : status_of(work / "out/status.csv")) {
    const auto& row = id_and_row.second;
    CAPTURE(id_and_row.first);
    CAPTURE(row.at("error"));
    CHECK(row.at("status") == "failed");
    CHECK(has(row.at("error"), "(--allow-private)"));
  }
  CHECK(has(status_of(work / "out/status.csv").at("5").at("error"), "10.1.2.3 is a private address"));
  // A proxy of the environment would be one that is asked.
  CHECK(command::run(work, "images --data a.csv --out out --retry-failed --retries 0 --limit 1", {},
                     "http_proxy=http://127.0.0.1" + port)
            .code == 1);
  CHECK(server.requests().empty());
  // What a limit of ours refused is asked for by a later run that has another limit.
  aisle::write_file(work / "a.csv", "sku,image_path\n1,http://127.0.0.1" + port + "good/1\n");
  CHECK(images(work, quick).code == 0);
  CHECK(server.requests("good/1").size() == 1);
}

TEST_CASE("images: an interrupted or killed run is gone on with where it stopped") {
  if (command::program().empty()) return;
  for (const int signal : {SIGINT, SIGKILL}) {
    const support::temporary_folder work;
    const picture_server server(work);
    if (!server.is_up()) return;
    std::string csv = "sku,image_path\n";
    for (int i = 0; i < 8; ++i)
      csv += "s" + std::to_string(i) + "," + server.url("silent/" + std::to_string(i)) + "\n";
    for (int i = 0; i < 20; ++i)
      csv += std::to_string(i) + "," + server.url("good/" + std::to_string(i)) + "\n";
    aisle::write_file(work / "a.csv", csv);
    const int null = ::open("/dev/null", O_RDWR);
    const pid_t child = command::start(
        work,
        {"images", "--data", "a.csv", "--out", "out", "--allow-private", "--per-host", "9", "--retries", "0"},
        null, null);
    ::close(null);
    for (int i = 0; i < 20; ++i) REQUIRE(command::appears(work / ("out/" + std::to_string(i) + ".jpg")));
    std::this_thread::sleep_for(std::chrono::milliseconds(250));  // a journal's turn
    ::kill(child, signal);
    CHECK(command::wait_for(child) == (signal == SIGINT ? 130 : 137));
    if (signal == SIGINT) {
      const auto status = status_of(work / "out/status.csv");
      CHECK(status.size() == 28);
      CHECK(status.at("3").at("status") == "ok");
      CHECK(status.at("s3").at("status") == "pending");
      CHECK(names_in(work / "out").size() == 21);
    }
    aisle::write_file(work / "out/99.jpg.fetching", "half");  // as a killed run leaves one
    const std::size_t before = server.requests().size();
    const auto next = images(work, " --allow-private --deadline 0.5 --per-host 9");
    CAPTURE(next.err);
    CHECK(next.code == 3);
    CHECK(has(next.err, "20 of 28 pictures in out, 20 of them from before"));
    CHECK(server.requests().size() == before + 8);
    CHECK(names_in(work / "out").size() == 21);
  }
}

TEST_CASE("images: a host that has enough is asked more slowly until it has not") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  const picture_server server(work);
  if (!server.is_up()) return;
  std::string csv = "sku,image_path\n";
  for (int i = 0; i < 25; ++i)
    csv += std::to_string(i) + "," + server.url("limited/" + std::to_string(i)) + "\n";
  aisle::write_file(work / "a.csv", csv);
  const auto run = images(work, " --allow-private --retry-wait 0.2");  // 10 a second, says nothing of when
  CAPTURE(run.err);
  CHECK(run.code == 0);
  CHECK(server.requests().size() < 60);
}

TEST_CASE(
    "run says that pictures are URLs, and fetches them with --fetch-images; --image-root finds them by "
    "status.csv") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  const picture_server server(work);
  if (!server.is_up()) return;
  command::make_models(work);
  std::string csv = "sku,name,k,image_path\n";
  for (int i = 0; i < 8; ++i)
    csv += "p" + std::to_string(i) + ",red shirt," + (i % 2 == 0 ? "a," : "b,") +
           server.url((i == 7 ? "page/" : "good/") + std::to_string(i) + ".png?v=12") + "\n";
  aisle::write_file(work / "a.csv", "\xef\xbb\xbf" + csv);
  const std::string line =
      "run --data a.csv --label k --test-size 0.5 --learners logistic_regression --text-model tiny-bert "
      "--image-model resnet18 --no-review --out r ";
  const auto without = command::run(work, line);
  CAPTURE(without.err);
  CHECK(without.code == 3);
  CHECK(has(without.err,
            "column image_path names 8 pictures by URL that are not here: --fetch-images DIR fetches"));
  CHECK(server.requests().empty());
  const auto with = command::run(work, line + "--fetch-images pics --allow-private", {}, "no_proxy='*'");
  CAPTURE(with.err);
  CHECK(with.code == 3);
  CHECK(has(with.err, "7 of 8 pictures in pics"));
  CHECK_FALSE(has(with.err, "--fetch-images DIR"));
  CHECK(has(aisle::read_file(work / "r/skipped.csv"), "could not be fetched: the server answered 404"));
  CHECK(aisle::file_exists(work / "r/multimodal_results.csv"));
  const std::size_t requests = server.requests().size();
  CHECK(requests == 8);
  const auto again = command::run(work, line + "--fetch-images pics --allow-private");
  CHECK(again.code == 3);
  CHECK(server.requests().size() == requests);
  const auto embedded =
      command::run(work, "embed --data a.csv --image-model resnet18 --image-root pics --out v.npy");
  CAPTURE(embedded.err);
  CHECK(embedded.code == 3);
  CHECK(has(embedded.err, "could not be fetched: the server answered 404"));
  CHECK(command::lines_of(aisle::read_file(work / "v.ids.csv")).size() == 8);
  CHECK(command::run(work, line + "--fetch-images pics --image-root pics").code == 2);
}
