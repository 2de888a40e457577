#include "command.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <memory>
#include <utility>

#include <aisle/base/error.hpp>
#include <aisle/base/file.hpp>
#include <aisle/base/process.hpp>
#include <aisle/io/utf8.hpp>

#include "output.hpp"

namespace aisle_command {

namespace {

// The order of --help: the main job first, then its parts, then what is around them.
constexpr const char* order[] = {"run",     "embed",    "train",      "predict", "evaluate",  "report",
                                 "compare", "project",  "images",     "merge",   "verify",    "weights",
                                 "models",  "tokenize", "preprocess", "serve",   "self-test", "bench"};

constinit const registration* registered = nullptr;

std::size_t rank(const subcommand& s) {
  return static_cast<std::size_t>(std::find_if(std::begin(order), std::end(order),
                                               [&](std::string_view name) { return name == s.name; }) -
                                  std::begin(order));
}

// Whether the last line of the terminal is a progress bar.
bool bar_visible = false;

void clear_bar() {
  if (bar_visible) std::fputs("\r\x1b[K", stderr);
  bar_visible = false;
}

}  // namespace

registration::registration(const subcommand& s) noexcept : command(s), next(registered) { registered = this; }

std::vector<subcommand> all_subcommands() {
  std::vector<subcommand> all;
  for (const registration* r = registered; r != nullptr; r = r->next) all.push_back(r->command);
  std::sort(all.begin(), all.end(), [](const subcommand& a, const subcommand& b) {
    return rank(a) != rank(b) ? rank(a) < rank(b) : std::strcmp(a.name, b.name) < 0;
  });
  return all;
}

void check_interrupt() {
  if (aisle::interrupted()) throw interrupted_error();
}

std::string printable(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = aisle::utf8_sequence(text, at);
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
    const bool control = (length == 1 && (byte(0) < 0x20 || byte(0) == 0x7f) && byte(0) != '\n') ||
                         (length == 2 && byte(0) == 0xc2 && byte(1) < 0xa0);
    // U+202A to U+202E, U+2066 to U+2069
    const bool turns = length == 3 && byte(0) == 0xe2 &&
                       ((byte(1) == 0x80 && byte(2) >= 0xaa && byte(2) <= 0xae) ||
                        (byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9));
    if (length > 0 && !control && !turns) {
      out += text.substr(at, length);
    } else {
      char escaped[8];
      for (std::size_t i = 0; i < std::max<std::size_t>(length, 1); ++i) {
        std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned>(byte(i)));
        out += escaped;
      }
    }
    at += std::max<std::size_t>(length, 1);
  }
  return out;
}

void say(std::string_view text) {
  clear_bar();
  const std::string line = printable(text);
  std::fprintf(stderr, "aisle: %.*s\n", static_cast<int>(line.size()), line.data());
}

void warn(std::string_view text) { say("warning: " + std::string(text)); }

namespace {

/// What stdout has not got yet. Not stdio's buffer: where a signal arrives while a reader is slow, stdio
/// gives up within a line, and nobody can tell how much it has written.
struct pending_output {
  static constexpr std::size_t capacity = std::size_t{1} << 16;
  std::string bytes;

  /// Everything, or throws closed_output, interrupted_error, file_error. A SIGTERM that is held waits.
  void write() {
    std::string_view left = bytes;
    while (!left.empty()) {
      const ssize_t n = ::write(STDOUT_FILENO, left.data(), left.size());
      if (n >= 0) {
        left.remove_prefix(static_cast<std::size_t>(n));
        continue;
      }
      const int code = errno;
      if (code == EINTR && !aisle::interrupted()) continue;
      if (code == EAGAIN || code == EWOULDBLOCK) {  // somebody made it non-blocking
        pollfd ready{STDOUT_FILENO, POLLOUT, 0};
        ::poll(&ready, 1, -1);
        if (!aisle::interrupted()) continue;
      }
      bytes.clear();
      if (code == EPIPE) throw closed_output();
      check_interrupt();
      throw aisle::file_error("stdout", std::strerror(code));
    }
    bytes.clear();
  }
  /// Of a command that fails: what it had found goes out all the same.
  ~pending_output() {
    try {
      write();
    } catch (...) {
    }
  }
} pending;

}  // namespace

void write_out(std::string_view data) {
  pending.bytes += data;
  if (pending.bytes.size() >= pending.capacity) pending.write();
}

void write_text(std::string_view text) { write_out(printable(text)); }

void flush_out() { pending.write(); }

