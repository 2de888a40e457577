#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/catalogue/report/scores.hpp>

// Charts as SVG. Colours are variables and classes of report_style: a chart inside the page takes the page's,
// one that stands alone brings them along (standalone_svg).

AISLE_NAMESPACE_BEGIN
namespace detail::report {

/// A curve of a line chart, in the units of its axes.
struct chart_line {
  std::string style;                              ///< CSS classes: see line_style
  std::string name;                               ///< shown when pointed at
  std::vector<std::pair<double, double>> points;  ///< those that are not finite break the line
};

struct chart_axes {
  double x_low = 0, x_high = 1, y_low = 0, y_high = 1;
  std::string x_title, y_title;
  std::vector<double> x_ticks, y_ticks;
  int x_digits = 0, y_digits = 1;
};

struct chart_options {
  std::string label;  ///< what the chart shows, for those who cannot see it
  int width = 340, height = 260;
  bool diagonal = false;  ///< a line from corner to corner: chance, in a ROC chart
  double marked_x = -1;   ///< a vertical line at this x, if it lies on the axis
  std::string marked_name;
};

/// Round numbers from `low` to `high`, about `count` of them.
std::vector<double> nice_ticks(double low, double high, int count);
/// CSS classes of the i-th of many lines: seven colours that the colour-blind tell apart, four dash patterns.
std::string line_style(std::size_t i);

std::string line_chart(std::span<const chart_line> curves, const chart_axes& axes,
                       const chart_options& options);
/// One-vs-rest curves and their mean. `which`: places in scores.curves of those drawn.
std::string roc_chart(const report_scores& all, const model_scores& scores,
                      std::span<const std::size_t> which);
/// The same with all curves.
std::string roc_chart(const report_scores& all, const model_scores& scores);
/// Loss and validation loss of an MLP; its validation accuracy in %.
std::string loss_chart(const model_result& model);
std::string accuracy_chart(const model_result& model);
/// How many rows fall into each of about `bins` equal intervals. `rows`: of each value; empty: one each.
std::string histogram(std::span<const std::int64_t> values, std::span<const std::int64_t> rows, int bins,
                      const std::string& x_title, const std::string& label);
/// How strongly a cell of a confusion matrix is coloured that holds `share` of its row. The scale leaves out
/// the middle shades, on which neither dark nor light figures could be read.
double cell_shade(double share);
/// Whether that cell's figures are written in the colour for filled grounds.
bool strong_cell(double share);
/// A confusion matrix by rows' shares, counts written in. `which`: places in scores.labels of the classes
/// drawn, ascending; each stands on both axes.
std::string heat_map(const report_scores& all, const model_scores& scores,
                     std::span<const std::int64_t> which);

/// A bar filled to `share` in [0, 1], as wide as its container.
std::string share_bar(double share, std::string_view style);
/// Values on a scale from `low` to `high`: splits as ticks, their mean as a dot, whiskers of one deviation.
std::string interval_mark(std::span<const double> values, double mean, double deviation, double low,
                          double high, bool filled);
/// A sample of a line for a legend.
std::string line_sample(std::string_view style);

/// The chart as a file of its own, with its style inside.
std::string standalone_svg(std::string_view chart);

}  // namespace detail::report
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/report/charts.ipp>
#endif
