#pragma once

#include <cstdint>

#include <aisle/aisle.hpp>

aisle::matrix<float> ones(std::int64_t rows, std::int64_t cols);
