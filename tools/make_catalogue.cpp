#include <cstdio>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <aisle/base/file.hpp>
#include <aisle/base/random.hpp>

#include "catalogue/canvas.hpp"
#include "catalogue/jpeg.hpp"
#include "catalogue/scene.hpp"
#include "catalogue/words.hpp"

// Writes the embedded catalogue, examples/catalogue: products.csv and a picture for each row, drawn and
// written from a seed. The same bytes on every machine and compiler; tests/tools compares them with what is
// committed.
//
//   make_catalogue FOLDER

namespace {

using namespace catalogue;

constexpr std::uint64_t seed = 20240607;

const std::vector<std::string_view> brands = {"Northline",   "Halden",   "Quillon", "Oda & Finch",
                                              "Brightwater", "Mosswood", "Tern",    "Kestrel Works",
                                              "Lindqvist",   "Pavo",     "Maren",   "Studio Elm"};

std::string quoted(const std::string& field) {
  if (field.find_first_of(",\"\n") == field.npos) return field;
  std::string out = "\"";
  for (const char ch : field) {
    if (ch == '"') out += '"';
    out += ch;
  }
  return out + "\"";
}

look random_look(random_generator& rng, std::size_t colour) {
  look l;
  l.rng = &rng;
  const auto jitter = [&](rgba c) {
    const double light = l.uniform(-0.05, 0.05), r = l.uniform(-0.03, 0.03), g = l.uniform(-0.03, 0.03),
                 b = l.uniform(-0.03, 0.03);
    return rgba{clamp01(c.r + light + r), clamp01(c.g + light + g), clamp01(c.b + light + b)};
  };
  l.main = jitter(colours()[colour].value);
  const auto other =
      (colour + 1 + static_cast<std::size_t>(rng.below(colours().size() - 1))) % colours().size();
  l.accent = jitter(colours()[other].value);
  l.pattern = l.chance(0.5) ? static_cast<int>(plain) : l.below(pattern_count);
  l.phase = l.uniform(0, 1);
  return l;
}

int random_kind(random_generator& rng, int product) {
  return static_cast<int>(rng.below(vocabularies()[static_cast<std::size_t>(product)].subclasses.size()));
}

shot random_shot(random_generator& rng) {
  const double u = rng.uniform();
  return u < 0.66   ? shot::whole
         : u < 0.75 ? shot::close
         : u < 0.79 ? shot::carton
         : u < 0.82 ? shot::swatch
         : u < 0.88 ? shot::set
         : u < 0.92 ? shot::distant
         : u < 0.94 ? shot::dim
                    : shot::props;
}

candour random_candour(random_generator& rng) {
  const double u = rng.uniform();
  return u < 0.83 ? candour::plain : u < 0.93 ? candour::terse : candour::crossed;
}

void make(const std::string& folder) {
  random_generator order(aisle::stream_seed(seed, 0));
  std::vector<int> products;
  for (std::size_t c = 0; c < vocabularies().size(); ++c)
    for (int i = 0; i < vocabularies()[c].rows; ++i) products.push_back(static_cast<int>(c));
  order.shuffle(products);

  aisle::make_folders(folder + "/images");
  std::string csv =
      "sku,name,description,image,type,price,shipping,manufacturer,class_id,sub_class1_id,image_path\n";
  for (std::size_t row = 0; row < products.size(); ++row) {
    const int product = products[row];
    const vocabulary& own = vocabularies()[static_cast<std::size_t>(product)];
    // Text and picture have generators of their own: a change in how one is made leaves the other as it is.
    random_generator rng(aisle::stream_seed(seed, 3 * row + 1));
    random_generator text_rng(aisle::stream_seed(seed, 3 * row + 2));
    random_generator picture_rng(aisle::stream_seed(seed, 3 * row + 3));

    const std::size_t colour = static_cast<std::size_t>(rng.below(colours().size()));
    const int kind = random_kind(rng, product);
    const std::string_view brand = brands[static_cast<std::size_t>(rng.below(brands.size()))];
    const int cents =
        100 * static_cast<int>(static_cast<std::uint64_t>(own.cheapest) +
                               rng.below(static_cast<std::uint64_t>(own.dearest - own.cheapest))) +
        95;

    const candour mode = random_candour(text_rng);
    const texts text = copywriter(text_rng, own, kind, colours()[colour].name, brand).write(mode);

    const shot how = random_shot(picture_rng);
    const look l = random_look(picture_rng, colour);
    const int prop = static_cast<int>(
        (static_cast<std::uint64_t>(product) + 1 + picture_rng.below(vocabularies().size() - 1)) %
        vocabularies().size());
    const int prop_kind = random_kind(picture_rng, prop);
    const auto prop_colour = static_cast<std::size_t>(picture_rng.below(colours().size()));
    const look prop_look = random_look(picture_rng, prop_colour);
    canvas c;
    photograph(c, l, product, kind, how, prop, prop_kind, prop_look);

    const std::string sku = std::to_string(100001 + row), image = "images/" + sku + ".jpg";
    aisle::write_file(folder + "/" + image, jpeg_writer::encode(c.bytes(), canvas::size, 82));
    const std::string price = std::to_string(cents / 100) + "." + std::to_string(cents % 100);
    for (const std::string& field :
         {sku, text.name, text.description, "https://example.com/" + image, std::string("HardGood"), price,
          std::string(cents >= 5000 ? "0" : "4.95"), std::string(brand), std::string(own.name),
          std::string(own.subclasses[static_cast<std::size_t>(kind)])})
      csv += quoted(field) + ",";
    csv += image + "\n";
  }
  aisle::write_file(folder + "/products.csv", csv);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 || argv[1][0] == '-') {
    std::fprintf(stderr,
                 "usage: make_catalogue FOLDER\nwrites FOLDER/products.csv and FOLDER/images/*.jpg\n");
    return 2;
  }
  try {
    make(argv[1]);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "make_catalogue: %s\n", e.what());
    return 1;
  }
  return 0;
}
