#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <unordered_map>
#include <utility>

#include <aisle/base/counted.hpp>
#include <aisle/base/error.hpp>
#include <aisle/base/process.hpp>
#include <aisle/base/random.hpp>
#include <aisle/text/detail/openai_protocol.hpp>
#include <aisle/text/detail/openai_texts.hpp>
#include <aisle/text/openai_embeddings.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail::openai {

/// One encode().
class run {
 public:
  run(const openai_options& options, std::span<const std::string_view> texts,
      const openai_transport& transport)
      : options_(options),
        transport_(transport),
        sent_(texts),
        total_(texts.size()),
        random_(options.seed),
        most_inputs_(static_cast<std::size_t>(options.max_inputs)) {}

  openai_vectors all() {
    leave_out();
    while (next_ < sent_.texts.size() || !ready_.empty() || !on_their_way_.empty()) {
      throw_if_interrupted();
      const double now = transport_.now();
      const double pause = start_some(now);
      // Short enough for who looks at the clock meanwhile.
      for (openai_answer& a : transport_.wait(std::clamp(pause, 0.0, 0.1))) take(a);
    }
    if (out_.vectors.rows() == 0 && dimension_ == 0)
      out_.vectors = matrix<float>(static_cast<std::int64_t>(total_), 0);
    for (std::size_t i = 0; i < sent_.cut.size(); ++i)
      if (sent_.cut[i]) out_.truncated += static_cast<std::int64_t>(sent_.whose[i].size());
    std::stable_sort(out_.errors.begin(), out_.errors.end(),
                     [](const auto& a, const auto& b) { return a.text < b.text; });
    return std::move(out_);
  }

 private:
  struct batch {
    std::vector<std::size_t> texts;  ///< of sent_
    int tries = 0;
    double not_before = 0;
    bool as_floats = false;          ///< as base64 was refused, perhaps for that
    std::size_t parent = no_parent;  ///< the batch that it is half of, in halves_
  };
  struct halved {
    std::size_t size = 0;  ///< of the larger half
    int accepted = 0;
  };
  static constexpr std::size_t no_parent = static_cast<std::size_t>(-1);
  /// Texts of the first request.
  static constexpr std::size_t first_inputs = 32;
  /// Numbers of an answer that is no base64: each takes 40 bytes while it is read.
  static constexpr std::size_t most_numbers = 1'000'000;
  static constexpr std::int64_t refused_at_first = 32;
  static constexpr int failures_in_a_row = 3;

  [[noreturn]] void stop(const std::string& what) const { throw error{options_.server + ": " + what}; }

  // --- what is sent ---

  void leave_out() {
    for (const std::size_t i : sent_.empty) fail_text(i, "an empty text");
    const bool cut = options_.when_too_long == openai_options::long_text::cut;
    for (const sent_texts::long_text& t : sent_.keep_short(options_.max_text_tokens, cut))
      fail_text(t.text, "a text of about " + counted(t.tokens, "token") + " by an estimate, more than " +
                            std::to_string(options_.max_text_tokens));
    tell_progress();
  }

  std::size_t most_inputs() const {
    std::size_t most = most_inputs_;
    if (accepted_ == 0) most = std::min(most, first_inputs);
    if (floats_ && dimension_ > 0) most = std::min(most, std::max<std::size_t>(1, most_numbers / dimension_));
    return most;
  }

  std::size_t requests_at_once() const {
    return accepted_ == 0 ? 1 : static_cast<std::size_t>(std::max(1.0, at_once_));
  }

  batch next_batch() {
    batch out;
    const std::size_t end = sent_.end_of_request(next_, most_inputs(), options_.max_request_tokens);
    while (next_ < end) out.texts.push_back(next_++);
    return out;
  }

  /// Returns how long nothing more can be started, in seconds. A request that waits for its next try keeps
  /// its place among those at a time: who is in trouble is not asked for more meanwhile.
  double start_some(double now) {
    const auto is_due = [&](const batch& b) { return b.not_before <= now; };
    double pause = 60;
    for (const batch& b : ready_)
      if (!is_due(b)) pause = std::min(pause, b.not_before - now);
    if (now < pause_until_) return std::min(pause, pause_until_ - now);
    while (on_their_way_.size() +
               static_cast<std::size_t>(std::count_if(ready_.begin(), ready_.end(), std::not_fn(is_due))) <
           requests_at_once()) {
      const auto due = std::find_if(ready_.begin(), ready_.end(), is_due);
      if (due != ready_.end()) {
        batch b = std::move(*due);
        ready_.erase(due);
        if (b.texts.size() > most_inputs_)  // less was learnt since
          halve(b, queue_end::front, false);
        else
          start(std::move(b));
      } else if (next_ < sent_.texts.size()) {
        start(next_batch());
      } else {
        break;
      }
    }
    return pause;
  }

