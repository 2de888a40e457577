#pragma once

#include <cstdint>

#include <aisle/base/config.hpp>
#include <aisle/base/error.hpp>
#include <aisle/image/image.hpp>
#include <aisle/kernels/table.hpp>
#include <aisle/models/preset.hpp>

AISLE_NAMESPACE_BEGIN

/// A rectangle of the resized picture; width and height 0 mean all of it.
struct crop_box {
  std::int64_t left = 0, top = 0;
  int width = 0, height = 0;
};

/// `source` resized to width x height as Pillow 13's Image.resize does, bit for bit: filters widen when
/// shrinking, 22 bit coefficients, rounding to 8 bits between the passes, the vertical pass first for tall
/// pictures, accumulated coordinates for nearest. Only the `crop` of the result is computed and returned
/// (crop.height x crop.width x 3), at the cost of its share: a resize of 1 x 500 pixels to 342 x 171000 with
/// a crop of 299 x 299 touches a few rows. Throws shape_error for an empty source, sizes that are not
/// positive, or a crop outside the result. Source: Pillow 13, libImaging/Resample.c and Geometry.c.
/// `table`: null for the best kernels.
image resize(const image& source, std::int64_t width, std::int64_t height, resize_filter filter,
             const crop_box& crop = {}, const kernels::kernel_table* table = nullptr);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/image/resize.ipp>
#endif
