// Loops by OpenMP for the target aisle::compiled: the one object of it that is compiled with OpenMP where it
// is.
#undef AISLE_OPENMP
#include <aisle/base/openmp.ipp>
