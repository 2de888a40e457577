#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include <curl/curl.h>

#include <aisle/base/error.hpp>

// What all requests by libcurl have in common: many at a time, handles that are used again.

namespace aisle_command {

/// What a kind of transfer begins with.
struct curl_transfer {
  CURL* handle = nullptr;
  std::array<char, CURL_ERROR_SIZE> reason{};
  /// Why it failed, in libcurl's words.
  const char* words(CURLcode code) const {
    return reason[0] != '\0' ? reason.data() : curl_easy_strerror(code);
  }
};

inline long curl_milliseconds(double seconds) {
  return std::max(1L, static_cast<long>(std::ceil(std::min(seconds, 1e6) * 1000)));
}

/// libcurl's own list of hosts that are reached without a proxy; this machine is among them, whoever forgot
/// it.
inline std::string hosts_without_proxy() {
  std::string out;
  for (const char* name : {"no_proxy", "NO_PROXY"})
    if (const char* set = std::getenv(name); set != nullptr && *set != '\0') out += std::string(set) + ",";
  return out + "localhost,127.0.0.1,::1";
}

/// Lines of a request's header; they must outlive the transfers that send them.
class curl_headers {
 public:
  curl_headers() = default;
  ~curl_headers() { curl_slist_free_all(list_); }
  curl_headers(const curl_headers&) = delete;
  curl_headers& operator=(const curl_headers&) = delete;
  void add(const std::string& line) {
    curl_slist* longer = curl_slist_append(list_, line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    list_ = longer;
  }
  curl_slist* list() const noexcept { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

/// One thread at a time may use it, but for wake().
template <class Transfer>
class curl_transfers {
 public:
  curl_transfers() {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (started != CURLE_OK) throw aisle::error(std::string("libcurl: ") + curl_easy_strerror(started));
    multi_ = curl_multi_init();
    if (multi_ == nullptr) throw aisle::error("libcurl cannot be started");
  }
  ~curl_transfers() {
    for (auto& t : running_) {
      curl_multi_remove_handle(multi_, t->handle);
      curl_easy_cleanup(t->handle);
    }
    for (auto& t : idle_) curl_easy_cleanup(t->handle);
    curl_multi_cleanup(multi_);
  }
  curl_transfers(const curl_transfers&) = delete;
  curl_transfers& operator=(const curl_transfers&) = delete;

  /// A transfer that is set up for http and https without redirects, connections kept from before. What is
  /// the caller's own in it is as the last one left it.
  std::unique_ptr<Transfer> take(const std::string& url) {
    std::unique_ptr<Transfer> t;
    if (!idle_.empty()) {
      t = std::move(idle_.back());
      idle_.pop_back();
    } else {
      t = std::make_unique<Transfer>();
      t->handle = curl_easy_init();
      if (t->handle == nullptr) throw std::bad_alloc();
    }
    CURL* c = t->handle;
    curl_easy_reset(c);  // connections stay
    t->reason.fill('\0');
    curl_easy_setopt(c, CURLOPT_URL, url.c_str());
    curl_easy_setopt(c, CURLOPT_PRIVATE, t.get());
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->reason.data());
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(c, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    return t;
  }
  void start(std::unique_ptr<Transfer> t) {
    running_.reserve(running_.size() + 1);
    if (const CURLMcode code = curl_multi_add_handle(multi_, t->handle); code != CURLM_OK) {
      curl_easy_cleanup(t->handle);
      throw aisle::error(std::string("libcurl: ") + curl_multi_strerror(code));
    }
    running_.push_back(std::move(t));
  }
  /// Lets them go on, and calls `done(transfer, code)` for each that has ended. `out_of_memory`: whether a
  /// function that libcurl called has met it, through which nothing may be thrown.
  template <class Done>
  void go_on(const bool& out_of_memory, Done done) {
    int running = 0, left = 0;
    if (const CURLMcode code = curl_multi_perform(multi_, &running); code != CURLM_OK)
      throw aisle::error(std::string("libcurl: ") + curl_multi_strerror(code));
    if (out_of_memory) throw std::bad_alloc();
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      Transfer* t = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &t);
      if (code == CURLE_OUT_OF_MEMORY) throw std::bad_alloc();
      done(*t, code);
      curl_multi_remove_handle(multi_, t->handle);
      const auto at =
          std::find_if(running_.begin(), running_.end(), [&](const auto& r) { return r.get() == t; });
      idle_.push_back(std::move(*at));
      *at = std::move(running_.back());
      running_.pop_back();
    }
  }
  /// Waits for something to happen, or for wake().
  void wait(int milliseconds) { curl_multi_poll(multi_, nullptr, 0, milliseconds, nullptr); }
  void wake() { curl_multi_wakeup(multi_); }
  std::size_t running() const noexcept { return running_.size(); }

 private:
  CURLM* multi_ = nullptr;
  std::vector<std::unique_ptr<Transfer>> running_, idle_;
};

}  // namespace aisle_command