  void start(batch b) {
    std::vector<std::string_view> texts;
    for (const std::size_t i : b.texts) texts.push_back(sent_.texts[i]);
    const vector_format format = unsaid_                  ? vector_format::unsaid
                                 : floats_ || b.as_floats ? vector_format::floats
                                                          : vector_format::base64;
    const std::size_t id = ids_++;
    transport_.start({id, request_body(options_.model, options_.dimensions, texts, format)});
    ++out_.requests;
    on_their_way_.emplace(id, std::move(b));
  }

  // --- what is answered ---

  void take(openai_answer& a) {
    const auto at = on_their_way_.find(a.id);
    if (at == on_their_way_.end()) return;
    batch b = std::move(at->second);
    on_their_way_.erase(at);
    ++b.tries;
    if (!a.fault.empty() || a.status == 0) {
      if (!a.passing) stop(a.fault);
      a.status = 0;  // whatever came before it broke
      return fail(std::move(b), a, a.fault.empty() ? "no answer" : a.fault);
    }
    if (a.status == 200) {
      read_vectors v;
      try {
        v = read_answer(a.body, b.texts.size(), options_.server);
        if (dimension_ > 0 && !v.rows.empty())
          for (const auto& row : v.rows)
            if (!row.empty() && row.size() != dimension_)
              throw format_error(options_.server, "a vector of " + counted(row.size(), "number") +
                                                      ", expected " + std::to_string(dimension_) +
                                                      " as before");
      } catch (const base64_error&) {
        if (floats_) return fail(std::move(b), a, "vectors that are no base64");
        return as_floats_from_now_on(std::move(b));
      } catch (const format_error& e) {
        if (tells_fault(a.body)) {
          const fault f = read_fault(a.body);
          const std::string told = "answer 200 without vectors: " + f.message;
          if (f.speaks_of("insufficient_quota")) stop(told);
          return fail(std::move(b), a, told);
        }
        std::string what = e.what();
        if (a.body.find_first_not_of(" \t\r\n") != std::string::npos &&
            a.body[a.body.find_first_not_of(" \t\r\n")] == '<')
          what = "an HTML page in place of an answer";
        const std::string where = options_.server + ": ";
        return fail(std::move(b), a, what.starts_with(where) ? what.substr(where.size()) : what);
      }
      return accept(b, v);
    }
    const fault f = read_fault(a.body);
    const std::string what = "answer " + std::to_string(a.status) + ": " + f.message;
    if (a.status == 429 && f.speaks_of("insufficient_quota")) stop(what);
    const bool too_large = a.status == 429 && f.speaks_of("request too large");
    if (a.status == 400 || a.status == 413 || a.status == 422 || too_large)
      return refuse(std::move(b), a.status, f);
    if (a.status == 408 || a.status == 409 || a.status == 429 || a.status >= 500)
      return fail(std::move(b), a, what);
    if (a.status == 401) stop(what + " (the key is missing, wrong or expired)");
    if (a.status == 403) stop(what + " (the key may not use this model)");
    if (a.status == 404) stop(what + " (no such model, or no such address)");
    if (a.status >= 300 && a.status < 400)
      stop("answer " + std::to_string(a.status) +
           ", a redirect, which is not followed: the key is for this address alone");
    stop(what);
  }

  void accept(const batch& b, const read_vectors& v) {
    for (const auto& row : v.rows)
      if (dimension_ == 0 && !row.empty()) {
        dimension_ = row.size();
        if (options_.dimensions > 0 && static_cast<std::int64_t>(dimension_) != options_.dimensions)
          stop("vectors of " + counted(dimension_, "number") + ", " + std::to_string(options_.dimensions) +
               " were asked for");
        out_.vectors =
            matrix<float>(static_cast<std::int64_t>(total_), static_cast<std::int64_t>(dimension_));
      }
    // What was asked for as base64 and came so, or was refused as base64.
    if (v.format == vector_format::floats) floats_ = true;
    failures_ = 0;
    out_.tokens += v.tokens;
    // All at once behind the first; where that was too many (429) by and by again.
    at_once_ =
        std::min<double>(options_.concurrency, accepted_ == 0 ? options_.concurrency : at_once_ + 0.125);
    accepted_ += static_cast<std::int64_t>(b.texts.size());
    for (std::size_t i = 0; i < b.texts.size(); ++i)
      for (const std::size_t text : sent_.whose[b.texts[i]]) {
        if (v.rows[i].empty()) {
          fail_text(text, "the server's vector holds what is no finite number");
          continue;
        }
        std::copy(v.rows[i].begin(), v.rows[i].end(), out_.vectors.row(text).begin());
        ++done_;
        if (options_.on_vector) options_.on_vector(text, v.rows[i]);
      }
    if (b.parent != no_parent && ++halves_[b.parent].accepted == 2 && halves_[b.parent].size < most_inputs_) {
      // Both halves are good: it was too large, and so is what comes.
      most_inputs_ = halves_[b.parent].size;
    }
    tell_progress();
  }

