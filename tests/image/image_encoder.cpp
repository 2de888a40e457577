#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <mutex>
#include <stdexcept>

#include <aisle/base/ranges.hpp>
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
  CHECK_FALSE(aisle::ranges::equal(all.row(0), all.row(1)));
  const auto same = encoder.encode(p.decoded, {.threads = 1});
  for (std::int64_t i = 0; i < 11; ++i) {
    CHECK(aisle::ranges::equal(all.row(i), same.row(i)));
    const auto one = encoder.encode_files(std::vector{p.paths[static_cast<std::size_t>(i)]});
    CHECK(aisle::ranges::equal(all.row(i), one.row(0)));
  }
}

TEST_CASE("every way in makes the same bits as the file") {
  const pictures p(5);
  const image_encoder encoder = p.load();
  const auto files = encoder.encode_files(p.paths);
  const auto same = [&](const aisle::matrix<float>& m) {
    REQUIRE(m.rows() == 5);
    for (std::int64_t i = 0; i < 5; ++i) CHECK(aisle::ranges::equal(m.row(i), files.row(i)));
  };
  // Pixels of someone else, in rows with a gap.
  std::vector<std::vector<std::uint8_t>> wide;
  std::vector<aisle::image_view> views;
  for (const image& i : p.decoded) {
    auto& rows = wide.emplace_back();
    for (int y = 0; y < i.height(); ++y) {
      rows.insert(rows.end(), i.row(y).begin(), i.row(y).end());
      if (y + 1 < i.height()) rows.insert(rows.end(), 7, std::uint8_t{255});
    }
    views.emplace_back(rows, i.width(), i.height(), i.stride() + 7);
  }
  same(encoder.encode(views));

  std::vector<std::string> bytes;
  for (const std::string& path : p.paths) bytes.push_back(aisle::read_file(path));
  std::vector<std::span<const std::byte>> spans;
  for (const std::string& b : bytes) spans.push_back(std::as_bytes(std::span(b)));
  same(encoder.encode_bytes(spans));
  spans[3] = spans[3].first(20);
  CHECK_THROWS_WITH_AS(encoder.encode_bytes(spans), doctest::Contains("picture 3: PNG:"),
                       aisle::format_error);

  // Prepared tensors, in either layout, made here or elsewhere.
  for (const auto layout : {aisle::tensor_layout::channels_last, aisle::tensor_layout::channels_first}) {
    aisle::image_tensor prepared(5, 32, 32, layout);
    for (std::int64_t i = 0; i < 5; ++i)
      aisle::preprocess(p.decoded[static_cast<std::size_t>(i)], encoder.preset(), prepared, i);
    same(encoder.encode_tensors(prepared));
    const std::vector<float> theirs(prepared.values().begin(), prepared.values().end());
    same(encoder.encode_tensors({theirs, 5, 32, 32, layout}, {.threads = 3}));
    CHECK_THROWS_WITH_AS(aisle::image_tensor(std::span(theirs).first(100), 5, 32, 32, layout),
                         "a tensor of 5 pictures of 32 x 32 pixels takes 15360 floats, found 100",
                         aisle::shape_error);
  }
  CHECK_THROWS_AS(aisle::image_tensor(-1, 32, 32), aisle::shape_error);
  CHECK_THROWS_AS(aisle::image_tensor(std::int64_t{1} << 60, 1 << 30, 1 << 30), aisle::shape_error);
  CHECK_THROWS_AS(encoder.encode_tensors(aisle::image_tensor(1, 0, 32)), aisle::shape_error);
  CHECK(encoder.encode_tensors({}).rows() == 0);
  // What is wrong with a tensor is no fault of the weights.
  aisle::image_tensor bad(3, 32, 32);
  std::fill(bad.values().begin(), bad.values().end(), 0.25f);
  bad.picture(1)[7] = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_WITH_AS(encoder.encode_tensors(bad),
                       "picture 1: its tensor holds NaN or infinity, expected finite numbers",
                       aisle::format_error);
  std::vector<std::int64_t> failed;
  encoder.encode_tensors(bad,
                         {.on_error = [&](std::int64_t row, const std::string&) { failed.push_back(row); }});
  CHECK(failed == std::vector<std::int64_t>{1});
  std::fill(bad.picture(1).begin(), bad.picture(1).end(), 3e38f);
  CHECK_THROWS_WITH_AS(encoder.encode_tensors(bad), doctest::Contains("or its input are too large"),
                       aisle::tensor_error);
}

