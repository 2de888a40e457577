#pragma once

#include <string_view>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail::report {

/// Part of the page's script.
AISLE_API std::string_view map_script() {
  return R"js(
// The map: products as points, pictures when near enough. What filters leave is lit.
const start_map = () => {
  const box = $('map-box'), canvas = $('map-points'), over = $('map-over'), pen = over.getContext('2d');
  let renderer = gl_renderer(canvas) || canvas_renderer(canvas), on_screen = renderer;
  const layouts = {
    tsne: data.map.tsne && {values: new Float32Array(bytes(data.map.tsne)), width: data.map.tsne_width, flat: true, words: data.map.tsne_words},
    tsne3: {values: null, width: 3, solid: true},
    pca: {values: new Float32Array(bytes(data.map.pca)), width: 3, flat: true, words: data.map.pca_words},
    pca3: {values: null, width: 3, solid: true},
  };
  if (layouts.tsne) layouts.tsne3.values = layouts.tsne.values;
  layouts.pca3.values = layouts.pca.values;
  const state = {layout: null, x: 0, y: 0, zoom: 1, yaw: 0.6, pitch: 0.4, words: true, lasso: false, path: null, hover: -1, walk: -1};
  let on = [], places = new Float32Array(0), shift = [0, 0], half = [1, 1], unit = 1, size = {width: 1, height: 1, ratio: 1};
  let screen = new Float32Array(0), waiting = false;

  const take_layout = () => {
    const layout = layouts[$('map-view').value], {values, width} = layout;
    on = [];
    for (let i = 0; i < N; i++) if (values[width * i] === values[width * i]) on.push(i);
    const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
    for (const i of on) for (let k = 0; k < width; k++) {
      low[k] = Math.min(low[k], values[width * i + k]);
      high[k] = Math.max(high[k], values[width * i + k]);
    }
    const middle = low.map((l, k) => k < width ? (l + high[k]) / 2 : 0);
    unit = Math.max(1e-9, high[0] - low[0], high[1] - low[1]) / 2;
    shift = middle;
    half = [0, 1].map((k) => Math.max(0.05, (high[k] - low[k]) / 2 / unit));
    places = new Float32Array(3 * on.length);
    on.forEach((i, n) => {
      for (let k = 0; k < (layout.flat ? 2 : width); k++) places[3 * n + k] = (values[width * i + k] - middle[k]) / unit;
    });
    screen = new Float32Array(2 * on.length);
    Object.assign(state, {layout, x: 0, y: 0, zoom: 1, hover: -1, walk: -1});
    renderer.places(places);
    paint();
  };
  const solid = () => Boolean(state.layout.solid);
  const turn = () => solid() ? [Math.cos(state.yaw), Math.sin(state.yaw), Math.cos(state.pitch), Math.sin(state.pitch)] : [1, 0, 1, 0];
  const scale = () => 0.46 * state.zoom * (solid() ? Math.min(size.width, size.height) : Math.min(size.width / half[0], size.height / half[1]));
  const to_screen = (x, y, z, t, s) => {
    const across = t[0] * x + t[1] * z, back = t[0] * z - t[1] * x;
    return [size.width / 2 + (across - state.x) * s, size.height / 2 - (t[2] * y - t[3] * back - state.y) * s];
  };

  // Colours: classes by size, the first seven by the page's palette, the others around the wheel.
  const of_class = new Int32Array(data.classes.length);
  for (const i of Array(N).keys()) if (truth[i] >= 0) of_class[truth[i]]++;
  const by_size = Array.from(of_class.keys()).sort((a, b) => of_class[b] - of_class[a]);
  const rank = new Int32Array(of_class.length);
  by_size.forEach((c, k) => { rank[c] = k; });
  const probe = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgb = (css) => {
    probe.fillStyle = css;
    probe.fillRect(0, 0, 1, 1);
    return Array.from(probe.getImageData(0, 0, 1, 1).data);
  };
  const palette = () => {
    const dark = root.getAttribute('data-theme') ? root.getAttribute('data-theme') === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    const css = by_size.map((c, k) => k < 7 ? colour('--c' + k) : 'hsl(' + Math.round(k * 137.508) % 360 + ' 60% ' + (dark ? 66 : 38 + k % 3 * 6) + '%)');
    return {css, rgb: css.map(rgb), hit: rgb(colour('--hit')), miss: rgb(colour('--m2')), quiet: rgb(colour('--muted')), ink: colour('--ink'), page: colour('--surface')};
  };
  let tints = palette();
  const tint_of = (i, m) => {
    const mode = $('map-colour').value;
    if (mode === 'suspect') return suspect[i] >= 0 ? tints.miss : tints.hit;
    if (mode === 'right') { const v = verdict(m, i); return v === 'wrong' ? tints.miss : v === 'right' ? tints.hit : tints.quiet; }
    return truth[i] < 0 ? tints.quiet : tints.rgb[rank[truth[i]]];
  };
  const paint = () => {
    const m = model_now(), colours = new Uint8Array(4 * on.length), lit = new Uint8Array(on.length);
    on.forEach((i, n) => {
      const t = mask[i] ? tint_of(i, m) : tints.quiet;
      colours[4 * n] = t[0]; colours[4 * n + 1] = t[1]; colours[4 * n + 2] = t[2];
      colours[4 * n + 3] = mask[i] ? 235 : 46;
      lit[n] = mask[i];
    });
    renderer.colours(colours, lit);
    ask();
  };

  const draw_words = () => {
    if (!state.words || !state.layout.words) return;
    const t = turn(), s = scale(), taken = [];
    pen.font = '600 13px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif';
    pen.textAlign = 'center';
    pen.lineWidth = 4;
    pen.lineJoin = 'round';
    for (const w of state.layout.words.slice().sort((a, b) => b.n - a.n)) {
      const [x, y] = to_screen((w.x - shift[0]) / unit, (w.y - shift[1]) / unit, 0, t, s), half = pen.measureText(w.words).width / 2 + 4;
      if (x < half || y < 12 || x > size.width - half || y > size.height - 4) continue;
      if (taken.some((o) => Math.abs(o[0] - x) < o[2] + half && Math.abs(o[1] - y) < 18)) continue;
      taken.push([x, y, half]);
      pen.strokeStyle = tints.page;
      pen.fillStyle = tints.ink;
      pen.strokeText(w.words, x, y);
      pen.fillText(w.words, x, y);
    }
  };
  const draw_over = () => {
    pen.setTransform(size.ratio, 0, 0, size.ratio, 0, 0);
    if (!state.paper) pen.clearRect(0, 0, size.width, size.height);
    if (!solid()) draw_words();
    for (const n of [state.hover, state.walk]) {
      if (n < 0) continue;
      pen.strokeStyle = tints.ink;
      pen.lineWidth = 2;
      pen.beginPath();
      pen.arc(screen[2 * n], screen[2 * n + 1], 10, 0, 7);
      pen.stroke();
    }
    if (state.path) {
      pen.beginPath();
      state.path.forEach(([x, y], k) => k ? pen.lineTo(x, y) : pen.moveTo(x, y));
      pen.closePath();
      pen.fillStyle = '#7773';
      pen.fill();
      pen.strokeStyle = tints.ink;
      pen.lineWidth = 1.5;
      pen.setLineDash([5, 4]);
      pen.stroke();
      pen.setLineDash([]);
    }
  };
  const frame = () => {
    waiting = false;
    const t = turn(), s = scale(), visible = [], most = 400;
    let inside = 0;
    for (let n = 0; n < on.length; n++) {
      const x = places[3 * n], y = places[3 * n + 1], z = places[3 * n + 2], back = t[0] * z - t[1] * x;
      const sx = size.width / 2 + (t[0] * x + t[1] * z - state.x) * s, sy = size.height / 2 - (t[2] * y - t[3] * back - state.y) * s;
      screen[2 * n] = sx;
      screen[2 * n + 1] = sy;
      if (sx > 0 && sy > 0 && sx < size.width && sy < size.height && inside++ < most && mask[on[n]] && tile[on[n]] >= 0) visible.push({i: on[n], x: sx, y: sy});
    }
    // Pictures where they have room: their sides together cover no more than about half of the view.
    const side = Math.min(48, data.side / 2), near = inside <= most && inside * side * side < 1.2 * size.width * size.height;
    renderer.draw({x: state.x, y: state.y, scale: s, turn: t, ...size, again: ask, dot: Math.min(11, (on.length > 20000 ? 2.5 : on.length > 4000 ? 4 : 6) * Math.sqrt(state.zoom))},
      near ? visible : [], side);
    draw_over();
  };
  const ask = () => { if (!waiting) { waiting = true; requestAnimationFrame(frame); } };

  const resize = () => {
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    size = {width: Math.max(1, box.clientWidth), height: Math.max(1, box.clientHeight), ratio};
    for (const c of [canvas, over]) { c.width = size.width * ratio; c.height = size.height * ratio; }
    ask();
  };
  const at_pointer = (x, y) => {
    let best = -1, least = 14 * 14;
    for (let n = 0; n < on.length; n++) {
      const dx = screen[2 * n] - x, dy = screen[2 * n + 1] - y, d = dx * dx + dy * dy + (mask[on[n]] ? 0 : 100);
      if (d < least) { least = d; best = n; }
    }
    return best;
  };
  const show_hover = (n, x, y) => {
    const hover = $('map-hover');
    if (n === state.hover && n < 0) return;
    if (n !== state.hover) {
      state.hover = n;
      ask();
      if (n < 0) { hover.hidden = true; return; }
      const i = on[n], m = model_now(), p = sure(m, i), v = verdict(m, i);
      hover.replaceChildren(...[tile[i] >= 0 ? picture(i, 64) : null, el('b', {}, name(title_of(i))), el('span', {className: 'line-2'}, name(data.ids[i])),
        el('span', {}, truth[i] < 0 ? 'no label' : name(data.leaves[truth[i]])),
        m.said[i] < 0 ? null : el('span', {className: 'line-2'}, v === 'wrong' ? '✗ ' : v === 'right' ? '✓ ' : '', name(data.leaves[m.said[i]]), p >= 0 ? ' ' + percent(p) : ''),
        suspect[i] < 0 ? null : el('span', {className: 'line-2', textContent: 'suspect label'})].filter((c) => c));
      hover.hidden = false;
    }
    hover.style.left = Math.max(4, Math.min(x + 16, size.width - 240)) + 'px';
    hover.style.top = Math.max(4, y + 16 + hover.offsetHeight > size.height ? y - 16 - hover.offsetHeight : y + 16) + 'px';
  };
  const zoom_at = (x, y, factor) => {
    const before = scale(), zoom = Math.min(400, Math.max(0.5, state.zoom * factor)), dx = (x - size.width / 2), dy = (size.height / 2 - y);
    state.zoom = zoom;
    state.x += dx / before - dx / scale();
    state.y += dy / before - dy / scale();
    ask();
  };
  const inside_path = (path, x, y) => {
    let within = false;
    for (let a = 0, b = path.length - 1; a < path.length; b = a++)
      if ((path[a][1] > y) !== (path[b][1] > y) && x < (path[b][0] - path[a][0]) * (y - path[a][1]) / (path[b][1] - path[a][1]) + path[a][0]) within = !within;
    return within;
  };
  const end_lasso = () => {
    const path = state.path;
    state.path = null;
    if (path && path.length > 2) {
      const xs = path.map((p) => p[0]), ys = path.map((p) => p[1]), box = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
      const region = new Uint8Array(N);
      on.forEach((i, n) => {
        const x = screen[2 * n], y = screen[2 * n + 1];
        if (x >= box[0] && x <= box[1] && y >= box[2] && y <= box[3] && inside_path(path, x, y)) region[i] = 1;
      });
      filter.region = region;
      apply();
    }
    ask();
  };

  const pointers = new Map();
  let moved = 0, spread = 0;
  const place_of = (e) => { const r = box.getBoundingClientRect(); return [e.clientX - r.left, e.clientY - r.top]; };
  box.addEventListener('pointerdown', (e) => {
    if (e.button) return;
    box.setPointerCapture(e.pointerId);
    pointers.set(e.pointerId, place_of(e));
    moved = 0;
    if (state.lasso || e.shiftKey) state.path = [place_of(e)];
    show_hover(-1);
  });
  box.addEventListener('pointermove', (e) => {
    const [x, y] = place_of(e), before = pointers.get(e.pointerId);
    if (!before) return e.pointerType === 'mouse' ? show_hover(at_pointer(x, y), x, y) : undefined;
    const dx = x - before[0], dy = y - before[1];
    moved += Math.abs(dx) + Math.abs(dy);
    pointers.set(e.pointerId, [x, y]);
    if (pointers.size === 2) {
      const [a, b] = Array.from(pointers.values()), now = Math.hypot(a[0] - b[0], a[1] - b[1]);
      if (spread) zoom_at((a[0] + b[0]) / 2, (a[1] + b[1]) / 2, now / spread);
      spread = now;
      state.path = null;
    } else if (state.path) {
      const last = state.path[state.path.length - 1];
      if (Math.hypot(x - last[0], y - last[1]) > 4) state.path.push([x, y]);
    } else if (solid() && !e.altKey) {
      state.yaw -= dx / 150;
      state.pitch = Math.max(-1.5, Math.min(1.5, state.pitch + dy / 150));
    } else {
      state.x -= dx / scale();
      state.y += dy / scale();
    }
    ask();
  });
  const release = (e) => {
    if (!pointers.delete(e.pointerId)) return;
    spread = 0;
    if (state.path) return end_lasso();
    if (moved < 6 && e.type === 'pointerup') {
      const n = at_pointer(...place_of(e));
      if (n >= 0) open_card(on[n], box);
    }
  };
  box.addEventListener('pointerup', release);
  box.addEventListener('pointercancel', release);
  box.addEventListener('pointerleave', () => show_hover(-1));
  box.addEventListener('wheel', (e) => { e.preventDefault(); zoom_at(...place_of(e), Math.exp(-e.deltaY * (e.deltaMode ? 0.05 : 0.0015))); }, {passive: false});

  // By keyboard: N and P go over what filters leave, from left to right.
  const walk = (step) => {
    const lit = Array.from(on.keys()).filter((n) => mask[on[n]]).sort((a, b) => screen[2 * a] - screen[2 * b]);
    if (!lit.length) return;
    const at = lit.indexOf(state.walk);
    state.walk = lit[at < 0 ? 0 : (at + step + lit.length) % lit.length];
    const i = on[state.walk];
    $('map-says').textContent = title_of(i) + ', ' + (truth[i] < 0 ? 'no label' : data.leaves[truth[i]]);
    show_hover(state.walk, screen[2 * state.walk], screen[2 * state.walk + 1]);
    ask();
  };
  box.addEventListener('keydown', (e) => {
    const step = 60 / scale(), ways = {ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step]};
    if (ways[e.key]) { state.x += ways[e.key][0]; state.y += ways[e.key][1]; ask(); }
    else if (e.key === '+' || e.key === '=') zoom_at(size.width / 2, size.height / 2, 1.4);
    else if (e.key === '-') zoom_at(size.width / 2, size.height / 2, 1 / 1.4);
    else if (e.key === '0') home();
    else if (e.key === 'n' || e.key === 'N') walk(1);
    else if (e.key === 'p' || e.key === 'P') walk(-1);
    else if (e.key === 'Enter' && state.walk >= 0) open_card(on[state.walk], box);
    else return;
    e.preventDefault();
  });
  const home = () => { Object.assign(state, {x: 0, y: 0, zoom: 1}); ask(); };
  $('map-home').onclick = home;
  $('map-in').onclick = () => zoom_at(size.width / 2, size.height / 2, 1.6);
  $('map-out').onclick = () => zoom_at(size.width / 2, size.height / 2, 1 / 1.6);
  const toggle = (id, key, then) => {
    $(id).onclick = () => { state[key] = !state[key]; $(id).setAttribute('aria-pressed', state[key]); then?.(); ask(); };
  };
  toggle('map-lasso', 'lasso', () => box.classList.toggle('drawing', state.lasso));
  toggle('map-words', 'words');

  // The legend filters: a class, what is right or wrong, suspects.
  const item = (label, tint, count, pressed, act, title) => {
    const dot = el('span', {className: 'dot-of'}), out = el('button', {className: 'go', type: 'button', title: title || ''}, dot, el('span', {className: 'cut'}, name(label)), el('span', {className: 'quiet', textContent: number(count)}));
    dot.style.background = tint;
    out.setAttribute('aria-pressed', pressed);
    out.onclick = () => { act(); apply(); };
    return el('li', {}, out);
  };
  const css_of = (t) => 'rgb(' + t.slice(0, 3) + ')';
  const legend = () => {
    const mode = $('map-colour').value, m = model_now(), out = [], wanted = $('legend-find').value.toLowerCase();
    const kind = (key) => () => { filter.kind = filter.kind === key ? '' : key; };
    $('legend-find').hidden = mode !== 'class' || by_size.length <= 12;
    if (mode === 'class') {
      for (const c of by_size)
        if (of_class[c] && data.classes[c].toLowerCase().includes(wanted))
          out.push(item(data.leaves[c], tints.css[rank[c]], of_class[c], filter.truth.has(c), () => { if (!filter.truth.delete(c)) filter.truth.add(c); }, data.classes[c]));
    } else if (mode === 'right') {
      let wrong = 0, right = 0;
      for (let i = 0; i < N; i++) { const v = verdict(m, i); if (v === 'wrong') wrong++; else if (v) right++; }
      out.push(item('Right', css_of(tints.hit), right, filter.kind === 'right', kind('right')), item('Wrong', css_of(tints.miss), wrong, filter.kind === 'wrong', kind('wrong')));
    } else {
      out.push(item('Suspect labels', css_of(tints.miss), suspect.reduce((sum, s) => sum + (s >= 0 ? 1 : 0), 0), filter.kind === 'suspect', kind('suspect')));
    }
    const focused = Array.from($('legend').querySelectorAll('.go')).indexOf(document.activeElement);
    $('legend').replaceChildren(...out);
    if (focused >= 0) $('legend').querySelectorAll('.go')[focused]?.focus();
  };
  $('legend-find').oninput = legend;
  $('map-colour').onchange = () => { legend(); paint(); };
  $('map-view').onchange = take_layout;
  if (!has_suspects) $('map-colour').querySelector('option[value="suspect"]')?.remove();
  listeners.push(() => { legend(); paint(); });
  theme_listeners.push(() => { tints = palette(); legend(); paint(); });
  canvas.addEventListener('webglcontextlost', (e) => e.preventDefault());
  canvas.addEventListener('webglcontextrestored', () => { renderer = on_screen = gl_renderer(canvas) || renderer; renderer.places(places); paint(); });
  // Paper is light, and shows a canvas of WebGL on some machines only: what is printed is drawn by the other way.
  const paper = canvas_renderer(over);
  let theme = null;
  window.addEventListener('beforeprint', () => {
    theme = root.getAttribute('data-theme');
    root.setAttribute('data-theme', 'light');
    tints = palette();
    state.paper = true;
    renderer = paper;
    renderer.places(places);
    paint();
    frame();
  });
  window.addEventListener('afterprint', () => {
    if (theme) root.setAttribute('data-theme', theme); else root.removeAttribute('data-theme');
    tints = palette();
    state.paper = false;
    renderer = on_screen;
    renderer.places(places);
    paint();
  });
  new ResizeObserver(resize).observe(box);
  resize();
  take_layout();
};
)js";
}

}  // namespace detail::report
AISLE_NAMESPACE_END
