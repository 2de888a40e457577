#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <aisle/kernels/gemm.hpp>
#include <aisle/learn/optimizer.hpp>

// The environment is read once in a process, so this takes one of its own: the case runs itself.
TEST_CASE("an AISLE_ISA that does not exist is an error at every product and step, never the end") {
  const char* child = std::getenv("AISLE_TEST_CHILD");
  if (child == nullptr) {
    const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
    const std::string line = "AISLE_TEST_CHILD=1 AISLE_ISA=abacus '" + program +
                             "' -tc='an AISLE_ISA that does not exist*' > /dev/null 2>&1";
    CHECK(std::system(line.c_str()) == 0);
    return;
  }
  for (int i = 0; i < 2; ++i) {
    CHECK_THROWS_WITH_AS(aisle::kernels::best_table(), doctest::Contains("'abacus' is not available"),
                         aisle::option_error);
    std::vector<float> parameters(3, 1.0f);
    const std::vector<float> gradients(3, 0.5f);
    aisle::optimizer<float> adam;
    CHECK_THROWS_AS(adam.step(parameters, gradients), aisle::option_error);
    CHECK(parameters == std::vector<float>(3, 1.0f));
    aisle::matrix<float> a(2, 2), c(2, 2);
    CHECK_THROWS_AS(aisle::kernels::gemm<float>(a, a, c), aisle::option_error);
  }
}
