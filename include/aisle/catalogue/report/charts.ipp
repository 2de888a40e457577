#pragma once

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <numeric>

#include <aisle/catalogue/report/charts.hpp>
#include <aisle/catalogue/report/style.hpp>
#include <aisle/catalogue/report/text.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail::report {

namespace {
constexpr double margin_left = 46, margin_right = 12, margin_top = 14, margin_bottom = 42;
}

/// Coordinates: a tenth of a pixel, no trailing zero.
AISLE_API std::string px(double value) {
  std::string out = fixed(value, 1);
  if (out.ends_with(".0")) out.resize(out.size() - 2);
  return out;
}

AISLE_API std::vector<double> nice_ticks(double low, double high, int count) {
  if (!(high > low) || !std::isfinite(high - low)) return {low};
  const double raw = (high - low) / std::max(count, 1);
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  double step = 10 * power;
  for (const double nice : {1.0, 2.0, 2.5, 5.0})
    if (nice * power >= raw * 0.999) {
      step = nice * power;
      break;
    }
  std::vector<double> out;
  for (double k = std::ceil(low / step - 1e-9); k * step <= high + step * 1e-9 && out.size() < 100; ++k)
    out.push_back(k * step);
  return out;
}

AISLE_API std::string line_style(std::size_t i) {
  return "line c" + std::to_string(i % 7) + " d" + std::to_string(i / 7 % 4);
}

AISLE_API std::string svg_begin(int width, int height, std::string_view label) {
  return "<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + std::to_string(width) +
         " " + std::to_string(height) + "\" width=\"" + std::to_string(width) + "\" height=\"" +
         std::to_string(height) + "\" role=\"img\" aria-label=\"" + escape_html(label) + "\">";
}

AISLE_API std::string svg_text(double x, double y, std::string_view style, std::string_view text,
                               std::string_view more = {}) {
  return "<text x=\"" + px(x) + "\" y=\"" + px(y) + "\" class=\"" + std::string(style) + "\"" +
         std::string(more) + ">" + escape_html(text) + "</text>";
}

AISLE_API std::string svg_line(double x1, double y1, double x2, double y2, std::string_view style) {
  return "<line x1=\"" + px(x1) + "\" y1=\"" + px(y1) + "\" x2=\"" + px(x2) + "\" y2=\"" + px(y2) +
         "\" class=\"" + std::string(style) + "\"/>";
}

/// Where axis values lie on the chart.
struct chart_frame {
  chart_axes axes;
  double left, right, top, bottom;
  double x(double v) const { return left + (v - axes.x_low) / (axes.x_high - axes.x_low) * (right - left); }
  double y(double v) const { return bottom - (v - axes.y_low) / (axes.y_high - axes.y_low) * (bottom - top); }
};

AISLE_API std::string draw_axes(const chart_frame& f) {
  std::string out;
  for (const double t : f.axes.y_ticks) {
    out += svg_line(f.left, f.y(t), f.right, f.y(t), "grid");
    out += svg_text(f.left - 7, f.y(t) + 4, "tick end", fixed(t, f.axes.y_digits));
  }
  for (const double t : f.axes.x_ticks) {
    out += svg_line(f.x(t), f.bottom, f.x(t), f.bottom + 4, "axis");
    out += svg_text(f.x(t), f.bottom + 17, "tick mid", fixed(t, f.axes.x_digits));
  }
  out += svg_line(f.left, f.bottom, f.right, f.bottom, "axis");
  out += svg_text((f.left + f.right) / 2, f.bottom + 34, "axis-title mid", f.axes.x_title);
  const std::string middle = px((f.top + f.bottom) / 2);
  out += svg_text(12, (f.top + f.bottom) / 2, "axis-title mid", f.axes.y_title,
                  " transform=\"rotate(-90 12 " + middle + ")\"");
  return out;
}

AISLE_API std::string draw_line(const chart_frame& f, const chart_line& line, std::size_t index) {
  std::string path;
  bool pen_down = false;
  double last_x = 0, last_y = 0;
  for (std::size_t i = 0; i < line.points.size(); ++i) {
    const auto [vx, vy] = line.points[i];
    if (!std::isfinite(vx) || !std::isfinite(vy)) {
      pen_down = false;
      continue;
    }
    const double x = f.x(vx), y = f.y(std::clamp(vy, f.axes.y_low, f.axes.y_high));
    // Points closer than the eye can tell only make the page larger.
    const bool last = i + 1 == line.points.size();
    if (pen_down && !last && std::abs(x - last_x) < 0.4 && std::abs(y - last_y) < 0.4) continue;
    path += (pen_down ? "L" : "M") + px(x) + " " + px(y);
    pen_down = true;
    last_x = x;
    last_y = y;
  }
  if (path.empty()) return {};
  return "<g class=\"" + line.style + "\" data-k=\"" + std::to_string(index) + "\"><title>" +
         escape_html(line.name) + "</title><path d=\"" + path + "\"/></g>";
}

