#include "http_post.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <utility>

#include <curl/curl.h>

#include <aisle/base/ascii.hpp>
#include <aisle/base/counted.hpp>
#include <aisle/base/error.hpp>
#include <aisle/base/process.hpp>
#include <aisle/base/version.hpp>
#include <aisle/io/json.hpp>

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
  struct transfer {
    state* owner = nullptr;
    CURL* handle = nullptr;
    aisle::openai_request request;
    aisle::openai_answer answer;
    bool too_long = false;
    std::array<char, CURL_ERROR_SIZE> reason{};
  };

  explicit state(http_post_options o) : options(std::move(o)), multi(curl_multi_init()) {
    if (multi == nullptr) throw aisle::error("libcurl cannot be started");
    add_header("Content-Type: application/json");
    add_header("Accept: application/json");
    add_header("Expect:");  // no second round trip for bodies of more than a megabyte
    if (!options.key.empty()) add_header("Authorization: Bearer " + options.key);
    // This machine is reached without a proxy, whoever forgot to say so.
    for (const char* name : {"no_proxy", "NO_PROXY"})
      if (const char* set = std::getenv(name); set != nullptr && *set != '\0')
        no_proxy += std::string(set) + ",";
    no_proxy += "localhost,127.0.0.1,::1";
  }
  ~state() {
    for (auto& t : running) {
      curl_multi_remove_handle(multi, t->handle);
      curl_easy_cleanup(t->handle);
    }
    for (auto& t : idle) curl_easy_cleanup(t->handle);
    curl_multi_cleanup(multi);
    curl_slist_free_all(headers);
  }
  state(const state&) = delete;
  state& operator=(const state&) = delete;

  void add_header(const std::string& line) {
    curl_slist* longer = curl_slist_append(headers, line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    headers = longer;
  }

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

  static long milliseconds(double seconds) {
    return std::max(1L, static_cast<long>(std::ceil(std::min(seconds, 1e6) * 1000)));
  }

  void set_up(transfer& t) {
    CURL* c = t.handle;
    curl_easy_reset(c);  // connections stay
    t.reason.fill('\0');
    curl_easy_setopt(c, CURLOPT_URL, options.url.c_str());
    curl_easy_setopt(c, CURLOPT_PRIVATE, &t);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t.reason.data());
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_USERAGENT, "aisle/" AISLE_VERSION_STRING);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, t.request.body.data());
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(t.request.body.size()));
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(c, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
    if (!options.certificates.empty()) curl_easy_setopt(c, CURLOPT_CAINFO, options.certificates.c_str());
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(options.connect_timeout));
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, milliseconds(options.timeout));
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
    out.fault = without_secret(t.reason[0] != '\0' ? t.reason.data() : curl_easy_strerror(code), options.key);
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
  CURLM* multi;
  curl_slist* headers = nullptr;
  std::string no_proxy;
  std::vector<std::unique_ptr<transfer>> running, idle;
  bool out_of_memory = false;
};

http_post::http_post(const http_post_options& options) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) throw aisle::error(std::string("libcurl: ") + curl_easy_strerror(started));
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
  std::unique_ptr<state::transfer> t;
  if (!s.idle.empty()) {
    t = std::move(s.idle.back());
    s.idle.pop_back();
  } else {
    t = std::make_unique<state::transfer>();
    t->owner = &s;
    t->handle = curl_easy_init();
    if (t->handle == nullptr) throw std::bad_alloc();
  }
  t->answer = {};
  t->answer.id = request.id;
  t->request = std::move(request);
  t->too_long = false;
  s.set_up(*t);
  s.running.reserve(s.running.size() + 1);
  if (const CURLMcode code = curl_multi_add_handle(s.multi, t->handle); code != CURLM_OK) {
    curl_easy_cleanup(t->handle);
    throw aisle::error(std::string("libcurl: ") + curl_multi_strerror(code));
  }
  s.running.push_back(std::move(t));
}

std::vector<aisle::openai_answer> http_post::wait(double seconds) {
  state& s = *state_;
  std::vector<aisle::openai_answer> out;
  const auto collect = [&] {
    int running = 0, left = 0;
    if (const CURLMcode code = curl_multi_perform(s.multi, &running); code != CURLM_OK)
      throw aisle::error(std::string("libcurl: ") + curl_multi_strerror(code));
    if (s.out_of_memory) throw std::bad_alloc();
    while (const CURLMsg* message = curl_multi_info_read(s.multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      state::transfer* t = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &t);
      if (code == CURLE_OUT_OF_MEMORY) throw std::bad_alloc();
      out.push_back(s.answer_of(*t, code));
      curl_multi_remove_handle(s.multi, t->handle);
      const auto at =
          std::find_if(s.running.begin(), s.running.end(), [&](const auto& r) { return r.get() == t; });
      t->request.body.clear();
      s.idle.push_back(std::move(*at));
      *at = std::move(s.running.back());
      s.running.pop_back();
    }
  };
  const double until = aisle::steady_seconds() + seconds;
  for (collect(); out.empty(); collect()) {
    const double left = until - aisle::steady_seconds();
    if (left <= 0) break;
    curl_multi_poll(s.multi, nullptr, 0, static_cast<int>(std::ceil(std::min(left, 1e3) * 1000)), nullptr);
  }
  return out;
}

aisle::openai_transport http_post::transport() {
  return {[this](aisle::openai_request r) { start(std::move(r)); },
          [this](double seconds) { return wait(seconds); }, [] { return aisle::steady_seconds(); }};
}

}  // namespace aisle_command
