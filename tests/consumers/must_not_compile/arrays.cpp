#include <string>
#include <vector>

#include <aisle/kernels/gemm.hpp>
#include <aisle/learn/labels.hpp>
#include <aisle/tensor/matrix.hpp>
#include <aisle/tensor/tensor.hpp>

aisle::matrix<float> vectors();
aisle::shared_tensor mapped();
aisle::tensor read();

void f() {
#if CASE == 1  // deleted
  const auto row = vectors().row(0);
#elif CASE == 2   // deleted
  const auto view = vectors().view();
#elif CASE == 3   // deleted
  for (const float v : read().data<float>()) (void)v;
#elif CASE == 4   // shared_tensor
  aisle::tensor t = mapped();
#elif CASE == 5   // assign
  const auto t = mapped();
  t.data<float>()[0] = 1;
#elif CASE == 9   // deleted
  const auto row = *vectors().begin();
#elif CASE == 10  // matrix_view
  const aisle::matrix_view<float> view = vectors();
#elif CASE == 11  // gemm
  const auto m = vectors();
  aisle::kernels::gemm(m, m, aisle::matrix<float>(2, 2));
#elif CASE == 12  // gemm
  const auto m = vectors();
  aisle::kernels::gemm<float>(m, m, aisle::matrix<float>(2, 2));
#elif CASE == 13  // clang: temporary whose address is used as value of local variable 'view'
#pragma GCC diagnostic error "-Wdangling"
  const aisle::matrix_view<const float> view = vectors();
#elif CASE == 6  // deleted
  const aisle::label_vector y{std::vector<double>{0.5, 1.5}};
#elif CASE == 7  // deleted
  const auto codes = aisle::label_vector{"a", "b"}.codes();
#elif CASE == 8  // label_type
  const aisle::label_vector y{std::vector<char16_t>{u'a'}};
#else
  const auto m = vectors();
  (void)m.row(0);
  for (const auto row : vectors()) (void)row;
  aisle::matrix<float> c(2, 2);
  aisle::kernels::gemm(m, vectors(), c);
  aisle::kernels::gemm(vectors(), m, c.view());
#endif
}