AISLE_API std::string line_chart(std::span<const chart_line> curves, const chart_axes& axes,
                                 const chart_options& options) {
  const chart_frame f{axes, margin_left, options.width - margin_right, margin_top,
                      options.height - margin_bottom};
  std::string out = svg_begin(options.width, options.height, options.label) + draw_axes(f);
  if (options.diagonal) out += svg_line(f.left, f.bottom, f.right, f.top, "chance");
  if (options.marked_x >= axes.x_low && options.marked_x <= axes.x_high) {
    const double x = f.x(options.marked_x);
    const bool right_half = x > (f.left + f.right) / 2;
    out += svg_line(x, f.top, x, f.bottom, "mark");
    out += svg_text(x + (right_half ? -6 : 6), f.top + 8, right_half ? "mark-name end" : "mark-name",
                    options.marked_name);
  }
  for (std::size_t i = 0; i < curves.size(); ++i) out += draw_line(f, curves[i], i);
  return out + "</svg>";
}

AISLE_API std::string roc_chart(const report_scores& all, const model_scores& scores) {
  std::vector<std::size_t> which(scores.curves.size());
  std::iota(which.begin(), which.end(), std::size_t{0});
  return roc_chart(all, scores, which);
}

AISLE_API std::string roc_chart(const report_scores& all, const model_scores& scores,
                                std::span<const std::size_t> which) {
  std::vector<chart_line> curves;
  const auto add = [&](const std::string& style, const std::string& name, const roc_points& points) {
    chart_line line{style, name, {}};
    for (std::size_t i = 0; i < points.fpr.size(); ++i)
      line.points.emplace_back(points.fpr[i], points.tpr[i]);
    curves.push_back(std::move(line));
  };
  for (const std::size_t i : which)
    add(line_style(i), all.name(scores.curves[i].label) + ", AUC " + fixed(scores.curves[i].auc, 3),
        scores.curves[i].points);
  add("line macro", "Macro average, AUC " + fixed(scores.macro_auc, 3), scores.macro_curve);
  const std::vector<double> ticks = {0, 0.2, 0.4, 0.6, 0.8, 1};
  const chart_axes axes{0, 1, 0, 1, "False positive rate", "True positive rate", ticks, ticks, 1, 1};
  chart_options options;
  options.label = "ROC curves, one class against the rest; macro average AUC " + fixed(scores.macro_auc, 3);
  options.height = 338;
  options.diagonal = true;
  return line_chart(curves, axes, options);
}

AISLE_API std::string epoch_chart(const model_result& model, std::vector<chart_line> curves, chart_axes axes,
                                  const std::string& label) {
  double low = axes.y_low, high = axes.y_high;
  for (const chart_line& line : curves)
    for (const auto& [x, y] : line.points)
      if (std::isfinite(y)) {
        low = std::min(low, y);
        high = std::max(high, y);
      }
  if (!(high > low)) high = low + 1;
  axes.y_ticks = nice_ticks(low, high, 5);
  const double step = axes.y_ticks.size() > 1 ? axes.y_ticks[1] - axes.y_ticks[0] : high - low;
  if (axes.y_ticks.back() < high) axes.y_ticks.push_back(axes.y_ticks.back() + step);
  axes.y_low = low;
  axes.y_high = std::max(high, axes.y_ticks.back());
  axes.y_digits = step < 0.1 ? 2 : step < 1 ? 1 : 0;
  axes.x_low = 1;
  axes.x_high = std::max<double>(2, static_cast<double>(model.history.size()));
  axes.x_ticks = nice_ticks(1, axes.x_high, 6);
  std::erase_if(axes.x_ticks, [](double t) { return t != std::floor(t); });
  axes.x_title = "Epoch";
  chart_options options;
  options.label = label;
  if (model.best_epoch >= 0) {
    options.marked_x = static_cast<double>(model.best_epoch) + 1;
    options.marked_name = "best: " + std::to_string(model.best_epoch + 1);
  }
  return line_chart(curves, axes, options);
}

