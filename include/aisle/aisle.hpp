#pragma once

// The everyday umbrella: encoders, learners, metrics. all.hpp adds the catalogue. Files of formats are named
// too, as the headers alone bring them in: both forms have the same names.

#include <aisle/base/error.hpp>
#include <aisle/base/hash.hpp>
#include <aisle/base/number.hpp>
#include <aisle/base/parallel.hpp>
#include <aisle/base/process.hpp>
#include <aisle/base/progress.hpp>
#include <aisle/base/version.hpp>
#include <aisle/catalogue/fusion.hpp>
#include <aisle/image/bmp.hpp>
#include <aisle/image/decode.hpp>
#include <aisle/image/gif.hpp>
#include <aisle/image/image_encoder.hpp>
#include <aisle/image/inflate.hpp>
#include <aisle/image/jpeg.hpp>
#include <aisle/image/png.hpp>
#include <aisle/image/resize.hpp>
#include <aisle/io/pickle.hpp>
#include <aisle/io/safetensors.hpp>
#include <aisle/io/torch_checkpoint.hpp>
#include <aisle/io/utf8.hpp>
#include <aisle/io/zip.hpp>
#include <aisle/learn/classification_report.hpp>
#include <aisle/learn/labels.hpp>
#include <aisle/learn/logistic_regression.hpp>
#include <aisle/learn/metrics.hpp>
#include <aisle/learn/mlp.hpp>
#include <aisle/learn/model_file.hpp>
#include <aisle/learn/random_forest.hpp>
#include <aisle/learn/split.hpp>
#include <aisle/models/zoo.hpp>
#include <aisle/simd/isa.hpp>
#include <aisle/tensor/matrix.hpp>
#include <aisle/text/text_encoder.hpp>
#include <aisle/text/unicode.hpp>
#include <aisle/text/wordpiece.hpp>
