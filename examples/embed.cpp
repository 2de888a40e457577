// Texts and pictures to vectors.
//
//   build/bin/embed weights/all-MiniLM-L6-v2 "a red cotton shirt" "crimson tee made of cotton" "garden hose"
//   build/bin/embed weights/efficientnet-lite0 examples/catalogue/images/{100001,100143,100002}.jpg
//
// Prints how many dimensions the vectors have, and how alike each pair is (cosine, 1 = the same direction).

#include <exception>
#include <iomanip>
#include <iostream>
#include <string>
#include <vector>

#include <aisle/aisle.hpp>

int main(int count, char** arguments) try {
  if (count < 3) {
    std::cerr << "usage: embed MODEL_FOLDER (TEXT | PICTURE)...\n";
    return 2;
  }
  const std::string folder = arguments[1];
  const std::vector<std::string> items(arguments + 2, arguments + count);

  // A text model has a vocabulary.
  const bool text =
      aisle::file_exists(folder + "/vocab.txt") || aisle::file_exists(folder + "/tokenizer.json");
  const aisle::matrix<float> vectors = text ? aisle::text_encoder::load(folder).encode(items)
                                            : aisle::image_encoder::load(folder).encode_files(items);

  std::cout << vectors.rows() << " vectors of " << vectors.cols() << " dimensions\n"
            << std::fixed << std::setprecision(3);
  for (std::int64_t i = 0; i < vectors.rows(); ++i)
    for (std::int64_t j = i + 1; j < vectors.rows(); ++j)
      std::cout << aisle::cosine_similarity<float>(vectors.row(i), vectors.row(j)) << "  "
                << items[static_cast<std::size_t>(i)] << "  ~  " << items[static_cast<std::size_t>(j)]
                << '\n';
  return 0;
} catch (const std::exception& e) {
  std::cerr << "embed: " << e.what() << '\n';
  return 1;
}
