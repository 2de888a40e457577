// The definitions of catalogue/ for the target aisle::compiled.
#include <aisle/catalogue/products.ipp>
