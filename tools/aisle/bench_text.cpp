// aisle bench text: token ids of one length, or a catalogue's texts with tokenisation.

#include <memory>

#include <aisle/base/random.hpp>
#include <aisle/catalogue/products.hpp>
#include <aisle/kernels/choice.hpp>
#include <aisle/text/text_encoder.hpp>

#include "bench.hpp"

namespace aisle_command {

namespace {

struct options : bench_options {
  std::int64_t batch = 1, length = 128;
  std::string data;
};

/// Multiply-adds of the encoder count 2; attention included.
double gflop(const aisle::text_encoder& e, double tokens, double squared) {
  double flops = 0;
  const auto plan = e.network().plan_for(aisle::nn::value_shape::tokens(0));
  for (const auto& step : plan->steps)
    flops += tokens * static_cast<double>(step.cost.flops) +
             squared * static_cast<double>(step.cost.flops_per_row);
  return flops / 1e9;
}

int run(const options& o) {
  const aisle::models::zoo_entry* entry = aisle::models::find_model(o.model);
  const std::string workload = entry ? std::string(entry->workload) : o.model;
  const auto encoder = aisle::text_encoder::load(o.common.model_path(o.model), {.engine = o.common.engine()});
  const std::string kernel = std::string(encoder.network().table().name) + " " +
                             aisle::kernels::arithmetic_name(encoder.network().table());
  if (o.data.empty()) {
    if (o.length < 1 || o.length > encoder.max_tokens())
      throw usage_error("--length: expected 1 to " + std::to_string(encoder.max_tokens()));
    // Whole words of BERT's vocabulary; of a smaller one, all there is.
    const std::int64_t all = encoder.tokenizer().vocabulary_size(), low = all > 2000 ? 1000 : 0;
    aisle::random_generator random(0);
    std::vector<std::vector<std::int32_t>> ids(static_cast<std::size_t>(o.batch));
    for (auto& sequence : ids)
      for (std::int64_t i = 0; i < o.length; ++i)
        sequence.push_back(static_cast<std::int32_t>(
            static_cast<std::uint64_t>(low) +
            random.below(static_cast<std::uint64_t>(std::min<std::int64_t>(19000, all - low)))));
    const auto times = time_calls(o, [&] { (void)encoder.encode_ids(ids, {.threads = o.common.threads}); });
    aisle::json row = bench_row(workload + "-len" + std::to_string(o.length), o.common.threads, o.batch,
                                o.common.precision, times, o.batch, kernel);
    const auto tokens = static_cast<double>(o.batch * o.length);
    row["gflops"] = gflop(encoder, tokens, tokens * static_cast<double>(o.length)) /
                    *std::min_element(times.begin(), times.end());
    print_row(row);
    return exit_ok;
  }
  const auto catalogue = aisle::load_catalogue(o.data, {.limit = o.common.limit});
  std::vector<std::string> texts;
  for (const auto& p : catalogue.products)
    if (!p.text.empty()) texts.push_back(p.text);
  if (texts.empty()) return exit_nothing;
  const auto times = time_calls(o, [&] { (void)encoder.encode(texts, {.threads = o.common.threads}); });
  const std::string folder = aisle::file_name(aisle::parent_folder(o.data));
  const auto n = static_cast<std::int64_t>(texts.size());
  // The peers' script names this workload by their batch of 32; aisle packs by tokens instead.
  aisle::json row = bench_row(workload + "-mixed-" + folder, o.common.threads, o.batch > 1 ? o.batch : 32,
                              o.common.precision, times, n, kernel);
  double tokens = 0, squared = 0;
  for (const auto& t : texts) {
    const auto length = static_cast<double>(encoder.tokenize(t).ids[0].size());
    tokens += length;
    squared += length * length;
  }
  row["tokens"] = static_cast<std::int64_t>(tokens);
  row["gflops"] = gflop(encoder, tokens, squared) / *std::min_element(times.begin(), times.end());
  print_row(row);
  return exit_ok;
}

action setup(option_set app) {
  auto o = std::make_shared<options>();
  app.add_option("--model", o->model, "id or folder of a text model").required();
  const option length =
      app.add_option("--length", o->length, "tokens of each sequence").capture_default_str();
  app.add_option("--batch", o->batch, "sequences a call").check(positive()).capture_default_str();
  app.add_option("--data", o->data, "a catalogue: every text, tokenisation included").excludes(length);
  o->add(app, {common::threads, common::precision, common::isa, common::limit, common::weights});
  return [o] { return run(*o); };
}

}  // namespace

const subcommand bench_text = {"text", "token ids, or a catalogue's texts, to vectors", setup};

}  // namespace aisle_command
