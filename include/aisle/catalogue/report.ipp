#pragma once

#include <aisle/base/file.hpp>
#include <aisle/catalogue/report.hpp>
#include <aisle/catalogue/report/scores.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail::report {

AISLE_API void write_pages(const experiment_result& result, const std::string& folder,
                           const page_options& options) {
  make_folders(folder);
  // First what the others can be made from again.
  save_result(result, join_path(folder, "report.json"));
  write_file(join_path(folder, "report.html"), report_html(result, options));
  write_file(join_path(folder, "report.md"), report_markdown(result));
  write_file(join_path(folder, "report.ipynb"), report_notebook(result));
}

}  // namespace detail::report

AISLE_API void write_reports(const experiment_result& result, const std::string& folder,
                             const page_options& options) {
  if (detail::report::is_large(result, options.rows_kept))
    return detail::report::write_pages(condense_result(result, options.rows_kept), folder, options);
  detail::report::write_pages(result, folder, options);
}

AISLE_NAMESPACE_END
