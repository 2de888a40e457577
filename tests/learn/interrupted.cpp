#include <doctest/doctest.h>

#include <csignal>
#include <functional>
#include <memory>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

#include <aisle/base/process.hpp>
#include <aisle/learn/model_file.hpp>

#include "blobs.hpp"

// A program that was told to end does not wait for a long fit.

namespace {

/// Whether `work` throws interruption once the process has got a signal; in a child, whose flag stays set.
bool gives_up(int number, const std::function<void()>& work) {
  const ::pid_t child = ::fork();
  if (child == 0) {
    std::signal(number, SIG_DFL);  // what is ignored at the start stays so
    aisle::install_interrupt_handler();
    std::raise(number);
    try {
      work();
    } catch (const aisle::interruption&) {
      ::_exit(7);
    } catch (...) {
    }
    ::_exit(1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 7;
}

}  // namespace

TEST_CASE("every learner gives up when the process is told to end, while it fits") {
  const auto data = blobs::make({30, 30, 20}, 4);
  for (const auto& kind : aisle::learner_kinds<float>)
    for (const int number : {SIGTERM, SIGHUP, SIGINT}) {
      CAPTURE(kind.name);
      CAPTURE(number);
      const auto learner = aisle::make_classifier(kind.name);
      CHECK(gives_up(number, [&] { learner->fit(data.x, data.labels); }));
    }
}

TEST_CASE("forests and networks give up while they predict") {
  const auto data = blobs::make({30, 30, 20}, 4);
  for (const char* kind : {"random_forest", "extra_trees", "mlp"}) {
    CAPTURE(kind);
    const auto learner = aisle::make_classifier(kind);
    learner->fit(data.x, data.labels);
    CHECK(gives_up(SIGTERM, [&] { learner->predict_proba(data.x); }));
  }
}
