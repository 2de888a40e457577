// aisle bench infer: prepared tensors in, pooled features out.

#include <cstdio>
#include <memory>

#include <aisle/base/file.hpp>
#include <aisle/base/parallel.hpp>
#include <aisle/base/random.hpp>
#include <aisle/kernels/choice.hpp>
#include <aisle/models/zoo.hpp>

#include "bench.hpp"

namespace aisle_command {

namespace {

struct options : bench_options {
  std::int64_t batch = 1;
  bool per_layer = false, winograd = false;
};

/// A line for each operator: its time, rate, and share of the whole.
void print_layers(const aisle::nn::network& net, const aisle::nn::value_shape& shape,
                  const std::vector<float>& x, std::vector<float>& out, const options& o) {
  std::vector<double> total;
  const int runs = std::max(3, o.repeats);
  std::vector<double> best;
  for (int i = 0; i < runs; ++i) {
    const std::vector<double> seconds = net.run_images(x.data(), o.batch, shape, {{"embedding", out.data()}},
                                                       {.threads = o.common.threads, .timed = true});
    best.resize(seconds.size(), 1e30);
    for (std::size_t s = 0; s < seconds.size(); ++s) best[s] = std::min(best[s], seconds[s]);
  }
  double sum = 0;
  for (const double s : best) sum += s;
  const auto plan = net.plan_for(shape);
  for (std::size_t s = 0; s < best.size(); ++s) {
    const auto& step = plan->steps[s];
    const auto& node = net.fused().nodes[static_cast<std::size_t>(step.node)];
    std::vector<std::string> parameters;
    node.op->parameters(parameters);
    std::string name = parameters.empty() ? "" : parameters.front();
    name.resize(std::min(name.rfind('.'), name.size()));
    aisle::json row = aisle::json::object({{"layer", s},
                                           {"kind", std::string(node.op->kind())},
                                           {"name", name},
                                           {"out", aisle::nn::to_string(step.shape)},
                                           {"min_ms", best[s] * 1e3},
                                           {"share", best[s] / sum}});
    if (step.flops() > 0) row["gflops"] = static_cast<double>(step.flops() * o.batch) / best[s] / 1e9;
    print_row(row);
  }
}

int run(const options& o) {
  const aisle::models::zoo_entry* entry = aisle::models::find_model(o.model);
  if (!entry || entry->of().text)
    throw usage_error("--model: '" + o.model + "' is no picture model; see 'aisle models'");
  aisle::nn::network_options n;
  n.engine.table = &aisle::select_table(o.common.engine());
  if (o.winograd) n.engine.convolutions = aisle::nn::convolution_choice::winograd;
  const auto shape = aisle::nn::value_shape::map(entry->side, entry->side, 3);
  std::unique_ptr<aisle::models::opened_model> model;
  std::unique_ptr<aisle::nn::network> net;
  const std::string folder = aisle::join_path(o.common.weights, o.model);
  if (aisle::folder_exists(folder)) {
    model = aisle::models::open_model(folder);
    net = std::make_unique<aisle::nn::network>(model->graph, *model->weights, shape, n);
  } else {
    const auto generated = aisle::models::generated_weights();
    net = std::make_unique<aisle::nn::network>(entry->graph(), generated, shape, n);
  }
  aisle::random_generator random(0);
  std::vector<float> x(static_cast<std::size_t>(o.batch * shape.elements()));
  for (float& v : x) v = static_cast<float>(random.normal());
  std::vector<float> out(static_cast<std::size_t>(o.batch * net->width("embedding")));

  const auto times = time_calls(o, [&] {
    net->run_images(x.data(), o.batch, shape, {{"embedding", out.data()}}, {.threads = o.common.threads});
  });
  const std::string kernel = std::string(net->table().name) + " " +
                             aisle::kernels::arithmetic_name(net->table()) + (o.winograd ? " winograd" : "");
  aisle::json row = bench_row(std::string(entry->workload), o.common.threads, o.batch, o.common.precision,
                              times, o.batch, kernel);
  std::int64_t flops = 0;
  for (const auto& step : net->plan_for(shape)->steps) flops += step.flops();
  row["gflops"] = static_cast<double>(flops * o.batch) / *std::min_element(times.begin(), times.end()) / 1e9;
  row["weights"] = model ? "checkpoint" : "generated";
  print_row(row);
  if (o.per_layer) print_layers(*net, shape, x, out, o);
  return exit_ok;
}

action setup(option_set app) {
  auto o = std::make_shared<options>();
  app.add_option("--model", o->model, "id of a picture model (aisle models)").required();
  app.add_option("--batch", o->batch, "pictures a call").check(positive()).capture_default_str();
  o->add(app, {common::threads, common::precision, common::isa, common::weights});
  app.add_flag("--per-layer", o->per_layer, "a line for each operator too");
  app.add_flag("--winograd", o->winograd, "3x3 convolutions by Winograd F(2x2, 3x3)");
  app.footer("Without weights on disk generated ones are timed, and the line says so.");
  return [o] { return run(*o); };
}

}  // namespace

const subcommand bench_infer = {"infer", "prepared pictures to features", setup};

}  // namespace aisle_command