AISLE_API std::string loss_chart(const model_result& model) {
  chart_line training{"line train", "Training loss", {}}, validation{"line valid", "Validation loss", {}};
  for (std::size_t e = 0; e < model.history.size(); ++e) {
    training.points.emplace_back(static_cast<double>(e + 1), model.history[e].loss);
    validation.points.emplace_back(static_cast<double>(e + 1), model.history[e].validation_loss);
  }
  chart_axes axes;
  axes.y_high = 0;
  axes.y_title = "Loss";
  return epoch_chart(model, {training, validation}, axes, "Training and validation loss by epoch");
}

AISLE_API std::string accuracy_chart(const model_result& model) {
  chart_line line{"line valid", "Validation accuracy", {}};
  for (std::size_t e = 0; e < model.history.size(); ++e)
    line.points.emplace_back(static_cast<double>(e + 1), 100 * model.history[e].validation_accuracy);
  chart_axes axes;
  axes.y_high = 100;
  axes.y_title = "Accuracy, %";
  return epoch_chart(model, {line}, axes, "Validation accuracy by epoch");
}

AISLE_API std::string histogram(std::span<const std::int64_t> values, std::span<const std::int64_t> rows,
                                int bins, const std::string& x_title, const std::string& label) {
  if (values.empty()) return {};
  std::map<std::int64_t, std::int64_t> rows_of;
  std::int64_t all = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::int64_t n = rows.empty() ? 1 : rows[i];
    rows_of[values[i]] += n;
    all += n;
  }
  // Long tails are cut at the 99.5th percentile and join the last bar.
  auto cut = rows_of.begin();
  for (auto left = static_cast<std::int64_t>(static_cast<double>(all - 1) * 0.995);
       left >= cut->second && std::next(cut) != rows_of.end(); ++cut)
    left -= cut->second;
  const auto top = static_cast<double>(std::max<std::int64_t>(1, cut->first));
  const double step =
      std::max(1.0, nice_ticks(0, top + 1, bins).size() > 1 ? nice_ticks(0, top + 1, bins)[1] : 1.0);
  std::vector<std::int64_t> counts(static_cast<std::size_t>(top / step) + 1);
  for (const auto& [v, n] : rows_of) {
    const double at = std::max(0.0, static_cast<double>(v) / step);
    counts[std::min(counts.size() - 1, static_cast<std::size_t>(std::min(at, 1e9)))] += n;
  }
  chart_axes axes;
  axes.x_high = step * static_cast<double>(counts.size());
  const auto highest = static_cast<double>(*std::max_element(counts.begin(), counts.end()));
  axes.y_ticks = nice_ticks(0, highest, 4);
  std::erase_if(axes.y_ticks, [](double t) { return t != std::floor(t); });
  axes.y_high = std::max(highest, axes.y_ticks.back());
  axes.y_digits = 0;
  axes.x_ticks = nice_ticks(0, axes.x_high, 6);
  axes.x_title = x_title;
  axes.y_title = "Products";
  constexpr int width = 340, height = 230;
  const chart_frame f{axes, margin_left, width - margin_right, margin_top, height - margin_bottom};
  std::string out = svg_begin(width, height, label) + draw_axes(f);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    const double low = step * static_cast<double>(i), x = f.x(low), y = f.y(static_cast<double>(counts[i]));
    const std::string upper =
        i + 1 == counts.size() && static_cast<double>(rows_of.rbegin()->first) >= low + step
            ? " or more"
            : "–" + fixed(low + step - 1, 0);
    out += "<rect class=\"bar\" x=\"" + px(x + 0.5) + "\" y=\"" + px(y) + "\" width=\"" +
           px(std::max(0.5, f.x(low + step) - x - 1)) + "\" height=\"" + px(f.bottom - y) + "\"><title>" +
           escape_html(fixed(low, 0) + upper + ": " + grouped(counts[i])) + "</title></rect>";
  }
  return out + "</svg>";
}

AISLE_API bool strong_cell(double share) { return share > 0.65; }

AISLE_API double cell_shade(double share) {
  return strong_cell(share) ? 0.9 + 0.1 * (share - 0.65) / 0.35 : 0.16 + 0.48 * share;
}

