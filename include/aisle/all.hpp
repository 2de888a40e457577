#pragma once

// Everything there is: aisle.hpp and the catalogue floor.

#include <aisle/aisle.hpp>
#include <aisle/catalogue/embeddings.hpp>
#include <aisle/catalogue/experiment.hpp>
#include <aisle/catalogue/fusion.hpp>
#include <aisle/catalogue/picture_checks.hpp>
#include <aisle/catalogue/picture_paths.hpp>
#include <aisle/catalogue/pipeline.hpp>
#include <aisle/catalogue/products.hpp>
#include <aisle/catalogue/report.hpp>
#include <aisle/catalogue/results.hpp>
