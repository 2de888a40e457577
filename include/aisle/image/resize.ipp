#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <aisle/image/resize.hpp>
#include <aisle/kernels/resize.hpp>
#include <aisle/kernels/table.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

AISLE_API double filter_support(resize_filter f) noexcept {
  static constexpr double support[] = {0, 0.5, 1, 1, 2, 3};
  return support[static_cast<std::size_t>(f)];
}

AISLE_API double filter_weight(resize_filter f, double x) noexcept {
  constexpr double pi = 3.14159265358979323846;
  const auto sinc = [](double v) { return v == 0 ? 1.0 : std::sin(v * pi) / (v * pi); };
  switch (f) {
    case resize_filter::nearest:
      break;
    case resize_filter::box:
      return x > -0.5 && x <= 0.5 ? 1 : 0;
    case resize_filter::bilinear:
      return std::max(0.0, 1 - std::abs(x));
    case resize_filter::hamming:
      x = std::abs(x);
      if (x == 0) return 1;
      // the constants are float in Resample.c
      return x < 1 ? std::sin(x * pi) / (x * pi) * (0.54f + 0.46f * std::cos(x * pi)) : 0;
    case resize_filter::bicubic:
      x = std::abs(x);
      if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
    case resize_filter::lanczos:
      return -3 <= x && x < 3 ? sinc(x) * sinc(x / 3) : 0;
  }
  return 0;
}

/// One axis of a resize from `in` to `out` samples.
class resize_axis {
 public:
  resize_axis(std::int64_t in, std::int64_t out, resize_filter filter, const kernels::kernel_table& table)
      : table_(&table), in_(in), scale_(static_cast<double>(in) / static_cast<double>(out)), filter_(filter) {
    stretch_ = std::max(scale_, 1.0);
    support_ = filter_support(filter) * stretch_;
    taps_ = static_cast<std::int64_t>(std::ceil(support_)) * 2 + 1;
  }

  const kernels::kernel_table& table() const noexcept { return *table_; }

  struct range {
    std::int64_t begin, end;
  };
  /// Source samples that output x reads.
  range reads(std::int64_t x) const noexcept {
    const double c = centre(x);
    return {std::max<std::int64_t>(static_cast<std::int64_t>(c - support_ + 0.5), 0),
            std::min(static_cast<std::int64_t>(c + support_ + 0.5), in_)};
  }
  /// Source samples that outputs [begin, end) read.
  range reads(std::int64_t begin, std::int64_t end) const noexcept {
    return {reads(begin).begin, reads(end - 1).end};
  }
  /// Outputs whose coefficients are kept at a time: a very long axis costs megabytes, not gigabytes.
  std::int64_t batch() const noexcept { return std::max<std::int64_t>(1, (std::int64_t{1} << 20) / taps_); }

