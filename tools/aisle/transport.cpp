#include "transport.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <span>

#include <netinet/in.h>
#include <sys/socket.h>

#include <aisle/base/ascii.hpp>
#include <aisle/base/counted.hpp>
#include <aisle/base/error.hpp>
#include <aisle/base/process.hpp>
#include <aisle/base/version.hpp>
#include <aisle/io/file_kind.hpp>
#include <aisle/io/gzip.hpp>

#include "command.hpp"
#include "curl_transfers.hpp"

namespace aisle_command {

namespace {

/// First bytes that a picture is told by.
constexpr std::size_t telling_bytes = 512;
/// Bytes of an answer that is no picture (an error's page) that are read to keep the connection.
constexpr std::size_t idle_bytes = std::size_t{64} << 10;

/// What a picture's first bytes are instead; empty where they are one's.
std::string not_picture(std::string_view bytes) {
  if (bytes.starts_with("BM") || bytes.starts_with("\xff\xd8")) return {};
  const aisle::known_file kind = aisle::recognise_file(bytes);
  if (kind.is == aisle::file_class::picture) return {};
  return kind.name.empty() ? "no picture of any known kind" : "no picture but " + std::string(kind.name);
}

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

std::string seconds_text(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, seconds < 1000 ? "%.3g s" : "%.0f s", seconds);
  return text;
}

}  // namespace

struct transport::state {
  struct transfer : curl_transfer {
    state* owner = nullptr;
    std::size_t item = 0;
    std::string body;
    std::size_t idle = 0;  // bytes that were thrown away
    std::string refused;   // the address that was not connected to
    std::string fault;     // why it was given up
    bool told = false;     // whether it is a picture
    double began = 0, seconds = 0;
    double retry_after =
        0;  // seconds, of a header in digits; libcurl reads dates, and not more than it holds
    long status() const {
      long code = 0;
      curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &code);
      return code;
    }
  };

  explicit state(const transport_options& o) : options(o) {
    accept.add("Accept: image/jpeg, image/png;q=0.9, image/gif;q=0.8, */*;q=0.1");
  }
  state(const state&) = delete;
  state& operator=(const state&) = delete;

  static std::size_t on_data(char* data, std::size_t size, std::size_t count, void* self) {
    auto& t = *static_cast<transfer*>(self);
    const std::size_t n = size * count;
    if (!has_picture(t.status())) {
      t.idle += n;
      return t.idle <= idle_bytes ? n : 0;
    }
    if (n > static_cast<std::size_t>(t.owner->options.max_bytes) - t.body.size()) {
      t.fault = t.owner->too_long();
      return 0;
    }
    try {
      t.body.append(data, n);
      t.owner->held += n;
      if (!t.told && t.body.size() >= telling_bytes && !aisle::is_gzip(bytes_of(t.body))) {
        t.fault = t.owner->fault_of_body(t);
        t.told = true;
      }
    } catch (const std::bad_alloc&) {
      t.owner->out_of_memory = true;  // nothing may be thrown through the C library
      return 0;
    }
    return t.fault.empty() ? n : 0;
  }

  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self) noexcept {
    auto& t = *static_cast<transfer*>(self);
    constexpr std::string_view name = "retry-after:";
    std::string_view line(data, size * count);
    if (aisle::ascii::starts_without_case(line, "http/"))
      t.retry_after = 0;  // another answer, such as a proxy's
    if (!aisle::ascii::starts_without_case(line, name)) return line.size();
    double value = 0;
    for (const char c : aisle::ascii::without_blanks(line.substr(name.size()))) {
      if (!aisle::ascii::is_digit(c)) {
        value = 0;
        break;
      }
      value = std::min(10 * value + (c - '0'), 1e15);
    }
    t.retry_after = value;
    return line.size();
  }

  static curl_socket_t on_socket(void* self, curlsocktype, curl_sockaddr* address) {
    auto& t = *static_cast<transfer*>(self);
    if (!t.owner->options.allow_private) {
      const auto* bytes = reinterpret_cast<const std::uint8_t*>(&address->addr);
      std::span<const std::uint8_t> number;
      if (address->family == AF_INET)
        number = {bytes + offsetof(sockaddr_in, sin_addr), 4};
      else if (address->family == AF_INET6)
        number = {bytes + offsetof(sockaddr_in6, sin6_addr), 16};
      if (const std::string_view fault = fault_of_address(number); !fault.empty()) try {
          t.refused = address_name(number) + " is " + std::string(fault) + " (--allow-private)";
          return CURL_SOCKET_BAD;
        } catch (const std::bad_alloc&) {
          t.owner->out_of_memory = true;
          return CURL_SOCKET_BAD;
        }
    }
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  }

  std::string too_long() const {
    return "more than " + aisle::counted(options.max_bytes, "byte") + " (--max-bytes)";
  }

  std::string fault_of_body(const transfer& t) const {
    std::string fault = not_picture(t.body);
    const char* type = nullptr;
    if (!fault.empty() && curl_easy_getinfo(t.handle, CURLINFO_CONTENT_TYPE, &type) == CURLE_OK && type)
      fault += " (" + std::string(type).substr(0, 60) + ")";
    return fault;
  }

  /// Some stores send what was put into them packed so, whatever was asked for. Returns what is wrong.
  std::string unpack(transfer& t) const {
    if (!aisle::is_gzip(bytes_of(t.body))) return {};
    try {
      t.body =
          aisle::gunzip(bytes_of(t.body), "a packed answer", static_cast<std::uint64_t>(options.max_bytes));
      return {};
    } catch (const aisle::error& e) {
      return e.what();
    }
  }

  /// Redirects are requests of their own, with their host's pace (download_queue).
  void set_up(transfer& t, const download_request& r) {
    CURL* c = t.handle;
    curl_easy_setopt(c, CURLOPT_USERAGENT,
                     options.user_agent.empty() ? "aisle/" AISLE_VERSION_STRING : options.user_agent.c_str());
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, accept.list());
#if LIBCURL_VERSION_NUM >= 0x075700
    // A name server that does not answer holds up its own request alone.
    curl_easy_setopt(c, CURLOPT_QUICK_EXIT, 1L);
