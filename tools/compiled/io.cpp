// The definitions of io/ for the target aisle::compiled.
#include <aisle/io/json.ipp>
#include <aisle/io/safetensors.ipp>
#include <aisle/io/state_dict.ipp>
