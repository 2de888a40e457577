#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <aisle/base/ranges.hpp>
#include <aisle/models/zoo.hpp>
#include <aisle/nn/network.hpp>

#include "command.hpp"

namespace {

/// weights/ID in `work`: a checkpoint of generated tensors with the graph's own names. Returns the megabytes
/// of its tensors.
double make_checkpoint(const support::temporary_folder& work, const std::string& id) {
  const aisle::models::zoo_entry* entry = aisle::models::find_model(id);
  REQUIRE(entry);
  const auto generated = aisle::models::generated_weights();
  std::vector<aisle::named_tensor> tensors;
  std::uint64_t bytes = 0;
  const aisle::nn::weight_source recorded(
      [&](const std::string& name, const aisle::shape& dims, std::span<float> out) {
        generated.read(name, dims, out);
        aisle::tensor t(aisle::dtype::f32, dims);
        aisle::ranges::copy(out, t.data<float>().begin());
        bytes += t.bytes().size();
        tensors.push_back({name, std::move(t)});
      });
  const auto side = aisle::nn::value_shape::map(entry->side, entry->side, 3);
  const aisle::nn::network all(entry->graph(), recorded, side, {});
  std::filesystem::create_directories(work / ("weights/" + id));
  aisle::write_safetensors(work / ("weights/" + id + "/model.safetensors"), tensors);
  return static_cast<double>(bytes) / 1024 / 1024;
}

double peak_mb(const support::temporary_folder& work, const std::string& arguments) {
  const auto r = command::run(work, "bench cold --repeats 1 --threads 2 " + arguments);
  CAPTURE(r.err);
  REQUIRE(r.code == 0);
  return aisle::parse_json(r.out, "bench cold").get<double>("rss_peak_mb");
}

}  // namespace

TEST_CASE("a model takes 1.3 times its tensors' memory and 30 MB, a form that needs more 2.1 times") {
  if (command::program().empty()) return;
#ifdef AISLE_TEST_SANITIZED
  support::say_skipped("sanitizers take memory of their own");
  return;
#endif
  const support::temporary_folder work;
  const double tensors = make_checkpoint(work, "resnet50"), plain = peak_mb(work, "--model resnet50");
  CHECK(tensors > 80);
  CHECK(plain > tensors);
  CHECK(plain <= 1.3 * tensors + 30);
  // Split weights; a small model, as tiles may be emulated.
  const double small = make_checkpoint(work, "convnextv2-atto");
  CHECK(peak_mb(work, "--isa amx --model convnextv2-atto") <= 2.1 * small + 30);
}
