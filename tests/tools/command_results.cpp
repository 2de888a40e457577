// What aisle run leaves for use, and predict with it: columns that are remembered, rows that lack a modality,
// vectors that were made elsewhere.

#include "command.hpp"

#include <doctest/doctest.h>

#include <aisle/io/csv.hpp>
#include <aisle/io/npy.hpp>

namespace {

using command::has;

constexpr const char* models = " --text-model tiny-bert --image-model resnet18 ";

/// 24 rows of two classes under names of columns that nobody would guess.
void make_shop(const support::temporary_folder& work) {
  command::make_models(work);
  command::make_catalogue(work);
  std::string csv = "no,title,picture,kind\n";
  for (int i = 0; i < 24; ++i)
    csv += std::to_string(i) + (i % 2 ? ",blue shirt,one.png,Shirts\n" : ",red jeans,two.png,Jeans\n");
  aisle::write_file(work / "shop.csv", csv);
}

}  // namespace

TEST_CASE("predict knows the columns that the pipelines learnt from; rows without one modality fall back") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_shop(work);
  const auto o =
      command::run(work,
                   "run --data shop.csv --id-column no --text-columns title --image-column picture "
                   "--label kind --out out --learners logistic_regression" +
                       std::string(models));
  CAPTURE(o.err);
  REQUIRE(o.code == 0);
  aisle::write_file(work / "new.csv",
                    "kind,picture,no,title\n,one.png,a,blue shirt\n,,b,red jeans\n,two.png,c,\n,,d,\n"
                    ",gone.png,e,red jeans\n,one.png,a,blue shirt\n");
  const auto p = command::run(work, "predict --model out --data new.csv --out p.csv --probabilities");
  CAPTURE(p.err);
  CHECK(p.code == 3);
  const auto table = aisle::read_csv(work / "p.csv");
  REQUIRE(table.rows.size() == 6);
  CHECK(table.header[0] == "no");
  const char* expected[][3] = {{"a", "Shirts", "multimodal"}, {"b", "Jeans", "text"},
                               {"c", "Jeans", "image"},       {"d", "", ""},
                               {"e", "Jeans", "text"},        {"a", "", ""}};
  for (std::size_t i = 0; i < 6; ++i) {
    CAPTURE(i);
    CHECK(table.at(i, "no") == expected[i][0]);
    CHECK(table.at(i, "Prediction") == expected[i][1]);
    CHECK(table.at(i, "Modality") == expected[i][2]);
    CHECK(table.at(i, "Reason").empty() == (expected[i][1][0] != '\0'));
    CHECK(table.at(i, "Shirts").empty() == (expected[i][1][0] == '\0'));
  }
  CHECK(has(p.err, "p.csv: 6 rows: 1 by multimodal, 1 by image, 2 by text, 2 without a prediction"));

  // A catalogue without pictures, and one without what the pipeline needs.
  aisle::write_file(work / "texts.csv", "no,title\na,blue shirt\nb,red jeans\n");
  const auto texts = command::run(work, "predict --model out --data texts.csv --out t.csv");
  CAPTURE(texts.err);
  CHECK(texts.code == 0);
  CHECK(has(texts.err, "no column \"picture\""));
  CHECK(aisle::read_csv(work / "t.csv").at(1, "Modality") == "text");
  CHECK(command::run(work, "predict --model out --data texts.csv --text-columns name --out t.csv").code == 1);
  const auto one = command::run(work, "predict --model out/image.safetensors --data new.csv --out i.csv");
  CHECK(one.code == 3);
  const auto pictures = aisle::read_csv(work / "i.csv");
  CHECK(pictures.rows.size() == 6);
  CHECK(has(pictures.at(1, "Reason"), "no picture, which the pipeline needs"));
  CHECK(command::run(work, "predict --model out/image.safetensors --data texts.csv --out n.csv").code == 4);
  const auto none = aisle::read_csv(work / "n.csv");  // every row comes out, with its reason
  REQUIRE(none.rows.size() == 2);
  CHECK(none.at(0, "Prediction").empty());
  CHECK(has(none.at(1, "Reason"), "no picture"));
}

