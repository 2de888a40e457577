#pragma once

#include <cstdint>

#include <aisle/base/config.hpp>
#include <aisle/base/error.hpp>
#include <aisle/learn/labels.hpp>
#include <aisle/tensor/matrix.hpp>

// Probabilities that mean what they say: of what a classifier is 90 % sure of, 90 % are right.

AISLE_NAMESPACE_BEGIN

/// Below it a probability says nothing but "hardly": forests give zeros, whose logarithm is none.
inline constexpr double probability_floor = 1e-6;

/// The temperature t at which p^(1/t), scaled to sum 1, has the least log loss on rows that the classifier
/// was not fitted on (Guo et al. 2017). `truth` is coded in the classes that the columns are of. Above 1 the
/// classifier was too sure of itself, below 1 not sure enough. As though one more row were of every class
/// alike: rows that are all right do not make it infinitely sure. Within [0.05, 20]; of more than 20,000 rows
/// an even sample is looked at. Throws shape_error for no rows or sizes that differ, row_error for what is no
/// probability.
double fit_temperature(const label_vector& truth, matrix_view<const float> probabilities);
double fit_temperature(const label_vector& truth, matrix_view<const double> probabilities);

/// The probabilities at that temperature; 1 changes nothing. The order of a row's classes stays. Throws
/// option_error for a temperature that is not above 0.
matrix<float> at_temperature(matrix_view<const float> probabilities, double temperature);
matrix<double> at_temperature(matrix_view<const double> probabilities, double temperature);

/// Mean distance, weighted by rows, between how sure a classifier is and how often it is right, over `bins`
/// bins of equal width of the highest probability, each without its lower end (Guo et al. 2017 take 15).
/// `truth` as above. In [0, 1]. Throws what fit_temperature throws, and option_error for fewer than one bin.
double expected_calibration_error(const label_vector& truth, matrix_view<const float> probabilities,
                                  int bins = 15);
double expected_calibration_error(const label_vector& truth, matrix_view<const double> probabilities,
                                  int bins = 15);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/learn/calibration.ipp>
#endif
