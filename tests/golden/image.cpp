// golden/image/expected*.jsonl and errors*.jsonl: what Pillow, torchvision, timm and transformers make of
// image files.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/error.hpp>
#include <aisle/base/file.hpp>
#include <aisle/base/hash.hpp>
#include <aisle/image/decode.hpp>
#include <aisle/image/preprocess.hpp>
#include <aisle/image/resize.hpp>
#include <aisle/io/json.hpp>

#include "golden.hpp"

namespace golden {
namespace {

using aisle::image;
using aisle::json;

constexpr std::pair<const char*, aisle::resize_filter> filters[] = {
    {"nearest", aisle::resize_filter::nearest},   {"box", aisle::resize_filter::box},
    {"bilinear", aisle::resize_filter::bilinear}, {"hamming", aisle::resize_filter::hamming},
    {"bicubic", aisle::resize_filter::bicubic},   {"lanczos", aisle::resize_filter::lanczos}};

std::string hash_of(const image& i) {
  return aisle::to_hex(aisle::fnv1a64::of({reinterpret_cast<const char*>(i.rgb().data()), i.rgb().size()}));
}

/// Index of the k-th sample of an array of n values.
std::size_t sample_at(std::size_t k, std::size_t n) { return (k * 7919 + 13) % n; }

/// Mean absolute difference a reference decode may be missed by: 1 for 4:4:4 and grey, 2.5 for subsampled
/// chroma.
double jpeg_limit(const std::string& bytes) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(bytes[i])); };
  for (std::size_t i = 2; i + 9 < bytes.size();) {
    const unsigned marker = at(i + 1);
    if (marker == 0xC0 || marker == 0xC1 || marker == 0xC2) {
      const std::size_t components = at(i + 9);
      for (std::size_t c = 0; c < components && i + 11 + 3 * c < bytes.size(); ++c)
        if (components > 1 && at(i + 11 + 3 * c) != 0x11) return 2.5;
      return 1;
    }
    i += 2 + (at(i + 2) << 8 | at(i + 3));
  }
  return 1;
}

/// Rows of a JSON lines file.
template <class Run>
void each_row(const std::string& path, session& s, Run run) {
  std::ifstream in(path);
  std::string line;
  for (std::int64_t n = 1; std::getline(in, line); ++n) {
    if (line.empty()) continue;
    const json row = aisle::parse_json(line, path + ":" + std::to_string(n));
    const auto name = row.get<std::string>("file");
    try {
      run(row, name);
    } catch (const std::exception& e) {
      s.fail(name, e.what());
    }
  }
}

/// The six resizes to 224 x 224, byte for byte.
void check_resizes(const json& row, const std::string& name, const image& picture, session& s) {
  std::int64_t wrong = 0, of = 0;
  std::string which;
  for (const auto& [filter_name, filter] : filters) {
    const json* expected = row["resize224"].find(filter_name);
    if (expected == nullptr) continue;
    ++of;
    if (hash_of(aisle::resize(picture, 224, 224, filter)) == expected->get<std::string>("fnv")) continue;
    ++wrong;
    which += std::string(which.empty() ? "differs: " : ", ") + filter_name;
  }
  s.matches(name + "/resize224", wrong, of, 0, which);
}

struct figures {
  std::int64_t crops = 0, wrong_crops = 0;
  double worst = 0;  ///< largest error as a share of its limit
  std::string worst_name;
  void take(double error, double limit, const std::string& name) {
    if (!(error / limit <= worst)) {
      worst = error / limit;
      worst_name = name;
    }
  }
};

/// Exact crop and tensor of one preset.
void check_preset(const std::string& name, const json& expected, const image& picture, figures& f) {
  const aisle::preset& p = aisle::find_preset(name);
  ++f.crops;
  f.wrong_crops += hash_of(aisle::crop_for(picture, p)) != expected.get<std::string>("crop");
  const auto tensor = aisle::preprocess(picture, p, aisle::tensor_layout::channels_first);
  const auto x = tensor.values();
  const double limit = name == "keras_caffe" ? 1e-4 : 1e-5;
  const auto samples = expected["tensor"].as_vector<double>();
  for (std::size_t k = 0; k < samples.size(); ++k)
    f.take(std::abs(static_cast<double>(x[sample_at(k, x.size())]) - samples[k]), limit, name);
  for (std::size_t c = 0; c < 3; ++c) {
    const std::size_t n = x.size() / 3;
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < n; ++i) sum += static_cast<double>(x[c * n + i]);
    const double mean = sum / static_cast<double>(n);
    for (std::size_t i = 0; i < n; ++i) {
      const double d = static_cast<double>(x[c * n + i]) - mean;
      squares += d * d;
    }
    f.take(std::abs(mean - expected["mean"][c].as<double>()), limit, name);
    f.take(std::abs(std::sqrt(squares / static_cast<double>(n)) - expected["std"][c].as<double>()), limit,
           name);
  }
}

