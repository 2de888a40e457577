#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include <aisle/base/config.hpp>

// What the operating system says of this process, and the signals a program may want to survive.

AISLE_NAMESPACE_BEGIN

/// Peak resident memory in bytes, 0 where unknown.
std::uint64_t peak_resident_bytes();
/// Starts the peak afresh where the system can (Linux).
void reset_peak_resident();
/// Asks for the AMX tile state (x86 Linux); false where it is refused or unknown.
bool request_amx_state();
/// True when stderr is a terminal.
bool stderr_is_terminal();
/// Columns of the terminal on stderr; 80 where unknown.
int terminal_width();

/// The number of this process; a child that was forked has another.
int process_id() noexcept;
/// A clock that is never set, in seconds from some moment. Not std::chrono, a tenth of a second to parse.
double steady_seconds() noexcept;
/// Returns after so many milliseconds, or when a signal comes.
void wait_milliseconds(int milliseconds) noexcept;
/// The path of the running program.
std::string own_program();

struct process_result {
  int exit_code = -1;  ///< 128 + the signal's number when one ended it
  double seconds = 0;  ///< from start to end
  std::uint64_t peak_bytes = 0;
};
/// Runs a program to its end, its standard output thrown away. Throws file_error when it cannot be started.
process_result run_process(const std::vector<std::string>& command);

/// From now on SIGINT, SIGTERM and SIGHUP set a flag instead of ending the process, so that a progress
/// callback can throw and unfinished files are removed on the way out; the second such signal ends it at
/// once. For programs: the library never calls it. What does not come back to its callbacks (a large picture
/// that is being decoded, a long epoch) ends `milliseconds` after the first signal, if that is not 0: outputs
/// that are not whole are removed, `last_words` are written to stderr and the exit code is 130.
void install_interrupt_handler(int milliseconds = 0, const char* last_words = "");
/// True once such a signal has come.
bool interrupted() noexcept;
/// Thrown by long calls that were given up for it: reading tables, decoding, tokenising, fitting. No
/// aisle::error, so that nobody takes it for a bad row and goes on.
class interruption : public std::runtime_error {
 public:
  interruption() : std::runtime_error("interrupted") {}
};
/// Throws interruption where interrupted() is true. Costs a load: fit for every row or block of a loop.
inline void throw_if_interrupted() {
  if (interrupted()) throw interruption();
}
/// While one lives, the first SIGTERM waits for its end: interrupted() becomes true only then, and the
/// patience of install_interrupt_handler() begins. For a batch whose results somebody waits for. SIGINT,
/// SIGHUP and a second SIGTERM do not wait.
class termination_hold {
 public:
  termination_hold() noexcept;
  ~termination_hold();
  termination_hold(const termination_hold&) = delete;
  termination_hold& operator=(const termination_hold&) = delete;
  /// Whether a SIGTERM waits for it: for work in several steps that can be finished earlier.
  bool is_waited_for() const noexcept;
};
/// Opens /dev/null in the place of stdin, stdout and stderr where they are closed, so that no file that is
/// opened later takes their number and messages with it. Reading such a stdin and writing such a stdout fail.
/// To be called first in main().
void open_closed_streams();
/// Writing to a pipe whose reader has gone becomes an error of the write instead of a signal.
void ignore_broken_pipes();

namespace detail {
/// What is to be removed when a program ends that did not come back; none but atomic_file's parts.
void note_unfinished(const std::string& path) noexcept;
void forget_unfinished(const std::string& path) noexcept;
}  // namespace detail

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/base/process.ipp>
#endif
