#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

// A small software rasteriser: anti-aliased paths under an affine transform, painted by functions of the
// local point. Every number comes from + - * / sqrt and floor in double precision without contraction, all of
// which IEEE 754 rounds one way, so a picture has the same bytes whatever compiler and machine drew it. No
// libm function whose last digit may differ (sin, pow, exp) is used.

namespace catalogue {

struct vec2 {
  double x = 0, y = 0;
};
inline vec2 operator+(vec2 a, vec2 b) { return {a.x + b.x, a.y + b.y}; }
inline vec2 operator-(vec2 a, vec2 b) { return {a.x - b.x, a.y - b.y}; }
inline vec2 operator*(vec2 a, double s) { return {a.x * s, a.y * s}; }
inline double length(vec2 a) { return std::sqrt(a.x * a.x + a.y * a.y); }

inline double clamp01(double t) { return t < 0 ? 0 : t > 1 ? 1 : t; }
inline double smooth(double low, double high, double x) {
  const double t = clamp01((x - low) / (high - low));
  return t * t * (3 - 2 * t);
}

/// The sine of 2 pi `turns`, from its Taylor series on a quarter turn (error below 1e-9).
inline double sine(double turns) {
  turns -= std::floor(turns);
  double sign = 1;
  if (turns >= 0.5) turns -= 0.5, sign = -1;
  if (turns > 0.25) turns = 0.5 - turns;
  const double x = turns * 6.283185307179586, x2 = x * x;
  double term = x, sum = x;
  for (int k = 2; k <= 14; k += 2) {
    term = -term * x2 / (k * (k + 1));
    sum += term;
  }
  return sign * sum;
}
inline double cosine(double turns) { return sine(turns + 0.25); }

/// A colour in [0, 1] and its opacity.
struct rgba {
  double r = 0, g = 0, b = 0, a = 1;
};
inline rgba mix(rgba p, rgba q, double t) {
  return {p.r + (q.r - p.r) * t, p.g + (q.g - p.g) * t, p.b + (q.b - p.b) * t, p.a + (q.a - p.a) * t};
}
/// f < 1 darkens, f > 1 mixes with white.
inline rgba lit(rgba c, double f) {
  if (f <= 1) return {c.r * f, c.g * f, c.b * f, c.a};
  return mix(c, {1, 1, 1, c.a}, clamp01(f - 1));
}
inline rgba fade(rgba c, double alpha) { return {c.r, c.g, c.b, c.a * alpha}; }
inline double brightness(rgba c) { return 0.3 * c.r + 0.59 * c.g + 0.11 * c.b; }

/// x' = a x + c y + e, y' = b x + d y + f.
struct affine {
  double a = 1, b = 0, c = 0, d = 1, e = 0, f = 0;
  vec2 operator()(vec2 p) const { return {a * p.x + c * p.y + e, b * p.x + d * p.y + f}; }
  affine operator*(const affine& o) const {
    return {a * o.a + c * o.b, b * o.a + d * o.b,     a * o.c + c * o.d,
            b * o.c + d * o.d, a * o.e + c * o.f + e, b * o.e + d * o.f + f};
  }
  affine inverse() const {
    const double det = a * d - b * c;
    return {d / det, -b / det, -c / det, a / det, (c * f - d * e) / det, (b * e - a * f) / det};
  }
  static affine shift(double x, double y) { return {1, 0, 0, 1, x, y}; }
  static affine scale(double x, double y) { return {x, 0, 0, y, 0, 0}; }
  static affine rotation(double turns) {
    return {cosine(turns), sine(turns), -sine(turns), cosine(turns), 0, 0};
  }
  static affine slant(double x) { return {1, 0, x, 1, 0, 0}; }
};

/// Closed outlines, filled by the non-zero rule.
class path {
 public:
  path& move(double x, double y) {
    outlines_.emplace_back();
    return line(x, y);
  }
  path& line(double x, double y) {
    outlines_.back().push_back({x, y});
    return *this;
  }
  path& curve(double x1, double y1, double x2, double y2, double x3, double y3) {
    const vec2 p0 = outlines_.back().back();
    for (int i = 1; i <= 16; ++i) {
      const double t = i / 16.0, u = 1 - t;
      const double b0 = u * u * u, b1 = 3 * u * u * t, b2 = 3 * u * t * t, b3 = t * t * t;
      line(b0 * p0.x + b1 * x1 + b2 * x2 + b3 * x3, b0 * p0.y + b1 * y1 + b2 * y2 + b3 * y3);
    }
    return *this;
  }
  path& quad(double x1, double y1, double x2, double y2) {
    const vec2 p = outlines_.back().back();
    return curve(p.x + (x1 - p.x) * 2 / 3, p.y + (y1 - p.y) * 2 / 3, x2 + (x1 - x2) * 2 / 3,
                 y2 + (y1 - y2) * 2 / 3, x2, y2);
  }
  path& add(const path& other) {
    outlines_.insert(outlines_.end(), other.outlines_.begin(), other.outlines_.end());
    return *this;
  }
  const std::vector<std::vector<vec2>>& outlines() const { return outlines_; }

