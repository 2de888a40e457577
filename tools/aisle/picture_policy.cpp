#include "picture_policy.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>

#include <aisle/base/ascii.hpp>
#include <aisle/base/hash.hpp>

namespace aisle_command {

namespace {

struct address_block {
  std::array<std::uint8_t, 4> first;
  int bits;
  std::string_view what;
};

/// IANA's registry of IPv4 addresses with a purpose of their own.
constexpr address_block special_blocks[] = {
    {{0, 0, 0, 0}, 8, "an address of this network"},
    {{10, 0, 0, 0}, 8, "a private address"},
    {{100, 64, 0, 0}, 10, "a carrier's private address"},
    {{127, 0, 0, 0}, 8, "an address of this machine"},
    {{169, 254, 0, 0}, 16, "a link-local address"},
    {{172, 16, 0, 0}, 12, "a private address"},
    {{192, 0, 0, 0}, 24, "a reserved address"},
    {{192, 0, 2, 0}, 24, "an address for documentation"},
    {{192, 88, 99, 0}, 24, "a reserved address"},
    {{192, 168, 0, 0}, 16, "a private address"},
    {{198, 18, 0, 0}, 15, "an address for benchmarks"},
    {{198, 51, 100, 0}, 24, "an address for documentation"},
    {{203, 0, 113, 0}, 24, "an address for documentation"},
    {{224, 0, 0, 0}, 4, "a multicast address"},
    {{240, 0, 0, 0}, 4, "a reserved address"},
};

constexpr std::uint32_t number_of(std::span<const std::uint8_t> a) noexcept {
  return static_cast<std::uint32_t>(a[0]) << 24 | static_cast<std::uint32_t>(a[1]) << 16 |
         static_cast<std::uint32_t>(a[2]) << 8 | a[3];
}

std::string_view fault_of_v4(std::span<const std::uint8_t> a) noexcept {
  for (const address_block& block : special_blocks)
    if ((number_of(a) ^ number_of(block.first)) >> (32 - block.bits) == 0) return block.what;
  return {};
}

std::string_view fault_of_v6(std::span<const std::uint8_t> a) noexcept {
  const auto zeros = [&](std::size_t from, std::size_t to) {
    return std::all_of(a.begin() + static_cast<std::ptrdiff_t>(from),
                       a.begin() + static_cast<std::ptrdiff_t>(to), [](std::uint8_t b) { return b == 0; });
  };
  if (zeros(0, 15) && a[15] <= 1) return a[15] == 1 ? "an address of this machine" : "no address";
  if (zeros(0, 10) && a[10] == 0xff && a[11] == 0xff) return fault_of_v4(a.subspan(12));  // ::ffff:1.2.3.4
  if (zeros(0, 12)) return fault_of_v4(a.subspan(12));                                    // ::1.2.3.4
  if (a[0] == 0x00 && a[1] == 0x64 && a[2] == 0xff && a[3] == 0x9b)                       // NAT64
    return zeros(4, 12) ? fault_of_v4(a.subspan(12)) : "a translator's private address";
  if (a[0] == 0x20 && a[1] == 0x02) return fault_of_v4(a.subspan(2, 4));  // 6to4
  if (a[0] == 0x20 && a[1] == 0x01 && a[2] < 2) return "an address of a tunnel";
  if (a[0] == 0x20 && a[1] == 0x01 && a[2] == 0x0d && a[3] == 0xb8) return "an address for documentation";
  if ((a[0] & 0xfe) == 0xfc) return "a private address";
  if (a[0] == 0xfe && (a[1] & 0xc0) == 0x80) return "a link-local address";
  if (a[0] == 0xfe) return "a site's private address";
  if (a[0] == 0xff) return "a multicast address";
  return (a[0] & 0xe0) == 0x20 ? std::string_view() : "a reserved address";
}

}  // namespace

std::string_view fault_of_address(std::span<const std::uint8_t> address) noexcept {
  return address.size() == 4    ? fault_of_v4(address)
         : address.size() == 16 ? fault_of_v6(address)
                                : std::string_view("an address of no known kind");
}

std::string address_name(std::span<const std::uint8_t> address) {
  std::string out;
  char part[8];
  const bool v6 = address.size() == 16;
  for (std::size_t i = 0; i < address.size(); i += v6 ? 2 : 1) {
    if (v6)
      std::snprintf(part, sizeof part, "%x", static_cast<unsigned>(address[i] << 8 | address[i + 1]));
    else
      std::snprintf(part, sizeof part, "%u", static_cast<unsigned>(address[i]));
    out += (out.empty() ? "" : v6 ? ":" : ".") + std::string(part);
  }
  return out;
}

std::string request_url(std::string_view url) {
  url = aisle::ascii::without_blanks(url);
  std::string text(url);
  if (text.starts_with("//"))
    text.insert(0, "https:");
  else if (aisle::ascii::starts_without_case(text, "www."))
    text.insert(0, "https://");
  const bool web = aisle::ascii::starts_without_case(text, "http://") ||
                   aisle::ascii::starts_without_case(text, "https://");
  if (!web || host_of(text).empty()) return {};
  const std::size_t behind_host = std::min(text.find_first_of("/\\?#", text.find("//") + 2), text.size());
  std::string out = text.substr(0, behind_host);
  for (std::size_t i = behind_host; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (text.compare(i, 5, "&amp;") == 0) {
      out += '&';
      i += 4;
    } else if (byte == '\\') {
      out += '/';
    } else if (byte <= 0x20 || byte >= 0x7f ||
               std::string_view("\"<>^`{|}").find(text[i]) != std::string_view::npos) {
      char escaped[4];
      std::snprintf(escaped, sizeof escaped, "%%%02X", static_cast<unsigned>(byte));
      out += escaped;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string host_of(std::string_view url) {
  const std::size_t scheme = url.find("//");
  if (scheme == std::string_view::npos) return {};
  std::string_view host = url.substr(scheme + 2);
  host = host.substr(0, host.find_first_of("/\\?#"));
  if (const std::size_t at = host.rfind('@'); at != std::string_view::npos) host.remove_prefix(at + 1);
  return aisle::ascii::lower(host);
}

double backoff_seconds(double first, int again, double most, double chance) noexcept {
  double wait = first;
  for (int i = 1; i < again && wait < most; ++i) wait *= 2;
  return std::min(wait, most) * (1 - chance / 2);
}

bool is_passing_status(long status) noexcept {
  return status == 408 || status == 425 || status == 429 ||
         (status >= 500 && status < 600 && status != 501 && status != 505);
}

bool is_redirect_status(long status) noexcept {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool has_picture(long status) noexcept { return status == 200 || status == 203; }

void host_pace::began(double now) noexcept {
  ++running_;
  if (counted_++ == 0) counted_from_ = now;
  if (interval_ > 0) next_ = std::max(next_, now) + interval_;
}

void host_pace::served() noexcept {
  complaints_ = 0;
  // What a complaint has halved is back after 14 pictures.
  interval_ = interval_ > 0.002 ? interval_ * 0.95 : 0;
}

void host_pace::slow_down(double now, double began, double pause) noexcept {
  next_ = std::max(next_, now + pause);
  if (began < slowed_at_) return;
  // Few requests may have been for want of rows: they are taken for four a second at least.
  const double observed = counted_ > 1 ? (now - counted_from_) / static_cast<double>(counted_) : 0.05;
  interval_ = std::clamp(2 * std::max(std::min(observed, 0.25), interval_), 0.02, 10.0);
  slowed_at_ = now;
  counted_ = 0;
  ++complaints_;
}

std::string picture_name(std::string_view id) {
  constexpr std::size_t longest = 80;
  std::string name;
  for (const char c : id.substr(0, longest)) {
    const bool plain =
        aisle::ascii::is_letter(c) || aisle::ascii::is_digit(c) || c == '-' || c == '_' || c == '.';
    name += plain ? c : '_';
  }
  // A hidden file, an option, a file without a name where the system drops dots at the end.
  if (name.starts_with('.') || name.starts_with('-')) name.front() = '_';
  if (name.ends_with('.')) name.back() = '_';
  if (name == id && !id.empty()) return name;
  return name + "~" + aisle::to_hex(aisle::sha256::of(id)).substr(0, 16);
}

}  // namespace aisle_command