std::string human_bytes(double bytes) {
  const char* units[] = {"B", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  while (bytes >= 999.5 && unit + 1 < std::size(units)) bytes /= 1000, ++unit;
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 || bytes >= 99.95 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
  return text;
}

// --- progress
// -------------------------------------------------------------------------------------------------------

struct progress_bar::state {
  using clock = std::chrono::steady_clock;
  bool terminal = aisle::stderr_is_terminal();
  std::string phase;
  clock::time_point started{}, drawn{};
  std::int64_t first = 0;
  bool finished = false;

  static std::string duration(double seconds) {
    const auto s = static_cast<long long>(std::ceil(std::min(seconds, 3.6e8)));
    char text[48];
    if (s >= 3600)
      std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
    else
      std::snprintf(text, sizeof text, "%lld:%02lld", s / 60, s % 60);
    return text;
  }

  void show(const aisle::progress_event& e) {
    check_interrupt();
    if (!terminal) return;
    const auto now = clock::now();
    if (finished && phase == e.phase && e.total > 0 && e.done >= e.total)
      return;  // its last line stands already
    if (phase != e.phase || finished) {
      finished = false;
      phase = e.phase;
      started = now;
      first = e.done;
      drawn = {};
    }
    using namespace std::chrono_literals;
    if (now - drawn < 100ms && !(e.total > 0 && e.done >= e.total)) return;
    drawn = now;
    finished = e.total > 0 && e.done >= e.total;
    draw(e, std::chrono::duration<double>(now - started).count());
  }

  void draw(const aisle::progress_event& e, double seconds) const {
    const double rate = seconds > 0 ? static_cast<double>(e.done - first) / seconds : 0;
    const bool bytes = e.unit == "bytes";
    char number[64];
    std::string text;
    if (bytes)
      text = human_bytes(static_cast<double>(e.done)) +
             (e.total > 0 ? " of " + human_bytes(static_cast<double>(e.total)) : "");
    else
      text = std::to_string(e.done) + (e.total > 0 ? "/" + std::to_string(e.total) : "") + " " +
             std::string(e.unit);
    if (rate > 0) {
      std::snprintf(number, sizeof number, rate < 10 ? "%.2f/s" : "%.0f/s", rate);
      text += "  " + (bytes ? human_bytes(rate) + "/s" : std::string(number));
      if (e.total > e.done)
        text += "  ETA " + duration(static_cast<double>(e.total - e.done) / rate);
      else if (e.total > 0)
        text += "  " + duration(seconds);
    }
    std::string line = phase + " ";
    const int room = aisle::terminal_width() - static_cast<int>(line.size() + text.size()) - 4;
    if (e.total > 0 && room >= 10) {
      const auto width = static_cast<std::size_t>(std::min(room, 40));
      const double share = std::clamp(static_cast<double>(e.done) / static_cast<double>(e.total), 0.0, 1.0);
      const auto full = static_cast<std::size_t>(share * static_cast<double>(width));
      line += "[" + std::string(full, '#') + std::string(width - full, '.') + "] ";
    }
    line += text;
    std::fprintf(stderr, "\r\x1b[K%s",
                 line.substr(0, static_cast<std::size_t>(aisle::terminal_width() - 1)).c_str());
    bar_visible = true;
    if (finished) {
      std::fputc('\n', stderr);
      bar_visible = false;
    }
    std::fflush(stderr);
  }
};

progress_bar::progress_bar() : state_(std::make_shared<state>()) {}
progress_bar::~progress_bar() { clear_bar(); }

aisle::progress_callback progress_bar::callback() {
  return [s = state_](const aisle::progress_event& e) { s->show(e); };
}

void progress_bar::show(std::string_view phase, std::int64_t done, std::int64_t total,
                        std::string_view unit) {
  state_->show({phase, done, total, unit});
}

std::function<void(const std::string& holder)> waiting_for(std::string folder) {
  return [folder = std::move(folder), told = false](const std::string& holder) mutable {
    check_interrupt();
    if (!std::exchange(told, true))
      say(folder + ": waiting for " + (holder.empty() ? "another process" : holder) +
          ", which writes into it");
  };
}

std::optional<aisle::folder_lock> wait_for_folder(const std::string& folder) {
  try {
    return aisle::folder_lock(folder, waiting_for(folder));
  } catch (const aisle::file_error&) {
    return std::nullopt;
  }
}

std::optional<aisle::folder_lock> wait_for_turn(const std::string& output) {
  return output == "-" ? std::nullopt : wait_for_folder(aisle::parent_folder(output));
}

}  // namespace aisle_command
