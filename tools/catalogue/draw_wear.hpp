#pragma once

#include "materials.hpp"

// Things to wear and carry, each in a square from (-1, -1) to (1, 1) with y downwards. `kind` is the
// subclass.

namespace catalogue {

/// 0 crew neck, 1 V-neck, 2 long sleeve, 3 folded.
inline void draw_shirt(canvas& c, const look& l, int kind) {
  const auto seed = l.rng->below(1000);
  const paint cloth = draped(surface(l), seed, 0.3);
  const int m = l.below(motif_count);
  if (kind == 3) {
    const double w = l.uniform(0.52, 0.66), h = l.uniform(0.62, 0.8);
    drop(c, path::box(-w, -h, w, h, 0.1));
    c.fill(path::box(-w + 0.03, -h + 0.1, w + 0.05, h + 0.05, 0.1), lit(l.main, 0.7));
    c.fill(path::box(-w, -h, w, h, 0.1), cloth);
    c.line(path::arc(0, -h, 0.30, 0.22, 0.0, 0.5), 0.09, lit(l.main, 0.85));
    c.fill(path::ellipse(0, -h, 0.25, 0.15, 0.0, 0.5), lit(l.main, 0.5));
    if (l.chance(0.6)) motif(c, m, 0, 0.05, 0.3, ink_on(l.main, l.accent));
    return;
  }
  const double w = l.uniform(0.46, 0.56), hem = l.uniform(0.78, 0.95), sleeve = l.uniform(0.36, 0.52);
  const double neck = l.uniform(0.18, 0.24);
  path shirt;
  shirt.move(-neck, -0.82).curve(-0.35, -0.76, -0.48, -0.72, -0.56, -0.64);
  if (kind == 2)
    shirt.curve(-0.78, -0.40, -0.86, 0.2, -0.92, 0.72)
        .line(-0.70, 0.78)
        .curve(-0.64, 0.3, -0.60, 0.0, -w, -0.22);
  else
    shirt.line(-0.62 - sleeve * 0.75, -0.10 - sleeve * 0.1).line(-0.66, 0.10).line(-w, -0.16);
  shirt.curve(-w - 0.02, 0.2, -w - 0.03, 0.6, -w, hem)
      .quad(0, hem + 0.08, w, hem)
      .curve(w + 0.03, 0.6, w + 0.02, 0.2, w, kind == 2 ? -0.22 : -0.16);
  if (kind == 2)
    shirt.curve(0.60, 0.0, 0.64, 0.3, 0.70, 0.78).line(0.92, 0.72).curve(0.86, 0.2, 0.78, -0.40, 0.56, -0.64);
  else
    shirt.line(0.66, 0.10).line(0.62 + sleeve * 0.75, -0.10 - sleeve * 0.1).line(0.56, -0.64);
  shirt.curve(0.48, -0.72, 0.35, -0.76, neck, -0.82);
  const double depth = kind == 1 ? 0.55 : 0.24;
  if (kind == 1)
    shirt.line(0, -0.82 + depth).line(-neck, -0.82);
  else
    shirt.curve(neck * 0.8, -0.82 + depth, -neck * 0.8, -0.82 + depth, -neck, -0.82);
  drop(c, shirt, 0.28);
  if (kind == 1)
    c.fill(path::polygon({{-neck, -0.83}, {neck, -0.83}, {0, -0.3}}), lit(l.main, 0.45));
  else
    c.fill(path::ellipse(0, -0.80, neck, 0.16), lit(l.main, 0.45));
  c.fill(shirt, cloth);
  const rgba rib = l.chance(0.3) ? l.accent : lit(l.main, 0.82);
  if (kind == 1)
    c.line({{-neck, -0.82}, {0, -0.82 + depth}, {neck, -0.82}}, 0.05, rib);
  else
    c.line(
        path::bend({-neck, -0.82}, {-neck * 0.8, -0.82 + depth}, {neck * 0.8, -0.82 + depth}, {neck, -0.82}),
        0.06, rib);
  c.line({{-w, hem - 0.06}, {0, hem - 0.02}, {w, hem - 0.06}}, 0.012, fade(coal, 0.35));
  for (const double side : {-1.0, 1.0})
    c.line(path::bend({side * 0.53, -0.62}, {side * 0.44, -0.4}, {side * 0.46, -0.3}, {side * w, -0.18}),
           0.016, fade(coal, 0.3));
  if (l.chance(0.55))
    motif(c, m, 0, -0.08, l.chance(0.7) ? 0.28 : 0.16, ink_on(l.main, l.accent));
  else if (l.chance(0.3))
    c.fill(path::box(0.12, -0.35, 0.36, -0.08, 0.03), lit(l.accent, 0.9));
  if (l.chance(0.25)) {  // a hanger
    c.line({{-0.40, -0.74}, {0, -0.92}, {0.40, -0.74}}, 0.035, wood);
    c.line(path::arc(0.03, -1.0, 0.07, 0.08, 0.4, 1.2), 0.025, steel);
  }
}

/// 0 daypack, 1 rolltop, 2 small pack.
inline void draw_backpack(canvas& c, const look& l, int kind) {
  const auto seed = l.rng->below(1000);
  const paint cloth = draped(surface(l), seed, 0.24);
  const double w = kind == 2 ? l.uniform(0.50, 0.58) : l.uniform(0.50, 0.64),
               top = kind == 2 ? -0.55 : l.uniform(-0.85, -0.7);
  const rgba trim = ink_on(l.main, lit(l.accent, 0.9));
  ground(c, 0, 0.93, w * 1.1);
  for (const double side : {-1.0, 1.0})
    if (l.chance(0.6))
      c.line(path::bend({side * w * 0.6, top + 0.2}, {side * (w + 0.28), top + 0.5}, {side * (w + 0.22), 0.6},
                        {side * w * 0.85, 0.82}),
             0.11, lit(l.main, 0.55));
  c.line(path::arc(0, top + 0.02, 0.17, 0.15, 0.5, 1.0), 0.06, lit(trim, 0.9));
  const double r = kind == 1 ? 0.08 : 0.34;
  const path body = path()
                        .move(-w + r * 0.8, top)
                        .line(w - r * 0.8, top)
                        .curve(w, top, w + 0.02, top + r, w + 0.03, 0.2)
                        .curve(w + 0.05, 0.7, w, 0.93, w - 0.14, 0.93)
                        .line(-w + 0.14, 0.93)
                        .curve(-w, 0.93, -w - 0.05, 0.7, -w - 0.03, 0.2)
                        .curve(-w - 0.02, top + r, -w, top, -w + r * 0.8, top);
  for (const double side : {-1.0, 1.0})
    if (l.chance(0.5))
      c.fill(path::box(side * (w + 0.02) - 0.10, 0.25, side * (w + 0.02) + 0.10, 0.88, 0.08),
             lit(l.main, 0.6));
  c.fill(body, rounded(cloth, -w - 0.1, w + 0.1, 0.05));
  if (kind == 1) {
    c.fill(path::box(-w, top - 0.02, w, top + 0.26, 0.1),
           down(lit(l.main, 1.08), lit(l.main, 0.7), top, top + 0.26));
    c.line({{0, top + 0.05}, {0, top + 0.62}}, 0.08, trim);
    c.fill(path::box(-0.09, top + 0.42, 0.09, top + 0.56, 0.02), steel);
  } else {
    c.line(path::bend({-w * 0.92, 0.02}, {-w * 0.9, top + 0.05}, {w * 0.9, top + 0.05}, {w * 0.92, 0.02}),
           0.03, fade(coal, 0.6));
    c.line({{w * 0.6, top + 0.34}, {w * 0.64, top + 0.46}}, 0.035, steel);
  }
  const double pt = l.uniform(0.12, 0.26);
  const path pocket = path::box(-w * 0.76, pt, w * 0.76, 0.84, 0.12);
  const bool contrast = l.chance(0.4);
  c.shadow(pocket, 2, 0.25);
  c.fill(pocket, contrast ? draped(l.accent, seed + 1) : draped(lit(l.main, 0.92), seed + 1));
  c.line({{-w * 0.66, pt + 0.12}, {w * 0.66, pt + 0.12}}, 0.028, fade(coal, 0.65));
  c.line({{w * 0.5, pt + 0.12}, {w * 0.5, pt + 0.24}}, 0.035, steel);
  const int badge = l.below(4);
  if (badge == 0) c.fill(path::box(-0.13, pt + 0.28, 0.13, pt + 0.42, 0.02), wood);
  if (badge == 1) {
    const int m = l.below(motif_count);
    motif(c, m, 0, pt + 0.38, 0.14, ink_on(contrast ? l.accent : l.main, cream));
  }
  if (badge == 2)
    for (const double side : {-0.5, 0.5}) {
      c.line({{side * w, top + 0.3}, {side * w, pt + 0.1}}, 0.06, lit(wood, 0.8));
      c.fill(path::box(side * w - 0.05, pt - 0.06, side * w + 0.05, pt + 0.05), brass);
    }
}

/// 0 over-ear, 1 on-ear, 2 earbuds.
inline void draw_headphones(canvas& c, const look& l, int kind) {
  const rgba metal = l.chance(0.5) ? steel : lit(l.accent, 0.9);
  if (kind == 2) {
    const double gap = l.uniform(0.30, 0.45);
    const bool wired = l.chance(0.5);
    for (const double side : {-1.0, 1.0}) {
      const double x = side * gap;
      drop(c, path::ellipse(x, -0.42, 0.2, 0.22));
      if (wired)
        c.line(path::bend({x, 0.0}, {x + side * 0.2, 0.5}, {side * 0.1, 0.2}, {0, 0.95}), 0.035,
               lit(l.main, 0.8));
      c.line({{x, -0.35}, {x + side * 0.03, wired ? 0.05 : 0.2}}, 0.12, lit(l.main, 0.9));
      c.fill(path::ellipse(x - side * 0.14, -0.46, 0.13, 0.15), lit(coal, 1.15));
      c.fill(path::ellipse(x, -0.42, 0.19, 0.21),
             glow(lit(l.main, 1.2), lit(l.main, 0.75), x - 0.06, -0.5, 0.32));
      c.fill(path::ellipse(x + side * 0.04, -0.40, 0.06, 0.07), metal);
    }
    if (!wired && l.chance(0.6)) {
      drop(c, path::box(-0.42, 0.42, 0.42, 0.92, 0.2));
      c.fill(path::box(-0.42, 0.42, 0.42, 0.92, 0.22), rounded(l.main, -0.42, 0.42, 0.3));
      c.line({{-0.4, 0.58}, {0.4, 0.58}}, 0.02, fade(coal, 0.5));
    }
    return;
  }
  const double w = l.uniform(0.58, 0.70), cup = kind == 0 ? l.uniform(0.30, 0.38) : l.uniform(0.22, 0.27),
               turn = l.uniform(0.42, 0.62);
  const double cy = 0.40, top = -0.80;
  const bool squarish = l.chance(0.35);
  const auto band =
      path::bend({-w, cy - 0.1}, {-w * 1.05, top - 0.12}, {w * 1.05, top - 0.12}, {w, cy - 0.1});
  drop(c, path::stroke(band, 0.14), 0.25);
  c.line(band, 0.15, lit(l.main, 0.6));
  c.line(band, 0.10, l.main);
  if (l.chance(0.6))
    c.line(path::bend({-w * 0.62, -0.46}, {-w * 0.4, top + 0.08}, {w * 0.4, top + 0.08}, {w * 0.62, -0.46}),
           0.13, lit(coal, 1.12));
  for (const double side : {-1.0, 1.0}) {
    const double x = side * w;
    c.line({{x, cy - cup - 0.14}, {x, cy - 0.05}}, 0.10, metal);
    const auto shell = [&](double dx, double rx, double ry) {
      return squarish ? path::box(x + dx - rx, cy - ry, x + dx + rx, cy + ry, rx * 0.8)
                      : path::ellipse(x + dx, cy, rx, ry);
    };
    drop(c, shell(0, cup * turn, cup), 0.3);
    c.fill(shell(-side * 0.10, cup * turn * 0.95, cup * 1.05),
           across(lit(coal, 1.2), coal, x - 0.3, x + 0.3));
    c.fill(shell(side * 0.03, cup * turn, cup),
           glow(lit(l.main, 1.15), lit(l.main, 0.62), x - 0.06, cy - 0.12, cup * 1.2));
    c.fill(shell(side * 0.06, cup * turn * 0.6, cup * 0.62),
           glow(lit(l.accent, 1.1), lit(l.accent, 0.7), x - 0.04, cy - 0.1, cup));
  }
  if (l.chance(0.35)) c.line(path::bend({-w, cy + cup}, {-w, 1.1}, {-0.1, 0.6}, {0.1, 1.1}), 0.03, coal);
}

/// 0 road, 1 trail, 2 from above.
inline void draw_shoe(canvas& c, const look& l, int kind) {
  const auto seed = l.rng->below(1000);
  const rgba sole = l.chance(0.7) ? rubber : lit(l.accent, 1.05);
  if (kind == 2) {
    for (const double side : {-1.0, 1.0}) {
      const double x = side * 0.42;
      const path last = path()
                            .move(x - side * 0.02, -0.92)
                            .curve(x + side * 0.40, -0.85, x + side * 0.36, -0.2, x + side * 0.26, 0.15)
                            .curve(x + side * 0.24, 0.5, x + side * 0.30, 0.92, x, 0.93)
                            .curve(x - side * 0.32, 0.92, x - side * 0.26, 0.4, x - side * 0.26, 0.1)
                            .curve(x - side * 0.30, -0.4, x - side * 0.30, -0.88, x - side * 0.02, -0.92);
      drop(c, last);
      c.line(last.outlines().front(), 0.07, sole);
      c.fill(last, draped(surface(l), seed));
      c.fill(path::ellipse(x, 0.52, 0.17, 0.28), coal);
      c.fill(path::box(x - 0.13, -0.35, x + 0.13, 0.42, 0.1), lit(l.main, 0.8));
      for (int i = 0; i < 5; ++i)
        c.line({{x - 0.14, -0.28 + i * 0.12}, {x + 0.14, -0.24 + i * 0.12}}, 0.035, cream);
    }
    return;
  }
  const double heel = l.uniform(-0.30, -0.15), thick = kind == 1 ? 0.20 : l.uniform(0.16, 0.26), base = 0.52;
  ground(c, 0, base + 0.05, 0.92);
  const path upper = path()
                         .move(-0.90, base - 0.12)
                         .curve(-0.95, 0.1, -0.92, heel - 0.1, -0.80, heel - 0.12)
                         .curve(-0.70, heel - 0.1, -0.66, heel + 0.06, -0.48, heel + 0.06)
                         .curve(-0.34, heel + 0.06, -0.26, heel - 0.14, -0.14, heel - 0.16)
                         .curve(0.10, 0.02, 0.35, 0.16, 0.62, 0.20)
                         .curve(0.88, 0.24, 0.98, 0.36, 0.95, base - 0.08);
  c.fill(path::ellipse(-0.5, heel + 0.02, 0.3, 0.12), lit(l.main, 0.35));
  c.fill(upper, draped(surface(l), seed, 0.3));
  c.fill(path()
             .move(0.50, 0.18)
             .curve(0.85, 0.2, 0.98, 0.34, 0.95, base - 0.08)
             .line(0.60, base - 0.06)
             .curve(0.66, 0.36, 0.62, 0.26, 0.50, 0.18),
         fade(lit(l.main, 0.6), 0.8));
  c.fill(path()
             .move(-0.90, base - 0.12)
             .curve(-0.95, 0.1, -0.92, heel - 0.1, -0.80, heel - 0.12)
             .curve(-0.70, 0.1, -0.62, 0.2, -0.56, base - 0.1),
         fade(lit(l.accent, 0.85), 0.85));
  const int stripe = l.below(3);
  if (stripe == 0) c.line(path::bend({-0.45, 0.36}, {-0.1, 0.40}, {0.1, 0.2}, {0.28, 0.10}), 0.10, l.accent);
  if (stripe == 1)
    for (int i = 0; i < 3; ++i)
      c.line({{-0.32 + i * 0.17, 0.40}, {-0.14 + i * 0.17, 0.04 + i * 0.06}}, 0.06, l.accent);
  if (stripe == 2) c.line({{-0.5, 0.1}, {-0.2, 0.38}, {0.12, 0.06}, {0.35, 0.38}}, 0.055, l.accent);
  for (int i = 0; i < 5; ++i) {
    const double t = i / 4.0;
    c.line({{-0.12 + t * 0.42, heel - 0.10 + t * 0.30}, {-0.19 + t * 0.40, heel + 0.08 + t * 0.24}}, 0.045,
           cream);
  }
  c.fill(path()
             .move(-0.93, base - 0.14)
             .curve(-0.5, base - 0.06, 0.5, base - 0.08, 0.97, base - 0.14)
             .curve(1.03, base, 0.92, base + thick - 0.12, 0.80, base + thick - 0.12)
             .line(-0.84, base + thick - 0.10)
             .curve(-0.98, base + thick - 0.14, -0.98, base - 0.05, -0.93, base - 0.14),
         down(lit(sole, 1.05), lit(sole, 0.72), base - 0.12, base + thick - 0.1));
  if (kind == 1)
    for (int i = 0; i < 9; ++i)
      c.fill(path::box(-0.82 + i * 0.19, base + thick - 0.15, -0.72 + i * 0.19, base + thick - 0.04), coal);
  else
    c.line({{-0.9, base - 0.02}, {0.9, base - 0.04}}, 0.03, fade(l.accent, 0.8));
}

/// 0 analogue, 1 digital, 2 dress watch.
inline void draw_watch(canvas& c, const look& l, int kind) {
  const auto seed = l.rng->below(1000);
  const double r = kind == 2 ? l.uniform(0.36, 0.42) : l.uniform(0.42, 0.52),
               strap = r * l.uniform(0.52, 0.72);
  const rgba metal = l.chance(0.5) ? steel : l.chance(0.5) ? brass : lit(coal, 1.1);
  const bool square = kind == 1 ? l.chance(0.75) : l.chance(0.15);
  const bool link = kind != 1 && l.chance(0.35);
  const path band = path()
                        .move(-strap, -0.2)
                        .line(-strap * 0.82, -1.0)
                        .line(strap * 0.82, -1.0)
                        .line(strap, -0.2)
                        .line(strap, 0.2)
                        .line(strap * 0.82, 1.0)
                        .line(-strap * 0.82, 1.0)
                        .line(-strap, 0.2);
  drop(c, band);
  c.fill(band,
         link ? rounded(metal, -strap, strap, 0.4) : rounded(draped(surface(l), seed), -strap, strap, 0.08));
  for (int i = 0; i < 6; ++i)
    for (const double side : {-1.0, 1.0}) {
      const double y = side * (0.50 + i * 0.09);
      if (link)
        c.line({{-strap * 0.95, y}, {strap * 0.95, y}}, 0.02, fade(coal, 0.5));
      else if (side > 0 && i > 1)
        c.fill(path::ellipse(0, y, 0.03, 0.025), fade(coal, 0.7));
    }
  const path body = square ? path::box(-r, -r, r, r, r * 0.35) : path::ellipse(0, 0, r, r);
  const double in = r * 0.84;
  const path dial = square ? path::box(-in, -in, in, in, r * 0.25) : path::ellipse(0, 0, in, in);
  if (kind != 1) c.fill(path::box(r - 0.02, -0.06, r + 0.09, 0.06, 0.02), lit(metal, 0.8));
  drop(c, body, 0.35);
  c.fill(body, glow(lit(metal, 1.3), lit(metal, 0.6), -0.2, -0.25, r * 1.7));
  if (kind == 1) {
    const bool smart = l.chance(0.5);
    c.fill(dial, smart ? rgba{0.06, 0.06, 0.08} : rgba{0.72, 0.77, 0.68});
    const rgba digit = smart ? l.accent : coal;
    const auto seven = [&](double x, int lit_segments) {
      const double s = in * 0.20;
      const vec2 p[6] = {{x - s, -s * 2}, {x + s, -s * 2}, {x - s, 0},
                         {x + s, 0},      {x - s, s * 2},  {x + s, s * 2}};
      const int ends[7][2] = {{0, 1}, {1, 3}, {3, 5}, {4, 5}, {2, 4}, {0, 2}, {2, 3}};
      for (int k = 0; k < 7; ++k)
        if (lit_segments >> k & 1) c.line({p[ends[k][0]], p[ends[k][1]]}, in * 0.07, digit);
    };
    const int digits[10] = {0x3F, 0x06, 0x5B, 0x4F, 0x66, 0x6D, 0x7D, 0x07, 0x7F, 0x6F};
    const int hour = l.below(10), minute = l.below(6);
    seven(-in * 0.52, digits[hour]);
    c.fill(path::ellipse(-in * 0.16, -0.06, 0.02, 0.02), digit);
    c.fill(path::ellipse(-in * 0.16, 0.06, 0.02, 0.02), digit);
    seven(in * 0.14, digits[minute]);
    seven(in * 0.64, digits[(hour * 3 + minute) % 10]);
    if (smart) c.line(path::arc(0, 0, in * 0.86, in * 0.86, 0.3, 0.3 + 0.05 * (4 + hour)), 0.03, l.main);
    return;
  }
  const rgba face = l.chance(0.5) ? cream : l.chance(0.5) ? lit(l.main, 0.8) : coal;
  c.fill(dial, glow(lit(face, 1.05), lit(face, 0.85), -0.1, -0.1, r * 1.4));
  const rgba mark = ink_on(face, metal);
  for (int i = 0; i < 12; ++i) {
    const double t = i / 12.0, inner = i % 3 == 0 ? 0.74 : 0.82;
    c.line({{in * inner * cosine(t), in * inner * sine(t)}, {in * 0.9 * cosine(t), in * 0.9 * sine(t)}},
           i % 3 == 0 ? 0.035 : 0.02, mark);
  }
  const double hour = l.uniform(0, 1), minute = l.uniform(0, 1);
  c.line({{0, 0}, {in * 0.48 * cosine(hour), in * 0.48 * sine(hour)}}, 0.045, mark);
  c.line({{0, 0}, {in * 0.74 * cosine(minute), in * 0.74 * sine(minute)}}, 0.03, mark);
  if (kind == 0)
    c.line({{0, 0}, {in * 0.8 * cosine(hour + 0.37), in * 0.8 * sine(hour + 0.37)}}, 0.014,
           rgba{0.85, 0.2, 0.15});
  c.fill(path::ellipse(0, 0, 0.035, 0.035), metal);
  c.fill(path::ellipse(-in * 0.35, -in * 0.4, in * 0.4, in * 0.25), {1, 1, 1, 0.12});
}

/// 0 round, 1 square, 2 aviator.
inline void draw_sunglasses(canvas& c, const look& l, int kind) {
  const rgba frame = kind == 2 ? (l.chance(0.5) ? brass : steel) : l.main;
  const rgba lens = l.chance(0.5)   ? rgba{0.13, 0.13, 0.16}
                    : l.chance(0.5) ? rgba{0.36, 0.22, 0.12}
                                    : lit(l.accent, 0.55);
  const double x = l.uniform(0.44, 0.50), thick = kind == 2 ? 0.045 : l.uniform(0.06, 0.12),
               cy = l.uniform(-0.05, 0.1);
  const double rx = l.uniform(0.32, 0.38), ry = kind == 1 ? l.uniform(0.24, 0.30) : l.uniform(0.30, 0.36);
  const bool folded = l.chance(0.45);
  const auto rim = [&](double side, double grow) {
    const double cx = side * x, a = rx + grow, b = ry + grow;
    if (kind == 0) return path::ellipse(cx, cy, a, b);
    if (kind == 1)
      return path()
          .move(cx - side * a * 0.9, cy - b * 0.8)
          .line(cx + side * a * 1.05, cy - b)
          .curve(cx + side * a * 1.1, cy + b * 0.6, cx + side * a * 0.7, cy + b, cx, cy + b)
          .curve(cx - side * a * 0.7, cy + b, cx - side * a * 0.9, cy + b * 0.4, cx - side * a * 0.9,
                 cy - b * 0.8);
    return path()
        .move(cx - side * a * 0.8, cy - b * 0.8)
        .curve(cx, cy - b * 1.1, cx + side * a * 0.9, cy - b, cx + side * a, cy - b * 0.5)
        .curve(cx + side * a * 1.05, cy + b * 0.7, cx + side * a * 0.3, cy + b * 1.2, cx - side * a * 0.1,
               cy + b)
        .curve(cx - side * a * 0.6, cy + b * 0.8, cx - side * a, cy, cx - side * a * 0.8, cy - b * 0.8);
  };
  for (const double side : {-1.0, 1.0}) {
    drop(c, rim(side, thick * 0.6), 0.3);
    if (folded)
      c.line({{side * (x + rx), cy - ry * 0.6}, {-side * 0.25, cy + ry * 1.25}}, thick * 0.9,
             lit(frame, 0.6));
    else
      c.line(path::bend({side * (x + rx), cy - ry * 0.5}, {side * 0.98, cy - ry * 0.9},
                        {side * 0.95, cy - 0.55}, {side * 0.80, cy - 0.72}),
             thick * 0.9, lit(frame, 0.7));
  }
  c.line(path::bend({-x + rx * 0.85, cy - ry * 0.3}, {-0.08, cy - ry * 0.7}, {0.08, cy - ry * 0.7},
                    {x - rx * 0.85, cy - ry * 0.3}),
         thick, frame);
  if (kind == 2) c.line({{-x + rx * 0.5, cy - ry * 0.92}, {x - rx * 0.5, cy - ry * 0.92}}, thick, frame);
  for (const double side : {-1.0, 1.0}) {
    c.fill(rim(side, thick * 0.5), lit(frame, 0.92));
    c.fill(rim(side, -thick * 0.4), down(lit(lens, 0.8), lit(lens, 1.35), cy - ry, cy + ry));
    c.fill(path::polygon({{side * x - rx * 0.35, cy - ry * 0.5},
                          {side * x - rx * 0.1, cy - ry * 0.6},
                          {side * x - rx * 0.35, cy + ry * 0.35},
                          {side * x - rx * 0.55, cy + ry * 0.3}}),
           {1, 1, 1, 0.22});
  }
}

}  // namespace catalogue