TEST_CASE("any number of pictures on any number of threads: the same bits, progress to the end") {
  const pictures p(11);
  const image_encoder encoder = p.load();
  const auto all = encoder.encode(p.decoded, {.threads = 1});
  for (const int threads : {2, 3, 4, 16})
    for (std::size_t n = 0; n <= p.decoded.size(); ++n) {
      std::int64_t done = 0;
      const auto some = encoder.encode(
          std::span(p.decoded).first(n),
          {.threads = threads, .progress = [&](const aisle::progress_event& e) { done = e.done; }});
      CHECK(done == static_cast<std::int64_t>(n));
      bool same = true;
      for (std::int64_t i = 0; i < some.rows(); ++i)
        same = same && aisle::ranges::equal(some.row(i), all.row(i));
      CHECK(same);
    }
}

TEST_CASE("an encoder of weights in memory needs a preset and makes the same bits") {
  const pictures p(3);
  const image_encoder file = p.load();
  aisle::state_dict weights;
  const aisle::state_dict stored = aisle::read_safetensors(p.folder / "model/model.safetensors");
  for (const auto& e : stored.entries()) weights.add(e.name, stored.read(e.name));
  CHECK_THROWS_WITH_AS(
      image_encoder::load(weights, {}),
      "weights in memory: nothing says how pictures are prepared, expected the option preset",
      aisle::option_error);
  const auto memory = image_encoder::load(weights, {.preset = file.preset()});
  const auto a = file.encode(p.decoded), b = memory.encode(p.decoded);
  for (std::int64_t i = 0; i < 3; ++i) CHECK(aisle::ranges::equal(a.row(i), b.row(i)));
}

TEST_CASE("another output than the embedding can be asked for") {
  const pictures p(2);
  const aisle::models::vit_config config = {
      .hidden = 64, .layers = 1, .heads = 1, .mlp = 8, .patch = 8, .side = 4, .classes = 3};
  const auto weights =
      support::checkpoint_of(aisle::models::vit(config), aisle::nn::value_shape::map(32, 32, 3),
                             aisle::models::vit_family().schemes[0]);
  const auto rows = [&](const std::string& output) {
    return image_encoder::load(weights, {.preset = p.load().preset(), .output = output}).encode(p.decoded);
  };
  const auto token = rows("embedding"), mean = rows("mean");
  CHECK(rows("logits").cols() == 3);
  CHECK(token.cols() == 64);
  CHECK(mean.cols() == 64);
  CHECK_FALSE(aisle::ranges::equal(token.row(0), mean.row(0)));
  CHECK_THROWS_WITH_AS(rows("pooler_output"), doctest::Contains("mean"), aisle::option_error);
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
      CHECK(aisle::ranges::all_of(some.row(i), [](float v) { return v == 0; }));
      CHECK(reason.starts_with(p.paths[static_cast<std::size_t>(i)] + ": "));
    } else {
      CHECK(aisle::ranges::equal(some.row(i), good.row(i)));
      CHECK(reason.empty());
    }
  }
}

TEST_CASE("progress is told until all pictures are done, and what the callback throws ends the call") {
  const pictures p(16);
  const image_encoder encoder = p.load();
  for (const int threads : {1, 2}) {
    std::int64_t last = 0, calls = 0;
    encoder.encode_files(p.paths, {.threads = threads, .progress = [&](const aisle::progress_event& e) {
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
    CHECK_THROWS_WITH_AS(encoder.encode_files(p.paths, {.threads = threads, .progress = cancel}), "enough",
                         std::runtime_error);
    CHECK(calls <= threads);  // nobody starts another group
    // The callback's exception is no bad picture.
    CHECK_THROWS_AS(encoder.encode_files(p.paths, {.threads = threads,
                                                   .progress = cancel,
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
  CHECK_FALSE(aisle::ranges::equal(once.row(0), plain.row(0)));

  support::write_tiny_bert(p.folder / "text");
  CHECK_THROWS_WITH_AS(image_encoder::load(p.folder / "text"), doctest::Contains("a model of text (bert)"),
                       aisle::option_error);
}
