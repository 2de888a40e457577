// The definitions of nn/ for the target aisle::compiled.
#include <aisle/nn/cpu/operators.ipp>
#include <aisle/nn/fusion.ipp>
#include <aisle/nn/network.ipp>
#include <aisle/nn/operators.ipp>
#include <aisle/nn/parameters.ipp>
#include <aisle/nn/plan.ipp>
