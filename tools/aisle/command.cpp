#include "command.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <limits>
#include <memory>
#include <utility>

#include <aisle/base/error.hpp>
#include <aisle/base/file.hpp>
#include <aisle/base/process.hpp>
#include <aisle/io/utf8.hpp>
#include <aisle/models/preset.hpp>

#include "early_checks.hpp"
#include "manifest.hpp"
#include "output.hpp"
#include "remote_embeddings.hpp"

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
    if (length > 0 && !control) {
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

void write_out(std::string_view data) {
  if (std::fwrite(data.data(), 1, data.size(), stdout) == data.size()) return;
  if (errno == EPIPE) throw closed_output();
  throw aisle::file_error("stdout", std::strerror(errno));
}

void flush_out() {
  if (std::fflush(stdout) == 0) return;
  if (errno == EPIPE) throw closed_output();
  throw aisle::file_error("stdout", std::strerror(errno));
}

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

// --- common options
// -------------------------------------------------------------------------------------------------

namespace {

/// 0 to `most`.
validator whole_number(std::uint64_t most) {
  return validator([most](const std::string& text) {
    std::uint64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    return error == std::errc() && stop == end && value <= most
               ? std::string()
               : text + ": expected a whole number from 0 to " + std::to_string(most);
  });
}

}  // namespace

void common_options::add(option_set app, std::initializer_list<common> which) {
  for (const common c : which) switch (c) {
      case common::text_model:
        text_model_option =
            app.add_option(
                   "--text-model", text_model,
                   "text model: an id of `aisle models`, or a folder; openai:NAME where there is --api-base")
                .type_name("ID")
                .capture_default_str();
        break;
      case common::prompt:
        app.add_option(
               "--prompt", prompt,
               "name of the text model's prompt that goes before each text; '' for none (default: what "
               "the model's files say)")
            .type_name("NAME");
        break;
      case common::service:
        has_service = true;
        app.add_option("--api-base", service.api_base,
                       "of a text model openai:NAME: where its server is, any that has OpenAI's embeddings "
                       "interface")
            .type_name("URL")
            .envname("OPENAI_BASE_URL")
            .capture_default_str();
        app.add_option(
               "--api-key-variable", service.key_variable,
               "environment variable that holds the server's key (default: OPENAI_API_KEY, where it is "
               "set)")
            .type_name("NAME");
        app.add_option("--dimensions", service.dimensions,
                       "numbers of a vector to ask the server for (default: the model's own)")
            .type_name("N")
            .check(within(std::int64_t{1}, std::int64_t{1} << 20));
        app.add_option("--too-long", service.too_long,
                       "a text that is longer than the server's model takes is cut, or its row gets an error")
            .check(one_of({"cut", "refuse"}))
            .capture_default_str();
        app.add_option("--max-text-tokens", service.max_text_tokens,
                       "how long a text the server's model takes")
            .type_name("N")
            .check(within(std::int64_t{1}, std::int64_t{1} << 30))
            .capture_default_str();
        app.add_option("--concurrency", service.concurrency, "requests on their way to the server at a time")
            .type_name("N")
            .check(within(1, 256))
            .capture_default_str();
        app.add_option("--price", service.price, "of a million tokens: what the job cost is told at its end")
            .type_name("X")
            .check(within(0.0, 1e6));
        break;
      case common::image_model:
        image_model_option = app.add_option("--image-model", image_model,
                                            "image model: an id of `aisle models`, a folder or a weight file")
                                 .type_name("ID")
                                 .capture_default_str();
        break;
      case common::preset:
        app.add_option("--preset", preset,
                       "how to prepare pictures, by a name that `aisle preprocess --help` lists (default: as "
                       "the image model's files say)")
            .type_name("NAME")
            .check(validator([](const std::string& name) {
              try {
                aisle::find_preset(name);
              } catch (const aisle::option_error& e) {
                return std::string(e.what());
              }
              return std::string();
            }));
        break;
      case common::label:
        app.add_option("--label", label, "column with the classes").type_name("COLUMN").capture_default_str();
        break;
      case common::test_size:
        app.add_option("--test-size", test_size, "share of the rows that is tested on")
            .type_name("SHARE")
            .check(between(0, 1))
            .capture_default_str();
        break;
      case common::seed:
        app.add_option("--seed", seed, "seed of everything random")
            .type_name("N")
            .check(whole_number(std::uint64_t{1} << 53))  // JSON's numbers are doubles
            .capture_default_str();
        break;
      case common::split:
        app.add_option("--split", split, "file that says which rows are for training and which for testing")
            .type_name("FILE");
        break;
      case common::threads:
        app.add_option("--threads", threads, "threads; 0: all that this process may use")
            .type_name("N")
            .check(whole_number(std::numeric_limits<int>::max()))
            .capture_default_str();
        break;
      case common::precision:
        app.add_option("--precision", precision, "arithmetic of the models: f32, f32-fma")
            .type_name("NAME")
            .capture_default_str();
        break;
      case common::isa:
        app.add_option("--isa", isa, "kernels: one of `aisle self-test --list-isas` (default: the best)")
            .type_name("NAME")
            .envname("AISLE_ISA");
        break;
      case common::limit:
        app.add_option("--limit", limit, "take the first N rows only; 0: all")
            .type_name("N")
            .check(whole_number(std::numeric_limits<std::int64_t>::max()))
            .capture_default_str();
        break;
      case common::weights:
        app.add_option("--weights", weights, "folder of the models")
            .type_name("DIR")
            .envname("AISLE_WEIGHTS")
            .capture_default_str();
        break;
    }
}

aisle::engine_selection common_options::engine() const {
  const aisle::engine_selection selection{.isa = isa, .precision = precision};
  try {
    aisle::select_table(selection);
  } catch (const aisle::option_error& e) {
    throw usage_error(e.what());
  }
  return selection;
}

std::optional<std::string> common_options::find_model(const std::string& id) const {
  if (id.empty() || id == "none" || is_remote_model(id)) return std::nullopt;
  const std::string folder = aisle::join_path(weights, id);
  if (aisle::folder_exists(folder)) return folder;
  if (id.find('/') != std::string::npos && (aisle::folder_exists(id) || aisle::file_exists(id))) return id;
  for (const std::string_view ending : {".pth", ".pt", ".bin", ".safetensors"})
    if (id.ends_with(ending) && aisle::file_exists(id)) return id;
  return std::nullopt;
}

std::string common_options::model_path(const std::string& id) const {
  if (const auto found = find_model(id)) return *found;
  if (is_remote_model(id))
    throw usage_error(id +
                      ": a model behind an address makes vectors of texts where there is --api-base, and of "
                      "nothing else; expected one on this machine");
  const std::string folder = aisle::join_path(weights, id);
  std::string how = "`aisle weights list` names those that can be fetched";
  for (const manifest_model& m : read_manifest())
    if (m.id == id)
      how = "`aisle weights get " + id + (m.vouched_for() ? "" : " --allow-unverified") +
            (weights == common_options().weights ? "" : " --weights " + weights) + "` fetches it";
  if (aisle::folder_exists(id)) how = "./" + id + " names the folder of that name here; " + how;
  throw aisle::file_error(folder, "no such model folder" + model_hint(*this, id) + "; " + how +
                                      ", --weights or AISLE_WEIGHTS says where models are");
}

std::optional<aisle::folder_lock> wait_for_folder(const std::string& folder) {
  bool told = false;
  try {
    return aisle::folder_lock(folder, [&](const std::string& holder) {
      check_interrupt();
      if (!std::exchange(told, true))
        say(folder + ": waiting for " + (holder.empty() ? "another process" : holder) +
            ", which writes into it");
    });
  } catch (const aisle::file_error&) {
    return std::nullopt;
  }
}

std::optional<aisle::folder_lock> wait_for_turn(const std::string& output) {
  return output == "-" ? std::nullopt : wait_for_folder(aisle::parent_folder(output));
}

}  // namespace aisle_command
