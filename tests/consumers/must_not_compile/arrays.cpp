#include <string>
#include <vector>

#include <aisle/learn/labels.hpp>
#include <aisle/tensor/matrix.hpp>
#include <aisle/tensor/tensor.hpp>

aisle::matrix<float> vectors();
aisle::shared_tensor mapped();
aisle::tensor read();

void f() {
#if CASE == 1  // deleted
  const auto row = vectors().row(0);
#elif CASE == 2  // deleted
  const auto view = vectors().view();
#elif CASE == 3  // deleted
  for (const float v : read().data<float>()) (void)v;
#elif CASE == 4  // shared_tensor
  aisle::tensor t = mapped();
#elif CASE == 5  // assign
  const auto t = mapped();
  t.data<float>()[0] = 1;
#elif CASE == 6  // deleted
  const aisle::label_vector y{std::vector<double>{0.5, 1.5}};
#elif CASE == 7  // deleted
  const auto codes = aisle::label_vector{"a", "b"}.codes();
#elif CASE == 8  // label_type
  const aisle::label_vector y{std::vector<char16_t>{u'a'}};
#else
  const auto m = vectors();
  (void)m.row(0);
#endif
}
