// The products nearest to a query: some words, or a picture.
//
//   build/bin/similar examples/catalogue/products.csv weights "something to drink tea from"
//   build/bin/similar examples/catalogue/products.csv weights examples/catalogue/images/100001.jpg
//
// Prints the five nearest: cosine (1 = the same direction), id, text.

#include <cstdint>
#include <exception>
#include <iomanip>
#include <iostream>
#include <string>
#include <vector>

#include <aisle/all.hpp>

int main(int count, char** arguments) try {
  if (count != 4) {
    std::cerr << "usage: similar PRODUCTS.csv WEIGHTS_FOLDER (WORDS | PICTURE)\n";
    return 2;
  }
  const std::string weights = arguments[2], query = arguments[3];
  const bool picture = aisle::file_exists(query);

  // Like is compared with like: a picture with pictures, words with texts.
  std::vector<std::string> names, items;
  for (const aisle::product& p : aisle::load_catalogue(arguments[1]).products) {
    const std::string& item = picture ? p.image_path : p.text;
    if (item.empty() || (picture && !aisle::file_exists(item))) continue;
    names.push_back(p.id + "  " + p.text.substr(0, 70));
    items.push_back(item);
  }
  items.push_back(query);
  const aisle::matrix<float> vectors =
      picture ? aisle::image_encoder::load(weights + "/efficientnet-lite0").encode_files(items)
              : aisle::text_encoder::load(weights + "/all-MiniLM-L6-v2").encode(items);

  const auto products = vectors.view().rows(0, vectors.rows() - 1);
  const auto found = aisle::nearest(vectors.row(products.rows()), products, {.k = 5});
  std::cout << std::fixed << std::setprecision(3);
  for (std::int64_t i = 0; i < found.indices.cols(); ++i)
    std::cout << found.scores(0, i) << "  " << names[static_cast<std::size_t>(found.indices(0, i))] << '\n';
  return 0;
} catch (const std::exception& e) {
  std::cerr << "similar: " << e.what() << '\n';
  return 1;
}