  /// Points `pass` at the coefficients of outputs [begin, begin + count), and says which samples they read;
  /// sample numbers count from `origin`.
  void plan(std::int64_t begin, std::int64_t count, std::int64_t origin, kernels::resize_pass& pass) {
    coefficients_.assign(static_cast<std::size_t>(count * taps_), 0);
    firsts_.resize(static_cast<std::size_t>(count));
    lengths_.resize(static_cast<std::size_t>(count));
    weights_.resize(static_cast<std::size_t>(taps_));
    for (std::int64_t i = 0; i < count; ++i) {
      const double c = centre(begin + i);
      const range r = reads(begin + i);
      const std::int64_t n = r.end - r.begin;
      double total = 0;
      for (std::int64_t t = 0; t < n; ++t) {
        const double w =
            filter_weight(filter_, (static_cast<double>(t + r.begin) - c + 0.5) * (1.0 / stretch_));
        weights_[static_cast<std::size_t>(t)] = w;
        total += w;
      }
      std::int32_t* to = coefficients_.data() + i * taps_;
      for (std::int64_t t = 0; t < n; ++t) {
        const double w = weights_[static_cast<std::size_t>(t)] / (total != 0 ? total : 1);
        to[t] = static_cast<std::int32_t>(w * (1 << 22) + (w < 0 ? -0.5 : 0.5));
      }
      firsts_[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(r.begin - origin);
      lengths_[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(n);
    }
    pass.coefficients = coefficients_.data();
    pass.firsts = firsts_.data();
    pass.lengths = lengths_.data();
    pass.taps = taps_;
    pass.count = count;
    const range all = reads(begin, begin + count);
    pass.begin = all.begin - origin;
    pass.end = all.end - origin;
  }

 private:
  const kernels::kernel_table* table_;
  double centre(std::int64_t x) const noexcept {
    // volatile: fused with the sums that follow, the product would not be rounded, and ties would fall
    // elsewhere
    const volatile double c = (static_cast<double>(x) + 0.5) * scale_;
    return c;
  }

  std::int64_t in_;
  double scale_, stretch_ = 1, support_ = 0;
  resize_filter filter_;
  std::int64_t taps_ = 0;
  std::vector<std::int32_t> coefficients_, firsts_, lengths_;
  std::vector<double> weights_;
};

/// Part of a picture: `data` is pixel (left, top) of the whole.
struct picture_part {
  const std::uint8_t* data;
  std::ptrdiff_t stride;
  std::int64_t left, top;
};

/// Outputs [begin, begin + columns) of `rows` rows.
AISLE_API void horizontal_pass(resize_axis& axis, const picture_part& from, std::int64_t begin,
                               std::int64_t columns, std::int64_t rows, std::uint8_t* to) {
  buffer<std::uint8_t> scratch;
  for (std::int64_t done = 0; done < columns;) {
    const std::int64_t count = std::min(axis.batch(), columns - done);
    kernels::resize_pass pass;
    axis.plan(begin + done, count, from.left, pass);
    pass.source = from.data;
    pass.source_stride = from.stride;
    pass.target = to + done * 3;
    pass.target_stride = columns * 3;
    pass.line_count = rows;
    scratch.resize(static_cast<std::size_t>(pass.scratch_bytes()));
    pass.scratch = scratch.data();
    resize_kernels_of(axis.table()).horizontal(pass);
    done += count;
  }
}

/// Outputs [begin, begin + rows) of `bytes` bytes of each row.
AISLE_API void vertical_pass(resize_axis& axis, const picture_part& from, std::int64_t begin,
                             std::int64_t rows, std::int64_t bytes, std::uint8_t* to) {
  buffer<std::uint8_t> scratch;
  for (std::int64_t done = 0; done < rows;) {
    const std::int64_t count = std::min(axis.batch(), rows - done);
    kernels::resize_pass pass;
    axis.plan(begin + done, count, from.top, pass);
    pass.source = from.data;
    pass.source_stride = from.stride;
    pass.target = to + done * bytes;
    pass.target_stride = bytes;
    pass.line_count = bytes;
    scratch.resize(static_cast<std::size_t>(pass.scratch_bytes()));
    pass.scratch = scratch.data();
    resize_kernels_of(axis.table()).vertical(pass);
    done += count;
  }
}

/// Source index of each output in [begin, begin + count); -1 past the end. The coordinate is accumulated as
/// Geometry.c does: k * scale rounds otherwise, and picks other pixels at many ordinary sizes.
AISLE_API std::vector<std::int64_t> nearest_indices(std::int64_t in, std::int64_t out, std::int64_t begin,
                                                    std::int64_t count) {
  const double scale = static_cast<double>(in) / static_cast<double>(out);
  std::vector<std::int64_t> index(static_cast<std::size_t>(count));
  double at = scale * 0.5;
  for (std::int64_t i = 0; i < begin + count; ++i, at += scale)
    if (i >= begin) {
      const auto k = static_cast<std::int64_t>(at);
      index[static_cast<std::size_t>(i - begin)] = k < in ? k : -1;
    }
  return index;
}

AISLE_API image resize_nearest(const image_view& source, std::int64_t width, std::int64_t height,
                               const crop_box& crop) {
  image out(crop.width, crop.height);
  const auto columns = nearest_indices(source.width(), width, crop.left, crop.width);
  const auto rows = nearest_indices(source.height(), height, crop.top, crop.height);
  std::uint8_t* to = out.rgb().data();
  for (const std::int64_t y : rows)
    for (const std::int64_t x : columns) {
      if (y < 0 || x < 0)
        std::memset(to, 0, 3);
      else
        std::memcpy(to, source.row(static_cast<int>(y)).data() + x * 3, 3);
      to += 3;
    }
  return out;
}

/// Bytes of what the first pass leaves. Throws shape_error where no memory holds them.
AISLE_API std::size_t bytes_between(std::int64_t pixels, std::int64_t others) {
  return rgb_bytes(static_cast<int>(pixels), static_cast<int>(others), static_cast<std::size_t>(pixels) * 3);
}

AISLE_API image crop_of(const image_view& source, const crop_box& crop) {
  image out(crop.width, crop.height);
  for (int y = 0; y < crop.height; ++y)
    std::memcpy(out.row(y).data(), source.row(static_cast<int>(crop.top) + y).data() + crop.left * 3,
                out.stride());
  return out;
}

}  // namespace detail

AISLE_API image resize(const image_view& source, std::int64_t width, std::int64_t height,
                       resize_filter filter, const crop_box& crop_or_all,
                       const kernels::kernel_table* table) {
  const auto size = [](std::int64_t w, std::int64_t h) {
    return std::to_string(w) + " x " + std::to_string(h);
  };
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
  const std::int64_t w = source.width(), h = source.height();
  if (w < 1 || h < 1 || width < 1 || height < 1 || width > most || height > most)
    throw shape_error("cannot resize " + size(w, h) + " pixels to " + size(width, height));
  crop_box crop = crop_or_all;
  if (crop.width == 0 && crop.height == 0) crop = {0, 0, static_cast<int>(width), static_cast<int>(height)};
  if (crop.width < 1 || crop.height < 1 || crop.left < 0 || crop.top < 0 || crop.left > width - crop.width ||
      crop.top > height - crop.height)
    throw shape_error("a crop of " + size(crop.width, crop.height) + " pixels at " +
                      size(crop.left, crop.top) + " does not lie in " + size(width, height));

  if (w == width && h == height) return detail::crop_of(source, crop);
  if (filter == resize_filter::nearest) return detail::resize_nearest(source, width, height, crop);

  const auto stride = static_cast<std::ptrdiff_t>(source.stride());
  const kernels::kernel_table& kernels = table != nullptr ? *table : kernels::best_table();
  detail::resize_axis across(w, width, filter, kernels), down(h, height, filter, kernels);
  image out(crop.width, crop.height);
  const detail::picture_part all{source.row(0).data(), stride, 0, 0};
  if (h == height) {
    const detail::picture_part rows{source.row(static_cast<int>(crop.top)).data(), stride, 0, crop.top};
    detail::horizontal_pass(across, rows, crop.left, crop.width, crop.height, out.rgb().data());
  } else if (w == width) {
    const detail::picture_part columns{source.row(0).data() + crop.left * 3, stride, crop.left, 0};
    detail::vertical_pass(down, columns, crop.top, crop.height, crop.width * 3, out.rgb().data());
  } else if (h > height &&
             h - height > 2 * (w - width)) {  // vertical first: Pillow 13's rule for tall pictures
    const auto needs = across.reads(crop.left, crop.left + crop.width);
    const std::int64_t columns = needs.end - needs.begin;
    buffer<std::uint8_t> between(detail::bytes_between(columns, crop.height));
    detail::vertical_pass(down, {all.data + needs.begin * 3, stride, needs.begin, 0}, crop.top, crop.height,
                          columns * 3, between.data());
    detail::horizontal_pass(across, {between.data(), columns * 3, needs.begin, crop.top}, crop.left,
                            crop.width, crop.height, out.rgb().data());
  } else {
    const auto needs = down.reads(crop.top, crop.top + crop.height);
    const std::int64_t rows = needs.end - needs.begin;
    buffer<std::uint8_t> between(detail::bytes_between(rows, crop.width));
    detail::horizontal_pass(across,
                            {source.row(static_cast<int>(needs.begin)).data(), stride, 0, needs.begin},
                            crop.left, crop.width, rows, between.data());
    detail::vertical_pass(down, {between.data(), std::ptrdiff_t{3} * crop.width, crop.left, needs.begin},
                          crop.top, crop.height, crop.width * 3, out.rgb().data());
  }
  return out;
}

AISLE_NAMESPACE_END
