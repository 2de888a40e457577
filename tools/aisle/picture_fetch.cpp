#include "picture_fetch.hpp"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>

#include <aisle/base/error.hpp>
#include <aisle/base/file.hpp>
#include <aisle/base/folder_lock.hpp>
#include <aisle/base/hash.hpp>
#include <aisle/base/parallel.hpp>
#include <aisle/base/process.hpp>
#include <aisle/image/decode.hpp>

#include "picture_plan.hpp"

namespace aisle_command {

namespace {

/// Bytes that may wait to be decoded before fewer are asked for.
constexpr std::size_t most_held = std::size_t{256} << 20;

struct file_closer {
  void operator()(std::FILE* f) const { std::fclose(f); }
};

/// Under its name once it is whole. Not by atomic_file, which looks through the folder and waits for the
/// disk each time: status.csv tells what a power cut left of it by its size.
void put_file(const std::string& path, std::string_view bytes) {
  const std::string part = path + unfinished_ending;
  std::unique_ptr<std::FILE, file_closer> file(std::fopen(part.c_str(), "wb"));
  if (!file) throw aisle::file_error(part, std::strerror(errno));
  errno = 0;
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), file.get()) == bytes.size();
  const int code = errno;
  if (std::fclose(file.release()) != 0 || !written) {
    const int reason = written ? errno : code;
    aisle::remove_file(part);
    throw aisle::file_error(path, std::string("cannot write: ") + std::strerror(reason));
  }
  aisle::rename_file(part, path);
}

/// The work of one run. Its threads are alike: each takes a picture that waits to be made or, where nobody
/// does so yet, sees to the network; so it works with as few as the system gives.
class fetcher {
 public:
  fetcher(picture_plan& plan, const fetch_pictures_options& o, progress_bar& bar)
      : plan_(plan),
        options_(o),
        bar_(bar),
        queue_(o.limits, static_cast<std::uint64_t>(aisle::process_id())),
        transport_(o.transport),
        journal_(status_file(o.folder)),
        most_working_(static_cast<std::size_t>(aisle::thread_budget(o.threads))),
        item_of_(plan.tasks.size()),
        began_(plan.tasks.size(), -1),
        unsettled_(plan.tasks.size()) {
    for (const picture_task& t : plan_.tasks) total_ += static_cast<std::int64_t>(t.rows.size());
  }

  /// Throws interrupted_error; what is done then is in the plan.
  void run() {
    for (std::size_t task = 0; task < plan_.tasks.size(); ++task) hand_out(task);
    const auto threads = static_cast<std::int64_t>(most_working_) + 1;
    try {
      if (unsettled_ > 0)
        aisle::parallel_for(threads, static_cast<int>(threads), [&](std::int64_t) { take_part(); });
    } catch (...) {
      settle_results();
      throw;
    }
  }

  std::int64_t made() const noexcept { return made_; }
  std::vector<std::string> slowed_hosts() const { return queue_.slowed_hosts(); }
  void remove_journal() noexcept { journal_.remove(); }

 private:
  struct job {
    std::size_t task = 0;
    std::string body, url;  ///< of a download; else the task's file is read
    bool downloaded = false;
  };
  struct result {
    std::size_t task = 0;
    std::string url, fault, there;
    bool downloaded = false, may_be_cut = false;
    made_picture picture;  ///< without its bytes
    std::string sha256;
    std::int64_t bytes = 0;
    double began = 0;
  };

  void hand_out(std::size_t task) {
    const picture_task& t = plan_.tasks[task];
    if (!t.there.empty() || t.urls.empty()) {
      const std::lock_guard lock(mutex_);
      files_.push_back({task, {}, {}, false});
    } else {
      item_of_[task] = queue_.add(t.urls);
      items_.push_back(task);
    }
  }

  void take_part() {
    std::unique_lock lock(mutex_);
    try {
      while (!ended_) {
        if (has_job() && working_ < most_working_) {
          auto& from = jobs_.empty() ? files_ : jobs_;
          job j = std::move(from.front());
          from.pop_front();
          ++working_;
          const std::size_t held = j.body.size();
          lock.unlock();
          result r = work(std::move(j));
          lock.lock();
          --working_;
          held_ -= held;
          results_.push_back(std::move(r));
          transport_.wake();
        } else if (!driving_) {
          driving_ = true;
          lock.unlock();
          drive();
          lock.lock();
          driving_ = false;
          changed_.notify_all();
        } else {
          changed_.wait(lock);
        }
      }
    } catch (...) {
      if (!lock.owns_lock()) lock.lock();
      ended_ = true;
      changed_.notify_all();
      transport_.wake();
      throw;
    }
  }

