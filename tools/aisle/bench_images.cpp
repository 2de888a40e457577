// aisle bench images: the files of a folder from bytes to pixels, on one thread, as bench/peers/images.py
// times it.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include <aisle/base/file.hpp>
#include <aisle/image/decode.hpp>
#include <aisle/image/jpeg.hpp>
#include <aisle/image/resize.hpp>

#include "bench.hpp"

namespace aisle_command {

namespace {

struct options : bench_options {
  std::string images;
  std::int64_t first = 400;
};

int run(const options& o) {
  std::vector<std::string> files;
  for (const std::string& name : aisle::folder_entries(o.images))
    if (name.ends_with(".jpg") && static_cast<std::int64_t>(files.size()) < o.first)
      files.push_back(aisle::read_file(aisle::join_path(o.images, name)));
  if (files.empty()) {
    say("nothing to do: " + o.images + ": no *.jpg");
    return exit_nothing;
  }
  const auto decoded = [](const std::string& file, const aisle::detail::size_demand& demand = {}) {
    return aisle::detail::decode_jpeg(std::as_bytes(std::span(file)), "bench", demand);
  };
  std::vector<aisle::image> pictures;
  double pixels = 0;
  for (const std::string& file : files) {
    pictures.push_back(decoded(file));
    pixels += static_cast<double>(pictures.back().width()) * pictures.back().height();
  }
  // Alone, what is of the size already is resized a little, or there would be nothing to time.
  const int side = pictures[0].width() == 224 && pictures[0].height() == 224 ? 223 : 224;
  const std::string kind = side == 223 ? "224x224 " : "originals ";
  const bool turbo = aisle::detail::other_jpeg_decoder() != nullptr;
  const auto time = [&](const std::string& what, const auto& one) {
    const auto seconds = time_calls(o, [&] {
      for (std::size_t i = 0; i < files.size(); ++i) one(i);
    });
    aisle::json row = bench_row(kind + what, 1, 1, "u8", seconds, static_cast<std::int64_t>(files.size()),
                                turbo ? "libjpeg" : "stb_image");
    row["mpixel_per_s"] = pixels / 1e6 / *std::min_element(seconds.begin(), seconds.end());
    print_row(row);
  };
  const auto resized = [&](const aisle::image& picture, aisle::resize_filter filter, int to = 224) {
    return aisle::resize(picture, to, to, filter);
  };
  constexpr auto lanczos = aisle::resize_filter::lanczos, bicubic = aisle::resize_filter::bicubic;
  time("decode", [&](std::size_t i) { return decoded(files[i]); });
  time("decode+lanczos", [&](std::size_t i) { return resized(decoded(files[i]), lanczos); });
  time("decode+bicubic", [&](std::size_t i) { return resized(decoded(files[i]), bicubic); });
  if (turbo) {
    const auto least = [](aisle::detail::pixel_size) { return aisle::detail::pixel_size{224, 224}; };
    time("draft+bicubic", [&](std::size_t i) { return resized(decoded(files[i], least), bicubic); });
  }
  time("lanczos only", [&](std::size_t i) { return resized(pictures[i], lanczos, side); });
  time("bicubic only", [&](std::size_t i) { return resized(pictures[i], bicubic, side); });
  return exit_ok;
}

action setup(option_set app) {
  auto o = std::make_shared<options>();
  app.add_option("--images", o->images, "folder of JPEGs").required().type_name("DIR");
  app.add_option("--first", o->first, "so many of them, by name").check(positive()).capture_default_str();
  o->add(app, {});
  return [o] { return run(*o); };
}

}  // namespace

const subcommand bench_images{"images", "JPEGs to pixels of 224 x 224, on one thread", setup};

}  // namespace aisle_command
