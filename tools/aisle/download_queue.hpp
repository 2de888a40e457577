#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <queue>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <aisle/base/random.hpp>

#include "picture_policy.hpp"

// What is asked for next, and what becomes of an answer: the whole behaviour of downloads without a network
// and without a clock.

namespace aisle_command {

struct download_limits {
  int per_host = 8;          ///< requests to one host at a time
  int retries = 5;           ///< tries of one URL after the first
  double retry_wait = 0.5;   ///< seconds before the second try, doubled each time
  double longest_wait = 60;  ///< seconds, of what is doubled
  double deadline = 60;      ///< seconds that all tries of a download may take, and the waits between them
  double patience = 300;     ///< the longest Retry-After that is obeyed; a host that wants more is left alone
  int redirects = 5;
};

struct download_request {
  std::size_t item = 0;
  std::string url;
  double seconds = 0;  ///< that it may take
};

/// What came of a request.
struct download_answer {
  std::size_t item = 0;
  long status = 0;           ///< HTTP's; 0: there was no answer
  std::string body;          ///< of 200
  std::string location;      ///< of a redirect, absolute
  std::string fault;         ///< why the transfer is not whole, or nothing that is wanted; empty: it is
  bool passing = false;      ///< the fault may not come again
  bool unreachable = false;  ///< there was no connection
  double retry_after = 0;    ///< seconds; 0: not said
  double seconds = 0;        ///< that it took
};

class download_queue {
 public:
  explicit download_queue(const download_limits& limits, std::uint64_t seed)
      : limits_(limits), random_(seed) {}

  /// A download by the first of the URLs that leads to something; they need not be URLs. Numbers are given
  /// in order, from 0.
  std::size_t add(std::vector<std::string> urls);

  /// What is to be asked for now, if anything.
  std::optional<download_request> next(double now);
  /// Seconds until next() may have something, at most `most`.
  double pause(double now, double most) const;

  /// How a download ended.
  struct ending {
    std::size_t item = 0;
    std::string url;    ///< as it was added; of several without success all, divided by "|"
    std::string body;   ///< what was got
    std::string fault;  ///< or why nothing was
    bool got() const noexcept { return fault.empty(); }
  };
  /// Takes the answer to a request; empty where the download goes on.
  std::optional<ending> take(download_answer answer, double now);
  /// What was got of it is damaged, perhaps cut off: it is tried once more, then by its next URL.
  std::optional<ending> reject(std::size_t item, const std::string& why, bool may_be_cut, double now);
  /// Downloads that ended without a request; to be asked for after add(), take() and next().
  std::vector<ending> take_refused() { return std::exchange(refused_, {}); }

  /// What is not ended, but for what was got and may be rejected.
  std::size_t open() const noexcept { return open_; }
  /// Hosts that asked for less, and what they get: "cdn.example: 4 a second".
  std::vector<std::string> slowed_hosts() const;

 private:
  struct download {
    std::vector<std::string> urls;
    std::size_t at = 0;       ///< which of them
    std::string url, faults;  ///< what is asked for, redirects followed; of those before it
    int tries = 0, redirects = 0, rejected = 0;
    double spent = 0, began = 0;
  };
  struct host {
    std::string name, given_up;
    host_pace pace;
    std::deque<std::size_t> waiting;
    bool listed = false;  ///< among those with something waiting
  };
  using moment = std::pair<double, std::size_t>;

  host& host_at(const std::string& url);
  void enqueue(std::size_t item);
  std::optional<ending> begin_url(std::size_t item);
  std::optional<ending> give_url_up(std::size_t item, const std::string& why);
  std::optional<ending> try_again(std::size_t item, const std::string& why, double now);
  ending end(std::size_t item, std::string body);
  void give_host_up(host& h, const std::string& why);

  download_limits limits_;
  aisle::random_generator random_;
  std::vector<download> downloads_;
  std::unordered_map<std::string, host> hosts_;
  std::deque<host*> busy_;  ///< hosts with something waiting, asked in turn
  std::priority_queue<moment, std::vector<moment>, std::greater<>> later_;
  std::vector<ending> refused_;
  std::size_t open_ = 0;
};

}  // namespace aisle_command