  static path polygon(std::vector<vec2> points) {
    path p;
    p.outlines_.push_back(std::move(points));
    return p;
  }
  static path ellipse(double cx, double cy, double rx, double ry, double from = 0, double to = 1) {
    path p;
    p.outlines_.emplace_back();
    for (int i = 0; i <= 48; ++i) {
      const double t = from + (to - from) * i / 48.0;
      p.line(cx + rx * cosine(t), cy + ry * sine(t));
    }
    return p;
  }
  static path box(double x0, double y0, double x1, double y1, double radius = 0) {
    if (radius <= 0) return polygon({{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}});
    const double k = radius * 0.45;
    path p;
    p.move(x0 + radius, y0).line(x1 - radius, y0).curve(x1 - k, y0, x1, y0 + k, x1, y0 + radius);
    p.line(x1, y1 - radius).curve(x1, y1 - k, x1 - k, y1, x1 - radius, y1);
    p.line(x0 + radius, y1).curve(x0 + k, y1, x0, y1 - k, x0, y1 - radius);
    p.line(x0, y0 + radius).curve(x0, y0 + k, x0 + k, y0, x0 + radius, y0);
    return p;
  }
  /// The points of an open curve, for stroke().
  static std::vector<vec2> arc(double cx, double cy, double rx, double ry, double from, double to) {
    return ellipse(cx, cy, rx, ry, from, to).outlines_.front();
  }
  static std::vector<vec2> bend(vec2 p0, vec2 p1, vec2 p2, vec2 p3) {
    path p;
    p.move(p0.x, p0.y).curve(p1.x, p1.y, p2.x, p2.y, p3.x, p3.y);
    return p.outlines_.front();
  }
  /// A line of the given width with round joints and ends; its width may run from `width` to `end_width`.
  static path stroke(const std::vector<vec2>& points, double width, double end_width = -1) {
    if (end_width < 0) end_width = width;
    path p;
    const double last = std::max<double>(1, static_cast<double>(points.size()) - 1);
    for (std::size_t i = 0; i < points.size(); ++i) {
      const double r0 = (width + (end_width - width) * static_cast<double>(i) / last) / 2;
      p.add(ellipse(points[i].x, points[i].y, r0, r0));
      if (i + 1 == points.size()) break;
      const double r1 = (width + (end_width - width) * static_cast<double>(i + 1) / last) / 2;
      const vec2 d = points[i + 1] - points[i];
      const double l = length(d);
      if (l <= 0) continue;
      const vec2 n{-d.y / l, d.x / l};
      // Turning the same way as the ellipses: opposite windings would cancel where they overlap.
      p.add(
          polygon({points[i] - n * r0, points[i + 1] - n * r1, points[i + 1] + n * r1, points[i] + n * r0}));
    }
    return p;
  }

 private:
  std::vector<std::vector<vec2>> outlines_;
};

using paint = std::function<rgba(vec2)>;

class canvas {
 public:
  static constexpr int size = 160;

  canvas() : pixels_(static_cast<std::size_t>(size) * size) {}

  affine transform;

  rgba& at(int x, int y) { return pixels_[static_cast<std::size_t>(y) * size + static_cast<std::size_t>(x)]; }

  /// Every pixel from a function of its place, (0, 0) to (1, 1).
  void background(const paint& colour) {
    for (int y = 0; y < size; ++y)
      for (int x = 0; x < size; ++x) at(x, y) = colour({(x + 0.5) / size, (y + 0.5) / size});
  }

