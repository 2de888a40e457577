#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>

#include <aisle/base/file.hpp>
#include <aisle/base/random.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/catalogue/detail/embedding_csv.hpp>
#include <aisle/catalogue/embeddings.hpp>
#include <aisle/io/csv.hpp>
#include <aisle/io/safetensors.hpp>

#include "../../tools/aisle/replay.hpp"
#include "support/support.hpp"

namespace {

namespace fs = std::filesystem;
using aisle::detail::embedding_csv;

aisle::matrix<float> awkward_floats(std::int64_t rows, std::int64_t cols) {
  aisle::random_generator random(7);
  aisle::matrix<float> out(rows, cols);
  for (std::int64_t i = 0; i < rows * cols; ++i) {
    float v;
    do {
      const auto bits = static_cast<std::uint32_t>(random());
      std::memcpy(&v, &bits, 4);
    } while (!std::isfinite(v));
    out.data()[i] = v;
  }
  out(0, 0) = -0.0f;
  out(0, 1) = std::numeric_limits<float>::denorm_min();
  return out;
}

bool same_bits(const aisle::matrix<float>& a, const aisle::matrix<float>& b) {
  return a.rows() == b.rows() && a.cols() == b.cols() &&
         std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.rows() * a.cols()) * 4) == 0;
}

/// Two tiny models with weights of the golden set, and a catalogue of pictures there are.
struct tiny_catalogue {
  support::temporary_folder work;
  std::string rows;

  tiny_catalogue() {
    std::string words;
    for (const char* w : {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "blue", "red", "shirt", "jeans"})
      words += std::string(w) + "\n";
    aisle::write_file(make_model("tiny_bert.hf", "tiny-bert") + "/vocab.txt", words);
    make_model("tiny_resnet_basic.timm", "resnet18");
    fs::copy_file(support::data("image/files/interlaced_rgb_45x37.png"), work / "one.png");
    fs::copy_file(support::data("image/files/l_37x53.png"), work / "two.png");
    aisle::write_file(work / "bad.png", "no picture");
    rows =
        "1,blue shirt,one.png\n2,\"red, "
        "\"\"blue\"\"\njeans\",two.png\n3,,bad.png\n4,jeans,\n5,red,gone.png\n";
  }
  std::string make_model(const std::string& name, const std::string& id) {
    const aisle::json c = aisle::read_json(support::data("models/tiny/" + name + ".json"));
    const std::string folder = work / ("weights/" + id);
    fs::create_directories(folder);
    aisle::write_safetensors(folder + "/model.safetensors", replay::generate(c));
    if (c.contains("hf_config")) aisle::write_file(folder + "/config.json", c["hf_config"].dump());
    return folder;
  }
  aisle::catalogue load() const {
    aisle::write_file(work / "products.csv", "sku,name,image_path\n" + rows);
    return aisle::load_catalogue(work / "products.csv");
  }
  aisle::embedding_options options(const std::string& model) const {
    return {.model_path = work / ("weights/" + model), .folder = work / "Embeddings", .threads = 2};
  }
  aisle::embedding_table texts() const { return aisle::embed_texts(load(), options("tiny-bert")); }
  aisle::embedding_table images() const { return aisle::embed_images(load(), options("resnet18")); }
};

}  // namespace

