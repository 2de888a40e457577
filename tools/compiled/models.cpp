// The definitions of models/ for the target aisle::compiled.
#include <aisle/models/names.ipp>
#include <aisle/models/preset.ipp>
#include <aisle/models/zoo.ipp>
