// What the README shows, compiled as it stands there and run where the weights are.

#include <doctest/doctest.h>

#include <sstream>

#include <aisle/aisle.hpp>

#include "support/support.hpp"

namespace {

void readme(const std::string& weights, const std::vector<std::string>& titles,
            const std::vector<std::string>& paths, const std::vector<std::string>& categories,
            std::ostream& output) {
  const auto text = aisle::text_encoder::load(weights + "/all-MiniLM-L6-v2");
  const auto image = aisle::image_encoder::load(weights + "/efficientnet-lite0");
  aisle::matrix<float> t = text.encode(titles);        // [n, 384], unit rows
  aisle::matrix<float> v = image.encode_files(paths);  // [n, 1280]

  const aisle::label_vector labels{categories};  // strings or integers
  const auto [train, test] = aisle::stratified_split(labels, {.test_size = 0.3, .seed = 42});

  const auto fusion = aisle::balanced_fusion::fit({t.rows(train), v.rows(train)});
  const aisle::matrix<float> x = fusion.transform({t, v});  // [n, 1664]

  aisle::random_forest<float> forest{{.trees = 200, .seed = 42}};
  forest.fit(x.rows(train), labels.rows(train));
  output << aisle::classification_report(labels.rows(test), forest.predict(x.rows(test)));
}

}  // namespace

TEST_CASE("the README's example") {
  const std::string weights = support::shared("weights");
  if (weights.empty() || !std::filesystem::exists(weights + "/efficientnet-lite0")) return;
  const std::string folder = std::string(AISLE_SOURCE_FOLDER) + "/examples/catalogue/images/";
  std::vector<std::string> titles, paths, categories;
  for (int i = 0; i < 10; ++i) {
    titles.push_back(i % 2 ? "a blue shirt" : "a coffee maker");
    paths.push_back(folder + std::to_string(100001 + i) + ".jpg");
    categories.push_back(i % 2 ? "clothes" : "kitchen");
  }
  std::ostringstream out;
  readme(weights, titles, paths, categories, out);
  CHECK(out.str().find("accuracy") != std::string::npos);
  CHECK(out.str().find("kitchen") != std::string::npos);
}