TEST_CASE("vectors survive their CSV bit for bit, whatever stands beside them") {
  const support::temporary_folder work;
  const auto vectors = awkward_floats(300, 9);
  embedding_csv table{
      .header = {"a", "b,c"}, .leading = {}, .prefix = "image_", .first = 0, .vectors = vectors};
  for (int i = 0; i < 300; ++i)
    table.leading.push_back({i % 3 ? "x" : "two\nlines, \"quoted\"", std::to_string(i)});
  {
    aisle::atomic_file file(work / "e.csv");
    aisle::detail::write_embedding_csv(file, table, 2);
    file.commit();
  }
  const std::string text = aisle::read_file(work / "e.csv");
  const auto back = aisle::detail::read_embedding_csv(text, "e.csv", 9, 2);
  CHECK(same_bits(back.vectors, vectors));
  CHECK(back.header == table.header);
  CHECK(back.leading == table.leading);
  // An ordinary reader sees the same table.
  const auto csv = aisle::read_csv(work / "e.csv");
  CHECK(csv.header.at(1) == "b,c");
  CHECK(csv.header.at(10) == "image_8");
  REQUIRE(csv.rows.size() == 300);
  CHECK(csv.rows[3].fields[0] == "two\nlines, \"quoted\"");
  CHECK(std::stof(csv.rows[299].fields[10]) == vectors(299, 8));
}

