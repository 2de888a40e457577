// The definitions of learn/ for the target aisle::compiled.
#include <aisle/learn/calibration.ipp>
#include <aisle/learn/classification_report.ipp>
#include <aisle/learn/detail/affinities.ipp>
#include <aisle/learn/detail/barnes_hut.ipp>
#include <aisle/learn/detail/fourier.ipp>
#include <aisle/learn/detail/leading_eigen.ipp>
#include <aisle/learn/detail/model_tensors.ipp>
#include <aisle/learn/detail/principal_axes.ipp>
#include <aisle/learn/detail/repulsion.ipp>
#include <aisle/learn/detail/ridge.ipp>
#include <aisle/learn/detail/symmetric_eigen.ipp>
#include <aisle/learn/detail/tree_model.ipp>
#include <aisle/learn/familiarity.ipp>
#include <aisle/learn/group_split.ipp>
#include <aisle/learn/label_issues.ipp>
#include <aisle/learn/labels.ipp>
#include <aisle/learn/metrics.ipp>
#include <aisle/learn/near_duplicates.ipp>
#include <aisle/learn/nearest.ipp>
#include <aisle/learn/ranking_metrics.ipp>
#include <aisle/learn/significance.ipp>
#include <aisle/learn/split.ipp>
#include <aisle/learn/tsne.ipp>

// The learners themselves: templates, of which users of the library compile none.
#include <aisle/learn/late_fusion.hpp>
#include <aisle/learn/learners.hpp>
#include <aisle/learn/pca.hpp>
#include <aisle/learn/scaler.hpp>

AISLE_NAMESPACE_BEGIN
template class classifier<float>;
template class classifier<double>;
template class detail::forest<float>;
template class detail::forest<double>;
template class random_forest<float>;
template class random_forest<double>;
template class extra_trees<float>;
template class extra_trees<double>;
template class decision_tree<float>;
template class decision_tree<double>;
template class kernel_ridge<float>;
template class kernel_ridge<double>;
template class linear_classifier<float>;
template class linear_classifier<double>;
template class logistic_regression<float>;
template class logistic_regression<double>;
template class linear_svm<float>;
template class linear_svm<double>;
template class mlp<float>;
template class mlp<double>;
template class late_fusion<float>;
template class late_fusion<double>;
template class standard_scaler<float>;
template class standard_scaler<double>;
template class pca<float>;
template class pca<double>;
AISLE_NAMESPACE_END