  bool has_job() const noexcept { return !jobs_.empty() || !files_.empty(); }

  // --- a worker's ---

  result work(job j) const {
    const picture_task& t = plan_.tasks[j.task];
    result r;
    r.began = aisle::steady_seconds();
    r.task = j.task;
    r.url = j.url;
    r.downloaded = j.downloaded;
    try {
      if (!t.there.empty()) {
        look_at(t, r);
        return r;
      }
      if (!j.downloaded)
        j.body = aisle::read_file(t.path, aisle::picture_file_limit, aisle::file_kinds::regular);
      // What begins as a picture and is none to the end may be one that was cut.
      r.may_be_cut = true;
      r.picture = make_picture(std::move(j.body), options_.form, j.downloaded ? j.url : t.path);
    } catch (const aisle::machine_error&) {
      throw;
    } catch (const aisle::error& e) {
      r.fault = e.what();
      const std::string where = (j.downloaded ? j.url : t.path) + ": ";
      if (r.fault.starts_with(where)) r.fault.erase(0, where.size());
      return r;
    }
    for (const std::size_t row : t.rows)
      put_file(aisle::join_path(options_.folder, picture_name(plan_.status[row].id) + r.picture.ending),
               r.picture.bytes);
    note(r.picture.bytes, r);
    r.picture.bytes.clear();
    return r;
  }

  static void note(std::string_view bytes, result& r) {
    r.bytes = static_cast<std::int64_t>(bytes.size());
    r.sha256 = aisle::to_hex(aisle::sha256::of(bytes));
  }

  /// Whether a file that is there is the picture, as far as can be told.
  void look_at(const picture_task& t, result& r) const {
    const std::string path = aisle::join_path(options_.folder, t.there);
    const std::string bytes = aisle::read_file(path, aisle::picture_file_limit, aisle::file_kinds::regular);
    const aisle::image picture = aisle::decode_image(std::string_view(bytes), path);
    if (!options_.any_form && !options_.form.fits(picture.width(), picture.height())) {
      r.fault = "a picture of " + std::to_string(picture.width()) + " x " + std::to_string(picture.height());
      return;
    }
    r.there = t.there;
    r.picture.width = picture.width();
    r.picture.height = picture.height();
    note(bytes, r);
  }

  // --- his who sees to the network; one at a time ---

