#pragma once

#include "materials.hpp"

// Things for the home, each in a square from (-1, -1) to (1, 1) with y downwards. `kind` is the subclass.

namespace catalogue {

/// 0 coffee mug, 1 travel mug, 2 espresso cup.
inline void draw_mug(canvas& c, const look& l, int kind) {
  const paint skin = surface(l);
  if (kind == 1) {
    const double w = l.uniform(0.34, 0.42), top = -0.62;
    ground(c, 0, 0.92, w);
    const path body = path().move(-w, top).line(w, top).line(w * 0.78, 0.86).quad(0, 0.97, -w * 0.78, 0.86);
    if (l.chance(0.5)) c.line(path::arc(w * 0.9, -0.05, 0.26, 0.34, -0.25, 0.25), 0.11, lit(l.main, 0.75));
    c.fill(body, rounded(skin, -w, w));
    if (l.chance(0.6))
      c.fill(path::box(-w * 0.95, -0.16, w * 0.95, 0.26), rounded(lit(l.accent, 0.9), -w, w, 0.1));
    c.fill(path::box(-w * 1.06, top - 0.16, w * 1.06, top + 0.03, 0.05), rounded(coal, -w, w, 0.4));
    c.fill(path::box(-w * 0.7, top - 0.26, w * 0.6, top - 0.15, 0.04), rounded(lit(coal, 1.1), -w, w, 0.4));
    return;
  }
  const double w = kind == 2 ? l.uniform(0.40, 0.48) : l.uniform(0.52, 0.64);
  const double h = kind == 2 ? l.uniform(0.34, 0.42) : l.uniform(0.52, 0.72);
  const double taper = l.uniform(kind == 2 ? 0.55 : 0.72, 1.0), cy = kind == 2 ? 0.32 : 0.15;
  const double top = cy - h, bottom = cy + h, tilt = w * l.uniform(0.16, 0.26);
  const bool handle = kind == 2 || l.chance(0.86);
  const double thick = l.uniform(0.10, 0.15);
  ground(c, 0, bottom + 0.02, w * 1.05);
  if (kind == 2) {
    c.fill(path::ellipse(0, bottom, w * 1.75, w * 0.36), rounded(l.accent, -w * 1.7, w * 1.7, 0.1));
    c.fill(path::ellipse(0, bottom - 0.03, w * 1.2, w * 0.2), fade(lit(l.accent, 0.8), 0.6));
  }
  if (handle) {
    const auto ear = path::arc(w * 0.88, cy - h * 0.05, h * 0.52, h * 0.56, -0.25, 0.25);
    c.line(ear, thick, lit(l.main, 0.72));
    c.line(path::arc(w * 0.88 - 0.02, cy - h * 0.05 - 0.02, h * 0.52, h * 0.56, -0.25, 0.25), thick * 0.55,
           l.main);
  }
  const path body = path()
                        .move(-w, top)
                        .line(w, top)
                        .curve(w, cy + h * 0.4, w * taper, bottom, w * taper * 0.85, bottom)
                        .quad(0, bottom + tilt * 0.6, -w * taper * 0.85, bottom)
                        .curve(-w * taper, bottom, -w, cy + h * 0.4, -w, top);
  c.fill(body, rounded(skin, -w, w));
  if (l.pattern == plain && l.chance(0.6)) {
    const int m = l.below(motif_count);
    motif(c, m, -0.02, cy + 0.06, w * 0.42, fade(ink_on(l.main, l.accent), 0.9));
  }
  c.fill(path::ellipse(0, top, w, tilt), lit(l.main, 1.12));
  c.fill(path::ellipse(0, top + 0.015, w * 0.92, tilt * 0.86),
         across(lit(l.main, 0.5), lit(l.main, 0.85), -w, w));
  if (l.chance(0.55)) {
    const rgba drink = l.chance(0.6) ? rgba{0.30, 0.18, 0.10} : rgba{0.62, 0.40, 0.20};
    c.fill(path::ellipse(0, top + 0.05, w * 0.82, tilt * 0.62), drink);
  }
}

/// 0 table lamp, 1 desk lamp, 2 pendant, 3 floor lamp.
inline void draw_lamp(canvas& c, const look& l, int kind) {
  const rgba metal = l.chance(0.5) ? brass : l.chance(0.5) ? coal : steel;
  const bool on = l.chance(0.65);
  const rgba light = on ? rgba{1.0, 0.93, 0.74} : lit(l.main, 1.05);
  const auto shade = [&](double top, double bottom, double wt, double wb) {
    if (on)
      c.fill(path::ellipse(0, (top + bottom) / 2, 1.2, 0.95),
             glow({1, 0.9, 0.6, 0.45}, {1, 0.9, 0.6, 0}, 0, (top + bottom) / 2, 0.95));
    const path cone = path().move(-wt, top).line(wt, top).line(wb, bottom).quad(0, bottom + 0.1, -wb, bottom);
    c.fill(cone, rounded(surface(l), -wb, wb, 0.12));
    if (on) c.fill(cone, down({1, 0.95, 0.75, 0.05}, {1, 0.92, 0.62, 0.75}, top, bottom));
    c.fill(path::ellipse(0, top, wt, 0.05), lit(light, 0.95));
  };
  switch (kind) {
    case 0: {
      const double r = l.uniform(0.22, 0.36), wb = l.uniform(0.50, 0.70);
      const int base = l.below(3);
      ground(c, 0, 0.92, 0.42);
      const rgba foot = l.chance(0.5) ? l.accent : metal;
      c.line({{0, -0.1}, {0, 0.8}}, 0.06, metal);
      if (base == 0) c.fill(path::ellipse(0, 0.52, r, 0.36), rounded(foot, -r, r, 0.4));
      if (base == 1)
        c.fill(path()
                   .move(-0.08, 0.0)
                   .line(0.08, 0.0)
                   .curve(0.1, 0.4, r * 1.2, 0.5, r, 0.9)
                   .line(-r, 0.9)
                   .curve(-r * 1.2, 0.5, -0.1, 0.4, -0.08, 0.0),
               rounded(foot, -r, r, 0.4));
      if (base == 2) {
        c.line({{-0.02, 0.1}, {-0.36, 0.92}}, 0.06, wood);
        c.line({{0.02, 0.1}, {0.36, 0.92}}, 0.06, lit(wood, 0.8));
        c.line({{0, 0.1}, {0.05, 0.88}}, 0.06, lit(wood, 0.65));
      } else {
        c.fill(path::ellipse(0, 0.9, 0.30, 0.07), rounded(metal, -0.3, 0.3, 0.4));
      }
      const double wt = wb * l.uniform(0.5, 0.95);
      shade(-0.85, -0.02, wt, wb);
      break;
    }
    case 1: {
      ground(c, -0.25, 0.9, 0.42);
      const double knee = l.uniform(-0.35, -0.05), reach = l.uniform(0.25, 0.5);
      c.fill(path::ellipse(-0.25, 0.87, 0.40, 0.09), rounded(l.main, -0.65, 0.15, 0.4));
      c.line({{-0.25, 0.85}, {-0.55, knee}}, 0.06, metal);
      c.line({{-0.55, knee}, {reach, -0.72}}, 0.06, lit(metal, 0.9));
      c.fill(path::ellipse(-0.55, knee, 0.07, 0.07), lit(metal, 0.7));
      if (on)
        c.fill(path::polygon({{reach - 0.05, -0.45}, {reach + 0.45, -0.5}, {0.95, 0.9}, {reach - 0.65, 0.9}}),
               down({1, 0.93, 0.65, 0.55}, {1, 0.93, 0.65, 0}, -0.5, 0.8));
      c.fill(path()
                 .move(reach - 0.05, -0.85)
                 .line(reach + 0.14, -0.88)
                 .line(reach + 0.46, -0.46)
                 .quad(reach + 0.18, -0.30, reach - 0.26, -0.36),
             rounded(surface(l), reach - 0.3, reach + 0.5, 0.4));
      c.fill(path::ellipse(reach + 0.10, -0.40, 0.35, 0.07), light);
      break;
    }
    case 2: {
      const double w = l.uniform(0.50, 0.78), top = l.uniform(-0.35, -0.15),
                   round = l.chance(0.5) ? 1.0 : 0.2;
      c.line({{0, -2.2}, {0, top}}, 0.035, coal);
      c.fill(path::box(-0.08, top - 0.16, 0.08, top + 0.04, 0.03), rounded(metal, -0.08, 0.08));
      const double bottom = top + w * 0.95;
      if (on)
        c.fill(path::ellipse(0, bottom + 0.2, 1.1, 0.7),
               glow({1, 0.9, 0.6, 0.5}, {1, 0.9, 0.6, 0}, 0, bottom, 0.7));
      c.fill(path()
                 .move(-0.1, top)
                 .line(0.1, top)
                 .curve(0.1 + w * 0.7 * round, top, w, bottom - w * 0.7 * round, w, bottom)
                 .quad(0, bottom + 0.16, -w, bottom)
                 .curve(-w, bottom - w * 0.7 * round, -0.1 - w * 0.7 * round, top, -0.1, top),
             rounded(surface(l), -w, w, 0.35));
      c.fill(path::ellipse(0, bottom, w, 0.08), on ? light : lit(l.main, 0.55));
      if (on) c.fill(path::ellipse(0, bottom + 0.02, 0.15, 0.11), rgba{1, 0.98, 0.9});
      break;
    }
    default:
      ground(c, 0, 0.95, 0.36);
      c.line({{0, -0.6}, {0, 0.92}}, 0.045, metal);
      if (l.chance(0.5)) {
        c.line({{0, 0.1}, {-0.32, 0.95}}, 0.045, lit(metal, 0.8));
        c.line({{0, 0.1}, {0.32, 0.95}}, 0.045, lit(metal, 0.8));
      } else {
        c.fill(path::ellipse(0, 0.93, 0.30, 0.06), rounded(metal, -0.3, 0.3, 0.4));
      }
      shade(-0.98, -0.5, 0.24, 0.40);
  }
}

/// 0 dining chair, 1 stool, 2 office chair.
inline void draw_chair(canvas& c, const look& l, int kind) {
  const rgba frame = l.chance(0.4) ? wood : l.chance(0.4) ? coal : l.chance(0.5) ? dark_wood : steel;
  const auto seed = l.rng->below(1000);
  const paint pad = draped(surface(l), seed, 0.15);
  const double skew = l.uniform(0.10, 0.22);
  if (kind == 2) {
    ground(c, 0, 0.92, 0.6);
    for (int i = 0; i < 5; ++i) {
      const double x = 0.58 * cosine(i / 5.0 + 0.06), y = 0.80 + 0.13 * sine(i / 5.0 + 0.06);
      c.line({{0, 0.74}, {x, y}}, 0.06, i % 2 == 0 ? coal : lit(coal, 1.08));
      c.fill(path::ellipse(x, y + 0.05, 0.06, 0.06), coal);
    }
    c.line({{0, 0.3}, {0, 0.76}}, 0.09, steel);
    const double w = l.uniform(0.40, 0.52), top = l.uniform(-0.95, -0.75);
    c.fill(path::box(-w, top, w, 0.12, 0.18), rounded(pad, -w, w, 0.05));
    if (l.chance(0.5))
      for (int i = 0; i < 5; ++i)
        c.line({{-w + 0.08, top + 0.15 + i * 0.14}, {w - 0.08, top + 0.15 + i * 0.14}}, 0.02,
               fade(coal, 0.35));
    if (l.chance(0.7)) {
      for (const double side : {-1.0, 1.0}) {
        c.line({{side * (w + 0.10), -0.12}, {side * (w + 0.08), 0.25}}, 0.06, coal);
        c.line({{side * (w + 0.13), -0.14}, {side * (w - 0.02), -0.10}}, 0.10, coal);
      }
    }
    c.fill(path::box(-w - 0.08, 0.12, w + 0.08, 0.34, 0.10),
           down(lit(l.main, 1.05), lit(l.main, 0.7), 0.12, 0.34));
    return;
  }
  const double seat = kind == 1 ? l.uniform(-0.25, 0.05) : l.uniform(0.08, 0.2), w = l.uniform(0.42, 0.52);
  const double splay = l.uniform(0.0, 0.14), thick = l.uniform(0.06, 0.10);
  ground(c, 0.05, 0.93, 0.62);
  const vec2 front_left{-w, seat + 0.1}, front_right{w - skew, seat + 0.14},
      back_left{-w + skew, seat - 0.12}, back_right{w, seat - 0.1};
  c.line({back_left, {back_left.x - splay * 0.4, 0.80}}, thick, lit(frame, 0.62));
  c.line({back_right, {back_right.x + splay, 0.82}}, thick, lit(frame, 0.72));
  c.line({front_left, {front_left.x - splay, 0.93}}, thick, frame);
  c.line({front_right, {front_right.x + splay * 0.6, 0.95}}, thick, lit(frame, 0.9));
  if (l.chance(0.45))
    c.line({{front_left.x - splay * 0.5, 0.58}, {front_right.x + splay * 0.3, 0.6}}, thick * 0.7,
           lit(frame, 0.8));
  if (kind == 0) {
    const double top = l.uniform(-0.95, -0.75), lean = l.uniform(0.0, 0.08);
    const int back = l.below(3);
    const vec2 a{back_left.x + lean, top}, b{back_right.x + lean, top + 0.02};
    if (back == 0) {
      c.fill(path::polygon({a, b, back_right, back_left}), pad);
    } else {
      c.line({back_left, a}, thick, frame);
      c.line({back_right, b}, thick, lit(frame, 0.85));
      for (int i = 0; i < 4; ++i) {
        const double t = (i + 0.6) / 4.6;
        if (back == 1)
          c.line({{back_left.x + (back_right.x - back_left.x) * t, seat - 0.1}, a + (b - a) * t}, thick * 0.6,
                 frame);
        if (back == 2 && i < 3)
          c.line({a + (back_left - a) * (t * 0.85), b + (back_right - b) * (t * 0.85)}, thick * 1.3, l.main);
      }
      c.line({a, b}, thick * 1.3, lit(frame, 1.05));
    }
  }
  if (kind == 1 && l.chance(0.5)) {
    c.fill(path::ellipse(0, seat + 0.06, w + 0.04, 0.17), lit(l.main, 0.6));
    c.fill(path::ellipse(0, seat, w + 0.04, 0.17), pad);
  } else {
    c.fill(path::polygon({front_left,
                          front_right,
                          {front_right.x, front_right.y + 0.09},
                          {front_left.x, front_left.y + 0.09}}),
           lit(l.main, 0.55));
    c.fill(path::polygon({front_right,
                          back_right,
                          {back_right.x, back_right.y + 0.09},
                          {front_right.x, front_right.y + 0.09}}),
           lit(l.main, 0.45));
    c.fill(path::polygon({front_left, front_right, back_right, back_left}), pad);
  }
}

/// 0 steel flask, 1 sports bottle, 2 glass bottle.
inline void draw_bottle(canvas& c, const look& l, int kind) {
  const double w = l.uniform(0.24, 0.36), neck = w * l.uniform(0.45, 0.75),
               shoulder = l.uniform(-0.55, -0.25);
  const double top = kind == 1 ? -0.62 : -0.70;
  ground(c, 0, 0.94, w * 1.15);
  const path body = path()
                        .move(-neck, top)
                        .line(neck, top)
                        .curve(neck, shoulder - 0.05, w, shoulder - 0.1, w, shoulder + 0.18)
                        .line(w, 0.84)
                        .curve(w, 0.95, w * 0.9, 0.95, 0, 0.96)
                        .curve(-w * 0.9, 0.95, -w, 0.95, -w, 0.84)
                        .line(-w, shoulder + 0.18)
                        .curve(-w, shoulder - 0.1, -neck, shoulder - 0.05, -neck, top);
  if (kind == 2) {
    c.fill(body, rounded(rgba{l.main.r, l.main.g, l.main.b, 0.42}, -w, w, 0.5));
    c.fill(path::box(-w * 0.9, shoulder + 0.3, w * 0.9, 0.88, 0.06),
           fade(mix(l.main, {0.6, 0.8, 0.9}, 0.6), 0.4));
    c.line({{-w * 0.7, shoulder + 0.2}, {-w * 0.7, 0.75}}, 0.04, {1, 1, 1, 0.7});
  } else {
    c.fill(body, rounded(surface(l), -w, w, 0.45));
  }
  if (kind == 1)
    for (int i = 0; i < 4; ++i)
      c.line({{-w * 0.96, 0.02 + i * 0.13}, {w * 0.96, 0.02 + i * 0.13}}, 0.025, fade(coal, 0.3));
  else if (l.chance(0.5)) {
    const int m = l.below(motif_count);
    motif(c, m, 0, 0.25, w * 0.5, fade(ink_on(l.main, l.accent), 0.9));
  }
  const rgba lid = l.chance(0.5) ? coal : kind == 0 ? steel : l.accent;
  c.fill(path::box(-neck * 1.15, top - 0.17, neck * 1.15, top + 0.02, 0.04), rounded(lid, -neck, neck, 0.4));
  if (kind == 1) {
    c.fill(path::box(-neck * 0.45, top - 0.32, neck * 0.45, top - 0.15, 0.05),
           rounded(lit(lid, 1.15), -neck * 0.5, neck * 0.5, 0.3));
  } else if (l.chance(0.55)) {
    c.line(path::arc(0, top - 0.16, neck * 0.7, 0.16, 0.5, 1.0), 0.055, lit(lid, 0.85));
  }
}

/// 0 planted pot, 1 empty planter, 2 cactus in a pot.
inline void draw_pot(canvas& c, const look& l, int kind) {
  const double w = l.uniform(0.42, 0.60), top = kind == 1 ? l.uniform(-0.40, -0.15) : l.uniform(0.10, 0.28);
  const double taper = l.uniform(0.62, 0.95), bottom = 0.86, tilt = w * 0.2;
  ground(c, 0, bottom + 0.03, w);
  if (l.chance(0.35))
    c.fill(path::ellipse(0, bottom + 0.01, w * 1.05, 0.10), rounded(lit(l.main, 0.8), -w, w));
  const auto leaf = [&](vec2 from, vec2 to, double width, rgba green) {
    const vec2 d = to - from, n{-d.y * width, d.x * width}, middle = (from + to) * 0.5;
    c.fill(path()
               .move(from.x, from.y)
               .quad(middle.x + n.x, middle.y + n.y, to.x, to.y)
               .quad(middle.x - n.x, middle.y - n.y, from.x, from.y),
           green);
    c.line({from, to}, 0.015, fade(lit(green, 1.25), 0.6));
  };
  c.fill(path::ellipse(0, top, w, tilt), lit(l.main, 0.9));
  c.fill(path::ellipse(0, top + 0.02, w * 0.9, tilt * 0.8),
         kind == 1 ? lit(l.main, 0.45) : rgba{0.24, 0.16, 0.11});
  if (kind == 0) {
    const int leaves = 7 + l.below(9);
    const double spread = l.uniform(0.5, 1.0), fat = l.uniform(0.10, 0.34), tall = l.uniform(0.75, 1.05);
    const rgba green = mix({0.20, 0.46, 0.22}, {0.45, 0.62, 0.28}, l.uniform(0, 1));
    for (int i = 0; i < leaves; ++i) {
      const double t = leaves > 1 ? 2.0 * i / (leaves - 1) - 1 : 0, lift = l.uniform(0.7, 1.05);
      const double far = l.uniform(0.85, 1.1), tone = l.uniform(0.75, 1.15);
      leaf({t * w * 0.3, top + 0.03}, {t * spread * far, top - tall * lift * (1.05 - 0.45 * t * t)}, fat,
           lit(green, tone));
    }
  }
  if (kind == 2) {
    const rgba green = mix({0.22, 0.47, 0.30}, {0.50, 0.64, 0.38}, l.uniform(0, 1));
    const double cw = l.uniform(0.16, 0.26), ct = l.uniform(-0.9, -0.55);
    if (l.chance(0.6))
      c.line(path::bend({0, -0.05}, {-0.5, 0.0}, {-0.45, -0.2}, {-0.43, -0.42}), 0.16, lit(green, 0.9));
    if (l.chance(0.5))
      c.line(path::bend({0, -0.2}, {0.5, -0.15}, {0.44, -0.35}, {0.43, -0.55}), 0.15, lit(green, 0.8));
    c.fill(path::box(-cw, ct, cw, top + 0.08, cw * 0.98), rounded(green, -cw, cw, 0.15));
    for (int i = -1; i <= 1; ++i)
      c.line({{i * cw * 0.5, ct + 0.12}, {i * cw * 0.5, top}}, 0.02, fade(lit(green, 0.55), 0.7));
    if (l.chance(0.5)) c.fill(path::ellipse(0, ct, 0.08, 0.07), rgba{0.92, 0.40, 0.55});
  }
  path body;
  body.move(-w, top);
  for (int i = 1; i < 12; ++i) body.line(w * cosine(0.5 - i / 24.0), top + tilt * sine(i / 24.0));
  body.line(w, top).line(w * taper, bottom).quad(0, bottom + 0.12, -w * taper, bottom);
  c.fill(body, rounded(surface(l), -w, w, 0.12));
  if (l.chance(0.45)) {
    path rim;
    rim.move(-w * 1.06, top);
    for (int i = 1; i < 12; ++i) rim.line(w * 1.06 * cosine(0.5 - i / 24.0), top + tilt * sine(i / 24.0));
    rim.line(w * 1.06, top).line(w * 1.04, top + 0.16);
    for (int i = 1; i < 12; ++i) rim.line(w * 1.04 * cosine(i / 24.0), top + 0.16 + tilt * sine(i / 24.0));
    rim.line(-w * 1.04, top + 0.16);
    c.fill(rim, rounded(lit(l.main, 1.04), -w, w, 0.12));
  }
}

/// 0 hardcover, 1 spiral bound, 2 open.
inline void draw_notebook(canvas& c, const look& l, int kind) {
  const auto seed = l.rng->below(1000);
  const double w = l.uniform(0.52, 0.66), h = l.uniform(0.72, 0.86);
  if (kind == 2) {
    const path spread = path::box(-0.95, -0.62, 0.95, 0.62, 0.05);
    drop(c, spread);
    c.fill(spread, draped(surface(l), seed));
    for (const double side : {-1.0, 1.0}) {
      c.fill(path()
                 .move(0, -0.56)
                 .curve(side * 0.2, -0.62, side * 0.6, -0.58, side * 0.9, -0.57)
                 .line(side * 0.9, 0.56)
                 .curve(side * 0.6, 0.55, side * 0.2, 0.52, 0, 0.58),
             across(mix(cream, {0.6, 0.57, 0.52}, 0.5), cream, 0, side * 0.3));
      const int written = l.below(8);
      for (int i = 0; i < 8; ++i) {
        const double y = -0.40 + i * 0.115;
        c.line({{side * 0.14, y}, {side * 0.82, y}}, 0.012, {0.55, 0.65, 0.80, 0.8});
        if (i < written)
          c.line({{side > 0 ? 0.15 : -0.8, y - 0.03}, {side > 0 ? 0.55 : -0.35, y - 0.03}}, 0.03,
                 {0.2, 0.22, 0.35, 0.75});
      }
    }
    if (l.chance(0.5)) c.line({{0.02, -0.6}, {0.05, 0.75}}, 0.04, l.accent);
    return;
  }
  const path cover = path::box(-w, -h, w, h, 0.06);
  drop(c, path::box(-w, -h, w + 0.05, h + 0.05, 0.06));
  for (int i = 3; i > 0; --i)
    c.fill(path::box(-w + 0.02 * i, -h + 0.02 * i, w + 0.015 * i, h + 0.02 * i, 0.05),
           lit(cream, 1 - 0.06 * i));
  c.fill(cover, draped(surface(l), seed, 0.12));
  if (kind == 1) {
    for (int i = 0; i < 14; ++i) {
      const double y = -h + 0.10 + i * (2 * h - 0.2) / 13;
      c.fill(path::ellipse(-w + 0.10, y, 0.03, 0.03), lit(l.main, 0.35));
      c.line({{-w - 0.08, y + 0.01}, {-w + 0.10, y}}, 0.035, steel);
    }
  } else {
    c.fill(path::box(-w, -h, -w + 0.13, h, 0.05), fade(lit(l.main, 0.55), 0.55));
    if (l.chance(0.6)) c.fill(path::box(w - 0.20, -h, w - 0.14, h), lit(l.accent, 0.85));
  }
  const int front = l.below(3);
  if (front == 0) {
    const int m = l.below(motif_count);
    motif(c, m, 0.0, -0.1, 0.26, ink_on(l.main, l.accent));
  }
  if (front == 1) {
    c.fill(path::box(-0.3, -0.45, 0.32, -0.12, 0.03), cream);
    for (int i = 0; i < 2; ++i)
      c.line({{-0.2, -0.35 + i * 0.12}, {0.2, -0.35 + i * 0.12}}, 0.025, fade(coal, 0.7));
  }
}

}  // namespace catalogue
