// The definitions of catalogue/ for the target aisle::compiled.
#include <aisle/catalogue/detail/embedding_files.ipp>
#include <aisle/catalogue/detail/experiment_results.ipp>
#include <aisle/catalogue/detail/experiment_rows.ipp>
#include <aisle/catalogue/detail/experiment_trials.ipp>
#include <aisle/catalogue/embeddings.ipp>
#include <aisle/catalogue/experiment.ipp>
#include <aisle/catalogue/experiment_check.ipp>
#include <aisle/catalogue/experiment_files.ipp>
#include <aisle/catalogue/foreign_vectors.ipp>
#include <aisle/catalogue/fusion.ipp>
#include <aisle/catalogue/label_findings.ipp>
#include <aisle/catalogue/label_treatment.ipp>
#include <aisle/catalogue/name_match.ipp>
#include <aisle/catalogue/pipeline.ipp>
#include <aisle/catalogue/pipeline_set.ipp>
#include <aisle/catalogue/products.ipp>
#include <aisle/catalogue/reading.ipp>
