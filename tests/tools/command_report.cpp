// aisle report: the pages of a run, made again from its report.json.

#include "command.hpp"

#include <doctest/doctest.h>

#include <aisle/catalogue/report.hpp>

#include "catalogue/report_sample.hpp"

TEST_CASE("report makes the pages that the result has") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  const auto result = report_sample::make();
  std::filesystem::create_directory(work / "results");
  aisle::save_result(result, work / "results/report.json");

  const auto o = command::run(work, "report --results results --out site");
  CAPTURE(o.err);
  CHECK(o.code == 0);
  CHECK(o.out.empty());
  CHECK(aisle::read_file(work / "site/report.html") == aisle::report_html(result));
  CHECK(aisle::read_file(work / "site/report.md") == aisle::report_markdown(result));
  CHECK(aisle::read_file(work / "site/report.ipynb") == aisle::report_notebook(result));
  CHECK(aisle::read_file(work / "site/report.json") == aisle::read_file(work / "results/report.json"));
  CHECK_FALSE(aisle::file_exists(work / "results/report.html"));

  CHECK(command::run(work, "report --results results").code == 0);
  CHECK(aisle::read_file(work / "results/report.html") == aisle::report_html(result));
}

TEST_CASE("report.json may be somebody else's: pictures are read from the folders that were named") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  namespace fs = std::filesystem;
  auto result = report_sample::make();
  for (const char* folder : {"results", "shop", "private"}) {
    fs::create_directory(work / folder);
    fs::copy_file(support::data("image/files/jpeg_17x13.jpg"), work / (std::string(folder) + "/a.jpg"));
  }
  fs::create_symlink("../private/a.jpg", work / "shop/link.jpg");
  const auto pictures_of = [&](const std::string& path, const std::string& options, int code) {
    for (aisle::product_card& p : result.products) p.image_path = path;
    aisle::save_result(result, work / "results/report.json");
    const auto o = command::run(work, "report --results results --out site " + options);
    CAPTURE(o.err);
    CHECK(o.code == code);
    // The path stays in the report: whoever trusts it may make the pages again.
    CHECK(aisle::load_result(work / "site/report.json").products.front().image_path == path);
    const std::string page = aisle::read_file(work / "site/report.html");
    const bool shown = command::has(page, "src=\"data:image/jpeg");
    CHECK(shown == (code == 0));
    CHECK(command::has(page, "<template id=\"sheet-0\">") == shown);
    if (!shown) CHECK(command::has(o.err, "lies outside the results' folder"));
  };
  pictures_of("results/a.jpg", "", 0);
  pictures_of("shop/a.jpg", "", 3);
  pictures_of("shop/a.jpg", "--image-root shop", 0);
  pictures_of("shop/a.jpg", "--image-root private --image-root ./shop/", 0);
  pictures_of("shop/a.jpg", "--allow-outside", 0);
  pictures_of("shop/link.jpg", "--image-root shop", 3);
  pictures_of("results/../private/a.jpg", "--image-root shop", 3);
  pictures_of(work / "private/a.jpg", "", 3);
  CHECK(command::run(work, "report --results results --image-root nowhere").code != 0);
}

TEST_CASE("report without a result, or with a damaged one") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  CHECK(command::run(work, "report").code == 2);
  const auto absent = command::run(work, "report --results nowhere");
  CHECK(absent.code == 2);
  CHECK(absent.err.find("nowhere/report.json") != std::string::npos);
  aisle::write_file(work / "report.json", "{\"format\": \"aisle-report\"");
  const auto damaged = command::run(work, "report --results .");
  CHECK(damaged.code == 1);
  CHECK(damaged.err.find("report.json") != std::string::npos);
  CHECK_FALSE(aisle::file_exists(work / "report.html"));
}
