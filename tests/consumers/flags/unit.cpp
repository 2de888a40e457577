#include "unit.hpp"

#include <string>
#include <vector>

// Has a name of its own in each build.
answer UNIT(const aisle::matrix<float>& x) {
  std::vector<int> classes;
  for (std::int64_t r = 0; r < x.rows(); ++r) classes.push_back(x(r, 0) > 0);
  const aisle::label_vector labels{classes};
  aisle::random_forest<float> forest{{.trees = 3, .seed = 7}};
  forest.fit(x, labels);
  aisle::logistic_regression<float> line;
  line.fit(x, labels);
  line.predict(x);
  return {forest.predict_proba(x.rows(std::vector<std::int64_t>{0, 1})), aisle::parallel_backend()};
}
