// The definitions of io/ for the target aisle::compiled.
#include <aisle/io/checkpoint.ipp>
#include <aisle/io/csv.ipp>
#include <aisle/io/delimiter.ipp>
#include <aisle/io/file_kind.ipp>
#include <aisle/io/gzip.ipp>
#include <aisle/io/inflate.ipp>
#include <aisle/io/json.ipp>
#include <aisle/io/json_records.ipp>
#include <aisle/io/nearest_name.ipp>
#include <aisle/io/npy.ipp>
#include <aisle/io/pickle.ipp>
#include <aisle/io/safetensors.ipp>
#include <aisle/io/state_dict.ipp>
#include <aisle/io/table.ipp>
#include <aisle/io/text_encoding.ipp>
#include <aisle/io/torch_checkpoint.ipp>
#include <aisle/io/zip.ipp>
