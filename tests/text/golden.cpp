#include <cstdint>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include <aisle/base/file.hpp>
#include <aisle/io/json.hpp>
#include <aisle/text/wordpiece.hpp>

#include "support/support.hpp"

// The texts that fit in a unit test; the golden program replays every file.
TEST_CASE("ids equal those of Rust tokenizers with all-MiniLM-L6-v2") {
  const std::string model = support::shared("weights/all-MiniLM-L6-v2");
  if (model.empty()) return;
  const auto tokenizer = aisle::wordpiece::load(model);
  CHECK(tokenizer.vocabulary_size() == 30522);
  CHECK(tokenizer.cls_id() == 101);
  CHECK(tokenizer.sep_id() == 102);
  for (const char* name : {"nasty.jsonl", "fuzz.jsonl"}) {
    const std::string path = support::shared(std::string("golden/text/") + name);
    if (path.empty()) continue;
    std::istringstream lines(aisle::read_file(path));
    std::string line;
    for (int number = 1; std::getline(lines, line); ++number) {
      CAPTURE(number);
      const aisle::json row = aisle::parse_json(line, path);
      const auto expected = row.at("ids").as_vector<std::int32_t>();
      const auto found = tokenizer.encode(row.get<std::string>("text"), 256);
      CHECK(found.ids == expected);
      CHECK(found.full_length == row.get<std::int64_t>("full", static_cast<std::int64_t>(expected.size())));
    }
  }
}

// A model folder that has only tokenizer.json must give the same tokenizer as one with vocab.txt.
TEST_CASE("tokenizer.json and vocab.txt hold the same model") {
  const std::string model = support::shared("weights/all-MiniLM-L6-v2");
  if (model.empty()) return;
  const support::temporary_folder folder;
  aisle::write_file(folder / "tokenizer.json", aisle::read_file(model + "/tokenizer.json"));
  const auto a = aisle::wordpiece::load(model), b = aisle::wordpiece::load(folder.path());
  REQUIRE(a.vocabulary_size() == b.vocabulary_size());
  int different = 0;
  for (std::int64_t id = 0; id < a.vocabulary_size(); ++id) different += a.token(id) != b.token(id);
  CHECK(different == 0);
  CHECK(a.options().lower_case == b.options().lower_case);
}
