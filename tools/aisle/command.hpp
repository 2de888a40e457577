#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/folder_lock.hpp>
#include <aisle/base/process.hpp>
#include <aisle/base/progress.hpp>
#include <aisle/nn/precision.hpp>

#include "option_set.hpp"

// What every subcommand shares. A subcommand is one file that registers itself:
//
//     aisle_command::action setup(aisle_command::option_set app) {
//       auto o = std::make_shared<options>();
//       app.add_option("--data", o->data, "products as CSV").required();
//       app.footer("Examples:\n  aisle embed --data products.csv --out vectors.npy");
//       return [o] { return embed(*o); };
//     }
//     const aisle_command::registration entry{{"embed", "embeddings of a catalogue's text and images",
//     setup}};
//
// stdout carries data only; everything for people goes to stderr.

namespace aisle_command {

enum exit_code : int {
  exit_ok = 0,
  exit_failed = 1,
  exit_usage = 2,
  exit_skipped = 3,  ///< finished, but some rows were skipped
  exit_nothing = 4,  ///< nothing to do
  exit_interrupted = 130,
  exit_closed = 141  ///< the reader of our output went away
};

/// Every subcommand there is, in the order of --help.
std::vector<subcommand> all_subcommands();

/// Allocates nothing: what a static object throws ends the process.
struct registration {
  explicit registration(const subcommand& s) noexcept;
  subcommand command;
  const registration* next;
};

/// Options that cannot be: exit 2.
class usage_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Thrown by progress callbacks, and by the library's long calls, after Ctrl-C.
using interrupted_error = aisle::interruption;
/// Throws interrupted_error after Ctrl-C: for loops without a progress bar.
void check_interrupt();

/// The text with control characters, what turns the direction of writing and bytes that are no UTF-8 as \xNN:
/// names and cells of files must not command a terminal, nor look like others. Line ends stay.
std::string printable(std::string_view text);
/// One line for people: "aisle: …" on stderr, printable and clear of a progress bar.
void say(std::string_view text);
/// The same as "aisle: warning: …".
void warn(std::string_view text);

/// Shows phases with rate and ETA on stderr when that is a terminal, and throws interrupted_error after
/// Ctrl-C in any case. One object for a whole subcommand; callback() may be passed to several calls, one
/// after the other, and to copies that outlive it.
class progress_bar {
 public:
  progress_bar();
  ~progress_bar();
  progress_bar(const progress_bar&) = delete;
  progress_bar& operator=(const progress_bar&) = delete;
  aisle::progress_callback callback();
  /// For loops of our own.
  void show(std::string_view phase, std::int64_t done, std::int64_t total, std::string_view unit = "items");

 private:
  struct state;
  std::shared_ptr<state> state_;
};

/// Data to stdout. Throws when it cannot be written.
void write_out(std::string_view data);
/// Text for people, printable().
void write_text(std::string_view text);
/// To be called when a unit of output (a batch) is complete.
void flush_out();

/// Options that mean the same in every subcommand.
enum class common {
  text_model,
  prompt,
  service,
  image_model,
  preset,
  label,
  test_size,
  seed,
  split,
  threads,
  precision,
  isa,
  limit,
  weights
};

struct common_options {
  std::string text_model, image_model;
  std::optional<std::string> prompt;  ///< unset: the text model's default
  struct {
    std::string api_base = "https://api.openai.com/v1", key_variable, too_long = "cut";
    std::int64_t dimensions = 0, max_text_tokens = 8192;
    int concurrency = 4;
    double price = 0;
  } service;                 ///< of a text model openai:NAME
  bool has_service = false;  ///< whether those are options here
  /// Of them, those that nothing but the command line gives: an address may stand in the environment.
  std::vector<option> service_options;
  std::string preset;        ///< how pictures are prepared; empty: as the image model wants them
  bool scaled_jpeg = false;  ///< preset::scaled_decoding
  std::string label;
  double test_size = 0.3;
  std::uint64_t seed = 42;
  std::string split;
  int threads = 0;
  std::string precision = "f32", isa;
  std::int64_t limit = 0;  ///< 0: all rows
  std::string weights = "weights";
  /// To tell what was named from what is a default; none where there is no such option.
  option text_model_option, image_model_option;

  /// Adds the options named, in that order. Defaults shown in --help are what the members hold at the time.
  void add(option_set app, std::initializer_list<common> which);

  /// Kernels to load models for; a precision or isa that does not exist here is a usage_error. Views this
  /// object.
  aisle::engine_selection engine() const;
  /// Where a model's files are: WEIGHTS/ID, or `id` itself when it is the path of a file or folder. Throws
  /// aisle::error that says how to fetch them.
  std::string model_path(const std::string& id) const;
  /// The same where they are; "" and "none" name no model.
  std::optional<std::string> find_model(const std::string& id) const;
};

/// For who waits for a folder: says once what for, and ends the waiting when the process is told to end.
std::function<void(const std::string& holder)> waiting_for(std::string folder);
/// The right to write into a folder; waits, and says so, while somebody else has it. None where the file
/// system has no locks.
std::optional<aisle::folder_lock> wait_for_folder(const std::string& folder);
/// The same of an output's folder, for those who give several files their places: of two calls that write the
/// same ones all come from one. None for "-".
std::optional<aisle::folder_lock> wait_for_turn(const std::string& output);

/// "1.2 GB": for people.
std::string human_bytes(double bytes);

}  // namespace aisle_command
