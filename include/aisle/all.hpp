#pragma once

// Everything there is: aisle.hpp and the catalogue floor.

#include <aisle/aisle.hpp>
#include <aisle/catalogue/embeddings.hpp>
#include <aisle/catalogue/experiment.hpp>
#include <aisle/catalogue/fusion.hpp>
#include <aisle/catalogue/pipeline.hpp>
#include <aisle/catalogue/products.hpp>
#include <aisle/catalogue/report.hpp>
#include <aisle/catalogue/results.hpp>
#include <aisle/image/encode.hpp>
#include <aisle/io/csv.hpp>
#include <aisle/learn/ranking_metrics.hpp>
