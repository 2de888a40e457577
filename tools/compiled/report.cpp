// The definitions of the reports of catalogue/ for the target aisle::compiled.
#include <aisle/catalogue/report.ipp>
#include <aisle/catalogue/report/charts.ipp>
#include <aisle/catalogue/report/condense.ipp>
#include <aisle/catalogue/report/evidence.ipp>
#include <aisle/catalogue/report/html.ipp>
#include <aisle/catalogue/report/html_parts.ipp>
#include <aisle/catalogue/report/json.ipp>
#include <aisle/catalogue/report/markdown.ipp>
#include <aisle/catalogue/report/notebook.ipp>
#include <aisle/catalogue/report/products.ipp>
#include <aisle/catalogue/report/run.ipp>
#include <aisle/catalogue/report/scores.ipp>
#include <aisle/catalogue/report/style.ipp>
#include <aisle/catalogue/report/tables.ipp>
#include <aisle/catalogue/report/text.ipp>
