#pragma once

// Every public header: aisle.hpp, the catalogue floor, file formats and what else learns and searches. Only
// tensor/eigen.hpp is included by those who have Eigen. Not public is what include/README.md says is a part
// of something else (tests/base/umbrella.cpp checks both).

#include <aisle/aisle.hpp>
#include <aisle/base/folder_lock.hpp>
#include <aisle/base/hash.hpp>
#include <aisle/base/process.hpp>
#include <aisle/catalogue/compare.hpp>
#include <aisle/catalogue/embeddings.hpp>
#include <aisle/catalogue/experiment.hpp>
#include <aisle/catalogue/foreign_vectors.hpp>
#include <aisle/catalogue/fusion.hpp>
#include <aisle/catalogue/label_findings.hpp>
#include <aisle/catalogue/label_treatment.hpp>
#include <aisle/catalogue/learning_curve.hpp>
#include <aisle/catalogue/name_match.hpp>
#include <aisle/catalogue/picture_checks.hpp>
#include <aisle/catalogue/picture_paths.hpp>
#include <aisle/catalogue/pipeline.hpp>
#include <aisle/catalogue/pipeline_set.hpp>
#include <aisle/catalogue/product_features.hpp>
#include <aisle/catalogue/product_map.hpp>
#include <aisle/catalogue/products.hpp>
#include <aisle/catalogue/quality.hpp>
#include <aisle/catalogue/recipe.hpp>
#include <aisle/catalogue/report.hpp>
#include <aisle/catalogue/results.hpp>
#include <aisle/catalogue/results_folder.hpp>
#include <aisle/catalogue/review.hpp>
#include <aisle/catalogue/similar.hpp>
#include <aisle/image/decode.hpp>
#include <aisle/image/encode.hpp>
#include <aisle/image/resize.hpp>
#include <aisle/io/csv.hpp>
#include <aisle/io/npy.hpp>
#include <aisle/io/torch_checkpoint.hpp>
#include <aisle/learn/calibration.hpp>
#include <aisle/learn/cross_validation.hpp>
#include <aisle/learn/familiarity.hpp>
#include <aisle/learn/label_issues.hpp>
#include <aisle/learn/learners.hpp>
#include <aisle/learn/near_duplicates.hpp>
#include <aisle/learn/nearest.hpp>
#include <aisle/learn/pca.hpp>
#include <aisle/learn/ranking_metrics.hpp>
#include <aisle/learn/scaler.hpp>
#include <aisle/learn/significance.hpp>
#include <aisle/learn/tsne.hpp>
#include <aisle/tensor/sparse_matrix.hpp>
#include <aisle/text/html.hpp>
#include <aisle/text/normalizer.hpp>
#include <aisle/text/tfidf.hpp>
