#pragma once

#include <optional>
#include <span>
#include <string>

#include <aisle/models/family.hpp>

AISLE_NAMESPACE_BEGIN
namespace models {

/// The one network of a checkpoint.
struct recognised {
  const family* of = nullptr;
  key_match match;
};

/// Finds the network among the tensors' names: under any scheme of the families, behind any prefix. The same
/// tensors behind two prefixes (a module that another one holds too) are one network, taken by the first.
/// Throws format_error where there is none, and where there are several: none is preferred to another by its
/// name, whether student and teacher, encoder_q and encoder_k or model and model_ema; the message names their
/// prefixes. Throws option_error where all families are of text and the tensors show a model of pictures.
recognised recognise(const state_dict& checkpoint, std::span<const family* const> families);

/// PyTorch's wrappers of a module (torch.compile, FSDP, activation checkpoints) stand in the names of its
/// tensors: "layer1.0._orig_mod.conv1.weight". Of a network whose blocks were wrapped, the tensors under
/// their own names; none where no name has such a mark, where all are in front of the whole network, and
/// where two names would become one.
std::optional<state_dict> without_wrappers(const state_dict& checkpoint,
                                           std::span<const family* const> families);

/// What of the file was taken where its names leave a choice, do not begin as the publisher's do, or stand
/// beside those that do and are no head of the family: "takes 'state_dict_ema', not 'state_dict'; drops
/// 'module.backbone.' in front of 122 names; does not read 2 tensors beside them ('head.weight',
/// 'head.bias')". Empty where there is nothing to say. `g` is the network's graph.
std::string note_on(const state_dict& checkpoint, const recognised& network, const nn::graph& g);

}  // namespace models
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/models/recognise.ipp>
#endif
