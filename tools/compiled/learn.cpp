// The definitions of learn/ for the target aisle::compiled.
#include <aisle/learn/classification_report.ipp>
#include <aisle/learn/detail/model_tensors.ipp>
#include <aisle/learn/detail/tree_model.ipp>
#include <aisle/learn/labels.ipp>
#include <aisle/learn/metrics.ipp>
#include <aisle/learn/nearest.ipp>
#include <aisle/learn/ranking_metrics.ipp>
#include <aisle/learn/split.ipp>
