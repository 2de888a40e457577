#pragma once

#include <string>
#include <vector>

#include <aisle/nn/graph.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// The part of a graph that computes `outputs` (and, with `taps`, every tap), with batch norms folded into
/// the convolutions before them and residual additions and activations fused into the products before them.
///
/// Fusing changes no bit of a value that both forms have, except that a convolution in front of a folded norm
/// has no value of its own any more: where such a value is tapped, a second, unfolded convolution computes it
/// beside the main path. Throws option_error for an output the graph does not have.
graph fuse(const graph& recorded, const std::vector<std::string>& outputs, bool taps);

}  // namespace nn
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/nn/fusion.ipp>
#endif
