#pragma once

#include <array>
#include <cstdint>
#include <utility>

#include <aisle/base/random.hpp>

#include "canvas.hpp"

// What products are made of: colours, patterns, light, shadows and printed motifs.

namespace catalogue {

using aisle::random_generator;

/// How one product looks. A function that draws takes its random numbers from `rng`, one statement each: the
/// order in which a call's arguments are evaluated differs between compilers.
struct look {
  rgba main, accent;
  int pattern = 0;
  double phase = 0;  ///< where the pattern starts
  random_generator* rng = nullptr;

  double uniform(double low, double high) const { return rng->uniform(low, high); }
  int below(int n) const { return static_cast<int>(rng->below(static_cast<std::uint64_t>(n))); }
  bool chance(double p) const { return rng->uniform() < p; }
};

/// Smooth noise in [0, 1] on a lattice of step 1.
inline double noise(vec2 p, std::uint64_t seed) {
  const auto corner = [seed](double x, double y) {
    std::uint64_t s = seed ^
                      (static_cast<std::uint64_t>(static_cast<std::int64_t>(x)) * 0x9E3779B97F4A7C15ull) ^
                      (static_cast<std::uint64_t>(static_cast<std::int64_t>(y)) * 0xC2B2AE3D27D4EB4Full);
    return static_cast<double>(aisle::splitmix64(s) >> 40) / 16777216.0;
  };
  const double x = std::floor(p.x), y = std::floor(p.y);
  const double u = smooth(0, 1, p.x - x), v = smooth(0, 1, p.y - y);
  const double top = corner(x, y) + (corner(x + 1, y) - corner(x, y)) * u;
  const double bottom = corner(x, y + 1) + (corner(x + 1, y + 1) - corner(x, y + 1)) * u;
  return top + (bottom - top) * v;
}

inline double fraction(double x) { return x - std::floor(x); }

inline paint across(rgba left, rgba right, double x0, double x1) {
  return [=](vec2 p) { return mix(left, right, clamp01((p.x - x0) / (x1 - x0))); };
}
inline paint down(rgba top, rgba bottom, double y0, double y1) {
  return [=](vec2 p) { return mix(top, bottom, clamp01((p.y - y0) / (y1 - y0))); };
}
inline paint glow(rgba centre, rgba edge, double cx, double cy, double radius) {
  return [=](vec2 p) { return mix(centre, edge, smooth(0, 1, length(p - vec2{cx, cy}) / radius)); };
}

enum pattern_kind {
  plain,
  bars,
  pinstripes,
  dots,
  checks,
  chevrons,
  speckles,
  two_tone,
  ombre,
  pattern_count
};

/// The product's surface in its own coordinates.
inline paint surface(const look& l) {
  const rgba a = l.main, b = l.accent;
  const double phase = l.phase;
  switch (l.pattern) {
    case bars:
      return [=](vec2 p) {
        return mix(a, b, smooth(0.47, 0.53, fraction(p.y * 2.6 + phase) < 0.5 ? 0.2 : 0.8));
      };
    case pinstripes:
      return
          [=](vec2 p) { return mix(a, b, smooth(0.30, 0.36, std::fabs(fraction(p.x * 5 + phase) - 0.5))); };
    case dots:
      return [=](vec2 p) {
        const double y = p.y * 4, x = p.x * 4 + (fraction(std::floor(y) / 2) > 0.25 ? 0.5 : 0.0) + phase;
        const double d = length(vec2{fraction(x) - 0.5, fraction(y) - 0.5});
        return mix(b, a, smooth(0.24, 0.32, d));
      };
    case checks:
      return [=](vec2 p) {
        const double u = smooth(0.40, 0.46, std::fabs(fraction(p.x * 3 + phase) - 0.5) + 0.2);
        const double v = smooth(0.40, 0.46, std::fabs(fraction(p.y * 3 + phase) - 0.5) + 0.2);
        return mix(a, b, 0.5 * u + 0.5 * v);
      };
    case chevrons:
      return [=](vec2 p) {
        const double zig = std::fabs(fraction(p.x * 3) - 0.5);
        return mix(a, b, smooth(0.22, 0.28, std::fabs(fraction(p.y * 3 + zig + phase) - 0.5)));
      };
    case speckles: {
      const auto seed = static_cast<std::uint64_t>(phase * 1e6);
      return [=](vec2 p) { return mix(a, b, smooth(0.72, 0.78, noise({p.x * 17, p.y * 17}, seed))); };
    }
    case two_tone:
      return [=](vec2 p) { return mix(a, b, smooth(0.10, 0.13, p.y + phase * 0.3)); };
    case ombre:
      return [=](vec2 p) { return mix(a, b, smooth(-0.8, 0.9, p.y)); };
    default:
      return [=](vec2) { return a; };
  }
}

/// Light from the left on something round that spans x0 to x1.
inline paint rounded(paint base, double x0, double x1, double gloss = 0.25) {
  return [=](vec2 p) {
    const double t = (p.x - x0) / (x1 - x0);
    const double body = 0.66 + 1.5 * (t + 0.12) * (1.02 - t);
    const double shine = gloss * smooth(0.10, 0.24, t) * (1 - smooth(0.24, 0.40, t));
    const rgba c = base(p);
    return lit(lit(c, body > 1.06 ? 1.06 : body), 1 + shine);
  };
}
inline paint rounded(rgba base, double x0, double x1, double gloss = 0.25) {
  return rounded([base](vec2) { return base; }, x0, x1, gloss);
}
/// Soft folds and a fall of light from the top left: cloth, leather, paper.
inline paint draped(paint base, std::uint64_t seed, double depth = 0.22) {
  return [=](vec2 p) {
    const double fold = noise({p.x * 2.2 + p.y * 0.8, p.y * 1.1}, seed) - 0.5;
    return lit(base(p), 1.0 + depth * fold - 0.07 * (p.x + p.y));
  };
}
inline paint draped(rgba base, std::uint64_t seed, double depth = 0.22) {
  return draped([base](vec2) { return base; }, seed, depth);
}

/// The contact shadow of something that stands at height y.
inline void ground(canvas& c, double cx, double y, double rx, double alpha = 0.45) {
  c.shadow(path::ellipse(cx + 0.06, y, rx, rx * 0.16), 4, alpha);
  c.shadow(path::ellipse(cx, y, rx * 0.86, rx * 0.08), 2, alpha * 0.7);
}
/// The shadow of something that lies flat or hangs before a wall.
inline void drop(canvas& c, const path& shape, double alpha = 0.32) {
  const affine before = c.transform;
  affine moved = before;
  moved.e += 2.5;
  moved.f += 4.0;
  c.transform = moved;
  c.shadow(shape, 4, alpha);
  c.transform = before;
}

/// A printed motif of about the given size, as found on shirts, mugs and covers.
inline void motif(canvas& c, int kind, double x, double y, double s, rgba ink) {
  switch (kind) {
    case 0:  // sunrise
      c.fill(path::ellipse(x, y, s * 0.55, s * 0.55, 0.5, 1.0), ink);
      for (int i = 0; i < 7; ++i) {
        const double t = 0.5 + i / 12.0;
        c.line({{x + s * 0.7 * cosine(t), y + s * 0.7 * sine(t)},
                {x + s * 0.95 * cosine(t), y + s * 0.95 * sine(t)}},
               s * 0.09, ink);
      }
      c.line({{x - s, y + s * 0.12}, {x + s, y + s * 0.12}}, s * 0.09, ink);
      break;
    case 1:  // mountains
      c.fill(path::polygon({{x - s, y + s * 0.6},
                            {x - s * 0.3, y - s * 0.6},
                            {x + s * 0.1, y + s * 0.1},
                            {x + s * 0.4, y - s * 0.25},
                            {x + s, y + s * 0.6}}),
             ink);
      break;
    case 2: {  // star
      std::vector<vec2> points;
      for (int i = 0; i < 10; ++i) {
        const double r = i % 2 == 0 ? s : s * 0.42, t = i / 10.0 - 0.25;
        points.push_back({x + r * cosine(t), y + r * sine(t)});
      }
      c.fill(path::polygon(points), ink);
      break;
    }
    case 3:  // heart
      c.fill(path()
                 .move(x, y + s * 0.8)
                 .curve(x - s * 1.5, y - s * 0.1, x - s * 0.7, y - s * 1.1, x, y - s * 0.35)
                 .curve(x + s * 0.7, y - s * 1.1, x + s * 1.5, y - s * 0.1, x, y + s * 0.8),
             ink);
      break;
    case 4:  // leaf
      c.fill(path()
                 .move(x - s * 0.8, y + s * 0.8)
                 .curve(x - s * 0.9, y - s * 0.4, x - s * 0.1, y - s * 0.9, x + s * 0.8, y - s * 0.8)
                 .curve(x + s * 0.8, y + s * 0.2, x + s * 0.2, y + s * 0.8, x - s * 0.8, y + s * 0.8),
             ink);
      break;
    case 5:  // lines of lettering
      for (int i = 0; i < 3; ++i) {
        const double w = s * (i == 1 ? 0.95 : 0.6), h = y + (i - 1) * s * 0.45;
        for (double u = -w; u < w - s * 0.12; u += s * 0.24)
          c.line({{x + u, h}, {x + u + s * 0.12, h}}, s * 0.2, ink);
      }
      break;
    case 6:  // waves
      for (int i = 0; i < 3; ++i) {
        std::vector<vec2> points;
        for (int k = 0; k <= 24; ++k)
          points.push_back({x - s + s * k / 12.0, y + (i - 1) * s * 0.5 + s * 0.16 * sine(k / 12.0)});
        c.line(points, s * 0.14, ink);
      }
      break;
    case 7:  // a cup
      c.fill(path::box(x - s * 0.6, y - s * 0.4, x + s * 0.4, y + s * 0.6, s * 0.2), ink);
      c.line(path::arc(x + s * 0.42, y + s * 0.05, s * 0.3, s * 0.3, -0.25, 0.25), s * 0.13, ink);
      for (int i = 0; i < 2; ++i)
        c.line(path::bend(
                   {x - s * 0.35 + i * s * 0.45, y - s * 0.55}, {x - s * 0.5 + i * s * 0.45, y - s * 0.75},
                   {x - s * 0.15 + i * s * 0.45, y - s * 0.85}, {x - s * 0.3 + i * s * 0.45, y - s * 1.05}),
               s * 0.1, ink);
      break;
    case 8:  // a seat
      c.line({{x - s * 0.5, y - s}, {x - s * 0.5, y + s}}, s * 0.16, ink);
      c.line({{x - s * 0.5, y + s * 0.1}, {x + s * 0.5, y + s * 0.1}, {x + s * 0.5, y + s}}, s * 0.16, ink);
      break;
    default:  // a ring
      c.line(path::arc(x, y, s * 0.7, s * 0.7, 0, 1), s * 0.2, ink);
  }
}
inline constexpr int motif_count = 10;

/// Ink that shows on the given ground.
inline rgba ink_on(rgba ground, rgba accent) {
  if (std::fabs(brightness(ground) - brightness(accent)) > 0.22) return accent;
  return brightness(ground) > 0.5 ? rgba{0.13, 0.13, 0.16} : rgba{0.96, 0.95, 0.92};
}

inline constexpr rgba steel{0.72, 0.74, 0.77}, coal{0.14, 0.14, 0.16}, cream{0.96, 0.94, 0.89},
    wood{0.72, 0.53, 0.34}, dark_wood{0.42, 0.28, 0.18}, brass{0.80, 0.65, 0.33}, rubber{0.93, 0.93, 0.92},
    clay{0.78, 0.44, 0.30};

}  // namespace catalogue
