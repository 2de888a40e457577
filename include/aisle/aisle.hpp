#pragma once

// The everyday umbrella: encoders, learners, metrics. all.hpp adds the catalogue.

#include <aisle/base/error.hpp>
#include <aisle/base/parallel.hpp>
#include <aisle/base/progress.hpp>
#include <aisle/base/version.hpp>
#include <aisle/image/image_encoder.hpp>
#include <aisle/io/safetensors.hpp>
#include <aisle/models/zoo.hpp>
#include <aisle/tensor/matrix.hpp>
#include <aisle/text/text_encoder.hpp>
#include <aisle/text/wordpiece.hpp>
