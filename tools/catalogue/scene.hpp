#pragma once

#include "draw_home.hpp"
#include "draw_wear.hpp"

// A product photograph: a background, one or several things on it, and how the picture was taken.

namespace catalogue {

enum product_class {
  mugs,
  shirts,
  lamps,
  backpacks,
  headphones,
  shoes,
  watches,
  chairs,
  bottles,
  glasses,
  pots,
  notebooks
};

inline void draw_product(canvas& c, const look& l, int product, int kind) {
  using function = void (*)(canvas&, const look&, int);
  static constexpr function functions[] = {draw_mug,        draw_shirt,      draw_lamp,  draw_backpack,
                                           draw_headphones, draw_shoe,       draw_watch, draw_chair,
                                           draw_bottle,     draw_sunglasses, draw_pot,   draw_notebook};
  functions[product](c, l, kind);
}

/// Lies flat or hangs, so that a horizon behind it would be wrong.
inline bool lies_flat(int product) {
  return product == shirts || product == headphones || product == watches || product == glasses ||
         product == notebooks;
}

inline void draw_background(canvas& c, const look& l, bool flat) {
  const int kind = l.below(6);
  const auto seed = l.rng->below(1u << 20);
  const double tint_r = l.uniform(0.80, 0.98), tint_g = l.uniform(0.80, 0.96), tint_b = l.uniform(0.80, 0.96);
  const rgba tint{tint_r, tint_g, tint_b};
  if (kind <= 1) {  // a white studio
    c.background([](vec2 p) {
      return mix({0.99, 0.99, 0.99}, {0.87, 0.88, 0.90}, smooth(0.25, 0.85, length(p - vec2{0.45, 0.42})));
    });
  } else if (kind == 2) {  // coloured paper
    c.background([=](vec2 p) {
      return lit(tint, 1.04 - 0.16 * p.x * p.y - 0.08 * smooth(0.3, 0.8, length(p - vec2{0.4, 0.4})));
    });
  } else if (kind == 3 && !flat) {  // a table before a wall
    const double edge = l.uniform(0.60, 0.74);
    const rgba top = mix(wood, cream, l.uniform(0, 0.8));
    c.background([=](vec2 p) {
      if (p.y < edge) return lit(tint, 1.02 - 0.12 * p.x);
      const double grain = noise({p.x * 5, p.y * 60}, seed);
      return lit(top,
                 0.92 + 0.12 * grain + 0.15 * (p.y - edge) - 0.08 * (1 - smooth(edge, edge + 0.03, p.y)));
    });
  } else if (kind == 4 || kind == 3) {  // planks
    const rgba timber = l.chance(0.5) ? wood : cream;
    const rgba plank = mix(timber, tint, l.uniform(0.1, 0.6));
    c.background([=](vec2 p) {
      const double board = std::floor(p.x * 4), gap = fraction(p.x * 4);
      const double grain = noise({p.x * 70, p.y * 5 + board * 17}, seed),
                   tone = noise({board * 3.7 + 0.5, 0.5}, seed + 1);
      return lit(plank, 0.86 + 0.10 * grain + 0.14 * tone - 0.25 * (1 - smooth(0.0, 0.03, gap)));
    });
  } else {  // a blurred room
    const rgba second = mix(tint, l.accent, 0.35);
    c.background([=](vec2 p) {
      return lit(mix(tint, second, smooth(0.35, 0.65, noise({p.x * 2.5, p.y * 2.5}, seed))), 0.98);
    });
  }
}

inline affine placed(double x, double y, double size, double turn, bool mirrored) {
  return affine::shift(x, y) * affine::rotation(turn) * affine::scale(mirrored ? -size : size, size);
}

/// The carton that something came in.
inline void draw_carton(canvas& c, const look& l) {
  const rgba card = mix({0.76, 0.60, 0.42}, l.main, l.chance(0.4) ? 0.75 : 0.05);
  const double w = l.uniform(0.45, 0.62), h = l.uniform(0.40, 0.70), side = l.uniform(0.22, 0.36);
  ground(c, 0.1, 0.82, w + side);
  c.fill(path::polygon({{-w, 0.82 - 2 * h}, {w - side, 0.82 - 2 * h}, {w - side, 0.82}, {-w, 0.82}}),
         down(lit(card, 1.05), lit(card, 0.92), -0.5, 0.8));
  c.fill(
      path::polygon({{w - side, 0.82 - 2 * h}, {w + side, 0.70 - 2 * h}, {w + side, 0.68}, {w - side, 0.82}}),
      lit(card, 0.68));
  c.fill(path::polygon({{-w, 0.82 - 2 * h},
                        {w - side, 0.82 - 2 * h},
                        {w + side, 0.70 - 2 * h},
                        {-w + 2 * side, 0.70 - 2 * h}}),
         lit(card, 1.12));
  const double middle = -side / 2;
  if (l.chance(0.5)) {
    c.fill(path::polygon({{middle - 0.09, 0.82 - 2 * h},
                          {middle + 0.09, 0.82 - 2 * h},
                          {middle + 0.09 + side, 0.70 - 2 * h},
                          {middle - 0.09 + side, 0.70 - 2 * h}}),
           lit(card, 1.25));
    c.fill(path::box(middle - 0.09, 0.82 - 2 * h, middle + 0.09, 0.82 - 1.6 * h), lit(card, 1.2));
  }
  c.fill(path::box(middle - 0.3, 0.82 - 1.2 * h, middle + 0.3, 0.82 - 0.4 * h, 0.03), cream);
  motif(c, l.below(2) == 0 ? 5 : 9, middle, 0.82 - 0.8 * h, 0.2, lit(l.accent, 0.7));
}

enum class shot { whole, close, carton, swatch, set, distant, dim, props };

inline void photograph(canvas& c, look l, int product, int kind, shot how, int prop, int prop_kind,
                       const look& prop_look) {
  const bool flat = lies_flat(product);
  draw_background(c, l, flat);
  const double turn = flat ? l.uniform(-0.06, 0.06) : l.uniform(-0.012, 0.012);
  const bool flipped = l.chance(0.4), mirrored = flipped && product != watches;  // a dial reads one way
  const double size = l.uniform(55, 67), x = 80 + l.uniform(-5, 5), y = (flat ? 80 : 82) + l.uniform(-4, 3);
  switch (how) {
    case shot::close: {
      const double zoom = l.uniform(1.7, 2.5), dx = l.uniform(-45, 45), dy = l.uniform(-40, 40);
      c.transform = placed(80 + dx, 80 + dy, size * zoom, turn, mirrored);
      draw_product(c, l, product, kind);
      break;
    }
    case shot::carton:
      c.transform = placed(x, y, size, 0, false);
      draw_carton(c, l);
      break;
    case shot::swatch: {
      const auto seed = l.rng->below(1000);
      c.transform = placed(80, 80, 60, l.uniform(-0.1, 0.1), false);
      c.fill(path::box(-2.5, -2.5, 2.5, 2.5), draped(surface(l), seed, 0.35));
      c.line({{-2.5, 0.9}, {2.5, 0.75}}, 0.03, fade(coal, 0.35));
      break;
    }
    case shot::set: {
      const int count = 2 + l.below(2);
      const rgba first = l.main;
      for (int i = 0; i < count; ++i) {
        l.main = i == 1 && l.chance(0.6) ? l.accent : first;
        c.transform = placed(80 + (i - (count - 1) / 2.0) * 110 / count, 84 + (i % 2) * 12,
                             size * (count == 2 ? 0.72 : 0.55), turn, mirrored);
        draw_product(c, l, product, kind);
      }
      break;
    }
    case shot::distant: {
      const double dx = l.uniform(-30, 30), dy = l.uniform(0, 25);
      c.transform = placed(80 + dx, 80 + dy, size * 0.45, turn, mirrored);
      draw_product(c, l, product, kind);
      break;
    }
    case shot::props: {
      const double side = mirrored ? -1 : 1;
      c.transform = placed(80 + side * 42, 74, size * 0.62, flat ? 0.03 : 0, !mirrored);
      draw_product(c, prop_look, prop, prop_kind);
      c.transform = placed(80 - side * 24, 88, size * 0.78, turn, mirrored);
      draw_product(c, l, product, kind);
      break;
    }
    case shot::whole:
    case shot::dim:
      c.transform = placed(x, y, size, turn, mirrored);
      draw_product(c, l, product, kind);
  }
  if (how == shot::dim) {
    const double level = l.uniform(0.42, 0.62);
    c.each([=](rgba p) { return mix({0.05, 0.05, 0.09}, lit(p, 0.9), level); });
    c.soften(1 + l.below(2));
  }
}

}  // namespace catalogue
