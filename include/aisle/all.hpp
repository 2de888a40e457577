#pragma once

// Everything there is: aisle.hpp and the catalogue floor.

#include <aisle/aisle.hpp>
#include <aisle/catalogue/embeddings.hpp>
#include <aisle/catalogue/experiment.hpp>
#include <aisle/catalogue/foreign_vectors.hpp>
#include <aisle/catalogue/fusion.hpp>
#include <aisle/catalogue/label_findings.hpp>
#include <aisle/catalogue/label_treatment.hpp>
#include <aisle/catalogue/name_match.hpp>
#include <aisle/catalogue/pipeline.hpp>
#include <aisle/catalogue/pipeline_set.hpp>
#include <aisle/catalogue/products.hpp>
#include <aisle/catalogue/report.hpp>
#include <aisle/catalogue/results.hpp>
