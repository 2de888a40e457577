// aisle run, train, predict, evaluate: the whole job on a tiny catalogue, and catalogues that are bad.

#include "command.hpp"

#include <doctest/doctest.h>

#include <aisle/io/csv.hpp>

namespace {

constexpr const char* models = " --text-model tiny-bert --image-model resnet18 ";

/// 30 good rows of two classes, and four that are not: a picture that is missing, one that is damaged (with a
/// text), a class of one row, a row without label.
void make_products(const support::temporary_folder& work) {
  command::make_models(work);
  command::make_catalogue(work);
  std::string csv = "sku,name,image_path,class_id\n";
  for (int i = 0; i < 30; ++i)
    csv += std::to_string(i) + (i % 2 ? ",blue shirt " : ",red jeans ") +
           std::string(1, static_cast<char>('a' + i % 3)) +
           (i % 2 ? ",one.png,Shirts\n" : ",two.png,Jeans\n");
  csv += "30,,gone.png,Jeans\n31,red jeans,broken.png,Jeans\n32,cotton,one.png,Odd\n33,cotton,one.png,\n";
  aisle::write_file(work / "products.csv", csv);
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("run, then predict and evaluate with what it wrote") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_products(work);
  const std::string line =
      "run --data products.csv --label class_id --out out --threads 2" + std::string(models);
  const auto o = command::run(work, line);
  CAPTURE(o.err);
  REQUIRE(o.code == 3);
  CHECK(o.out.empty());
  for (const char* name : {"metrics.json", "multimodal_results.csv", "image_results.csv", "text_results.csv",
                           "skipped.csv", "report.html", "text_mlp_results.csv",
                           "image_random_forest.safetensors", "multimodal_logistic_regression.safetensors"})
    CHECK_MESSAGE(aisle::file_exists(work / (std::string("out/") + name)), name);
  CHECK(aisle::file_exists(work / "Embeddings/Embeddings_resnet18.csv"));
  CHECK(aisle::file_exists(work / "Embeddings/text_embeddings_tiny-bert.csv"));

  const auto skipped = aisle::read_csv(work / "out/skipped.csv");
  REQUIRE(skipped.rows.size() == 4);
  const char* reasons[] = {"gone.png", "broken.png", "only row", "empty label"};
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(skipped.at(i, "row") == std::to_string(30 + i));
    CHECK(has(skipped.at(i, "reason"), reasons[i]));
    CHECK(has(o.err, "row " + std::to_string(30 + i)));
  }
  const auto metrics = aisle::read_json(work / "out/metrics.json");
  CHECK(metrics["models"].size() == 9);
  CHECK(metrics["phases_s"].contains("text embeddings"));
  CHECK(metrics["phases_s"].contains("write reports"));
  for (const aisle::json& m : metrics["models"].elements())
    if (m.get<bool>("chosen")) CHECK(m.get<double>("accuracy_mean") == 100);
  CHECK(has(o.err, "cross-validation"));

