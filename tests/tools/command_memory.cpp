#include <doctest/doctest.h>

#include <string>

#include "command.hpp"
#include "generated_checkpoint.hpp"

namespace {

double peak_mb(const support::temporary_folder& work, const std::string& arguments) {
  const auto r = command::run(work, "bench cold --repeats 1 --threads 2 " + arguments);
  CAPTURE(r.err);
  REQUIRE(r.code == 0);
  return aisle::parse_json(r.out, "bench cold").get<double>("rss_peak_mb");
}

}  // namespace

TEST_CASE("a model takes 1.3 times its tensors' memory and 30 MB, a form that needs more 2.1 times") {
  if (command::program().empty()) return;
#ifdef AISLE_TEST_SANITIZED
  support::say_skipped("sanitizers take memory of their own");
  return;
#endif
  const support::temporary_folder work;
  const double tensors = command::make_checkpoint(work, "resnet50"),
               plain = peak_mb(work, "--model resnet50");
  CHECK(tensors > 80);
  CHECK(plain > tensors);
  CHECK(plain <= 1.3 * tensors + 30);
  // Split weights; a small model, as tiles may be emulated.
  const double small = command::make_checkpoint(work, "convnextv2-atto");
  CHECK(peak_mb(work, "--isa amx --model convnextv2-atto") <= 2.1 * small + 30);
}
