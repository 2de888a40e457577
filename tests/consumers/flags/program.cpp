#include <atomic>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/aisle.hpp>

// What the README's examples do, without weights.
int main() {
  std::atomic<int> sum{0};
  aisle::parallel_for(1000, 2, [&](std::int64_t) { ++sum; });
  aisle::matrix<float> x(60, 3);
  std::vector<std::string> names;
  for (std::int64_t r = 0; r < x.rows(); ++r) {
    names.push_back(r % 2 ? "shoe" : "shirt");
    x(r, r % 2) = 1.f;
  }
  const aisle::label_vector labels{names};
  aisle::random_forest<float> forest{{.trees = 5, .seed = 1}};
  forest.fit(x, labels);
  const double accuracy = aisle::accuracy(labels, forest.predict(x));
  std::string refusal;
  try {
    aisle::text_encoder::load("no such folder");
  } catch (const aisle::error& e) {
    refusal = e.what();
  }
  std::cout << sum << ", accuracy " << accuracy << ", " << refusal << ", " << aisle::parallel_backend()
            << '\n';
  return sum == 1000 && accuracy == 1 && !refusal.empty() &&
                 std::string_view(aisle::parallel_backend()) == EXPECTED_BACKEND
             ? 0
             : 1;
}
