// aisle run with a model of each picture family at its full size, on products of the example catalogue. The
// weights are generated: what a family's vectors are worth, the reference outputs say.

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <aisle/image/decode.hpp>
#include <aisle/image/encode.hpp>
#include <aisle/image/image_encoder.hpp>
#include <aisle/io/csv.hpp>
#include <aisle/models/zoo.hpp>

#include "command.hpp"
#include "generated_checkpoint.hpp"

namespace {

constexpr const char* examples = AISLE_SOURCE_FOLDER "/examples/catalogue/";

/// products.csv in `work` and as PNG, which every decoder reads alike, the first six pictures of three
/// classes. Returns their paths.
std::vector<std::string> make_products(const support::temporary_folder& work) {
  const auto all = aisle::read_csv(examples + std::string("products.csv"));
  std::map<std::string, int> taken = {{"Mugs", 0}, {"Lamps", 0}, {"Running shoes", 0}};
  std::string csv = "sku,image_path,class_id\n";
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < all.rows.size(); ++i) {
    const auto of_class = taken.find(all.at(i, "class_id"));
    if (of_class == taken.end() || of_class->second == 6 || all.at(i, "image_path").empty()) continue;
    ++of_class->second;
    const std::string name = all.at(i, "sku") + ".png";
    aisle::write_file(work / name, aisle::encode_png(aisle::read_image(examples + all.at(i, "image_path"))));
    csv += all.at(i, "sku") + "," + name + "," + of_class->first + "\n";
    paths.push_back(work / name);
  }
  REQUIRE(paths.size() == 18);
  aisle::write_file(work / "products.csv", csv);
  return paths;
}

}  // namespace

TEST_CASE("run goes through with a model of each picture family, by its library's own vectors" *
          doctest::skip(support::long_when_sanitized())) {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  const auto paths = make_products(work);
  std::set<std::string> families;
  for (const aisle::models::family* f : aisle::models::families())
    if (!f->text) families.emplace(f->name);
  for (const char* id : {"resnet18", "densenet121", "inception-v3", "convnextv2-atto", "efficientnet-lite0",
                         "vit-tiny", "swin-tiny"}) {
    CAPTURE(id);
    const aisle::models::zoo_entry* entry = aisle::models::find_model(id);
    REQUIRE(entry);
    families.erase(std::string(entry->of().name));
    command::make_checkpoint(work, id);
    const std::string model = " --text-model none --weights weights --image-model " + std::string(id);
    const auto o =
        command::run(work, "run --data products.csv --label class_id --no-review --out out" + model);
    CAPTURE(o.err);
    REQUIRE(o.code == 0);
    // A CSV of numbers that read back as they were.
    const auto stored = aisle::read_csv(work / ("Embeddings/Embeddings_" + std::string(id) + ".csv"));
    REQUIRE(stored.rows.size() == paths.size());
    const auto encoder = aisle::image_encoder::load(work / ("weights/" + std::string(id)));
    const auto vectors = encoder.encode_files({paths.front(), paths.back()});
    REQUIRE(vectors.cols() == encoder.dimension());
    for (const std::size_t row : {std::size_t{0}, paths.size() - 1}) {
      const auto& cells = stored.rows[row].fields;
      const auto expected = vectors.row(row == 0 ? 0 : 1);
      REQUIRE(cells.size() > expected.size());
      for (std::size_t c = 0; c < expected.size(); ++c)
        REQUIRE(std::stof(cells[cells.size() - expected.size() + c]) == expected[c]);
    }
    const auto metrics = aisle::read_json(work / "out/metrics.json");
    CHECK(metrics["rows"].get<int>("used") == 18);
    CHECK(metrics["models"].size() == 3);
    const auto again =
        command::run(work, "predict --model out --data products.csv --out predicted.csv --weights weights");
    CAPTURE(again.err);
    CHECK(again.code == 0);
    CHECK(aisle::read_csv(work / "predicted.csv").rows.size() == 18);
    std::filesystem::remove_all(work / ("weights/" + std::string(id)));
  }
  CHECK_MESSAGE(families.empty(), "a family without its line above");
}