void check_presets(const json& row, const std::string& name, const image& picture, session& s) {
  figures f;
  for (const auto& [preset, expected] : row["presets"].members()) check_preset(preset, expected, picture, f);
  s.matches(name + "/crops", f.wrong_crops, f.crops);
  s.error(name + "/tensors", f.worst, 1, "(of the limit) worst " + f.worst_name);
}

/// A decoded JPEG may differ a little from Pillow's; what follows the decoder is still exact, and is proven
/// on Pillow's own decode where the set has it.
void check_jpeg(const json& row, const std::string& name, const std::string& folder, const image& picture,
                session& s) {
  const double limit = jpeg_limit(aisle::read_file(folder + "/files/" + name));
  const std::string reference_path = folder + "/ref/" + name + ".png";
  double total = 0;
  std::size_t n = 0;
  if (std::filesystem::exists(reference_path)) {
    const image reference = aisle::read_image(reference_path);
    if (reference.width() != picture.width() || reference.height() != picture.height())
      return s.fail(name + "/rgb", "another size than its reference");
    for (; n < reference.rgb().size(); ++n)
      total += std::abs(int{reference.rgb()[n]} - int{picture.rgb()[n]});
    check_resizes(row, name, reference, s);
    check_presets(row, name, reference, s);
  } else {
    const auto samples = row["rgb_samples"].as_vector<int>();
    for (; n < samples.size(); ++n)
      total += std::abs(samples[n] - int{picture.rgb()[sample_at(n, picture.rgb().size())]});
  }
  const bool same = hash_of(picture) == row.get<std::string>("rgb");
  s.error(name + "/rgb", total / static_cast<double>(n), limit,
          same ? "mean absolute, exact" : "mean absolute");

  // The tensors made of our own decode.
  double worst = 0;
  std::string worst_name;
  for (const auto& [preset_name, expected] : row["presets"].members()) {
    const aisle::preset& p = aisle::find_preset(preset_name);
    const auto tensor = aisle::preprocess(picture, p, aisle::tensor_layout::channels_first);
    const auto x = tensor.values();
    const auto samples = expected["tensor"].as_vector<double>();
    double sum = 0;
    for (std::size_t k = 0; k < samples.size(); ++k)
      sum += std::abs(static_cast<double>(x[sample_at(k, x.size())]) - samples[k]);
    const double deviation = std::min({p.std[0], p.std[1], p.std[2]});
    const double share = sum / static_cast<double>(samples.size()) / (limit * p.scale / deviation);
    if (!(share <= worst)) {
      worst = share;
      worst_name = preset_name;
    }
  }
  s.error(name + "/own tensors", worst, 1, "(of the limit) worst " + worst_name);
}

void run_expected(const std::string& path, session& s) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  each_row(path, s, [&](const json& row, const std::string& name) {
    const image picture = aisle::read_image(folder + "/files/" + name);
    if (picture.width() != row.get<int>("width") || picture.height() != row.get<int>("height"))
      return s.fail(name + "/rgb", "another size");
    if (!row.get<bool>("exact")) return check_jpeg(row, name, folder, picture, s);
    s.matches(name + "/rgb", hash_of(picture) != row.get<std::string>("rgb"), 1);
    check_resizes(row, name, picture, s);
    check_presets(row, name, picture, s);
  });
}

void run_errors(const std::string& path, session& s) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  each_row(path, s, [&](const json& row, const std::string& name) {
    const std::string file = folder + "/files/" + name;
    image picture;
    try {
      picture = aisle::read_image(file);
    } catch (const aisle::format_error& e) {
      const bool names_it = e.where() == file && std::string_view(e.what()).size() > file.size() + 2;
      return s.matches(name, names_it ? 0 : 1, 1, 0, std::string("refused: ") + e.what());
    }
    if (row.get<std::string>("expect") == "error")
      return s.fail(name, "accepted, Pillow says " + row.get<std::string>("pillow"));
    // Half a JPEG may decode to anything of the right size.
    const json& size = row["size"];
    const bool right_size = picture.width() == size[0].as<int>() && picture.height() == size[1].as<int>();
    const bool same = hash_of(picture) == row.get<std::string>("rgb");
    s.matches(name, right_size && (same || name.ends_with(".jpg")) ? 0 : 1, 1, 0,
              same ? "accepted, as Pillow" : "accepted, other pixels than Pillow");
  });
}

bool starts(const std::string& folder, const std::string& file, std::string_view begin) {
  return folder == "image" && file.starts_with(begin) && file.ends_with(".jsonl") &&
         file.find("pillow") == file.npos;
}

const registration expected{
    {"image",
     [](const std::string& folder, const std::string& file) { return starts(folder, file, "expected"); },
     run_expected}};
const registration errors{
    {"image errors",
     [](const std::string& folder, const std::string& file) { return starts(folder, file, "errors"); },
     run_errors}};

}  // namespace
}  // namespace golden
