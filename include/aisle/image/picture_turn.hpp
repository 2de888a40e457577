#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include <aisle/base/config.hpp>
#include <aisle/image/image.hpp>
#include <aisle/image/jpeg.hpp>

// Big pictures take their turns: threads that decode side by side would otherwise need the memory of the
// largest picture each.

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Pixels, and bytes of a file, from which a picture is big: about 100 MB, decoded.
inline constexpr std::uint64_t big_picture_pixels = 32'000'000;
inline constexpr std::uint64_t big_picture_bytes = 64'000'000;

using bytes_callback = std::function<void(std::span<const std::byte>)>;

/// What a picture's header says its size is; 0 where no format is recognised. For GIF the canvas.
std::uint64_t stated_pixels(std::span<const std::byte> bytes) noexcept;

/// The turn of one big picture in the whole process, from take() to the end of this object. Who holds one
/// takes no second.
class picture_turn {
 public:
  picture_turn() = default;
  ~picture_turn();
  picture_turn(const picture_turn&) = delete;
  picture_turn& operator=(const picture_turn&) = delete;
  /// Waits until nobody else has it. Throws interruption.
  void take();
  bool taken() const noexcept { return taken_; }

 private:
  bool taken_ = false;
};

/// decode_image() and read_image() that keep the turn of a big picture for what is done with its pixels.
image decode_image(std::span<const std::byte> bytes, std::string_view where, picture_turn& turn,
                   const size_demand& demand = {});
image read_image(const std::string& path, picture_turn& turn, const bytes_callback& on_bytes = {},
                 const size_demand& demand = {});

}  // namespace detail

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/image/picture_turn.ipp>
#endif
