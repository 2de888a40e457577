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

using command::has;

}  // namespace

TEST_CASE("run, then predict and evaluate with what it wrote" *
          doctest::skip(support::long_when_sanitized())) {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_products(work);
  const std::string line =
      "run --data products.csv --label class_id --out out --threads 2 --verbose" + std::string(models);
  const auto o = command::run(work, line);
  CAPTURE(o.err);
  REQUIRE(o.code == 3);
  CHECK(o.out.empty());
  for (const char* name : {"metrics.json", "multimodal_results.csv", "image_results.csv", "text_results.csv",
                           "skipped.csv", "report.html", "text_mlp_results.csv", "predictions.csv",
                           "text.safetensors", "image.safetensors", "multimodal.safetensors",
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
  // It ends with what it found, what became of the rows and where the report is.
  const auto said = command::lines_of(o.err);
  REQUIRE(said.size() > 3);
  CHECK(has(said[said.size() - 3], "found: "));
  CHECK(has(said[said.size() - 3], "test rows into the right one of 2 classes"));
  CHECK(said[said.size() - 2] ==
        "aisle: rows: 34, used 31 (30 with text and picture, 1 text only, 0 picture only), left out 3 (1 its "
        "picture cannot be read, 1 no label, 1 the only row of its class)");
  CHECK(said.back() == "aisle: report: out/report.html");
  CHECK(metrics["rows"].get<int>("used") == 31);

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
  SUBCASE("without --verbose no phases are said") {
    const auto quiet = command::run(work, line.substr(0, line.find("--verbose")) + models);
    CHECK_FALSE(has(quiet.err, "cross-validation"));
    CHECK(command::lines_of(quiet.err).back() == "aisle: report: out/report.html");
  }
  SUBCASE("predict takes the best pipeline that can do a row, names those that none can; evaluate judges") {
    const auto p = command::run(work, "predict --model out --data products.csv --out p.csv --skipped s.csv");
    CAPTURE(p.err);
    CHECK(p.code == 3);
    const auto table = aisle::read_csv(work / "p.csv");
    CHECK(table.header ==
          std::vector<std::string>{"sku", "Prediction", "Probability", "Modality", "Reason", "Known"});
    REQUIRE(table.rows.size() == 34);
    CHECK(aisle::read_csv(work / "s.csv").rows.size() == 2);
    CHECK(table.at(30, "Prediction").empty());
    CHECK(has(table.at(30, "Reason"), "gone.png"));
    CHECK(table.at(31, "Modality") == "text");
    CHECK(table.at(31, "Prediction") == "Jeans");
    for (std::size_t i = 0; i < 34; ++i) CHECK(table.at(i, "sku") == std::to_string(i));
    CHECK(has(p.err, "p.csv: 34 rows: 32 by "));
    CHECK(has(p.err, "1 by text, 1 without a prediction"));
    int right = 0;
    for (std::size_t i = 0; i < 30; ++i) right += table.at(i, "Prediction") == (i % 2 ? "Shirts" : "Jeans");
    CHECK(right == 30);

    const auto e = command::run(work, "evaluate p.csv --data products.csv --label class_id --json");
    CHECK(e.code == 3);  // row 33 has no label
    CHECK(has(e.err, "1 row without a prediction"));
    const auto scores = aisle::parse_json(e.out, "scores");
    CHECK(scores.get<int>("rows") == 32);
    CHECK(scores.get<double>("accuracy") == doctest::Approx(100 * 31.0 / 32));
    const auto report = command::run(work, "evaluate out/text_results.csv");
    CHECK(report.code == 0);
    CHECK(has(report.out, "macro avg"));
  }
  SUBCASE("a part of the catalogue, or another one, takes nothing from the embeddings there are") {
    const auto before = command::files_of(work / "Embeddings");
    CHECK(command::run(work, line + "--limit 10").code == 0);
    CHECK(command::files_of(work / "Embeddings") == before);
    aisle::write_file(work / "new.csv", "sku,colour,name\n0,blue,blue cotton shirt\n99,red,\n");
    const auto p = command::run(work,
                                "predict --model out/text_mlp.safetensors --data new.csv --out p.csv "
                                "--embeddings Embeddings");
    CAPTURE(p.err);
    CHECK(p.code == 3);
    const auto table = aisle::read_csv(work / "Embeddings/text_embeddings_tiny-bert.csv");
    CHECK(table.rows.size() == 34);
    CHECK_FALSE(has(command::run(work, line).err, "load text model"));
  }
  SUBCASE("results of what is not trained any more go; what is not ours stays") {
    aisle::write_file(work / "out/image_notes_results.csv", "mine");
    CHECK(command::run(work,
                       "run --data products.csv --label class_id --out out --text-model tiny-bert "
                       "--image-model none --learners mlp")
              .code == 3);
    std::string names;
    for (const auto& [name, content] : command::files_of(work / "out")) names += name + " ";
    CHECK(
        names ==
        "duplicates.csv image_notes_results.csv learning_curve.csv metrics.json predictions.csv quality.csv "
        "report.html report.ipynb report.json report.md review.csv skipped.csv suggested_labels.csv "
        "text.safetensors "
        "text_mlp.safetensors text_mlp_results.csv text_results.csv ");
  }
  SUBCASE("a report made again in another folder has its pictures; without them it says so") {
    const std::string page = aisle::read_file(work / "out/report.html");
    REQUIRE(has(page, "data:image/jpeg"));
    std::filesystem::create_directory(work / "elsewhere");
    CHECK(command::run(work, "report --results ../out --image-root ..", {}, "env -C elsewhere").code == 0);
    const std::string again = aisle::read_file(work / "out/report.html");
    CHECK((again.substr(again.find("id=\"products\""), 100'000) ==
           page.substr(page.find("id=\"products\""), 100'000)));
    std::filesystem::rename(work / "one.png", work / "moved.png");
    const auto r = command::run(work, "report --results out --out site --allow-outside");
    CHECK(r.code == 3);
    CHECK(has(r.err, "pictures of the report cannot be read"));
    CHECK(has(r.err, "one.png"));
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
    CHECK(table.header.size() == 9);  // Odd is a class here
    CHECK(table.rows.size() == 34);
  }
  SUBCASE("train names the rows that have not what it looks at") {
    aisle::write_file(work / "some.csv",
                      "sku,name,image_path,class_id\na,red,one.png,x\nb,blue,,y\nc,,two.png,y\n");
    const auto t = command::run(work,
                                "train --data some.csv --label class_id --modality image --out i.safetensors "
                                "--skipped s.csv" +
                                    std::string(models));
    CAPTURE(t.err);
    CHECK(t.code == 3);
    CHECK(has(t.err,
              "some.csv: row 1 (line 3), id b, column image_path: no picture, which modality image needs"));
    const auto left_out = aisle::read_csv(work / "s.csv");
    REQUIRE(left_out.rows.size() == 1);
    CHECK(left_out.at(0, "row") == "1");
  }
}

TEST_CASE("models that were named by their paths are found there again, and beside a pipeline that moved") {
  if (command::program().empty()) return;
  namespace fs = std::filesystem;
  const support::temporary_folder work;
  make_products(work);
  fs::create_directories(work / "shop/models");
  fs::create_directory(work / "shop/out");
  fs::rename(work / "weights/tiny-bert", work / "shop/models/mine");
  // Another model that has its name where models are.
  fs::copy(work / "weights/resnet18", work / "weights/mine", fs::copy_options::recursive);
  const auto t = command::run(work,
                              "train --data products.csv --label class_id --out shop/out/p.safetensors "
                              "--text-model shop/models/mine/ --image-model "
                              "./weights/resnet18/model.safetensors");
  CAPTURE(t.err);
  REQUIRE(t.code == 3);
  const auto predicts = [&](const std::string& options) {
    return command::run(work, "predict --data products.csv --out p.csv --model " + options);
  };
  const auto found = predicts("shop/out/p.safetensors");
  CAPTURE(found.err);
  CHECK(found.code == 3);
  CHECK_FALSE(has(found.err, "are not those that the pipeline was trained with"));
  CHECK(aisle::read_csv(work / "p.csv").rows.size() == 34);

  // Its whole path is no name of a model in --weights.
  const auto whole = command::run(work,
                                  "train --data products.csv --label class_id --out whole.safetensors "
                                  "--modality text --image-model none --text-model " +
                                      (work / "shop/models/mine"));
  CAPTURE(whole.err);
  REQUIRE(whole.code == 3);
  const auto by_whole = predicts("whole.safetensors");
  CAPTURE(by_whole.err);
  CHECK(by_whole.code == 3);
  CHECK_FALSE(has(by_whole.err, "are not those that the pipeline was trained with"));

  // Nor is one that begins with a dot, where --weights has another model of that name.
  fs::copy(work / "shop/models/mine", work / "mine", fs::copy_options::recursive);
  aisle::write_file(work / "row.jsonl", "{\"id\":1,\"text\":\"red shirt\"}\n");
  const auto vector_of = [&](const std::string& model) {
    return command::run(work, "embed --in row.jsonl --out - --text-model " + model);
  };
  const auto named = vector_of("./mine");
  CAPTURE(named.err);
  CHECK(named.code == 0);
  CHECK(named.out == vector_of("shop/models/mine").out);
  CHECK(vector_of("mine").code != 0);  // that of --weights, which is one of pictures

  fs::rename(work / "shop", work / "moved");
  const auto moved = predicts("moved/out/p.safetensors");
  CAPTURE(moved.err);
  CHECK(moved.code == 3);
  CHECK_FALSE(has(moved.err, "are not those that the pipeline was trained with"));

  fs::remove_all(work / "weights/mine");
  fs::rename(work / "moved/models/mine", work / "elsewhere");
  const auto lost = predicts("moved/out/p.safetensors");
  CHECK(lost.code == 1);
  CHECK(has(lost.err, "shop/models/mine, which is not there"));
  CHECK(has(lost.err, "moved/out or "));
  CHECK(has(lost.err, "weights/mine"));
  CHECK(has(lost.err, "--text-model names the place"));
  CHECK(predicts("moved/out/p.safetensors --text-model ./elsewhere").code == 3);
  fs::rename(work / "weights/resnet18", work / "resnet");
  CHECK(
      has(predicts("moved/out/p.safetensors --text-model ./elsewhere").err, "--image-model names the place"));
}

TEST_CASE("evaluate passes over the records that run and predict pass over") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  aisle::write_file(work / "products.csv", "sku,name,class_id\n1,a,x\n2,b,x,y\n3,c,y\n");
  aisle::write_file(work / "p.csv", "sku,Prediction\n1,x\n3,y\n");
  const auto e = command::run(work, "evaluate p.csv --data products.csv --label class_id --json");
  CHECK(e.code == 3);
  CHECK(has(e.err, "products.csv: row 1 (line 3): 4 fields"));
  CHECK(aisle::parse_json(e.out, "scores").get<int>("rows") == 2);
}

TEST_CASE("the command that a report shows can be typed again") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_products(work);
  std::string csv = aisle::read_file(work / "products.csv");
  csv.replace(csv.find("class_id"), 8, "buyer's $class");
  aisle::write_file(work / "products.csv", csv);
  const auto o = command::run(work,
                              "run --data products.csv --label \"buyer's \\$class\" --out out --text-model "
                              "tiny-bert --image-model none --learners logistic_regression");
  CAPTURE(o.err);
  REQUIRE(o.code == 3);
  const std::string shown = aisle::read_json(work / "out/report.json").get<std::string>("command");
  CAPTURE(shown);
  REQUIRE(shown.starts_with("aisle "));
  CHECK(command::run(work, shown.substr(6)).code == 3);
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
                   "--image-model '' --split s.json --fusion concat --learners logistic_regression");
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
  CHECK(aisle::read_csv(work / "out/skipped.csv").rows.size() == 2);

  CHECK(run("--data products.csv --fusion sum").code == 2);
  for (const char* share : {"0", "1", "-0.5", "2", "nan", "x"})
    CHECK(run("--data products.csv --test-size " + std::string(share)).code == 2);

  // Found before anything is embedded.
  o = command::run(
      work, "run --out out --label class_id --data products.csv --text-model tiny-bert --image-model absent");
  CHECK(o.code == 1);
  CHECK(has(o.err, "aisle weights list"));
  aisle::write_file(work / "s.json", R"({"rows":33,"splits":[{"seed":1,"test":[0]}]})");
  o = run("--data products.csv --split s.json");
  CHECK(o.code == 1);
  CHECK(has(o.err, "s.json: splits of 33 rows, products.csv has 34"));
  CHECK_FALSE(aisle::folder_exists(work / "Embeddings"));
  CHECK(command::run(work, "predict --model products.csv --data products.csv --out p.csv").code == 1);
  CHECK(command::run(work, "evaluate products.csv").code == 1);
}
