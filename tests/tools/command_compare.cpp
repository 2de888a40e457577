// aisle compare: what changed between two runs.

#include "command.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include <aisle/catalogue/report.hpp>
#include <aisle/io/json.hpp>

#include "catalogue/report_sample.hpp"

TEST_CASE("compare tells what changed, as text and as JSON, and refuses what is not of one run") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  auto result = report_sample::make();
  for (const char* folder : {"before", "after"}) std::filesystem::create_directory(work / folder);
  aisle::save_result(result, work / "before/report.json");
  for (auto& m : result.models)
    if (m.chosen && m.modality == "multimodal") {
      m.predicted = m.truth;
      for (auto& s : m.splits) s.accuracy = 100;
    }
  aisle::save_result(result, work / "after/report.json");

  const auto text = command::run(work, "compare before after --top 1");
  CAPTURE(text.err);
  CHECK(text.code == 0);
  CHECK(command::has(text.out, "-> 100.0 (+"));
  CHECK(command::has(text.out, "100 products tested in both"));
  CHECK(command::has(text.out, "right before, wrong now: 0\n"));
  CHECK(command::has(text.out, " more (--top, --json)"));
  const auto every = command::run(work, "compare before after --top 99");
  const std::size_t classes = every.out.find("those that changed most");
  REQUIRE(classes != std::string::npos);
  CHECK_FALSE(command::has(every.out.substr(classes), "(+0.0)"));
  CHECK(command::has(text.out, " as before\n"));
  CHECK(command::has(command::run(work, "compare before before").out,
                     "F1 by class: 13 classes are as before\n"));
  const auto o = command::run(work, "compare before after --json");
  const aisle::json found = aisle::parse_json(o.out, "stdout");
  CHECK(found["accuracy"].get<double>("after") == 100);
  CHECK(found["better"].size() == 2);
  CHECK(found["worse"].size() == 0);
  CHECK(found["better"][0].get<std::string>("label_after") ==
        found["better"][0].get<std::string>("said_after"));

  CHECK(command::run(work, "compare before").code == 2);
  CHECK(command::run(work, "compare before nowhere").code == 2);
  // A metrics.json of another run beside it.
  aisle::write_file(work / "after/metrics.json",
                    "{\"models\": [], \"files\": {\"report.json\": \"" + std::string(64, '0') + "\"}}");
  const auto mixed = command::run(work, "compare before after");
  CHECK(mixed.code == 1);
  CHECK(command::has(mixed.err, "report.json"));
}

TEST_CASE(
    "compare lists as many classes as --top says, gone and new ones too, and says which split it compares") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  auto result = report_sample::make();
  for (const char* folder : {"before", "after"}) std::filesystem::create_directory(work / folder);
  aisle::save_result(result, work / "before/report.json");
  for (std::string& name : result.classes) name += " (new)";
  for (auto& m : result.models) {
    const auto first = m.splits.front();
    m.splits.assign(4, first);
    for (std::size_t i = 1; i < m.splits.size(); ++i) m.splits[i].accuracy = 100;
  }
  aisle::save_result(result, work / "after/report.json");
  const auto o = command::run(work, "compare before after --top 2");
  CAPTURE(o.err);
  CAPTURE(o.out);
  REQUIRE(o.code == 0);
  for (const char* title : {"classes gone: ", "new classes: "}) {
    CAPTURE(title);
    const std::size_t at = o.out.find(title);
    REQUIRE(at != std::string::npos);
    const std::string line = o.out.substr(at, o.out.find('\n', at) - at);
    CHECK(std::count(line.begin(), line.end(), ',') >= 2);
    CHECK(line.ends_with("… 11 more (--top, --json)"));
  }
  CHECK(command::has(o.out, "scores, classes and products are those of the first of each\n"));
  CHECK(command::has(o.out, "(+0.0)\nmacro F1"));  // the accuracy, not the mean of 4 splits
  const aisle::json all = aisle::parse_json(command::run(work, "compare before after --json").out, "stdout");
  CHECK(all["classes_gone"].size() == 13);
  CHECK(all["splits"].get<int>("after") == 4);
}