TEST_CASE("an embedding CSV that is damaged is refused with its row") {
  const auto read = [](const char* text) { return aisle::detail::read_embedding_csv(text, "e.csv", 2, 1); };
  CHECK(read("a,v,w\nx,1,2\n").vectors.rows() == 1);
  CHECK(read("a,v,w\nx,1,2").vectors.rows() == 1);
  for (const char* bad :
       {"", "v,w\n1,2\n", "a,v,w\nx,1\n", "a,v,w\nx,1,2,3\n", "a,v,w\nx,1,y\n", "a,v,w\nx,1,nan\n",
        "a,v,w\nx,1,2z\n", "a,v,w\nx,1,\n", "a,v,w\n\"x,1,2\n", "a,v,w\nx,1,1e99\n"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(read(bad), aisle::format_error);
  }
}

TEST_CASE("embeddings of a catalogue and their files") {
  const tiny_catalogue t;
  const auto text = t.texts();
  CHECK(text.rows == aisle::index_vector{0, 1, 3, 4});
  CHECK(text.vectors.cols() == 32);
  CHECK(text.tokens.size() == 4);
  CHECK(text.tokens[0] == 4);
  CHECK(text.reused == 0);
  CHECK(text.model == "tiny-bert");
  CHECK(text.weights_sha256.size() == 64);
  const auto csv = aisle::read_csv(aisle::text_embeddings_path(t.work / "Embeddings", "tiny-bert"));
  CHECK(csv.header.size() == 3 + 32);
  CHECK(csv.header[3] == "text_1");
  CHECK(csv.rows.at(1).fields[1] == "red, \"blue\"\njeans");

  const auto image = t.images();
  CHECK(image.rows == aisle::index_vector{0, 1});
  REQUIRE(image.problems.size() == 2);
  CHECK(image.problems[0].row == 2);
  CHECK(image.problems[0].column == "image_path");
  CHECK(image.problems[0].reason.find("bad.png") != std::string::npos);
  CHECK(image.problems[1].row == 4);
  CHECK(image.problems[1].reason.find("gone.png") != std::string::npos);
  const auto pictures = aisle::read_csv(aisle::image_embeddings_path(t.work / "Embeddings", "resnet18"));
  CHECK(pictures.header.at(0) == "ImageName");
  CHECK(pictures.header.at(1) == "sku");
  CHECK(pictures.header.at(2) == "image_0");
  CHECK(pictures.rows.at(1).fields[0] == "two.png");
  CHECK(pictures.rows.at(1).fields[1] == "2");
}

TEST_CASE("a second call takes over what has not changed, with the same bits") {
  tiny_catalogue t;
  const auto text = t.texts();
  const auto image = t.images();
  const auto again = t.texts();
  CHECK(again.reused == 4);
  CHECK(same_bits(again.vectors, text.vectors));
  CHECK(again.tokens == text.tokens);
  const auto images_again = t.images();
  CHECK(images_again.reused == 2);
  CHECK(same_bits(images_again.vectors, image.vectors));
  CHECK(images_again.problems.size() == 2);

  SUBCASE("rows that are new, gone or elsewhere") {
    t.rows = "9,jeans red,two.png\n4,jeans,\n1,blue shirt,one.png\n";
    const auto changed = t.texts();
    CHECK(changed.reused == 2);
    CHECK(aisle::ranges::equal(changed.vectors.row(1), text.vectors.row(2)));
    CHECK(aisle::ranges::equal(changed.vectors.row(2), text.vectors.row(0)));
    aisle::embedding_options fresh = t.options("tiny-bert");
    fresh.folder.clear();
    CHECK(same_bits(changed.vectors, aisle::embed_texts(t.load(), fresh).vectors));
    CHECK(t.texts().reused == 3);  // the files were brought up to date
  }
  SUBCASE("a part of the catalogue: the files stay as they are") {
    const std::string path = aisle::text_embeddings_path(t.work / "Embeddings", "tiny-bert");
    const std::string before = aisle::read_file(path), manifest = aisle::read_file(path + ".manifest.json");
    aisle::write_file(t.work / "products.csv", "sku,name,image_path\n" + t.rows);
    const auto part = aisle::load_catalogue(t.work / "products.csv", {.limit = 2});
    CHECK(aisle::embed_texts(part, t.options("tiny-bert")).reused == 2);
    CHECK(aisle::embed_images(part, t.options("resnet18")).reused == 2);
    CHECK(aisle::read_file(path) == before);
    CHECK(aisle::read_file(path + ".manifest.json") == manifest);
    CHECK(t.images().reused == 2);
  }
  SUBCASE("another catalogue in the same folder: its rows first, the others' behind them, in its columns") {
    aisle::write_file(t.work / "others.csv", "colour,sku,name\nred,1,blue shirt\ngreen,77,shirt\n");
    const auto others = aisle::load_catalogue(t.work / "others.csv");
    const auto made = aisle::embed_texts(others, t.options("tiny-bert"));
    CHECK(made.reused == 1);
    CHECK(aisle::ranges::equal(made.vectors.row(0), text.vectors.row(0)));
    const auto csv = aisle::read_csv(aisle::text_embeddings_path(t.work / "Embeddings", "tiny-bert"));
    REQUIRE(csv.rows.size() == 5);
    CHECK(csv.header.size() == 3 + 32);
    const char* expected[][3] = {{"red", "1", "blue shirt"},
                                 {"green", "77", "shirt"},
                                 {"", "2", "red, \"blue\"\njeans"},
                                 {"", "4", "jeans"},
                                 {"", "5", "red"}};
    for (std::size_t r = 0; r < 5; ++r) {
      const char* names[] = {"colour", "sku", "name"};
      for (std::size_t c = 0; c < 3; ++c) CHECK(csv.at(r, names[c]) == expected[r][c]);
    }
    // Nothing is embedded twice, and the vectors are still at their texts.
    const auto back = t.texts();
    CHECK(back.reused == 4);
    CHECK(same_bits(back.vectors, text.vectors));
    CHECK(back.tokens == text.tokens);
    CHECK(same_bits(aisle::embed_texts(others, t.options("tiny-bert")).vectors, made.vectors));
  }
  SUBCASE("files that were made otherwise are kept, and taken up again") {
    const std::string path = aisle::text_embeddings_path(t.work / "Embeddings", "tiny-bert"),
                      aside = t.work / "Embeddings/text_embeddings_tiny-bert.old.csv";
    const std::string before = aisle::read_file(path);
    std::string warning;
    const auto embed = [&](const char* isa) {
      auto options = t.options("tiny-bert");
      options.engine.isa = isa;
      options.on_warning = [&](std::string_view w) { warning = w; };
      return aisle::embed_texts(t.load(), options).reused;
    };
    const bool other = text.kernel != "generic";
    if (other) {
      CHECK(embed("generic") == 0);
      CHECK(warning.find(aside) != std::string::npos);
      CHECK(aisle::read_file(aside) == before);
      CHECK(embed("") == 4);
      CHECK(aisle::read_file(path) == before);
      CHECK(embed("generic") == 4);
    }
    // A CSV of this name that is not ours.
    fs::remove(path + ".manifest.json");
    aisle::write_file(path, "sku,text_1\n1,0.5\n");
    fs::remove(aside);
    CHECK(embed("") == 0);
    CHECK(warning.find("no manifest") != std::string::npos);
    CHECK(aisle::read_file(aside) == "sku,text_1\n1,0.5\n");
  }
  SUBCASE("a picture with other content under the old name") {
    fs::copy_file(support::data("image/files/rgb_2x3.png"), t.work / "one.png",
                  fs::copy_options::overwrite_existing);
    const auto changed = t.images();
    CHECK(changed.reused == 1);
    // The first row of a name is the one that holds.
    const auto table = aisle::read_csv(aisle::image_embeddings_path(t.work / "Embeddings", changed.model));
    REQUIRE(table.rows.size() == changed.rows.size() + 1);
    CHECK(table.at(0, "ImageName") == "one.png");
    CHECK(table.at(table.rows.size() - 1, "ImageName") == "one.png");
    CHECK(std::stof(std::string(table.at(0, "image_0"))) == changed.vectors(0, 0));
    CHECK_FALSE(aisle::ranges::equal(changed.vectors.row(0), image.vectors.row(0)));
    CHECK(aisle::ranges::equal(changed.vectors.row(1), image.vectors.row(1)));
  }
  SUBCASE("only other columns changed: vectors are taken over, the CSV is brought up to date") {
    t.rows =
        "1000,blue shirt,one.png\n2,\"red, "
        "\"\"blue\"\"\njeans\",two.png\n3,,bad.png\n4,jeans,\n5,red,gone.png\n";
    CHECK(t.texts().reused == 4);
    CHECK(aisle::read_csv(aisle::text_embeddings_path(t.work / "Embeddings", "tiny-bert"))
              .rows.at(0)
              .fields[0] == "1000");
  }
  SUBCASE("other weights, or files that were touched: everything is embedded again") {
    const std::string path = aisle::text_embeddings_path(t.work / "Embeddings", "tiny-bert");
    const auto embed = [&](std::string& warning) {
      auto options = t.options("tiny-bert");
      options.on_warning = [&](std::string_view w) { warning = w; };
      return aisle::embed_texts(t.load(), options);
    };
    std::string warning;
    SUBCASE("weights") {
      fs::rename(t.work / "weights/tiny-bert/model.safetensors", t.work / "w");
      auto tensors = aisle::read_safetensors(t.work / "w");
      aisle::write_safetensors(t.work / "weights/tiny-bert/model.safetensors", tensors, {{"other", "file"}});
      CHECK(embed(warning).reused == 0);
      CHECK(warning.find("weights") != std::string::npos);
    }
    SUBCASE("tokenizer") {
      aisle::write_file(t.work / "weights/tiny-bert/vocab.txt",
                        aisle::read_file(t.work / "weights/tiny-bert/vocab.txt") + "coat\n");
      CHECK(embed(warning).reused == 0);
      CHECK(warning.find("settings") != std::string::npos);
    }
    SUBCASE("the CSV") {
      std::string csv = aisle::read_file(path);
      csv.back() = ' ';
      aisle::write_file(path, csv);
      CHECK(embed(warning).reused == 0);
      CHECK(warning.find("changed") != std::string::npos);
    }
    SUBCASE("the manifest") {
      const std::string manifest = aisle::read_file(path + ".manifest.json");
      aisle::write_file(path + ".manifest.json", manifest.substr(0, manifest.size() / 2));
      CHECK(embed(warning).reused == 0);
      CHECK(warning.find("manifest.json") != std::string::npos);
    }
    CHECK(t.texts().reused == 4);
  }
}
