#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

// How `aisle images` behaves towards servers, without a network: who is asked, how often, how soon again.

namespace aisle_command {

/// What is not public of an address of 4 or 16 bytes, in the order of the network: "a private address";
/// nothing of a public one. Addresses that carry one of IPv4 are judged by that.
std::string_view fault_of_address(std::span<const std::uint8_t> address) noexcept;
/// "10.0.0.1", "fe80:0:0:0:0:0:0:1".
std::string address_name(std::span<const std::uint8_t> address);

/// A URL of a table as it can be asked for: https where it has no scheme ("//cdn.example/a.jpg",
/// "www.example/a.jpg"), with blanks, quotes and what is not ASCII as %NN, "&amp;" as "&". Empty for any
/// other scheme than http and https, and without a host.
std::string request_url(std::string_view url);
/// "https://me@CDN.example:8443/a" -> "cdn.example:8443".
std::string host_of(std::string_view url);

/// Seconds before try `again` (1: the second): `first` doubled each time, at most `most`, less up to half of
/// it by `chance` in [0, 1), so that many do not come back at one moment.
double backoff_seconds(double first, int again, double most, double chance) noexcept;

/// Whether another try may be answered better than by this HTTP status.
bool is_passing_status(long status) noexcept;
bool is_redirect_status(long status) noexcept;
/// Whether what was asked for comes with this HTTP status: 200, and 203 of a proxy that made it smaller.
bool has_picture(long status) noexcept;

/// Seconds without any answer after which a host may be given up.
inline constexpr double patience_with_silence = 20;

/// When one host may be asked. All times are of one clock, in seconds.
class host_pace {
 public:
  /// Whether a request may begin now, beside those that run.
  bool is_free(double now, int most_at_once) const noexcept {
    return running_ < most_at_once && now >= next_;
  }
  /// When the next may begin, as far as that is known.
  double next() const noexcept { return next_; }
  /// Requests a second that it gets at most; 0: no limit.
  double rate() const noexcept { return interval_ > 0 ? 1 / interval_ : 0; }

  void began(double now) noexcept;
  void ended() noexcept { --running_; }
  /// A picture came: the pace quickens a little.
  void served() noexcept;
  /// It answered 429, or 503 with Retry-After, to a request that began at `began`: no request for `pause`
  /// seconds, and then half as many a second as it got. Of several that were on their way together one
  /// counts.
  void slow_down(double now, double began, double pause) noexcept;
  /// How often in a row it has asked for less.
  int complaints() const noexcept { return complaints_; }

  /// It could not be reached; true once that has happened so often and for so long, without an answer, that
  /// it is given up: many requests of one moment fail together when a server begins anew.
  bool unreachable(double now) noexcept {
    if (unreachable_++ == 0) unreachable_since_ = now;
    return unreachable_ >= 16 && now - unreachable_since_ >= patience_with_silence;
  }
  void answered() noexcept { unreachable_ = 0; }

 private:
  int running_ = 0, unreachable_ = 0, complaints_ = 0;
  double next_ = 0, interval_ = 0, unreachable_since_ = 0;
  double counted_from_ = 0, slowed_at_ = -1;  ///< since when `counted_` requests began; when it was slowed
  std::int64_t counted_ = 0;
};

/// The name of a product's picture, without an ending: its id where that can be a file's name on any system,
/// otherwise what can be of it, '~', and a part of its SHA-256. As '~' stands in no name that is an id, no
/// two ids have one name.
std::string picture_name(std::string_view id);

}  // namespace aisle_command
