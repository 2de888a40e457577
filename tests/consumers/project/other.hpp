#pragma once

#include <cstdint>

#if __has_include(<aisle/aisle.hpp>)
#include <aisle/aisle.hpp>
#else
#include <aisle/base/file.hpp>
#include <aisle/base/parallel.hpp>
#include <aisle/tensor/matrix.hpp>
#endif

aisle::matrix<float> ones(std::int64_t rows, std::int64_t cols);