  SUBCASE("a second run embeds nothing and finds the same") {
    const std::string before = aisle::read_file(work / "out/multimodal_results.csv"),
                      vectors = aisle::read_file(work / "Embeddings/Embeddings_resnet18.csv"),
                      scores = aisle::read_json(work / "out/metrics.json")["models"].dump();
    const auto again = command::run(work, line);
    CHECK(again.code == 3);
    CHECK_FALSE(has(again.err, "load text model"));
    CHECK(has(again.err, "load image model"));  // the damaged picture is tried again
    CHECK(aisle::read_file(work / "out/multimodal_results.csv") == before);
    CHECK(aisle::read_file(work / "Embeddings/Embeddings_resnet18.csv") == vectors);
    CHECK(aisle::read_json(work / "out/metrics.json")["models"].dump() == scores);
  }
  SUBCASE("predict takes the chosen pipeline, rows it cannot do are named; evaluate judges") {
    const auto p = command::run(work, "predict --model out --data products.csv --out p.csv --skipped s.csv");
    CAPTURE(p.err);
    CHECK(p.code == 3);
    const auto table = aisle::read_csv(work / "p.csv");
    CHECK(table.header == std::vector<std::string>{"sku", "Prediction", "Probability"});
    CHECK(table.rows.size() == 32);
    CHECK(aisle::read_csv(work / "s.csv").rows.size() == 2);
    int right = 0;
    for (std::size_t i = 0; i < 30; ++i) right += table.at(i, "Prediction") == (i % 2 ? "Shirts" : "Jeans");
    CHECK(right == 30);

    const auto e = command::run(work, "evaluate p.csv --data products.csv --label class_id --json");
    CHECK(e.code == 3);  // row 33 has no label
    const auto scores = aisle::parse_json(e.out, "scores");
    CHECK(scores.get<int>("rows") == 31);
    CHECK(scores.get<double>("accuracy") == doctest::Approx(100 * 30.0 / 31));
    const auto report = command::run(work, "evaluate out/text_results.csv");
    CHECK(report.code == 0);
    CHECK(has(report.out, "macro avg"));
  }
  SUBCASE("train uses the embeddings there are") {
    const auto t = command::run(work,
                                "train --data products.csv --label class_id --modality text --learner mlp "
                                "--embeddings Embeddings --out t.safetensors" +
                                    std::string(models));
    CAPTURE(t.err);
    CHECK(t.code == 3);
    const auto p =
        command::run(work, "predict --model t.safetensors --data products.csv --out p.csv --probabilities");
    CHECK(p.code == 3);
    const auto table = aisle::read_csv(work / "p.csv");
    CHECK(table.header.size() == 6);  // Odd is a class here
    CHECK(table.rows.size() == 33);
  }
}

TEST_CASE("one modality alone, and the splits of a file") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_products(work);
  aisle::write_file(work / "s.json",
                    R"({"rows":34,"splits":[{"seed":1,"test":[0,1,2,3]},{"seed":2,"test":[4,5,6,7]}]})");
  const auto o =
      command::run(work,
                   "run --data products.csv --label class_id --out out --text-model tiny-bert "
                   "--image-model none --split s.json --fusion concat --learners logistic_regression");
  CAPTURE(o.err);
  CHECK(o.code == 3);
  CHECK(aisle::read_csv(work / "out/text_results.csv").rows.size() == 4);
  CHECK_FALSE(aisle::file_exists(work / "out/image_results.csv"));
  const auto metrics = aisle::read_json(work / "out/metrics.json");
  REQUIRE(metrics["models"].size() == 1);
  CHECK(metrics["models"][0]["splits"].size() == 2);
}

TEST_CASE("catalogues that cannot be done say why") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_products(work);
  const auto run = [&](const std::string& arguments) {
    return command::run(work, "run --out out --label class_id" + std::string(models) + arguments);
  };
  auto o = run("--data products.csv --id-column key");
  CHECK(o.code == 1);
  CHECK(has(o.err, "products.csv"));
  CHECK(has(o.err, "key"));
  CHECK(has(o.err, "image_path"));

  o = run("--data none.csv");
  CHECK(o.code == 1);
  CHECK(has(o.err, "none.csv"));

  aisle::write_file(work / "empty.csv", "sku,name,class_id\n");
  o = run("--data empty.csv");
  CHECK(o.code == 4);
  CHECK(has(o.err, "nothing to do"));

  aisle::write_file(work / "bad.csv", "sku,name,class_id\n1,a\n,b,c\n3,,d\n4,\xff,e\n");
  o = run("--data bad.csv");
  CHECK(o.code == 4);
  CHECK(aisle::read_csv(work / "out/skipped.csv").rows.size() == 4);
  for (const char* row : {"row 0", "row 1", "row 2", "row 3"}) CHECK(has(o.err, row));

  aisle::write_file(work / "alone.csv", "sku,name,class_id\n1,a,x\n2,b,y\n");
  o = run("--data alone.csv");
  CHECK(o.code == 4);
  CHECK(has(o.err, "no row has a label that others share"));

  CHECK(run("--data products.csv --fusion sum").code == 2);
  o = command::run(
      work, "run --out out --label class_id --data products.csv --text-model tiny-bert --image-model absent");
  CHECK(o.code == 1);
  CHECK(has(o.err, "tools/get-weights absent"));
  CHECK(command::run(work, "predict --model products.csv --data products.csv --out p.csv").code == 1);
  CHECK(command::run(work, "evaluate products.csv").code == 1);
}
