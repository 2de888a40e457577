#include "http_post.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <ctime>
#include <utility>

#include <aisle/base/ascii.hpp>
#include <aisle/base/counted.hpp>
#include <aisle/base/error.hpp>
#include <aisle/base/process.hpp>
#include <aisle/base/version.hpp>
#include <aisle/io/json.hpp>

#include "curl_transfers.hpp"

namespace aisle_command {

std::string without_secret(std::string text, std::string_view secret) {
  if (secret.empty()) return text;
  const std::string quoted = aisle::json(secret).dump();
  std::string slashes;  // others write "/" as "\/"
  for (const char c : secret) slashes += c == '/' ? std::string("\\/") : std::string(1, c);
  for (const std::string& form : {std::string(secret), quoted.substr(1, quoted.size() - 2), slashes})
    for (std::size_t at = 0; (at = text.find(form, at)) != std::string::npos; at += 3)
      text.replace(at, form.size(), "***");
  return text;
}

struct http_post::state {
  struct transfer : curl_transfer {
    state* owner = nullptr;
    aisle::openai_request request;
    aisle::openai_answer answer;
    bool too_long = false;
  };

  explicit state(http_post_options o) : options(std::move(o)) {
    headers.add("Content-Type: application/json");
    headers.add("Accept: application/json");
    headers.add("Expect:");  // no second round trip for bodies of more than a megabyte
    if (!options.key.empty()) headers.add("Authorization: Bearer " + options.key);
  }
  state(const state&) = delete;
  state& operator=(const state&) = delete;

  // Nothing may be thrown through the C library.
  static std::size_t on_data(char* data, std::size_t size, std::size_t count, void* self) noexcept {
    auto& t = *static_cast<transfer*>(self);
    const std::size_t n = size * count;
    if (n > t.owner->options.max_bytes - t.answer.body.size()) {
      t.too_long = true;
      return 0;
    }
    try {
      t.answer.body.append(data, n);
    } catch (const std::bad_alloc&) {
      t.owner->out_of_memory = true;
      return 0;
    }
    return n;
  }

  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self) noexcept {
    auto& t = *static_cast<transfer*>(self);
    const std::string_view line(data, size * count);
    try {
      const auto value_of = [&](std::string_view name) {
        return std::string(aisle::ascii::without_blanks(line.substr(name.size()))).substr(0, 100);
      };
      if (aisle::ascii::starts_without_case(line, "retry-after-ms:"))
        t.answer.retry_after_ms = value_of("retry-after-ms:");
      else if (aisle::ascii::starts_without_case(line, "retry-after:"))
        t.answer.retry_after = seconds_of(value_of("retry-after:"));
    } catch (const std::bad_alloc&) {
      t.owner->out_of_memory = true;
      return 0;
    }
    return size * count;
  }

  /// The header may be a date.
  static std::string seconds_of(const std::string& value) {
    if (value.empty() || !std::isalpha(static_cast<unsigned char>(value[0]))) return value;
    const std::time_t at = curl_getdate(value.c_str(), nullptr);
    return at < 0 ? std::string() : std::to_string(std::max<std::int64_t>(1, at - std::time(nullptr)));
  }

  void set_up(transfer& t) {
    CURL* c = t.handle;
    curl_easy_setopt(c, CURLOPT_USERAGENT, "aisle/" AISLE_VERSION_STRING);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers.list());
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, t.request.body.data());
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(t.request.body.size()));
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
    if (!options.certificates.empty()) curl_easy_setopt(c, CURLOPT_CAINFO, options.certificates.c_str());
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, curl_milliseconds(options.connect_timeout));
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, curl_milliseconds(options.timeout));
    curl_easy_setopt(c, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(options.max_bytes));
    curl_easy_setopt(c, CURLOPT_NOPROXY, no_proxy.c_str());
    // A key that a file knows for this host would take the place of ours.
    curl_easy_setopt(c, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_data);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, &t);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, &t);
  }

  aisle::openai_answer answer_of(transfer& t, CURLcode code) const {
    aisle::openai_answer out = std::move(t.answer);
    long status = 0;
    curl_easy_getinfo(t.handle, CURLINFO_RESPONSE_CODE, &status);
    out.status = static_cast<int>(status);
    if (code == CURLE_OK) {
      if (out.status != 200) out.body = without_secret(std::move(out.body), options.key);
      return out;
    }
    out.body.clear();
    out.fault = without_secret(t.words(code), options.key);
    switch (code) {
      case CURLE_FILESIZE_EXCEEDED:
      case CURLE_WRITE_ERROR:
        if (t.too_long || code == CURLE_FILESIZE_EXCEEDED)
          out.fault = "an answer of more than " + aisle::counted(options.max_bytes, "byte");
        break;
      case CURLE_OPERATION_TIMEDOUT:
        out.fault = out.status == 0 ? "no answer in time" : "no whole answer in time";
        break;
      case CURLE_URL_MALFORMAT:
      case CURLE_PEER_FAILED_VERIFICATION:
      case CURLE_SSL_CACERT_BADFILE:
        out.passing = false;
        break;
      default:
        break;
    }
    return out;
  }

  http_post_options options;
  curl_headers headers;
  std::string no_proxy = hosts_without_proxy();
  curl_transfers<transfer> transfers;
  bool out_of_memory = false;
};

http_post::http_post(const http_post_options& options) {
  if (!aisle::ascii::starts_without_case(options.url, "https://") &&
      !aisle::ascii::starts_without_case(options.url, "http://"))
    throw aisle::option_error(options.url + ": expected an address that begins with https:// or http://");
  for (const char c : options.key)
    if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f)
      throw aisle::option_error(
          "the key holds a character that no key has (a blank, a line end, a letter with an accent)");
  state_ = std::make_unique<state>(options);
}
http_post::~http_post() = default;

void http_post::start(aisle::openai_request request) {
  state& s = *state_;
  std::unique_ptr<state::transfer> t = s.transfers.take(s.options.url);
  t->owner = &s;
  t->answer = {};
  t->answer.id = request.id;
  t->request = std::move(request);
  t->too_long = false;
  s.set_up(*t);
  s.transfers.start(std::move(t));
}

std::vector<aisle::openai_answer> http_post::wait(double seconds) {
  state& s = *state_;
  std::vector<aisle::openai_answer> out;
  const auto collect = [&] {
    s.transfers.go_on(s.out_of_memory, [&](state::transfer& t, CURLcode code) {
      out.push_back(s.answer_of(t, code));
      t.request.body.clear();
    });
  };
  const double until = aisle::steady_seconds() + seconds;
  for (collect(); out.empty(); collect()) {
    const double left = until - aisle::steady_seconds();
    if (left <= 0) break;
    s.transfers.wait(static_cast<int>(std::ceil(std::min(left, 1e3) * 1000)));
  }
  return out;
}

aisle::openai_transport http_post::transport() {
  return {[this](aisle::openai_request r) { start(std::move(r)); },
          [this](double seconds) { return wait(seconds); }, [] { return aisle::steady_seconds(); }};
}

}  // namespace aisle_command