  void drive() {
    settle_results();
    double now = aisle::steady_seconds();
    while (transport_.running() < static_cast<std::size_t>(options_.at_once) && held() < most_held) {
      const auto request = queue_.next(now);
      settle_refused();
      if (!request) break;
      double& began = began_[items_[request->item]];
      if (began < 0) began = now;
      transport_.start(*request);
    }
    std::vector<download_answer> answers;
    if (unsettled_ > 0) answers = transport_.wait(patience(now));
    now = aisle::steady_seconds();
    for (download_answer& a : answers)
      if (auto ended = queue_.take(std::move(a), now)) end(std::move(*ended));
    settle_refused();
    settle_results();
    journal_.flush();
    bar_.show("fetch pictures", settled_, total_, "pictures");
    if (unsettled_ == 0) {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
  }

  std::size_t held() {
    const std::lock_guard lock(mutex_);
    return held_ + transport_.held_bytes();
  }

  /// Milliseconds that may be waited for the network; none while a picture waits that nobody else may take.
  int patience(double now) {
    {
      const std::lock_guard lock(mutex_);
      if (!results_.empty() || (has_job() && working_ < most_working_)) return 0;
    }
    return static_cast<int>(queue_.pause(now, 0.1) * 1000) + 1;
  }

  void end(download_queue::ending e) {
    const std::size_t task = items_[e.item];
    if (!e.got()) return fail(task, e.fault);
    const std::lock_guard lock(mutex_);
    held_ += e.body.size();
    jobs_.push_back({task, std::move(e.body), std::move(e.url), true});
    changed_.notify_one();
  }

  void settle_refused() {
    for (auto& e : queue_.take_refused()) end(std::move(e));
  }

  void settle_results() {
    std::vector<result> results;
    {
      const std::lock_guard lock(mutex_);
      results.swap(results_);
    }
    for (const result& r : results) settle(r);
  }

  void settle(const result& r) {
    const picture_task& t = plan_.tasks[r.task];
    if (began_[r.task] < 0) began_[r.task] = r.began;
    if (r.fault.empty()) return succeed(r);
    // Somebody else's, as far as anyone can tell: it is not written over.
    if (!t.there.empty())
      return fail(r.task,
                  t.there + " is in the way, " + r.fault +
                      ", and no status.csv tells of it: expected another --out, or that it is removed");
    if (!r.downloaded) return fail(r.task, r.fault);
    if (auto ended = queue_.reject(item_of_[r.task], r.fault, r.may_be_cut, aisle::steady_seconds()))
      end(std::move(*ended));
  }

  void succeed(const result& r) {
    for (const std::size_t row : plan_.tasks[r.task].rows) {
      picture_status& s = plan_.status[row];
      s.status = "ok";
      s.error.clear();
      if (r.downloaded) s.url = r.url;
      s.file = r.there.empty() ? picture_name(s.id) + r.picture.ending : r.there;
      s.bytes = r.bytes;
      s.sha256 = r.sha256;
      s.width = r.picture.width;
      s.height = r.picture.height;
      // Of one that was there its sides alone are known.
      const bool of_form =
          r.there.empty() || (options_.form.fits(s.width, s.height) && s.file.ends_with(".jpg"));
      s.form = of_form ? options_.form.name() : "original";
      // One of another kind, of before.
      const std::string& old = plan_.old_files[row];
      if (!old.empty() && old != s.file) aisle::remove_file(aisle::join_path(options_.folder, old));
      finish(row, r.task);
      ++made_;
    }
    --unsettled_;
  }

  void fail(std::size_t task, const std::string& why) {
    for (const std::size_t row : plan_.tasks[task].rows) {
      picture_status& s = plan_.status[row];
      s.status = "failed";
      s.error = why;
      finish(row, task);
    }
    --unsettled_;
  }

  void finish(std::size_t row, std::size_t task) {
    picture_status& s = plan_.status[row];
    s.seconds = began_[task] < 0 ? 0 : aisle::steady_seconds() - began_[task];
    journal_.add(s);
    ++settled_;
  }

  picture_plan& plan_;
  const fetch_pictures_options& options_;
  progress_bar& bar_;
  download_queue queue_;
  transport transport_;
  status_journal journal_;
  const std::size_t most_working_;
  std::vector<std::size_t> items_, item_of_;  ///< the tasks of the queue's downloads, and the other way
  std::vector<double> began_;                 ///< when each task's first request began
  std::size_t unsettled_;
  std::int64_t total_ = 0, settled_ = 0, made_ = 0;

  std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  std::deque<job> jobs_, files_;
  std::vector<result> results_;
  std::size_t working_ = 0, held_ = 0;
  bool driving_ = false, ended_ = false;
};

}  // namespace

fetched_pictures fetch_pictures(const aisle::catalogue& products, const fetch_pictures_options& o,
                                progress_bar& bar) {
  const double began = aisle::steady_seconds();
  aisle::make_folders(o.folder);
  const std::optional<aisle::folder_lock> turn = wait_for_folder(o.folder);
  picture_plan plan = plan_pictures(products, o);
  fetched_pictures out;
  out.status = status_file(o.folder);
  out.rows = plan.named;
  out.kept = plan.kept;
  {
    fetcher work(plan, o, bar);
    const auto write = [&] {
      write_status(out.status, plan.status);
      work.remove_journal();
      for (const std::string& file : plan.journals) aisle::remove_file(file);
    };
    try {
      work.run();
    } catch (...) {
      write();
      throw;
    }
    write();
    out.made = work.made();
    for (const std::string& host : work.slowed_hosts()) say(host + ", as it asked for less");
  }
  for (const picture_status& s : std::span(plan.status).first(plan.rows))
    if (s.status == "failed" || s.status == "skipped")
      out.failed.push_back({products.path, s.row, s.id,
                            s.status == "failed" ? products.options.image_column : std::string(), s.error,
                            s.line});
  out.seconds = aisle::steady_seconds() - began;
  return out;
}

}  // namespace aisle_command
