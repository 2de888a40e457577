#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/io/checkpoint.hpp>
#include <aisle/models/bert.hpp>
#include <aisle/models/convnextv2.hpp>
#include <aisle/models/densenet.hpp>
#include <aisle/models/efficientnet_lite.hpp>
#include <aisle/models/family.hpp>
#include <aisle/models/inception.hpp>
#include <aisle/models/recognise.hpp>
#include <aisle/models/resnet.hpp>
#include <aisle/models/static_embedding.hpp>
#include <aisle/models/swin.hpp>
#include <aisle/models/vit.hpp>
#include <aisle/nn/network.hpp>

AISLE_NAMESPACE_BEGIN
namespace models {

/// One supported model: its id everywhere in aisle, its architecture, and what its published checkpoints
/// expect.
struct zoo_entry {
  std::string_view id;
  std::string_view workload;  ///< what the peers' benchmark scripts call it
  const family& (*of)();
  nn::graph (*graph)();     ///< at the published size
  std::int64_t side;        ///< of the input picture; 0 for text
  std::string_view preset;  ///< used where the checkpoint's own files say nothing; empty for text
};

/// Every family, in the order in which checkpoints are tried.
std::span<const family* const> families();
/// Those of text alone: a program that opens its models among them compiles no other network.
std::span<const family* const> text_families();
/// Every model, one row each.
std::span<const zoo_entry> zoo();
/// Null when there is no such id.
const zoo_entry* find_model(std::string_view id);

/// A checkpoint whose architecture and key scheme were recognised from the file itself. It stays where it was
/// made: `weights` reads from its `checkpoint`.
struct opened_model {
  opened_model() = default;
  opened_model(const opened_model&) = delete;
  opened_model& operator=(const opened_model&) = delete;

  std::string path;
  state_dict checkpoint;
  json config;  ///< config.json beside the weights, or in their metadata, or null
  const family* of = nullptr;
  std::string scheme;
  std::string prefix;  ///< stands in front of the scheme's names in the file; or empty
  std::string note;    ///< models::note_on: one line for people where something was chosen or left out
  std::shared_ptr<nn::weight_source> weights;
  nn::graph graph;
};

/// Opens a weight file or a model folder. Throws file_error; format_error (no network, or several);
/// tensor_error (a recognised model with parts missing, or with parts that its network would not read);
/// option_error (a variant that config.json names, or pictures where only families of text are asked for).
std::unique_ptr<opened_model> open_model(const std::string& path,
                                         std::span<const family* const> among = families());
/// The same for weights that are in memory already; `config` may be null.
std::unique_ptr<opened_model> open_model(state_dict checkpoint, json config,
                                         std::span<const family* const> among = families());

/// Weights for a graph without a checkpoint: deterministic noise scaled to keep activations of order one. For
/// timing only.
nn::weight_source generated_weights();

}  // namespace models
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/models/zoo.ipp>
#endif