TEST_CASE("vectors that were made elsewhere: run, train and predict load no model for them") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  // No weights at all, and nothing in the catalogue but ids and labels.
  std::string csv = "sku,class_id\n", vectors = "sku,a,b,c\n";
  for (int i = 0; i < 40; ++i) {
    csv += "p" + std::to_string(i) + (i % 2 ? ",odd\n" : ",even\n");
    if (i == 39) continue;
    vectors += "p" + std::to_string(i) + (i % 2 ? ",1,0," : ",0,1,") + std::to_string(i % 5) + "\n";
  }
  aisle::write_file(work / "products.csv", csv);
  aisle::write_file(work / "text.csv", vectors + "unknown,1,2,3\n");
  const auto o = command::run(work,
                              "run --data products.csv --label class_id --out out --text-embeddings text.csv "
                              "--image-model none --learners logistic_regression");
  CAPTURE(o.err);
  REQUIRE(o.code == 3);  // p39 has no vector
  CHECK(has(o.err, "text.csv: vectors of 39 of 40 products; 1 of its ids is no product's"));
  CHECK(has(o.err, "39 text only"));
  CHECK(has(o.err, "left out 1 (1 no vector)"));
  CHECK(aisle::read_csv(work / "out/skipped.csv").at(0, "id") == "p39");
  const aisle::json metrics = aisle::read_json(work / "out/metrics.json");
  CHECK(metrics["models"][0].get<double>("accuracy_mean") == 100);

  aisle::matrix<float> fresh(2, 3);
  fresh(0, 0) = 1;
  fresh(1, 1) = 1;
  aisle::write_npy(work / "new.npy", fresh);
  aisle::write_file(work / "new.ids.csv", "id\nx\ny\n");
  aisle::write_file(work / "new.csv", "sku\ny\nx\nz\n");
  const auto none = command::run(work, "predict --model out --data new.csv --out p.csv");
  CHECK(none.code == 2);
  CHECK(has(none.err, "--text-embeddings"));
  const auto p =
      command::run(work, "predict --model out --data new.csv --text-embeddings new.npy --out p.csv");
  CAPTURE(p.err);
  CHECK(p.code == 3);
  CHECK(has(p.err, "must be made by the same model"));
  const auto table = aisle::read_csv(work / "p.csv");
  REQUIRE(table.rows.size() == 3);
  CHECK(table.at(0, "Prediction") == "even");
  CHECK(table.at(1, "Prediction") == "odd");
  CHECK(table.at(2, "Prediction").empty());
  CHECK(table.at(2, "Reason") == "no vector, which the pipeline needs");
  // Nothing that can be done: every row comes out all the same.
  aisle::write_file(work / "texts.csv", "sku,name\nx1,\nx2,a\n");
  const auto nothing = command::run(
      work, "predict --model out --data texts.csv --text-model none --image-model none --out n.csv");
  CAPTURE(nothing.err);
  CHECK(nothing.code == 4);
  CHECK(aisle::read_csv(work / "n.csv").at(0, "sku") == "x1");
  CHECK(aisle::read_csv(work / "n.csv").at(1, "sku") == "x2");
  aisle::write_file(work / "others.csv", "sku\nx1\nx2\n");
  aisle::write_file(work / "wide.csv", "sku,a,b,c,d\nx1,1,2,3,4\n");
  const auto wide =
      command::run(work, "predict --model out --data others.csv --text-embeddings wide.csv --out w.csv");
  CHECK(wide.code == 1);
  CHECK(has(wide.err, "--text-embeddings wide.csv: vectors of 4 values, expected 3 as those of text.csv"));

  const auto t =
      command::run(work,
                   "train --data products.csv --label class_id --modality text --out t.safetensors "
                   "--text-embeddings text.csv");
  CHECK(t.code == 3);
  const auto same = command::run(
      work, "predict --model t.safetensors --data products.csv --text-embeddings text.csv --out same.csv");
  CAPTURE(same.err);
  CHECK_FALSE(has(same.err, "must be made by the same model"));
  CHECK(aisle::read_csv(work / "same.csv").rows.size() == 40);

  aisle::write_file(work / "bad.csv", "sku,a\np1,nan\n");
  const auto bad =
      command::run(work,
                   "run --data products.csv --label class_id --out out2 --text-embeddings bad.csv "
                   "--image-model none");
  CHECK(bad.code == 1);
  CHECK(has(bad.err, "bad.csv: line 2 (p1), column a: \"nan\", expected a finite number"));
}

TEST_CASE("vectors that embed writes serve as vectors made elsewhere, in every format") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_shop(work);
  const std::string columns = " --id-column no --text-columns title --image-column picture ";
  for (const char* name : {"t.npy", "t.safetensors", "t.csv"})
    REQUIRE(
        command::run(work, "embed --data shop.csv" + columns + "--text-model tiny-bert --out " + name).code ==
        0);
  for (const char* name : {"i.npy", "i.safetensors", "i.csv"})
    REQUIRE(
        command::run(work, "embed --data shop.csv" + columns + "--image-model resnet18 --out " + name).code ==
        0);
  std::filesystem::remove_all(work / "weights");
  std::string first;
  for (const char* ending : {"npy", "safetensors", "csv"}) {
    CAPTURE(ending);
    const std::string out = "out_" + std::string(ending);
    const auto o = command::run(work, "run --data shop.csv" + columns + "--label kind --out " + out +
                                          " --learners logistic_regression --text-embeddings t." + ending +
                                          " --image-embeddings i." + ending);
    CAPTURE(o.err);
    REQUIRE(o.code == 0);
    const std::string models_found = aisle::read_json(work / (out + "/metrics.json"))["models"].dump();
    if (first.empty()) first = models_found;
    CHECK(models_found == first);
  }
}

