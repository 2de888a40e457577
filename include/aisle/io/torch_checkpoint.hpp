#pragma once

#include <string>

#include <aisle/base/config.hpp>
#include <aisle/io/state_dict.hpp>

AISLE_NAMESPACE_BEGIN

/// Opens a PyTorch checkpoint (.pth, .pt, .bin): the zip format of torch.save since 1.6 and the one before
/// it. The pickle inside is read by an interpreter that can build tensors and plain containers and nothing
/// else; any other name in it is an error. Tensors are read later, from where they lie; those that are not
/// contiguous are put in order then.
///
/// A checkpoint that wraps its weights ({"state_dict": …}, {"model": …}, …) is unwrapped; running averages
/// (state_dict_ema, model_ema) are preferred, as timm's load_checkpoint does. "module." and "_orig_mod." in
/// front of every name are dropped. What was chosen is wrapped_in(). Values that are no tensors are left out.
/// A name of an architecture beside the weights ("arch", as timm and PyTorch's examples save it) is
/// metadata(). Throws format_error.
state_dict read_torch_checkpoint(const std::string& path);
/// The weights that it keeps under one key, of several that no name tells apart: "teacher" of a student and
/// its teacher.
state_dict read_torch_container(const std::string& path, const std::string& key);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/io/torch_checkpoint.ipp>
#endif