AISLE_API std::string heat_map(const report_scores& all, const model_scores& scores,
                               std::span<const std::int64_t> which) {
  const auto n = static_cast<std::int64_t>(which.size());
  const double cell = n <= 15 ? 36 : n <= 30 ? 28 : 18;
  const double gutter = 170, head = 150;
  const int width = static_cast<int>(gutter + cell * static_cast<double>(n) + 70);
  const int height = static_cast<int>(head + cell * static_cast<double>(n) + 12);
  std::string out =
      svg_begin(width, height, "Confusion matrix: true classes by row, predicted classes by column");
  for (std::int64_t i = 0; i < n; ++i) {
    const auto at = static_cast<std::size_t>(which[static_cast<std::size_t>(i)]);
    const double middle = (static_cast<double>(i) + 0.5) * cell;
    const std::string name = shortened(all.name(scores.labels[at]), 24);
    out += svg_text(gutter - 8, head + middle + 4, "tick end", name);
    out += svg_text(gutter + middle + 4, head - 8, "tick", name,
                    " transform=\"rotate(-50 " + px(gutter + middle + 4) + " " + px(head - 8) + ")\"");
    for (std::int64_t j = 0; j < n; ++j) {
      const double rows =
                       scores.counts(which[static_cast<std::size_t>(i)], which[static_cast<std::size_t>(j)]),
                   support = scores.per_class.support[at];
      const double share = support > 0 ? rows / support : 0;
      const std::string x = px(gutter + static_cast<double>(j) * cell + 1),
                        y = px(head + static_cast<double>(i) * cell + 1);
      out += "<rect class=\"cell\" x=\"" + x + "\" y=\"" + y + "\" width=\"" + px(cell - 2) + "\" height=\"" +
             px(cell - 2) + "\"/>";
      if (rows == 0) continue;
      out += "<rect class=\"" + std::string(i == j ? "hit" : "miss") + "\" x=\"" + x + "\" y=\"" + y +
             "\" width=\"" + px(cell - 2) + "\" height=\"" + px(cell - 2) + "\" fill-opacity=\"" +
             fixed(cell_shade(share), 2) + "\"/>";
      if (n <= 40)
        out += svg_text(gutter + (static_cast<double>(j) + 0.5) * cell, head + middle + 4,
                        strong_cell(share) ? "count mid over" : "count mid",
                        grouped(static_cast<std::int64_t>(rows)));
    }
  }
  return out + "</svg>";
}

AISLE_API std::string percent(double share) { return fixed(100 * std::clamp(share, 0.0, 1.0), 2) + "%"; }

AISLE_API std::string share_bar(double share, std::string_view style) {
  if (!std::isfinite(share)) share = 0;
  return "<svg class=\"bar-track\" aria-hidden=\"true\"><rect class=\"track\" width=\"100%\" "
         "height=\"100%\"/><rect "
         "class=\"" +
         std::string(style) + "\" width=\"" + percent(share) + "\" height=\"100%\"/></svg>";
}

AISLE_API std::string interval_mark(std::span<const double> values, double mean, double deviation, double low,
                                    double high, bool filled) {
  const auto at = [&](double v) { return percent((v - low) / (high - low)); };
  std::string out =
      "<svg class=\"interval\" aria-hidden=\"true\"><line class=\"rule\" x1=\"0\" x2=\"100%\" y1=\"50%\" "
      "y2=\"50%\"/>";
  if (!std::isfinite(mean)) return out + "</svg>";
  if (deviation > 0)
    out += "<line class=\"whisker\" x1=\"" + at(mean - deviation) + "\" x2=\"" + at(mean + deviation) +
           "\" y1=\"50%\" y2=\"50%\"/>";
  if (values.size() > 1)
    for (const double v : values)
      if (std::isfinite(v))
        out += "<line class=\"one-split\" x1=\"" + at(v) + "\" x2=\"" + at(v) + "\" y1=\"25%\" y2=\"75%\"/>";
  return out + "<circle class=\"" + (filled ? "dot filled" : "dot") + "\" cx=\"" + at(mean) +
         "\" cy=\"50%\" r=\"5.5\"/></svg>";
}

AISLE_API std::string line_sample(std::string_view style) {
  return "<svg class=\"sample\" viewBox=\"0 0 26 10\" width=\"26\" height=\"10\" aria-hidden=\"true\"><g "
         "class=\"" +
         std::string(style) + "\"><path d=\"M1 5H25\"/></g></svg>";
}

AISLE_API std::string standalone_svg(std::string_view chart) {
  const auto end = chart.find('>');
  if (end == std::string_view::npos) return {};
  return std::string(chart.substr(0, end + 1)) + "<style>" + standalone_style() + "</style>" +
         std::string(chart.substr(end + 1));
}

}  // namespace detail::report
AISLE_NAMESPACE_END
