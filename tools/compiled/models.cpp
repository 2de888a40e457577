// The definitions of models/ for the target aisle::compiled.
#include <aisle/models/preset.ipp>
