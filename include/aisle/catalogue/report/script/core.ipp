#pragma once

#include <string_view>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail::report {

/// Part of the page's script.
AISLE_API std::string_view core_script() {
  return R"js(
// Data, and what is chosen of it. Text goes into the page by textContent alone.
const root = document.documentElement;
const $ = (id) => document.getElementById(id);
const each = (selector, act, where) => (where || document).querySelectorAll(selector).forEach(act);
const el = (tag, properties, ...children) => {
  const out = Object.assign(document.createElement(tag), properties);
  out.append(...children.filter((c) => c !== null && c !== undefined));
  return out;
};
const name = (text) => el('bdi', {textContent: text});
const number = (v) => v.toLocaleString('en');
const percent = (p) => (100 * p).toFixed(1) + '\u00a0%';
const text_of = (id) => {
  const holder = $(id);
  return holder ? (holder.content || holder).textContent : '';
};
const bytes = (base64) => {
  const text = atob(base64), out = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) out[i] = text.charCodeAt(i);
  return out.buffer;
};
const colour = (variable) => getComputedStyle(root).getPropertyValue(variable).trim();

const data = $('data') ? JSON.parse(text_of('data')) : null;
const N = data ? data.ids.length : 0;
const truth = data ? new Int32Array(bytes(data.truth)) : null;
const suspect = data ? new Int32Array(bytes(data.suspect)) : null;
const tile = data ? new Int32Array(bytes(data.tile)) : null;
const row_of = data ? new Float64Array(bytes(data.rows)) : null;
const has_suspects = data ? suspect.some((s) => s >= 0) : false;
const title_of = (i) => data.names[i] || data.texts[i].slice(0, 80) || data.ids[i] || 'Row ' + row_of[i];

// A classifier: said[i] is the class it puts product i into, -1 where it was not asked.
const models = data ? data.models : [];
const unpack = (model) => {
  if (!model.unpacked) {
    model.said = new Int32Array(bytes(model.said));
    if (model.p) {
      model.p = new Uint16Array(bytes(model.p));
      model.top = new Int32Array(bytes(model.top));
    }
    model.unpacked = true;
  }
  return model;
};
const sure = (model, i) => model.p && model.said[i] >= 0 && model.top[3 * i] >= 0 ? model.p[3 * i] / 65535 : NaN;
const review = () => models.find((m) => m.review);

const filter = {model: 0, kind: '', query: '', truth: new Set(), said: new Set(), region: null};
let shown = new Int32Array(0), mask = new Uint8Array(N);
const listeners = [];
const model_now = () => unpack(models[filter.model]);
const verdict = (model, i) =>
  model.said[i] < 0 || truth[i] < 0 ? '' : model.said[i] === truth[i] ? 'right' : 'wrong';

let haystack = null;
const fits_kind = {
  wrong: (m, i) => verdict(m, i) === 'wrong',
  right: (m, i) => verdict(m, i) === 'right',
  suspect: (m, i) => suspect[i] >= 0,
  unsure: (m, i) => m.said[i] >= 0 && !(sure(m, i) >= data.threshold),
  unlabelled: (m, i) => truth[i] < 0,
};

const apply = () => {
  if (!data) return;
  const m = model_now(), out = [], kind = fits_kind[filter.kind];
  const words = filter.query.toLowerCase().split(/\s+/).filter((w) => w);
  if (words.length && !haystack)
    haystack = data.ids.map((id, i) => (id + ' ' + data.names[i] + ' ' + data.texts[i]).toLowerCase());
  // A cell of a matrix is of the rows that were tested.
  const tested = filter.said.size > 0;
  mask = new Uint8Array(N);
  for (let i = 0; i < N; i++) {
    if (kind && !kind(m, i)) continue;
    if (filter.truth.size && !filter.truth.has(truth[i])) continue;
    if (tested && !filter.said.has(m.said[i])) continue;
    if (filter.region && !filter.region[i]) continue;
    if (words.length && !words.every((w) => haystack[i].includes(w))) continue;
    mask[i] = 1;
    out.push(i);
  }
  shown = Int32Array.from(out);
  listeners.forEach((f) => f());
};

const clear_filters = () => {
  filter.kind = filter.query = '';
  filter.truth.clear();
  filter.said.clear();
  filter.region = null;
};

// What buttons all over the page ask for.
const list = (button) => {
  if (!data) return;
  const of = button.dataset;
  clear_filters();
  if (of.model) filter.model = Math.max(0, models.findIndex((m) => m.key === of.model));
  if (of.truth) filter.truth.add(+of.truth);
  if (of.said) filter.said.add(+of.said);
  const best = models.findIndex((m) => m.best), all = models.findIndex((m) => m.review);
  if (of.list === 'suspects') { filter.kind = 'suspect'; filter.model = Math.max(all, 0); }
  if (of.list === 'file') { filter.kind = 'unsure'; filter.model = Math.max(all, 0); }
  if (of.list === 'weakest') filter.model = Math.max(best, 0);
  if (of.list === 'best') { filter.kind = 'wrong'; filter.model = Math.max(best, 0); }
  apply();
  $('list').scrollIntoView({block: 'start'});
  $('rows').querySelector('tbody .go')?.focus({preventScroll: true});
};
document.addEventListener('click', (e) => {
  const button = e.target.closest?.('[data-list],[data-truth],[data-said]');
  if (button) list(button);
});

// Pictures: tiles of sheets that the browser decodes when the first is asked for.
const sheets = [];
const of_a_sheet = data ? data.across * data.across : 1;
const sheet = (k) => {
  if (!sheets[k]) {
    const image = new Image();
    sheets[k] = {image, ready: image.decode ? null : Promise.resolve()};
    image.src = 'data:image/jpeg;base64,' + text_of('sheet-' + k);
    sheets[k].ready = image.decode().then(() => { sheets[k].done = true; }, () => {});
  }
  return sheets[k];
};
const tile_at = (t) => {
  const place = t % of_a_sheet;
  return [Math.floor(t / of_a_sheet), (place % data.across) * data.side, Math.floor(place / data.across) * data.side];
};
const picture = (i, size) => {
  const out = el('canvas', {width: data.side, height: data.side});
  out.style.width = out.style.height = size + 'px';
  out.setAttribute('aria-hidden', 'true');
  const [k, x, y] = tile_at(tile[i]);
  const draw = () => out.getContext('2d').drawImage(sheet(k).image, x, y, data.side, data.side, 0, 0, data.side, data.side);
  if (sheet(k).done) draw(); else sheet(k).ready.then(draw);
  return out;
};
)js";
}

}  // namespace detail::report
AISLE_NAMESPACE_END
