// aisle self-test: reference vectors that the command carries, replayed on every kernel table of this CPU.

#include <cmath>
#include <cstdio>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include <aisle/base/counted.hpp>
#include <aisle/base/hash.hpp>
#include <aisle/image/decode.hpp>
#include <aisle/image/preprocess.hpp>
#include <aisle/image/resize.hpp>
#include <aisle/kernels/table.hpp>

#include "command.hpp"
#include "embedded.hpp"
#include "encoders.hpp"
#include "replay.hpp"

namespace {

using namespace aisle_command;

struct options {
  common_options common;
  bool list = false;
};

/// Prints one line a check and keeps count.
class reporter {
 public:
  void line(const std::string& what, const std::string& on, const std::string& found, bool good) {
    char text[256];
    std::snprintf(text, sizeof text, "%-28s %-12s %-62s %s\n", what.c_str(), on.c_str(), found.c_str(),
                  good ? "PASS" : "FAIL");
    write_out(text);
    flush_out();
    ++all_;
    failed_ += !good;
  }
  /// Runs a check that may throw.
  template <class Check>
  void run(const std::string& what, const std::string& on, Check check) {
    check_interrupt();
    try {
      check();
    } catch (const std::exception& e) {
      line(what, on, e.what(), false);
    }
  }
  int finish() const {
    say(std::to_string(all_ - failed_) + " of " + std::to_string(all_) + " checks passed");
    return failed_ > 0 ? exit_failed : exit_ok;
  }

