#include <doctest/doctest.h>

#include <filesystem>

#include <aisle/image/encode.hpp>

#include "command.hpp"

// Pictures as catalogues name them, through the command.

using command::has;

namespace {

namespace fs = std::filesystem;

/// Two pictures in pics/ and a model that nothing is known of.
void make_shop(const support::temporary_folder& work) {
  command::make_models(work);
  fs::create_directories(work / "pics");
  fs::copy_file(support::data("image/files/interlaced_rgb_45x37.png"), work / "pics/one 1.png");
  fs::copy_file(support::data("image/files/l_37x53.png"), work / "pics/two.png");
  fs::create_directories(work / "weights/mine");
  fs::copy_file(work / "weights/resnet18/model.safetensors", work / "weights/mine/model.safetensors");
}

}  // namespace

TEST_CASE("embed finds pictures by every kind of name, in a CSV and in JSON rows, below --image-root too") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_shop(work);
  aisle::write_file(
      work / "a.csv",
      "sku,image_path\n1,pics\\one 1.png\n2,pics/TWO.PNG|x.png\n3,\"[\"\"pics/one%201.png\"\"]\"\n");
  CHECK(command::run(work, "embed --data a.csv --image-model resnet18 --out a.csv.npy").code == 0);
  aisle::write_file(work / "b.csv",
                    "sku,image_path\n1,one 1.png\n2,two\n3,https://x.example/one%201.png?v=2\n");
  CHECK(command::run(work, "embed --data b.csv --image-model resnet18 --image-root pics --out b.npy").code ==
        0);
  CHECK(aisle::read_file(work / "a.csv.npy") == aisle::read_file(work / "b.npy"));
  const auto json = command::run(work, "embed --in - --image-model resnet18 --image-root pics --out -",
                                 R"({"id": 1, "image": "D:\\x\\one 1.png"})"
                                 "\n"
                                 R"({"id": 2, "image": "https://x.example/three.png"})"
                                 "\n");
  CHECK(json.code == 3);
  CHECK(has(json.out, R"("image_embedding":[)"));
  CHECK(has(json.err, "https://x.example/three.png is a URL"));
  CHECK(has(json.err, "--image-root"));
}

TEST_CASE("pictures that are nearly all missing are counted, with one of them and a hint") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_shop(work);
  aisle::write_file(
      work / "a.csv",
      "sku,name,k,image_path\n1,a,x,one 1.png\n2,b,x,two.png\n3,c,y,one 1.png\n4,d,y,two.png\n");
  const auto embedded = command::run(
      work, "embed --data a.csv --image-model resnet18 --text-model tiny-bert --out Embeddings/");
  CHECK(embedded.code == 3);
  CHECK(has(embedded.err, "4 of 4 pictures are not where the catalogue says"));
  CHECK(has(embedded.err, "None of 4 pictures could be read: "));

  const std::string run =
      "run --data a.csv --label k --test-size 0.5 --learners logistic_regression --out r "
      "--image-model resnet18 ";
  const auto with_texts = command::run(work, run + "--text-model tiny-bert");
  CAPTURE(with_texts.err);
  CHECK(with_texts.code == 3);
  CHECK(has(with_texts.err, "None of 4 pictures could be read: "));
  CHECK(has(with_texts.err, "going on with the texts alone"));
  CHECK(has(with_texts.err, "--image-root"));
  const auto without = command::run(work, run + "--text-model none");
  CAPTURE(without.err);
  CHECK(without.code == 4);
  CHECK(has(without.err, "None of 4 pictures could be read: "));
  CHECK_FALSE(has(without.err, "split"));
}

TEST_CASE("a picture model of which nothing is known needs --preset, and says so before it works") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_shop(work);
  aisle::write_file(work / "a.csv",
                    "sku,name,k,image_path\n1,a,x,pics/one 1.png\n2,b,x,pics/two.png\n"
                    "3,c,y,pics/one 1.png\n4,d,y,pics/two.png\n");
  const std::pair<std::string, std::string> commands[] = {
      {"embed --data a.csv --out a.npy", "a.npy"},
      {"embed --data a.csv --out E/", "E/Embeddings_mine.csv"},
      {"train --data a.csv --label k --modality image --out p.safetensors", "p.safetensors"},
      {"run --data a.csv --label k --test-size 0.5 --learners logistic_regression --text-model none --out r",
       "r/metrics.json"}};
  for (const auto& command_and_file : commands) {
    const auto& line = command_and_file.first;
    const auto& file = command_and_file.second;
    CAPTURE(line);
    const auto refused = command::run(work, line + " --image-model mine");
    CHECK(refused.code == 1);
    CHECK(has(refused.err, "nothing says how pictures are prepared for mine"));
    CHECK(has(refused.err, "--preset NAME"));
    CHECK_FALSE(aisle::file_exists(work / file));
    const auto done = command::run(work, line + " --image-model mine --preset timm_resnet50_a1");
    CAPTURE(done.err);
    CHECK(done.code == 0);
    CHECK(aisle::file_exists(work / file));
    const auto unknown = command::run(work, line + " --image-model mine --preset nope");
    CHECK(unknown.code == 2);
    CHECK(has(unknown.err, "no image preset 'nope'; there are: "));
  }
  // The pipeline remembers it.
  const auto predicted = command::run(work, "predict --model p.safetensors --data a.csv --out pred.csv");
  CAPTURE(predicted.err);
  CHECK(predicted.code == 0);
  // Another preset, other vectors: those of before are not taken over.
  const auto other =
      command::run(work, "embed --data a.csv --out E/ --image-model mine --preset plain_lanczos");
  CHECK(other.code == 0);
  CHECK(has(other.err, "0 of them from before"));
}

TEST_CASE("--scaled-jpeg: other vectors of large JPEGs, which are not mixed with those of all pixels") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  aisle::image picture(1200, 800);
  for (int y = 0; y < 800; ++y)
    for (int x = 0; x < 1200; ++x)
      for (int c = 0; c < 3; ++c)
        picture.row(y)[static_cast<std::size_t>(3 * x + c)] =
            static_cast<std::uint8_t>((x / 3 + y / (c + 2)) % 2 == 0 ? 40 * c : 255 - x / 6);
  aisle::write_image(work / "large.jpg", picture);
  aisle::write_file(work / "products.csv", "sku,image_path\n1,large.jpg\n");
  const std::string embed = "embed --data products.csv --image-model resnet18 --text-model '' ";
  const auto first = command::run(work, embed + "--out kept");
  CAPTURE(first.err);
  REQUIRE(first.code == 0);
  CHECK(command::has(command::run(work, embed + "--out kept").err, "1 of them from before"));
  const auto scaled = command::run(work, embed + "--scaled-jpeg --out kept");
  if (scaled.code == 2) {
    CHECK(command::has(scaled.err, "--scaled-jpeg needs libjpeg-turbo"));
    support::say_skipped("the command was built without libjpeg-turbo");
    return;
  }
  CHECK(scaled.code == 0);
  CHECK(command::has(scaled.err, "0 of them from before"));
  CHECK(command::run(work, embed + "--out all.jsonl").code == 0);
  CHECK(command::run(work, embed + "--scaled-jpeg --out scaled.jsonl").code == 0);
  CHECK(aisle::read_file(work / "all.jsonl") != aisle::read_file(work / "scaled.jsonl"));
}
