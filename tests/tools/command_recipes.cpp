// aisle run --recipe auto, from a table to predictions.

#include "command.hpp"

#include <doctest/doctest.h>

#include <string>

#include <aisle/base/random.hpp>
#include <aisle/io/csv.hpp>
#include <aisle/io/json.hpp>

namespace {

using command::has;

/// Products whose names tell their class, and vectors that tell nothing.
void make_table(const support::temporary_folder& work, const char* name, int rows, std::uint64_t seed) {
  const char* words[] = {"kettle", "slipper", "lantern"};
  aisle::random_generator random(seed);
  std::string csv = "sku,name,kind\n", vectors = "sku,a,b,c,d\n";
  for (int i = 0; i < rows; ++i) {
    const std::string id = "p" + std::to_string(i);
    csv += id + ",fine " + words[i % 3] + " number " + std::to_string(random.below(9)) + ",class " +
           std::to_string(i % 3) + "\n";
    vectors += id;
    for (int k = 0; k < 4; ++k) vectors += "," + std::to_string(random.normal());
    vectors += "\n";
  }
  aisle::write_file(work / (std::string(name) + ".csv"), csv);
  aisle::write_file(work / (std::string(name) + ".vectors.csv"), vectors);
}

}  // namespace

TEST_CASE("--recipe auto finds that words tell, says what it tried, and new products are told by them") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_table(work, "shop", 90, 1);
  make_table(work, "new", 30, 2);
  const std::string line =
      "run --data shop.csv --label kind --text-columns name --text-embeddings shop.vectors.csv --image-model "
      "none "
      "--no-review --out o";
  const auto ran = command::run(work, line + " --recipe auto");
  CAPTURE(ran.err);
  REQUIRE(ran.code == 0);
  CHECK(has(ran.err, "recipe of text: linear_svm"));
  CHECK(has(ran.err, "balanced vectors and words: accuracy 100.00 %"));
  CHECK(has(ran.err, "the best of 27 recipes; next "));
  const aisle::json metrics = aisle::read_json(work / "o/metrics.json");
  CHECK(metrics.at("models").elements()[0].at("recipe").get<bool>("words"));
  CHECK(metrics.at("recipes").elements()[0].at("tried").elements().size() == 27);

  const auto predicted =
      command::run(work, "predict --data new.csv --model o --text-embeddings new.vectors.csv --out said.csv");
  CAPTURE(predicted.err);
  REQUIRE(predicted.code == 0);
  const auto said = aisle::read_csv(work / "said.csv");
  REQUIRE(said.rows.size() == 30);
  for (std::size_t i = 0; i < 30; ++i) CHECK(said.at(i, "Prediction") == "class " + std::to_string(i % 3));

  CHECK(command::run(work, line + " --recipe best").code == 2);
  CHECK(command::run(work, line + " --recipe auto --time-limit 0").code == 2);

  const auto trained = command::run(work,
                                    "train --data shop.csv --label kind --text-columns name "
                                    "--text-embeddings shop.vectors.csv --modality text --recipe auto "
                                    "--out best.safetensors");
  CAPTURE(trained.err);
  REQUIRE(trained.code == 0);
  CHECK(has(trained.err, "recipe of text: linear_svm"));
  REQUIRE(
      command::run(
          work,
          "predict --data new.csv --model best.safetensors --text-embeddings new.vectors.csv --out said.csv")
          .code == 0);
  const auto again = aisle::read_csv(work / "said.csv");
  for (std::size_t i = 0; i < 30; ++i) CHECK(again.at(i, "Prediction") == "class " + std::to_string(i % 3));
}