  void fill(const path& shape, const paint& colour) {
    const affine back = transform.inverse();
    blend(coverage(shape), [&](double x, double y) { return colour(back({x, y})); });
  }
  void fill(const path& shape, rgba colour) {
    fill(shape, [colour](vec2) { return colour; });
  }
  void line(const std::vector<vec2>& points, double width, rgba colour) {
    fill(path::stroke(points, width), colour);
  }
  /// A soft shadow of the shape: black, `radius` in pixels.
  void shadow(const path& shape, int radius, double alpha) {
    std::vector<double> mask = coverage(shape);
    for (int pass = 0; pass < 2; ++pass) blur(mask, radius);
    for (double& m : mask) m *= alpha;
    blend(mask, [](double, double) { return rgba{0.08, 0.07, 0.10, 1}; });
  }
  /// A photograph out of focus.
  void soften(int radius) {
    std::vector<double> channel(pixels_.size());
    for (double rgba::*part : {&rgba::r, &rgba::g, &rgba::b}) {
      for (std::size_t i = 0; i < channel.size(); ++i) channel[i] = pixels_[i].*part;
      for (int pass = 0; pass < 2; ++pass) blur(channel, radius);
      for (std::size_t i = 0; i < channel.size(); ++i) pixels_[i].*part = channel[i];
    }
  }
  template <class Function>
  void each(Function function) {
    for (rgba& p : pixels_) p = function(p);
  }

  /// size x size x 3 bytes.
  std::vector<std::uint8_t> bytes() const {
    std::vector<std::uint8_t> out;
    out.reserve(pixels_.size() * 3);
    for (const rgba& p : pixels_)
      for (const double v : {p.r, p.g, p.b})
        out.push_back(static_cast<std::uint8_t>(std::floor(clamp01(v) * 255 + 0.5)));
    return out;
  }

 private:
  static constexpr int lines = 4;  // sub-scanlines a pixel; coverage along a line is exact

  std::vector<double> coverage(const path& shape) const {
    struct edge {
      double x0, y0, x1, y1;
      int winding;
    };
    std::vector<edge> edges;
    for (const auto& outline : shape.outlines())
      for (std::size_t i = 0; i < outline.size(); ++i) {
        vec2 p = transform(outline[i]), q = transform(outline[(i + 1) % outline.size()]);
        if (p.y == q.y) continue;
        int winding = 1;
        if (p.y > q.y) std::swap(p, q), winding = -1;
        if (q.y > 0 && p.y < size) edges.push_back({p.x, p.y, q.x, q.y, winding});
      }
    std::vector<double> mask(pixels_.size(), 0.0);
    std::vector<std::pair<double, int>> crossings;
    for (int row = 0; row < size * lines; ++row) {
      const double y = (row + 0.5) / lines;
      crossings.clear();
      for (const edge& e : edges)
        if (e.y0 <= y && y < e.y1)
          crossings.push_back({e.x0 + (e.x1 - e.x0) * ((y - e.y0) / (e.y1 - e.y0)), e.winding});
      std::sort(crossings.begin(), crossings.end());
      int winding = 0;
      for (std::size_t i = 0; i + 1 < crossings.size(); ++i) {
        winding += crossings[i].second;
        if (winding != 0) span(mask, row / lines, crossings[i].first, crossings[i + 1].first);
      }
    }
    for (double& m : mask) m = clamp01(m);
    return mask;
  }

  static void span(std::vector<double>& mask, int y, double x0, double x1) {
    x0 = std::max(x0, 0.0), x1 = std::min(x1, static_cast<double>(size));
    for (int x = static_cast<int>(x0); x < size && x < x1; ++x) {
      const double covered = std::min(x1, x + 1.0) - std::max(x0, static_cast<double>(x));
      if (covered > 0)
        mask[static_cast<std::size_t>(y) * size + static_cast<std::size_t>(x)] += covered / lines;
    }
  }

  template <class Colour>
  void blend(const std::vector<double>& mask, Colour colour) {
    for (int y = 0; y < size; ++y)
      for (int x = 0; x < size; ++x) {
        const double m = mask[static_cast<std::size_t>(y) * size + static_cast<std::size_t>(x)];
        if (m <= 0) continue;
        const rgba c = colour(x + 0.5, y + 0.5);
        rgba& p = at(x, y);
        p = mix(p, {c.r, c.g, c.b, 1}, clamp01(m * c.a));
      }
  }

  /// Box blur of both directions, edges repeated.
  static void blur(std::vector<double>& image, int radius) {
    std::vector<double> out(image.size());
    for (const int step : {1, size}) {
      const int other = step == 1 ? size : 1;
      for (int i = 0; i < size; ++i)
        for (int j = 0; j < size; ++j) {
          double sum = 0;
          for (int k = -radius; k <= radius; ++k)
            sum += image[static_cast<std::size_t>(i * other + std::clamp(j + k, 0, size - 1) * step)];
          out[static_cast<std::size_t>(i * other + j * step)] = sum / (2 * radius + 1);
        }
      image.swap(out);
    }
  }

  std::vector<rgba> pixels_;
};

}  // namespace catalogue
