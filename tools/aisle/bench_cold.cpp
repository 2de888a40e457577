// aisle bench cold: a fresh process from its start to its first vector, the page cache warm.

#include <memory>

#include <aisle/base/parallel.hpp>
#include <aisle/base/process.hpp>
#include <aisle/image/image_encoder.hpp>
#include <aisle/kernels/choice.hpp>
#include <aisle/text/text_encoder.hpp>

#include "bench.hpp"

namespace aisle_command {

namespace {

struct options : bench_options {
  bool once = false;
};

void embed_one(const options& o, bool text) {
  if (text) {
    const std::string sentence = "a red cotton shirt";
    const auto encoder =
        aisle::text_encoder::load(o.common.model_path(o.model), {.engine = o.common.engine()});
    (void)encoder.encode(std::span(&sentence, 1), {.threads = o.common.threads});
  } else {
    const auto encoder =
        aisle::image_encoder::load(o.common.model_path(o.model), {.engine = o.common.engine()});
    aisle::image picture(224, 224);
    std::fill(picture.rgb().begin(), picture.rgb().end(), std::uint8_t{128});
    (void)encoder.encode(std::span(&picture, 1), {.threads = o.common.threads});
  }
}

int run(const options& o) {
  const aisle::models::zoo_entry* entry = aisle::models::find_model(o.model);
  const bool text =
      entry ? entry->of().text : aisle::models::open_model(o.common.model_path(o.model))->of->text;
  if (o.once) {
    embed_one(o, text);
    return exit_ok;
  }
  const std::string path = o.common.model_path(o.model);
  std::vector<std::string> command = {aisle::own_program(),
                                      "bench",
                                      "cold",
                                      "--once",
                                      "--model",
                                      o.model,
                                      "--weights",
                                      o.common.weights,
                                      "--precision",
                                      o.common.precision,
                                      "--threads",
                                      std::to_string(aisle::thread_budget(o.common.threads))};
  if (!o.common.isa.empty()) command.insert(command.end(), {"--isa", o.common.isa});
  std::vector<double> times;
  std::uint64_t peak = 0;
  for (int i = 0; i <= o.repeats; ++i) {
    check_interrupt();
    const aisle::process_result r = aisle::run_process(command);
    if (r.exit_code != 0)
      throw std::runtime_error("the fresh process failed with exit code " + std::to_string(r.exit_code));
    if (i == 0) continue;  // fills the page cache
    times.push_back(r.seconds);
    peak = std::max(peak, r.peak_bytes);
  }
  const std::string workload = "coldstart-" + (entry ? std::string(entry->workload) : o.model) +
                               (text ? "-one-sentence" : "-one-picture");
  const auto& table = aisle::select_table(o.common.engine());
  aisle::json row = bench_row(workload, o.common.threads, 1, o.common.precision, times, 1,
                              std::string(table.name) + " " + aisle::kernels::arithmetic_name(table));
  row["rss_peak_mb"] = static_cast<double>(peak / 1024) / 1024.0;
  print_row(row);
  return exit_ok;
}

action setup(option_set app) {
  auto o = std::make_shared<options>();
  app.add_option("--model", o->model, "id or folder of a model").required();
  app.add_flag("--once", o->once, "be that fresh process: load, embed one item, end");
  o->add(app, {common::threads, common::precision, common::isa, common::weights});
  return [o] { return run(*o); };
}

}  // namespace

const subcommand bench_cold = {"cold", "process start to first vector", setup};

}  // namespace aisle_command