#endif
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, curl_milliseconds(options.timeout));
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 100L);  // bytes a second
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, std::max(1L, std::lround(options.timeout)));
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, curl_milliseconds(r.seconds));
    curl_easy_setopt(c, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(options.max_bytes));
    // Behind a proxy only the proxy knows where a name leads.
    if (options.allow_private)
      curl_easy_setopt(c, CURLOPT_NOPROXY, no_proxy.c_str());
    else
      curl_easy_setopt(c, CURLOPT_PROXY, "");
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, &t);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_data);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, &t);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, on_socket);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, &t);
  }

  download_answer answer_of(transfer& t, CURLcode code) {
    download_answer out;
    out.item = t.item;
    out.seconds = aisle::steady_seconds() - t.began;
    out.status = t.status();
    held -= t.body.size();
    if (!t.refused.empty() && code != CURLE_OK) {
      out.fault = t.refused;
    } else if (!t.fault.empty()) {
      out.fault = t.fault;
    } else if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && t.idle > 0)) {
      curl_off_t wait = 0;
      const char* location = nullptr;
      curl_easy_getinfo(t.handle, CURLINFO_RETRY_AFTER, &wait);
      curl_easy_getinfo(t.handle, CURLINFO_REDIRECT_URL, &location);
      out.retry_after = t.retry_after > 0 ? t.retry_after : static_cast<double>(wait);
      if (location != nullptr) out.location = location;
      const bool is_picture = has_picture(out.status);
      if (is_picture && t.body.empty()) {
        out.fault = "an empty answer";
        out.passing = true;
      } else if (is_picture && !t.told) {
        out.fault = unpack(t);
        if (out.fault.empty()) out.fault = fault_of_body(t);
      }
      out.body = std::move(t.body);
    } else {
      tell(out, t, code);
    }
    return out;
  }

  void tell(download_answer& out, const transfer& t, CURLcode code) const {
    out.fault = t.words(code);
    out.unreachable = out.status == 0;
    out.passing = true;
    switch (code) {
      case CURLE_FILESIZE_EXCEEDED:
        out.fault = too_long();
        [[fallthrough]];
      case CURLE_UNSUPPORTED_PROTOCOL:
      case CURLE_URL_MALFORMAT:
      case CURLE_PEER_FAILED_VERIFICATION:
      case CURLE_SSL_CACERT_BADFILE:
        out.passing = out.unreachable = false;
        break;
      case CURLE_OPERATION_TIMEDOUT:
        // curl says the same of both; its clock counts milliseconds.
        if (out.seconds + 0.01 >= t.seconds) {
          out.fault = "not whole by the deadline";
          out.passing = false;
        } else {
          out.fault = (out.status == 0 ? "no answer for " : "no data for ") + seconds_text(options.timeout);
        }
        break;
      default:
        break;
    }
  }

  transport_options options;
  curl_headers accept;
  std::string no_proxy = hosts_without_proxy();
  curl_transfers<transfer> transfers;
  std::size_t held = 0;
  bool out_of_memory = false;
};

transport::transport(const transport_options& options) : state_(std::make_unique<state>(options)) {}
transport::~transport() = default;

void transport::start(const download_request& request) {
  state& s = *state_;
  std::unique_ptr<state::transfer> t = s.transfers.take(request.url);
  t->owner = &s;
  t->item = request.item;
  t->body.clear();
  t->idle = 0;
  t->refused.clear();
  t->fault.clear();
  t->told = false;
  t->retry_after = 0;
  t->began = aisle::steady_seconds();
  t->seconds = request.seconds;
  s.set_up(*t, request);
  s.transfers.start(std::move(t));
}

std::vector<download_answer> transport::wait(int milliseconds) {
  state& s = *state_;
  std::vector<download_answer> out;
  const auto collect = [&] {
    s.transfers.go_on(s.out_of_memory,
                      [&](state::transfer& t, CURLcode code) { out.push_back(s.answer_of(t, code)); });
  };
  collect();
  if (out.empty() && milliseconds > 0) {
    s.transfers.wait(milliseconds);
    collect();
  }
  return out;
}

void transport::wake() { state_->transfers.wake(); }
std::size_t transport::running() const noexcept { return state_->transfers.running(); }
std::size_t transport::held_bytes() const noexcept { return state_->held; }

}  // namespace aisle_command
