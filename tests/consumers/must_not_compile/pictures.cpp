#include <aisle/image/image_tensor.hpp>
#include <aisle/image/resize.hpp>

aisle::image picture();
const aisle::image fixed();
aisle::image_tensor prepared();

void f() {
#if CASE == 1  // deleted
  for (const auto byte : picture().rgb()) (void)byte;
#elif CASE == 2  // deleted
  const auto row = picture().row(0);
#elif CASE == 3  // deleted
  for (const float v : prepared().values()) (void)v;
#elif CASE == 4  // deleted
  const auto first = prepared().picture(0);
#elif CASE == 5  // deleted
  const auto row = fixed().row(0);
#elif CASE == 6  // clang: temporary whose address is used as value of local variable 'view'
#pragma GCC diagnostic error "-Wdangling"
  const aisle::image_view view = picture();
#else
  (void)aisle::resize(picture(), 3, 3, aisle::resize_filter::box);
  (void)aisle::image(picture());
  auto im = picture();
  im.row(0)[0] = im.rgb()[1];
#endif
}
