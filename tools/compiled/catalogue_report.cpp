// The definitions of the reports of catalogue/ for the target aisle::compiled.
#include <aisle/catalogue/report.ipp>
#include <aisle/catalogue/report_charts.ipp>
#include <aisle/catalogue/report_html.ipp>
#include <aisle/catalogue/report_html_parts.ipp>
#include <aisle/catalogue/report_json.ipp>
#include <aisle/catalogue/report_markdown.ipp>
#include <aisle/catalogue/report_notebook.ipp>
#include <aisle/catalogue/report_products.ipp>
#include <aisle/catalogue/report_run.ipp>
#include <aisle/catalogue/report_scores.ipp>
#include <aisle/catalogue/report_style.ipp>
#include <aisle/catalogue/report_tables.ipp>
#include <aisle/catalogue/report_text.ipp>
