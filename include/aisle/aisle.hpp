#pragma once

// The everyday umbrella: encoders, learners, metrics. all.hpp adds the catalogue. What the headers alone
// bring in is named too: both forms have the same names.

#include <aisle/base/error.hpp>
#include <aisle/base/hash.hpp>
#include <aisle/base/number.hpp>
#include <aisle/base/parallel.hpp>
#include <aisle/base/process.hpp>
#include <aisle/base/progress.hpp>
#include <aisle/base/version.hpp>
#include <aisle/catalogue/fusion.hpp>
#include <aisle/image/decode.hpp>
#include <aisle/image/image_encoder.hpp>
#include <aisle/image/resize.hpp>
#include <aisle/io/safetensors.hpp>
#include <aisle/io/torch_checkpoint.hpp>
#include <aisle/learn/classification_report.hpp>
#include <aisle/learn/labels.hpp>
#include <aisle/learn/logistic_regression.hpp>
#include <aisle/learn/metrics.hpp>
#include <aisle/learn/mlp.hpp>
#include <aisle/learn/model_file.hpp>
#include <aisle/learn/random_forest.hpp>
#include <aisle/learn/split.hpp>
#include <aisle/models/zoo.hpp>
#include <aisle/tensor/matrix.hpp>
#include <aisle/text/text_encoder.hpp>
#include <aisle/text/wordpiece.hpp>
