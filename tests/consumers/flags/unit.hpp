#pragma once

#include <aisle/aisle.hpp>

struct answer {
  aisle::matrix<float> probabilities;
  const char* backend;
};
