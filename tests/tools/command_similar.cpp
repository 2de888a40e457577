// aisle similar: the nearest products by words, pictures and ids, and what cannot be asked.

#include "command.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

#include <aisle/image/image_encoder.hpp>
#include <aisle/io/csv.hpp>
#include <aisle/learn/nearest.hpp>
#include <aisle/text/text_encoder.hpp>

namespace {

constexpr const char* models = " --text-model tiny-bert --image-model resnet18 ";

command::outcome similar(const support::temporary_folder& work, const std::string& arguments) {
  return command::run(work, "similar --data products.csv " + arguments + models);
}

/// Three vectors of 2 numbers, A1's and A2's 60 degrees apart, A3's opposite to A1's.
void write_vectors(const support::temporary_folder& work) {
  aisle::write_file(work / "v.csv", "sku,text_1,text_2\nA1,1,0\nA2,0.5,0.8660254\nA3,-2,0\n");
}

}  // namespace

TEST_CASE("words find the texts that the library finds, one a row") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  command::make_catalogue(work);
  const auto o = similar(work, "--query 'blue jeans' --top 3");
  CAPTURE(o.err);
  CHECK(o.code == 3);  // a row has no id
  aisle::write_file(work / "found.csv", o.out);
  const auto t = aisle::read_csv(work / "found.csv");
  CHECK(t.header == std::vector<std::string>{"rank", "cosine", "row", "line", "id", "name"});
  REQUIRE(t.rows.size() == 3);
  const std::vector<std::string> ids = {"A1", "A2", "A3", "A5"};
  const auto encoder = aisle::text_encoder::load(work / "weights/tiny-bert");
  const auto texts =
      encoder.encode(std::vector<std::string>{"blue shirt cotton", "red jeans", "a, b c", "red shirts"});
  const auto query = encoder.encode(std::vector<std::string>{"blue jeans"});
  const auto expected = aisle::nearest(query, texts, 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(t.at(i, "rank") == std::to_string(i + 1));
    CHECK(t.at(i, "id") == ids[static_cast<std::size_t>(expected.indices(0, static_cast<std::int64_t>(i)))]);
    CHECK(
        std::strtod(std::string(t.at(i, "cosine")).c_str(), nullptr) ==
        doctest::Approx(static_cast<double>(expected.scores(0, static_cast<std::int64_t>(i)))).epsilon(1e-6));
  }
  // The text of a product, as the catalogue reads it, is nothing but itself.
  const auto same = similar(work, "--query ' <b>blue shirt</b> cotton' --top 1 --json");
  const aisle::json j = aisle::parse_json(same.out, "out");
  CHECK(j.get<std::string>("by") == "text");
  CHECK(j.get<std::string>("model") == "tiny-bert");
  CHECK(j["products"][0].get<std::string>("id") == "A1");
  CHECK(j["products"][0].get<std::string>("name") == "blue shirt");
  CHECK(j["products"][0].get<double>("cosine") == doctest::Approx(1).epsilon(1e-6));
}

TEST_CASE("a picture finds pictures, a product others like it, by the folder of embeddings") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  command::make_catalogue(work);
  const auto o = similar(work, "--query two.png --embeddings kept --out found.csv");
  CAPTURE(o.err);
  CHECK(o.code == 3);
  CHECK(o.out.empty());
  CHECK(command::has(o.err, "broken.png"));
  auto t = aisle::read_csv(work / "found.csv");
  REQUIRE(t.rows.size() == 2);  // those whose picture can be read
  CHECK(t.at(0, "id") == "A2");
  CHECK(std::strtod(std::string(t.at(0, "cosine")).c_str(), nullptr) == doctest::Approx(1).epsilon(1e-6));
  // Stored vectors are taken: with one that was changed in its place the answer would still be of the kept.
  const auto before = command::files_of(work / "kept");
  CHECK(before.contains("Embeddings_resnet18.csv"));
  const auto again = similar(work, "--query-id A1 --by image --embeddings kept --out found.csv");
  CAPTURE(again.err);
  CHECK(again.code == 3);
  CHECK(command::files_of(work / "kept") == before);
  t = aisle::read_csv(work / "found.csv");
  REQUIRE(t.rows.size() == 1);  // itself is not among them
  CHECK(t.at(0, "id") == "A2");
  const auto none = similar(work, "--query-id A3 --by image");
  CHECK(none.code == 1);
  CHECK(command::has(none.err, "A3"));
  CHECK(command::has(none.err, "--by text"));
}

TEST_CASE("vectors of a file are compared without a model where a product is the query") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_catalogue(work);
  write_vectors(work);
  const auto o = command::run(work, "similar --data products.csv --query-id A1 --embeddings v.csv");
  CAPTURE(o.err);
  CHECK(o.code == 3);
  const auto lines = command::lines_of(o.out);
  REQUIRE(lines.size() == 3);
  CHECK(lines[1].starts_with("1,0.5,1,3,A2,red jeans"));  // cos 60
  CHECK(lines[2].starts_with("2,-1,2,4,A3,"));            // cos 180
  command::make_models(work);
  const auto other = similar(work, "--query red --embeddings v.csv");
  CHECK(other.code == 1);
  CHECK(command::has(other.err, "2 numbers"));
  CHECK(command::has(other.err, "--text-model"));
}

TEST_CASE("what cannot be asked is said, and nothing is written") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  command::make_catalogue(work);
  struct question {
    const char* arguments;
    int code;
    std::vector<const char*> says;
  };
  const std::vector<question> questions = {{"", 2, {"--query", "--query-id"}},
                                           {"--query red --query-id A1", 2, {"--query", "--query-id"}},
                                           {"--query ' '", 2, {"--query", "empty"}},
                                           {"--query '<p> </p>'", 2, {"--query", "no words"}},
                                           {"--query-id a-1", 1, {"a-1", "did you mean 'A1'"}},
                                           {"--query missing.jpg", 2, {"missing.jpg", "--by text"}},
                                           {"--query red --by image", 2, {"red", "expected a picture"}},
                                           {"--query broken.png", 1, {"broken.png"}},
                                           {"--query red --top 0", 2, {"--top"}},
                                           {"--query red --out products.csv", 2, {"--out", "products.csv"}},
                                           {"--query one.png --out one.png", 2, {"--out", "one.png"}},
                                           {"--query red --embeddings none.npy", 1, {"none.npy"}}};
  for (const question& q : questions) {
    CAPTURE(q.arguments);
    const auto o = similar(work, q.arguments + std::string(" "));
    CAPTURE(o.err);
    CHECK(o.code == q.code);
    CHECK(o.out.empty());
    for (const char* part : q.says) CHECK(command::has(o.err, part));
  }
  const auto o = command::run(work, "similar --data products.csv --query red --text-model tiny-bret");
  CHECK(o.code == 1);
  CHECK(command::has(o.err, "tiny-bert"));
}
