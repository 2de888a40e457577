// The definitions of io/ for the target aisle::compiled.
#include <aisle/io/checkpoint.ipp>
#include <aisle/io/content.ipp>
#include <aisle/io/csv.ipp>
#include <aisle/io/json.ipp>
#include <aisle/io/npy.ipp>
#include <aisle/io/pickle.ipp>
#include <aisle/io/safetensors.ipp>
#include <aisle/io/state_dict.ipp>
#include <aisle/io/torch_checkpoint.ipp>
#include <aisle/io/torch_wrapping.ipp>
#include <aisle/io/zip.ipp>