 private:
  int all_ = 0, failed_ = 0;
};

std::vector<const aisle::kernels::kernel_table*> tables(const options& o) {
  o.common.engine();  // a name that does not exist is a usage error
  if (!o.common.isa.empty()) return {&aisle::kernels::find_table(o.common.isa)};
  std::vector<const aisle::kernels::kernel_table*> all;
  for (const auto* t : aisle::kernels::all_tables())
    if (t->supported()) all.push_back(t);
  return all;
}

void test_models(const options& o, reporter& report) {
  for (const char* name : {"tiny_bert", "tiny_resnet", "tiny_resnet_keras", "tiny_densenet", "tiny_inception",
                           "tiny_convnextv2", "tiny_efficientnet_lite", "tiny_vit", "tiny_swin"}) {
    const aisle::json c = aisle::parse_json(embedded(name), name);
    const auto model = aisle::models::open_model(replay::generate(c), replay::config_of(c));
    for (const auto* table : tables(o))
      report.run(name, table->name, [&] {
        const replay::outcome r = replay::run(c, *model, table);
        char text[160];
        std::snprintf(text, sizeof text, "error %.1e (limit %.0e), inside %.1e (%.0e), %s", r.embedding.error,
                      r.embedding.limit, r.checkpoints.error, r.checkpoints.limit,
                      r.changed_bits == 0 ? "same bits" : "bits differ");
        report.line(name, table->name, text, r.good());
      });
  }
}

void test_tokenizer(reporter& report) {
  const aisle::wordpiece tokenizer({"[PAD]", "[UNK]", "[CLS]", "[SEP]", "un", "##aff", "##able", "cafe", "10",
                                    "$", "x", "t", "-", "shirt", "##s", "\xE4\xB8\x96", "\xE7\x95\x8C"});
  struct {
    const char* text;
    std::vector<std::int32_t> ids;
  } const cases[] = {
      {"unaffable T-shirts", {2, 4, 5, 6, 11, 12, 13, 14, 3}},
      {"CAF\xC3\x89 $10", {2, 7, 9, 8, 3}},               // case and accents go, symbols stand alone
      {"\xE4\xB8\x96\xE7\x95\x8Cx", {2, 15, 16, 10, 3}},  // ideographs stand alone
      {"sh\xC2\xADirt \xF0\x9F\x98\x80", {2, 13, 1, 3}},  // a soft hyphen vanishes, an emoji is unknown
      {"caf\x65\xCC\x81\xFF [SEP]", {2, 7, 3, 3}},  // a combining accent, a broken byte, a special token
  };
  int wrong = 0;
  for (const auto& c : cases) wrong += tokenizer.encode(c.text).ids != c.ids;
  report.line("tokenizer", "",
              std::to_string(std::size(cases) - static_cast<std::size_t>(wrong)) + " of " +
                  aisle::counted(std::size(cases), "text") + " as the reference cuts them",
              wrong == 0);
}

std::string fnv(const aisle::image& picture) {
  return aisle::to_hex(aisle::fnv1a64::of(
      std::string_view(reinterpret_cast<const char*>(picture.rgb().data()), picture.rgb().size())));
}

// The hashes are those of tests/data/image/expected.jsonl: what Pillow and the toolkits on it give.
void test_pictures(reporter& report) {
  const std::string on = aisle::kernels::best_table().name;
  const std::string_view bytes = embedded("picture");
  const aisle::image picture = aisle::decode_image(std::as_bytes(std::span<const char>(bytes)), "picture");
  const aisle::image resized = aisle::resize(picture, 224, 224, aisle::resize_filter::lanczos);
  report.line("resize", on, "LANCZOS to 224x224, byte for byte", fnv(resized) == "520fe935b4316c88");
  for (const auto& [preset, expected] :
       {std::pair{"timm_tf_efficientnet_lite0", "b0dca4a05c988c3c"}, {"hf_convnext_224", "5639c05a814c10b7"}})
    report.line("preprocess", on, std::string(preset) + ", byte for byte",
                fnv(aisle::crop_for(picture, aisle::find_preset(preset))) == expected);
}

/// Every value finite, and rows of length 1 where the model promises that.
void test_rows(const std::string& model, const std::string& on, const aisle::matrix<float>& rows, bool unit,
               reporter& report) {
  double worst = 0, shortest = INFINITY;
  for (std::int64_t r = 0; r < rows.rows(); ++r) {
    double squares = 0;
    for (const float v : rows.row(r)) squares += static_cast<double>(v) * v;
    worst = std::max(worst, std::abs(std::sqrt(squares) - 1));
    shortest = std::isfinite(squares) ? std::min(shortest, squares) : 0;
  }
  char text[96];
  std::snprintf(text, sizeof text, unit ? "%d vectors, lengths within %.0e of 1" : "%d vectors, finite",
                static_cast<int>(rows.rows()), worst);
  report.line(model, on, text, shortest > 0 && (!unit || worst < 1e-5));
}

void test_text_model(const options& o, reporter& report) {
  const std::vector<std::string> texts = {"Blue cotton shirt, size M", "",
                                          "\xE4\xB8\x96\xE7\x95\x8C 10x2 $5"};
  for (const auto* table : tables(o))
    report.run(o.common.text_model, table->name, [&] {
      common_options c = o.common;
      c.isa = table->name;
      const aisle::text_encoder encoder = load_text_encoder(c);
      const auto& layers = encoder.sentence().layers;
      const bool unit = !layers.empty() && !layers.back().dense;
      test_rows(c.text_model, table->name, encoder.encode(texts, {.threads = c.threads}), unit, report);
    });
}

void test_image_model(const options& o, reporter& report) {
  const std::string_view bytes = embedded("picture");
  std::vector<aisle::image> pictures;
  pictures.push_back(aisle::decode_image(std::as_bytes(std::span<const char>(bytes)), "picture"));
  for (const auto* table : tables(o))
    report.run(o.common.image_model, table->name, [&] {
      common_options c = o.common;
      c.isa = table->name;
      const aisle::image_encoder encoder = load_image_encoder(c);
      test_rows(c.image_model, table->name, encoder.encode(pictures, {.threads = c.threads}), false, report);
    });
}

int run(const options& o) {
  if (o.list) {
    common_options every = o.common;
    every.isa.clear();
    for (const auto* t : tables({every, true})) write_out(std::string(t->name) + "\n");
    return exit_ok;
  }
  reporter report;
  test_models(o, report);
  report.run("tokenizer", "", [&] { test_tokenizer(report); });
  report.run("pictures", "", [&] { test_pictures(report); });
  if (!o.common.text_model.empty()) test_text_model(o, report);
  if (!o.common.image_model.empty()) test_image_model(o, report);
  return report.finish();
}

action setup(option_set app) {
  auto o = std::make_shared<options>();
  app.add_flag("--list-isas", o->list, "print the names of the kernels this CPU supports, slowest first");
  o->common.add(app,
                {common::isa, common::text_model, common::image_model, common::weights, common::threads});
  app.footer(
      "Replays reference vectors that are compiled in, on every set of kernels this CPU supports (or on "
      "--isa): a\n"
      "network of every family, the tokenizer, decoding, resizing and cropping. Errors are relative to the "
      "largest value of\n"
      "the reference, computed in double. With models it also loads them and checks their vectors.\n"
      "\n"
      "Examples:\n"
      "  aisle self-test\n"
      "  aisle self-test --isa avx2 --text-model all-MiniLM-L6-v2");
  return [o] { return run(*o); };
}

const registration entry{{"self-test", "replay reference vectors on this CPU", setup}};

}  // namespace
