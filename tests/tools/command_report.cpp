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
