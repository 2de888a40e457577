#include "download_queue.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <aisle/base/ascii.hpp>
#include <aisle/base/counted.hpp>

namespace aisle_command {

namespace {

/// For a message: a picture may be in the URL itself.
std::string shortened(const std::string& url) { return url.size() <= 120 ? url : url.substr(0, 60) + "..."; }

std::string with_tries(const std::string& why, int again) {
  return again > 0 ? why + " (" + aisle::counted(again + 1, "try", "tries") + ")" : why;
}

std::string in_seconds(double seconds) {
  if (seconds >= 1e9) return "more than 30 years";
  char text[32];
  std::snprintf(text, sizeof text, seconds < 1000 ? "%.3g s" : "%.0f s", seconds);
  return text;
}

}  // namespace

std::size_t download_queue::add(std::vector<std::string> urls) {
  const std::size_t item = downloads_.size();
  downloads_.emplace_back().urls = std::move(urls);
  ++open_;
  if (auto ended = begin_url(item)) refused_.push_back(std::move(*ended));
  return item;
}

download_queue::host& download_queue::host_at(const std::string& url) {
  std::string name = host_of(url);
  host& h = hosts_[name];
  if (h.name.empty()) h.name = std::move(name);
  return h;
}

void download_queue::enqueue(std::size_t item) {
  host& h = host_at(downloads_[item].url);
  h.waiting.push_back(item);
  if (!std::exchange(h.listed, true)) busy_.push_back(&h);
}

/// Queues the URL that is next of a download.
std::optional<download_queue::ending> download_queue::begin_url(std::size_t item) {
  download& d = downloads_[item];
  d.tries = d.redirects = d.rejected = 0;
  d.url = request_url(d.urls[d.at]);
  if (d.url.empty()) return give_url_up(item, "expected a URL of http or https");
  if (d.spent > 0 && d.spent >= limits_.deadline)
    return give_url_up(item, "no time left within the deadline of " + in_seconds(limits_.deadline));
  enqueue(item);
  return std::nullopt;
}

std::optional<download_queue::ending> download_queue::give_url_up(std::size_t item, const std::string& why) {
  download& d = downloads_[item];
  if (!d.faults.empty()) d.faults += "; ";
  d.faults += d.urls.size() > 1 ? shortened(d.urls[d.at]) + ": " + why : why;
  if (++d.at < d.urls.size()) return begin_url(item);
  return end(item, {});
}

std::optional<download_queue::ending> download_queue::try_again(std::size_t item, const std::string& why,
                                                                double now) {
  download& d = downloads_[item];
  const std::string tries = with_tries(why, d.tries);
  if (d.tries >= limits_.retries) return give_url_up(item, tries);
  const double wait = backoff_seconds(limits_.retry_wait, ++d.tries, limits_.longest_wait, random_.uniform());
  d.spent += wait;
  if (d.spent >= limits_.deadline)
    return give_url_up(item, tries + ", the deadline of " + in_seconds(limits_.deadline) + " is over");
  later_.emplace(now + wait, item);
  return std::nullopt;
}

download_queue::ending download_queue::end(std::size_t item, std::string body) {
  download& d = downloads_[item];
  ending out{item, {}, std::move(body), {}};
  if (d.at < d.urls.size()) {
    out.url = d.urls[d.at];
  } else {
    for (const std::string& url : d.urls) out.url += (out.url.empty() ? "" : "|") + url;
    out.fault = d.faults;
  }
  --open_;
  return out;
}

std::optional<download_request> download_queue::next(double now) {
  while (!later_.empty() && later_.top().first <= now) {
    enqueue(later_.top().second);
    later_.pop();
  }
  // One that is paced goes behind the others.
  for (std::size_t looked = std::min<std::size_t>(busy_.size(), 256); looked > 0; --looked) {
    host& h = *busy_.front();
    busy_.pop_front();
    if (!h.given_up.empty()) {
      h.listed = false;
      for (const std::size_t item : std::exchange(h.waiting, {}))
        if (auto ended = give_url_up(item, h.given_up)) refused_.push_back(std::move(*ended));
      continue;
    }
    if (!h.pace.is_free(now, limits_.per_host)) {
      busy_.push_back(&h);
      continue;
    }
    const std::size_t item = h.waiting.front();
    h.waiting.pop_front();
    h.listed = !h.waiting.empty();
    if (h.listed) busy_.push_back(&h);
    download& d = downloads_[item];
    d.began = now;
    h.pace.began(now);
    return download_request{item, d.url, std::max(limits_.deadline - d.spent, 0.001)};
  }
  return std::nullopt;
}

double download_queue::pause(double now, double most) const {
  double until = now + most;
  if (!later_.empty()) until = std::min(until, later_.top().first);
  // Those that wait for an answer of their own host are woken by it.
  std::size_t looked = 0;
  for (const host* h : busy_) {
    if (h->pace.next() > now) until = std::min(until, h->pace.next());
    if (++looked == 256) break;
  }
  return std::max(until - now, 0.0);
}

void download_queue::give_host_up(host& h, const std::string& why) {
  if (h.given_up.empty()) h.given_up = why;
}

std::optional<download_queue::ending> download_queue::take(download_answer answer, double now) {
  download& d = downloads_[answer.item];
  host& h = host_at(d.url);
  h.pace.ended();
  d.spent += answer.seconds;
  if (answer.unreachable) {
    if (h.pace.unreachable(now))
      give_host_up(h, "not asked, as " + h.name + " gave no answer for " + in_seconds(patience_with_silence) +
                          ": " + answer.fault);
  } else if (answer.status != 0) {
    h.pace.answered();
  }
  if (!answer.fault.empty())
    return answer.passing ? try_again(answer.item, answer.fault, now)
                          : give_url_up(answer.item, answer.fault);

  const std::string said = "the server answered " + std::to_string(answer.status);
  if (is_redirect_status(answer.status)) {
    if (answer.location.empty()) return give_url_up(answer.item, said + " without saying where to");
    if (++d.redirects > limits_.redirects)
      return give_url_up(answer.item, "more than " + aisle::counted(limits_.redirects, "redirect"));
    std::string url = request_url(answer.location);
    if (url.empty() || answer.location.starts_with("//"))
      return give_url_up(answer.item,
                         "redirected to " + shortened(answer.location) + ", expected a URL of http or https");
    d.url = std::move(url);
    enqueue(answer.item);
    return std::nullopt;
  }
  if (has_picture(answer.status)) {
    h.pace.served();
    return end(answer.item, std::move(answer.body));
  }
  if (answer.status == 429 || (answer.status == 503 && answer.retry_after > 0)) {
    if (answer.retry_after > limits_.patience) {
      give_host_up(h, h.name + " asked to be left alone for " + in_seconds(answer.retry_after));
      return give_url_up(answer.item, said + ": " + h.given_up);
    }
    const double pause = answer.retry_after > 0 ? answer.retry_after
                                                : backoff_seconds(limits_.retry_wait, h.pace.complaints() + 1,
                                                                  limits_.longest_wait, random_.uniform());
    h.pace.slow_down(now, d.began, pause);
  }
  return is_passing_status(answer.status) ? try_again(answer.item, said, now)
                                          : give_url_up(answer.item, said);
}

std::optional<download_queue::ending> download_queue::reject(std::size_t item, const std::string& why,
                                                             bool may_be_cut, double now) {
  ++open_;  // it had been got
  download& d = downloads_[item];
  if (may_be_cut && d.rejected++ == 0 && limits_.retries > 0) return try_again(item, why, now);
  return give_url_up(item, with_tries(why, d.tries));
}

std::vector<std::string> download_queue::slowed_hosts() const {
  std::vector<std::string> out;
  for (const auto& [name, h] : hosts_) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3g a second", h.pace.rate());
    if (h.pace.rate() > 0) out.push_back(name + ": " + text);
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace aisle_command
