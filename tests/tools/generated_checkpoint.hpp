#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <aisle/base/ranges.hpp>
#include <aisle/io/safetensors.hpp>
#include <aisle/models/names.hpp>
#include <aisle/models/zoo.hpp>
#include <aisle/nn/network.hpp>

#include "support/support.hpp"

// Checkpoints of full size for models whose weights are not at hand.

namespace command {

/// weights/ID in `work`: a checkpoint of generated tensors under the names of its family's first publisher.
/// Returns the megabytes of its tensors.
inline double make_checkpoint(const support::temporary_folder& work, const std::string& id) {
  const aisle::models::zoo_entry* entry = aisle::models::find_model(id);
  REQUIRE(entry);
  const auto generated = aisle::models::generated_weights();
  std::vector<aisle::named_tensor> tensors;
  std::set<std::string> names;
  std::uint64_t bytes = 0;
  const aisle::nn::weight_source recorded(
      [&](const std::string& name, const aisle::shape& dims, std::span<float> out) {
        generated.read(name, dims, out);
        if (!names.insert(name).second) return;  // read twice by a layer that cuts it
        aisle::tensor t(aisle::dtype::f32, dims);
        aisle::ranges::copy(out, t.data<float>().begin());
        bytes += t.bytes().size();
        tensors.push_back({aisle::models::key_for(entry->of().schemes.front(), name), std::move(t)});
      });
  const auto side = aisle::nn::value_shape::map(entry->side, entry->side, 3);
  const aisle::nn::network all(entry->graph(), recorded, side, {});
  std::filesystem::create_directories(work / ("weights/" + id));
  aisle::write_safetensors(work / ("weights/" + id + "/model.safetensors"), tensors);
  return static_cast<double>(bytes) / 1024 / 1024;
}

}  // namespace command
