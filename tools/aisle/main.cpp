// The command line: what is common to all subcommands. Each of those is a file of its own (command.hpp).

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
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
    "ResNet, ConvNeXt V2, EfficientNet-Lite, MiniLM and BERT run natively on this CPU.";

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
  CLI::App app{description, "aisle"};
  app.set_version_flag("--version", version);
  app.footer(footer);
  app.require_subcommand(1);
  app.get_formatter()->column_width(32);
  std::map<CLI::App*, action> actions;
  for (const subcommand& s : all_subcommands()) {
    CLI::App* sub = app.add_subcommand(s.name, s.help);
    actions[sub] = s.setup(*sub);
  }
  if (argc < 2) {
    std::fputs(app.help().c_str(), stderr);
    return exit_usage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {  // --help, --version
    app.exit(e);
    return exit_ok;
  } catch (const CLI::ParseError& e) {
    if (app.get_subcommands().empty() && argv[1][0] != '-')
      throw usage_error("there is no subcommand '" + std::string(argv[1]) + "' (see aisle --help)");
    const CLI::App* at = &app;
    std::string path = "aisle";
    while (!at->get_subcommands().empty()) path += " " + (at = at->get_subcommands().front())->get_name();
    throw usage_error(std::string(e.what()) + " (see " + path + " --help)");
  }
  try {
    aisle::available_threads();
  } catch (const aisle::option_error& e) {
    throw usage_error(e.what());
  }
  const int code = actions.at(app.get_subcommands().front())();
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