TEST_CASE("predict names what the pipeline learnt from, where the table has none of it") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_shop(work);
  REQUIRE(
      command::run(work,
                   "run --data shop.csv --id-column no --text-columns title --image-column picture --label "
                   "kind --out out --learners logistic_regression --no-review" +
                       std::string(models))
          .code == 0);
  aisle::write_file(work / "new.csv", "no,name,Titel,image\na,blue shirt,x,one.png\n");
  const auto o = command::run(work, "predict --model out --data new.csv --out p.csv");
  CHECK(o.code == 1);
  CHECK(has(
      o.err,
      "new.csv: none of the columns 'title', 'picture' (which the pipeline learnt from; --text-columns and "
      "--image-column name others); columns: 'no', 'name', 'Titel', 'image', did you mean 'Titel'"));
  const auto one = command::run(work, "predict --model out/text.safetensors --data new.csv --out p.csv");
  CHECK(has(one.err, "'title'"));
  const auto given = command::run(work, "predict --model out --data new.csv --text-columns nom --out p.csv");
  CHECK(has(given.err, "'nom'"));
  CHECK(given.code == 1);
  CHECK(command::run(work, "predict --model out --data new.csv --text-columns name --out p.csv").code == 0);
  // One of two: the nearest name beside it.
  aisle::write_file(work / "new.csv", "no,titles,picture\na,blue shirt,one.png\n");
  CHECK(has(command::run(work, "predict --model out --data new.csv --out p.csv").err,
            "no column \"title\", which the pipeline learnt from, did you mean 'titles'?"));
  CHECK(has(command::run(work, "predict --model out --data shop.csv --keep-html --out p.csv").err,
            "--keep-html: the pipeline learnt from texts that HTML was taken out of"));
  CHECK_FALSE(has(command::run(work, "predict --model out --data shop.csv --out p.csv").err, "--keep-html"));
}

TEST_CASE("predict writes to stdout, and classes that are called as another column get one of their own") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  std::string csv = "sku,class_id\n", vectors = "sku,v0,v1\n";
  for (int i = 0; i < 40; ++i) {
    csv += "p" + std::to_string(i) + (i % 2 ? ",Known\n" : ",sku\n");
    vectors += "p" + std::to_string(i) + (i % 2 ? ",1,0\n" : ",0,1\n");
  }
  aisle::write_file(work / "products.csv", csv);
  aisle::write_file(work / "v.csv", vectors);
  REQUIRE(command::run(work,
                       "train --data products.csv --label class_id --modality text --out t.safetensors "
                       "--text-embeddings v.csv")
              .code == 0);
  const std::string line =
      "predict --model t.safetensors --data products.csv --text-embeddings v.csv --probabilities --out ";
  const auto file = command::run(work, line + "p.csv");
  CAPTURE(file.err);
  REQUIRE(file.code == 0);
  CHECK(has(file.err, "column 'probability of sku'"));
  const auto table = aisle::read_csv(work / "p.csv");
  CHECK(table.header == std::vector<std::string>{"sku", "Prediction", "Probability", "Modality", "Reason",
                                                 "Known", "probability of Known", "probability of sku"});
  const auto e = command::run(work, "evaluate p.csv --data products.csv --label class_id --json");
  CAPTURE(e.err);
  CHECK(aisle::parse_json(e.out, "scores").get<double>("accuracy") == 100);
  for (const char* name : {"-", "/dev/stdout"}) {
    const auto o = command::run(work, line + name);
    CAPTURE(o.err);
    CHECK(o.code == 0);
    CHECK(o.out == aisle::read_file(work / "p.csv"));
    CHECK(has(o.err, "stdout: 40 rows: 40 by text"));
  }
  CHECK_FALSE(aisle::file_exists(work / "-"));
  // Columns of vectors that stand in another order are told by their numbers.
  aisle::write_file(work / "turned.csv", [&] {
    std::string turned = "sku,v1,v0\n";
    for (int i = 0; i < 40; ++i) turned += "p" + std::to_string(i) + (i % 2 ? ",0,1\n" : ",1,0\n");
    return turned;
  }());
  const auto turned = command::run(work,
                                   "predict --model t.safetensors --data products.csv --text-embeddings "
                                   "turned.csv --probabilities --out -");
  CHECK(turned.out == aisle::read_file(work / "p.csv"));
  CHECK(has(turned.err, "turned.csv: its columns 'v1', 'v0' are taken in the order of their numbers"));
}
