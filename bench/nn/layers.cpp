// Every layer of a picture model by itself, one thread, as a share of the peak: where a network's time goes.

#include <memory>
#include <string>
#include <vector>

#include <aisle/models/zoo.hpp>

#include "peak.hpp"

namespace {

/// A network and how long each of its steps took, the fewest over the runs so far.
void layers(benchmark::State& state, const aisle::models::zoo_entry* entry) {
  const auto weights = aisle::models::generated_weights();
  const auto shape = aisle::nn::value_shape::map(entry->side, entry->side, 3);
  const aisle::nn::network net(entry->graph(), weights, shape, {});
  std::vector<float> x(static_cast<std::size_t>(shape.elements()), 0.5f),
      out(static_cast<std::size_t>(net.width("embedding")));
  std::vector<double> seconds;
  std::int64_t runs = 0;
  for (auto _ : state) {
    const auto once =
        net.run_images(x.data(), 1, shape, {{"embedding", out.data()}}, {.threads = 1, .timed = true});
    seconds.resize(once.size());
    for (std::size_t i = 0; i < once.size(); ++i) seconds[i] += once[i];
    ++runs;
  }
  const auto plan = net.plan_for(shape);
  double flops = 0;
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    const auto& step = plan->steps[i];
    flops += static_cast<double>(step.flops());
    if (step.flops() == 0) continue;
    const std::string name = std::to_string(i) + "_" +
                             std::string(net.fused().nodes[static_cast<std::size_t>(step.node)].op->kind());
    state.counters[name] =
        static_cast<double>(step.flops() * runs) / seconds[i] / bench::peak_flops(net.table());
  }
  bench::count_flops(state, net.table(), flops);
}

const int registered = [] {
  for (const char* id : {"resnet50", "convnextv2-tiny", "efficientnet-lite0"})
    benchmark::RegisterBenchmark((std::string("layers/") + id).c_str(), layers, aisle::models::find_model(id))
        ->Unit(benchmark::kMillisecond);
  return 0;
}();

}  // namespace
