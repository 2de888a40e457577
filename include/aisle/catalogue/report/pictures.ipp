#pragma once

#include <algorithm>
#include <set>

#include <aisle/base/counted.hpp>
#include <aisle/base/parallel.hpp>
#include <aisle/catalogue/report.hpp>
#include <aisle/catalogue/report/pictures.hpp>
#include <aisle/catalogue/report/text.hpp>
#include <aisle/image/decode.hpp>
#include <aisle/image/encode.hpp>
#include <aisle/image/picture_turn.hpp>
#include <aisle/image/resize.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail::report {

AISLE_API image scaled_to(const image& picture, int side) {
  const int longest = std::max(picture.width(), picture.height());
  if (longest <= side) return picture;
  const auto scaled = [&](int v) {
    return std::max<std::int64_t>(1, (std::int64_t{v} * side + longest / 2) / longest);
  };
  return resize(picture, scaled(picture.width()), scaled(picture.height()), resize_filter::lanczos);
}

AISLE_API std::string jpeg_uri(const image& picture, int quality) {
  return "data:image/jpeg;base64," + base64(encode_jpeg(picture, {.quality = quality}));
}

/// A tile's worth of one picture, in the middle of white.
AISLE_API void put_tile(const image& picture, int side, int left, int top, image& sheet) {
  const image tile = scaled_to(picture, side);
  const int x = left + (side - tile.width()) / 2, y = top + (side - tile.height()) / 2;
  for (int r = 0; r < tile.height(); ++r) {
    const auto from = tile.row(r);
    std::copy(from.begin(), from.end(), sheet.row(y + r).begin() + 3 * x);
  }
}

/// As large as there is room for: all sheets together take 6 to 8 MB.
AISLE_API int tile_side(std::size_t pictures) { return pictures <= 1200 ? 128 : pictures <= 2500 ? 96 : 64; }
inline constexpr std::size_t most_tiles = 5'000;

/// What is wrong with pictures, in one warning.
AISLE_API void tell_unreadable(const experiment_result& result, const std::vector<std::int64_t>& rows,
                               const std::vector<std::string>& why, const page_options& options) {
  std::set<std::int64_t> known;  // what is wrong with these stands among the skipped rows
  for (const skipped_row& s : result.skipped) known.insert(s.row);
  std::size_t unreadable = 0, first = 0;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (!why[i].empty() && !known.contains(rows[i]) && unreadable++ == 0) first = i;
  if (unreadable > 0 && options.on_warning)
    options.on_warning(std::to_string(unreadable) + " of " + counted(rows.size(), "picture") +
                       " of the report cannot be read and are left out; the first: " + why[first]);
}

AISLE_API page_pictures make_pictures(const experiment_result& result, const std::vector<std::int64_t>& large,
                                      const std::vector<std::int64_t>& tiles, const page_options& options) {
  const auto named = [&](std::int64_t row) {
    const product_card* card = result.product_of(row);
    return card != nullptr && !card->image_path.empty();
  };
  std::set<std::int64_t> of_large, of_tiles;
  for (const std::int64_t row : large)
    if (named(row)) of_large.insert(row);
  for (const std::int64_t row : tiles)
    if (of_tiles.size() < most_tiles && named(row)) of_tiles.insert(row);
  std::vector<std::int64_t> wanted(of_large.begin(), of_large.end());
  for (const std::int64_t row : of_tiles)
    if (!of_large.contains(row)) wanted.push_back(row);
  std::sort(wanted.begin(), wanted.end());

  page_pictures out;
  picture_sheets& s = out.small_ones;
  s.side = tile_side(of_tiles.size());
  s.across = 2048 / s.side;
  const std::int64_t of_a_sheet = s.across * s.across;
  std::int64_t next = 0;
  for (const std::int64_t row : of_tiles) s.tiles.emplace(row, next++);
  std::vector<image> sheets;
  for (std::int64_t begin = 0; begin < next; begin += of_a_sheet) {
    const std::int64_t on_it = std::min(of_a_sheet, next - begin);
    image sheet(static_cast<int>(std::min(on_it, s.across)) * s.side,
                static_cast<int>((on_it + s.across - 1) / s.across) * s.side);
    for (int y = 0; y < sheet.height(); ++y)
      std::fill(sheet.row(y).begin(), sheet.row(y).end(), std::uint8_t{255});
    sheets.push_back(std::move(sheet));
  }
  std::vector<std::string> uris(wanted.size()), why(wanted.size());
  if (options.refuse_picture)
    for (std::size_t i = 0; i < wanted.size(); ++i)
      why[i] = options.refuse_picture(result.product_of(wanted[i])->image_path);
  parallel_for(static_cast<std::int64_t>(wanted.size()), options.threads, [&](std::int64_t i) {
    const auto at = static_cast<std::size_t>(i);
    if (!why[at].empty()) return;
    try {
      picture_turn turn;
      const image picture = detail::read_image(result.product_of(wanted[at])->image_path, turn);
      if (of_large.contains(wanted[at])) uris[at] = jpeg_uri(scaled_to(picture, large_side), 80);
      if (const auto tile = s.tiles.find(wanted[at]); tile != s.tiles.end()) {
        const std::int64_t place = tile->second % of_a_sheet;
        put_tile(picture, s.side, static_cast<int>(place % s.across) * s.side,
                 static_cast<int>(place / s.across) * s.side,
                 sheets[static_cast<std::size_t>(tile->second / of_a_sheet)]);
      }
    } catch (const machine_error&) {
      throw;  // no fault of the picture
    } catch (const error& e) {
      why[at] = e.what();
    }
  });
  tell_unreadable(result, wanted, why, options);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!why[i].empty()) s.tiles.erase(wanted[i]);
    if (of_large.contains(wanted[i])) out.large.emplace(wanted[i], std::move(uris[i]));
  }
  if (s.tiles.empty()) sheets.clear();
  for (const image& sheet : sheets) s.sheets.push_back(encode_jpeg(sheet, {.quality = 76}));
  return out;
}

}  // namespace detail::report
AISLE_NAMESPACE_END
