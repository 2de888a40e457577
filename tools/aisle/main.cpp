// The command line: what is common to all subcommands. Each of those is a file of its own (command.hpp).

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>

#include <aisle/base/error.hpp>
#include <aisle/base/parallel.hpp>
#include <aisle/base/process.hpp>
#include <aisle/base/version.hpp>
#include <aisle/catalogue/products.hpp>
#include <aisle/kernels/table.hpp>

#include "catalogue_job.hpp"
#include "command.hpp"
#include "output.hpp"

namespace {

using namespace aisle_command;

constexpr const char* description =
    "aisle turns a product catalogue (CSV and images) into embeddings and classifiers.\n"
    "ResNet, DenseNet, Inception, ConvNeXt V2, EfficientNet-Lite, ViT, Swin, MiniLM and BERT run natively on "
    "this CPU.";

constexpr const char* footer =
    "Every subcommand documents itself: aisle SUBCOMMAND --help\n"
    "\n"
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but some rows were skipped, 4 nothing to do,\n"
    "130 interrupted, 141 nobody reads the output any more.\n"
    "Environment: AISLE_WEIGHTS (folder of the models), AISLE_ISA (kernels), AISLE_THREADS.";

std::string version() {
  std::string text = "aisle " AISLE_VERSION_STRING "\nkernels:";
  for (const aisle::kernels::kernel_table* table : aisle::kernels::all_tables())
    if (table->supported()) text += std::string(" ") + table->name;
  std::string best;
  try {
    best = aisle::kernels::best_table().name;
  } catch (const aisle::error& e) {
    best = e.what();
  }
  std::string threads;
  try {
    threads = std::to_string(aisle::available_threads());
  } catch (const aisle::error& e) {
    threads = e.what();
  }
  return text + " (in use: " + best + ")\nthreads: " + threads + " (" + aisle::parallel_backend() + ")";
}

int run(int argc, char** argv) {
  const parsed_command asked =
      parse_command_line({"aisle", description, footer, version, all_subcommands()}, argc, argv);
  if (!asked.run) return asked.code;
  try {
    aisle::available_threads();
    static_cast<void>(
        aisle::kernels::best_table());  // a wrong AISLE_ISA is nothing that a row could be blamed for
  } catch (const aisle::option_error& e) {
    throw usage_error(e.what());
  }
  const int code = asked.run();
  flush_out();
  return code;
}

/// Without a buffer, without memory.
void say_out_of_memory() { std::fputs("aisle: error: out of memory\n", stderr); }

/// Memory may run out where nothing can be thrown: in a static object, in a function that is noexcept.
[[noreturn]] void end_without_memory() {
  if (std::current_exception() == nullptr) std::abort();
  try {
    throw;  // std::rethrow_exception needs memory
  } catch (const std::bad_alloc&) {
    say_out_of_memory();
    std::_Exit(exit_failed);
  } catch (...) {
  }
  std::abort();
}
[[gnu::constructor(101)]] void before_static_objects() { std::set_terminate(end_without_memory); }

int fail(const std::string& what, int code) {
  say("error: " + what);
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  aisle::open_closed_streams();
  aisle::ignore_broken_pipes();
  aisle::install_interrupt_handler(800, "aisle: interrupted\n");  // answered within a second
  try {
    return run(argc, argv);
  } catch (const usage_error& e) {
    return fail(e.what(), exit_usage);
  } catch (const interrupted_error&) {
    say("interrupted");
    return exit_interrupted;
  } catch (const closed_output&) {
    return exit_closed;
  } catch (const aisle::nothing_to_do& e) {
    return fail(e.what(), exit_nothing);
  } catch (const aisle::column_error& e) {
    return fail(column_message(e), exit_failed);
  } catch (const std::bad_alloc&) {
    say_out_of_memory();
    return exit_failed;
  } catch (const std::exception& e) {
    return aisle::interrupted() ? fail(std::string("interrupted: ") + e.what(), exit_interrupted)
                                : fail(e.what(), exit_failed);
  }
}
