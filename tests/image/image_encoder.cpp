#include <doctest/doctest.h>

#include <mutex>
#include <stdexcept>

#include <aisle/image/encode.hpp>
#include <aisle/image/image_encoder.hpp>

#include "image_data.hpp"
#include "support/tiny_model.hpp"

using aisle::image;
using aisle::image_encoder;

namespace {

/// A model, and pictures of several sizes beside it.
struct pictures {
  support::temporary_folder folder;
  std::vector<std::string> paths;
  std::vector<image> decoded;

  explicit pictures(int n) {
    support::write_tiny_resnet(folder / "model");
    for (int i = 0; i < n; ++i) {
      decoded.push_back(image_data::noise(20 + 5 * i, 50 - i, static_cast<std::uint64_t>(i)));
      paths.push_back(folder / (std::to_string(i) + ".png"));
      aisle::write_image(paths.back(), decoded.back());
    }
  }
  image_encoder load() const { return image_encoder::load(folder / "model"); }
};

}  // namespace

TEST_CASE("files and pictures to vectors: in the caller's order, the same bits alone and together") {
  const pictures p(11);
  const image_encoder encoder = p.load();
  CHECK(encoder.dimension() == 24);
  CHECK(encoder.preset().crop_width == 32);
  const auto all = encoder.encode_files(p.paths, {.threads = 2});
  REQUIRE(all.rows() == 11);
  CHECK_FALSE(std::ranges::equal(all.row(0), all.row(1)));
  const auto same = encoder.encode(p.decoded, {.threads = 1});
  for (std::int64_t i = 0; i < 11; ++i) {
    CHECK(std::ranges::equal(all.row(i), same.row(i)));
    const auto one = encoder.encode_files(std::vector{p.paths[static_cast<std::size_t>(i)]});
    CHECK(std::ranges::equal(all.row(i), one.row(0)));
  }
}

TEST_CASE("a picture that cannot be read is thrown, or told and left zero") {
  pictures p(5);
  const image_encoder encoder = p.load();
  const auto good = encoder.encode_files(p.paths);
  aisle::write_file(p.folder / "text.jpg", "no picture");
  p.paths[0] = p.folder / "text.jpg";
  p.paths[2] = p.folder / "absent.png";
  CHECK_THROWS_AS(encoder.encode_files(p.paths), aisle::error);
  std::vector<std::string> reasons(5);
  const auto some = encoder.encode_files(
      p.paths, {.threads = 2, .on_error = [&](std::int64_t row, const std::string& reason) {
                  reasons[static_cast<std::size_t>(row)] = reason;
                }});
  for (std::int64_t i = 0; i < 5; ++i) {
    const auto& reason = reasons[static_cast<std::size_t>(i)];
    if (i == 0 || i == 2) {  // the first of a group each: what follows must not move up
      CHECK(std::ranges::all_of(some.row(i), [](float v) { return v == 0; }));
      CHECK(reason.starts_with(p.paths[static_cast<std::size_t>(i)] + ": "));
    } else {
      CHECK(std::ranges::equal(some.row(i), good.row(i)));
      CHECK(reason.empty());
    }
  }
}

TEST_CASE("progress is told until all pictures are done, and what the callback throws ends the call") {
  const pictures p(16);
  const image_encoder encoder = p.load();
  for (const int threads : {1, 2}) {
    std::int64_t last = 0, calls = 0;
    encoder.encode_files(p.paths, {.threads = threads, .on_progress = [&](const aisle::progress_event& e) {
                                     CHECK(e.phase == "images");
                                     CHECK(e.unit == "images");
                                     CHECK(e.total == 16);
                                     CHECK(e.done > last);
                                     last = e.done;
                                     ++calls;
                                   }});
    CHECK(last == 16);
    CHECK(calls == 4);

    calls = 0;
    const auto cancel = [&](const aisle::progress_event&) {
      ++calls;
      throw std::runtime_error("enough");
    };
    CHECK_THROWS_WITH_AS(encoder.encode_files(p.paths, {.threads = threads, .on_progress = cancel}), "enough",
                         std::runtime_error);
    CHECK(calls <= threads);  // nobody starts another group
    // The callback's exception is no bad picture.
    CHECK_THROWS_AS(encoder.encode_files(p.paths, {.threads = threads,
                                                   .on_progress = cancel,
                                                   .on_error = [](std::int64_t, const std::string&) {}}),
                    std::runtime_error);
  }
}

TEST_CASE("how pictures are prepared: the model's own files, else its folder's name, else an error") {
  using aisle::detail::preset_for;
  const support::temporary_folder work;
  const std::string known = work / "resnet50", unknown = work / "mine";
  for (const std::string& folder : {known, unknown}) aisle::make_folders(folder);
  CHECK(preset_for(known).name == "timm_resnet50_a1");
  CHECK(preset_for(known + "/").name == "timm_resnet50_a1");
  CHECK(preset_for(known + "/model.safetensors").name == "timm_resnet50_a1");
  CHECK_THROWS_WITH_AS(preset_for(unknown), doctest::Contains((unknown + ": nothing says").c_str()),
                       aisle::option_error);
  aisle::make_folders(work / "bert-base-uncased");  // known, but no model of pictures
  CHECK_THROWS_AS(preset_for(work / "bert-base-uncased"), aisle::option_error);

  for (const std::string& folder : {known, unknown}) {
    aisle::write_file(folder + "/config.json", R"({"pretrained_cfg": {"input_size": [3, 96, 96]}})");
    CHECK(preset_for(folder).crop_width == 96);
    aisle::write_file(
        folder + "/preprocessor_config.json",
        R"({"image_processor_type": "ViTImageProcessor", "size": {"height": 48, "width": 48}})");
    CHECK(preset_for(folder).crop_width == 48);
  }
}

TEST_CASE("the preset option goes before the model's own files, and a model of text is refused") {
  const pictures p(1);
  aisle::preset other = p.load().preset();
  other.crop_width = other.crop_height = 40;
  const auto encoder = image_encoder::load(p.folder / "model", {.preset = other});
  CHECK(encoder.preset().crop_width == 40);
  const auto once = encoder.encode(p.decoded), plain = p.load().encode(p.decoded);
  CHECK_FALSE(std::ranges::equal(once.row(0), plain.row(0)));

  support::write_tiny_bert(p.folder / "text");
  CHECK_THROWS_WITH_AS(image_encoder::load(p.folder / "text"), doctest::Contains("a model of text (bert)"),
                       aisle::option_error);
}