  /// Nothing is said of the texts: the same again, later.
  void fail(batch b, const openai_answer& a, const std::string& what) {
    const double now = transport_.now();
    const double delay = retry_delay(a.retry_after_ms, a.retry_after, b.tries, random_.uniform());
    if (a.status == 429) {
      pause_until_ = std::max(pause_until_, now + delay);
      at_once_ = std::max(1.0, at_once_ / 2);
    }
    // An answer that cannot be read will hardly be another one.
    const int tries = a.status == 200 ? std::min(3, options_.tries) : options_.tries;
    if (b.tries < tries) {
      b.not_before = now + delay;
      ready_.push_front(std::move(b));
      return;
    }
    ++failures_;
    if (failures_ >= failures_in_a_row || (accepted_ == 0 && a.status == 0))
      stop(what + " (the last of " + counted(b.tries, "try", "tries") + ")");
    if (b.texts.size() == 1) return fail_batch(b, what);
    halve(b, queue_end::back, false);
  }

  void as_floats_from_now_on(batch b) {
    floats_ = true;
    b.tries = 0;
    ready_.push_front(std::move(b));
  }

  /// The server does not want this.
  void refuse(batch b, int status, const fault& f) {
    const std::string what = "refused (" + std::to_string(status) + "): " + f.message;
    const bool of_format = f.speaks_of("encoding_format") || f.speaks_of("base64");
    if (of_format && !floats_ && !b.as_floats) return as_floats_from_now_on(std::move(b));
    if (of_format && !unsaid_) {  // it refuses numbers by that name, too: the name itself
      unsaid_ = true;
      return as_floats_from_now_on(std::move(b));
    }
    if (f.param == "model" || f.param == "dimensions" ||
        (options_.dimensions > 0 && (f.speaks_of("dimensions") || f.speaks_of("matryoshka"))))
      stop(what);
    const bool too_long = is_too_long(status, f);
    if (accepted_ == 0 && !floats_ && !b.as_floats && !too_long) {
      b.as_floats = true;
      ready_.push_front(std::move(b));
      return;
    }
    if (b.texts.size() > 1) return halve(b, queue_end::front, true);
    const std::size_t i = b.texts[0];
    const bool may_be_too_long =
        i >= sent_.alone_from && !surely_fits(sent_.texts[i], options_.max_text_tokens);
    if ((too_long || may_be_too_long) && options_.when_too_long == openai_options::long_text::cut)
      if (const std::string_view less =
              shorter_text(sent_.texts[i], options_.max_text_tokens, read_tokens(f));
          !less.empty()) {
        sent_.texts[i] = less;
        sent_.cut[i] = true;
        batch again;  // what it was half of was not too large: this text was too long
        again.texts.push_back(i);
        ready_.push_front(std::move(again));
        return;
      }
    if (accepted_ == 0 && !(too_long && may_be_too_long) && ++refused_ >= refused_at_first)
      stop(counted(refused_, "text") + " refused and none taken; the last: " + what);
    fail_batch(b, what);
  }

  enum class queue_end : std::uint8_t { front, back };
  /// At the front where each half is refused at once or taken; behind all else where tries take long, so that
  /// others succeed meanwhile. `perhaps_too_large`: the halves tell whether its size was the fault.
  void halve(const batch& b, queue_end to, bool perhaps_too_large) {
    const auto middle = b.texts.begin() + static_cast<std::ptrdiff_t>((b.texts.size() + 1) / 2);
    batch first, second;
    first.texts.assign(b.texts.begin(), middle);
    second.texts.assign(middle, b.texts.end());
    if (perhaps_too_large) {
      first.parent = second.parent = halves_.size();
      halves_.push_back({first.texts.size(), 0});
    }
    if (to == queue_end::front) {
      ready_.push_front(std::move(second));
      ready_.push_front(std::move(first));
    } else {
      ready_.push_back(std::move(first));
      ready_.push_back(std::move(second));
    }
  }

  void fail_batch(const batch& b, const std::string& what) {
    for (const std::size_t i : b.texts)
      for (const std::size_t text : sent_.whose[i]) fail_text(text, what);
    tell_progress();
  }
  void fail_text(std::size_t text, const std::string& reason) {
    out_.errors.push_back({text, reason});
    ++done_;
  }
  void tell_progress() const {
    if (options_.progress)
      options_.progress(
          {.phase = "text", .done = done_, .total = static_cast<std::int64_t>(total_), .unit = "texts"});
  }

  const openai_options& options_;
  const openai_transport& transport_;
  sent_texts sent_;
  std::size_t total_;
  random_generator random_;
  std::size_t most_inputs_;  ///< as far as is known
  bool floats_ = false;      ///< the server knows no base64
  bool unsaid_ = false;      ///< nor the word encoding_format
  std::size_t next_ = 0, ids_ = 0, dimension_ = 0;
  double pause_until_ = 0, at_once_ = 1;
  std::int64_t accepted_ = 0, refused_ = 0, done_ = 0;
  int failures_ = 0;  ///< requests whose tries all failed, in a row
  std::deque<batch> ready_;
  std::unordered_map<std::size_t, batch> on_their_way_;
  std::vector<halved> halves_;
  openai_vectors out_;
};

}  // namespace detail::openai

AISLE_NAMESPACE_END
