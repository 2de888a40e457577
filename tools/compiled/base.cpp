// The definitions of base/ for the target aisle::compiled.
#include <aisle/base/blanks.ipp>
#include <aisle/base/file.ipp>
#include <aisle/base/folder_lock.ipp>
#include <aisle/base/hash.ipp>
#include <aisle/base/held_file.ipp>
#include <aisle/base/number.ipp>
#include <aisle/base/parallel.ipp>
#include <aisle/base/process.ipp>
#include <aisle/base/stream.ipp>
