// --extra-columns and --fusion late, from a table to predictions.

#include "command.hpp"

#include <doctest/doctest.h>

#include <string>

#include <aisle/base/random.hpp>
#include <aisle/io/csv.hpp>
#include <aisle/io/json.hpp>

namespace {

using command::has;

/// Products whose price and maker tell their class, and vectors of texts and pictures that tell nothing.
void make_table(const support::temporary_folder& work, const std::string& name, int rows,
                std::uint64_t seed) {
  const char* makers[] = {"Smith", "Miller", "Miller"};
  const char* prices[] = {"12,50", "12,90", "1.299,00"};
  aisle::random_generator random(seed);
  std::string csv = "sku,name,kind,Price,maker\n", texts = "sku,a,b,c,d\n", pictures = texts;
  for (int i = 0; i < rows; ++i) {
    const std::string id = "p" + std::to_string(i);
    csv +=
        id + ",thing,class " + std::to_string(i % 3) + ",\"" + prices[i % 3] + "\"," + makers[i % 3] + "\n";
    for (std::string* vectors : {&texts, &pictures}) {
      *vectors += id;
      for (int k = 0; k < 4; ++k) *vectors += "," + std::to_string(random.normal());
      *vectors += "\n";
    }
  }
  aisle::write_file(work / (name + ".csv"), csv);
  aisle::write_file(work / (name + ".texts.csv"), texts);
  aisle::write_file(work / (name + ".pictures.csv"), pictures);
}

std::string vectors_of(const std::string& name) {
  return " --text-embeddings " + name + ".texts.csv --image-embeddings " + name + ".pictures.csv";
}

void check_predictions(const std::string& file) {
  const auto said = aisle::read_csv(file);
  REQUIRE(said.rows.size() == 30);
  std::size_t right = 0;
  for (std::size_t i = 0; i < 30; ++i) right += said.at(i, "Prediction") == "class " + std::to_string(i % 3);
  CHECK(right >= 28);
}

}  // namespace

TEST_CASE("--extra-columns are looked at by aisle run, train and predict") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_table(work, "shop", 90, 1);
  make_table(work, "new", 30, 2);
  const std::string shop = " --data shop.csv --label kind --text-columns name" + vectors_of("shop");
  const auto ran = command::run(
      work, "run --no-review --learners logistic_regression --out o --extra-columns Price,maker" + shop);
  CAPTURE(ran.err);
  REQUIRE(ran.code == 0);
  CHECK(has(ran.err, "extra column Price: numbers, written as in 1.299,00"));
  CHECK(has(ran.err, "extra column maker: 2 categories"));
  const aisle::json metrics = aisle::read_json(work / "o/metrics.json");
  CHECK(metrics.at("models").elements()[0].at("recipe").at("columns").as_vector<std::string>() ==
        std::vector<std::string>{"Price", "maker"});
  CHECK(metrics.at("models").elements()[0].get<double>("accuracy_mean") > 90);

  const auto trained =
      command::run(work, "train --fusion late --out late.safetensors --extra-columns Price,maker" + shop);
  CAPTURE(trained.err);
  REQUIRE(trained.code == 0);
  CHECK(has(trained.err, "extra column maker: 2 categories"));
  for (const char* model : {"o", "late.safetensors"}) {
    CAPTURE(model);
    const auto said = command::run(
        work, std::string("predict --data new.csv --out said.csv --model ") + model + vectors_of("new"));
    CAPTURE(said.err);
    REQUIRE(said.code == 0);
    check_predictions(work / "said.csv");
  }

  // Prices that are none count as missing, and are counted.
  std::string csv = aisle::read_file(work / "new.csv");
  {
    const aisle::csv_table table = aisle::read_csv(work / "new.csv");
    std::string other = "sku,name,kind,Price,maker\n";
    for (std::size_t r = 0; r < table.rows.size(); ++r)
      other +=
          table.at(r, "sku") + ",thing," + table.at(r, "kind") + ",on request," + table.at(r, "maker") + "\n";
    aisle::write_file(work / "asked.csv", other);
    const auto asked =
        command::run(work, "predict --data asked.csv --out asked.out.csv --model o" + vectors_of("new"));
    CAPTURE(asked.err);
    CHECK(
        has(asked.err, "asked.csv: column Price: 30 cells of 30 are no number as the pipeline learnt them"));
  }

  // A catalogue without the column.
  csv.replace(csv.find("Price"), 5, "Prize");
  aisle::write_file(work / "new.csv", csv);
  const auto lacking =
      command::run(work, "predict --data new.csv --out no.csv --model o" + vectors_of("new"));
  CHECK(lacking.code == 1);
  CHECK(has(lacking.err, "new.csv: no column 'Price' (which the pipeline learnt from)"));
  CHECK(has(lacking.err, "did you mean 'Prize'"));
  CHECK_FALSE(aisle::file_exists(work / "no.csv"));

  // What cannot be looked at is refused before anything is trained.
  const auto wrong = command::run(work, "run --out w --extra-columns pric" + shop);
  CHECK(wrong.code == 1);
  CHECK(has(wrong.err, "no column 'pric' (--extra-columns)"));
  CHECK(has(wrong.err, "did you mean 'Price'"));
  CHECK(command::run(work, "train --out w --extra-columns kind" + shop).code == 1);
}
