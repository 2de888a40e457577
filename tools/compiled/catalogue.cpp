// The definitions of catalogue/ for the target aisle::compiled.
#include <aisle/catalogue/detail/embedding_files.ipp>
#include <aisle/catalogue/embeddings.ipp>
#include <aisle/catalogue/experiment.ipp>
#include <aisle/catalogue/experiment_files.ipp>
#include <aisle/catalogue/fusion.ipp>
#include <aisle/catalogue/picture_checks.ipp>
#include <aisle/catalogue/picture_paths.ipp>
#include <aisle/catalogue/pipeline.ipp>
#include <aisle/catalogue/products.ipp>
