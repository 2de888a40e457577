#pragma once

#include <string_view>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail::report {

/// Part of the page's script.
AISLE_API std::string_view table_script() {
  return R"js(
// The table of products: what filters leave, sorted, a page at a time.
const order = {key: 'worth', down: true};
let page = 0;
const collator = new Intl.Collator(undefined, {numeric: true});
const worth = (m, i) => {
  const v = verdict(m, i), p = sure(m, i) || 0;
  return filter.kind === 'suspect' ? -suspect[i] : v === 'wrong' ? 2 + p : v === 'right' ? 1 - p : m.said[i] >= 0 ? 1 + p : -1;
};
const keys = {
  worth,
  name: (m, i) => title_of(i),
  truth: (m, i) => truth[i] < 0 ? '' : data.leaves[truth[i]],
  said: (m, i) => m.said[i] < 0 ? '' : data.leaves[m.said[i]],
  sure: (m, i) => sure(m, i) || -1,
  suspect: (m, i) => suspect[i] < 0 ? Infinity : suspect[i],
};
const sorted = () => {
  const m = model_now(), value = Array.from(shown, (i) => keys[order.key](m, i));
  const places = Array.from(shown.keys());
  const text = typeof value[0] === 'string', sign = order.down ? -1 : 1;
  places.sort((a, b) => sign * (text ? collator.compare(value[a], value[b]) : value[a] === value[b] ? 0 : value[a] - value[b]) || a - b);
  return places.map((k) => shown[k]);
};
let rows_now = [];

const class_cell = (code, title, style) => {
  const cell = el('td', {className: 'class ' + style, title: code < 0 ? '' : data.classes[code]});
  cell.dataset.name = title;
  if (code >= 0) cell.append(name(data.leaves[code])); else cell.append('–');
  return cell;
};
const product_row = (i, pictures) => {
  const m = model_now(), v = verdict(m, i), p = sure(m, i);
  const row = el('tr');
  if (pictures) row.append(el('td', {className: 'tile'}, tile[i] >= 0 ? picture(i, Math.min(44, data.side / 2)) : null));
  const open = el('button', {className: 'go', type: 'button'}, name(title_of(i)));
  row.append(el('td', {className: 'what'}, open, el('div', {className: 'id', textContent: data.ids[i] || 'row ' + row_of[i]}),
    data.texts[i] === data.names[i] ? null : el('div', {className: 'words-of', textContent: data.texts[i]})));
  row.append(class_cell(truth[i], 'Label', ''));
  const said = class_cell(m.said[i], 'Said', v === 'wrong' ? 'bad' : v === 'right' ? 'good' : '');
  if (v) said.prepend(v === 'wrong' ? '✗ ' : '✓ ');
  row.append(said);
  const chance = el('td', {className: 'n', textContent: p >= 0 ? percent(p) : '–'});
  chance.dataset.name = 'Probability';
  if (p >= 0) {
    const fill = el('i');
    fill.style.width = 100 * p + '%';
    chance.append(el('span', {className: 'sureness'}, fill));
  }
  row.append(chance);
  if (has_suspects) {
    const place = el('td', {className: 'n', textContent: suspect[i] < 0 ? '' : number(suspect[i] + 1) + '.'});
    if (suspect[i] >= 0) place.dataset.name = 'Suspect';
    row.append(place);
  }
  row.onclick = () => open_card(i, open);
  return row;
};

const show_page = () => {
  const per = +$('per').value, pages = Math.max(1, Math.ceil(rows_now.length / per));
  page = Math.min(Math.max(page, 0), pages - 1);
  const here = rows_now.slice(page * per, (page + 1) * per);
  const pictures = data.sheets > 0;
  $('rows').classList.toggle('bare', !pictures);
  $('rows').tBodies[0].replaceChildren(...here.map((i) => product_row(i, pictures)));
  $('where').textContent = rows_now.length === 0 ? 'No product' :
    number(page * per + 1) + '–' + number(page * per + here.length) + ' of ' + number(rows_now.length);
  $('before').disabled = page === 0;
  $('after').disabled = page + 1 >= pages;
};
const show_head = () => {
  const column = (key, title, style) => {
    const button = el('button', {className: 'go', type: 'button', textContent: title});
    const cell = el('th', {className: style || '', scope: 'col'}, button);
    if (order.key === key) cell.setAttribute('aria-sort', order.down ? 'descending' : 'ascending');
    button.onclick = () => {
      const same = order.key === key;
      order.down = same ? !order.down : key === 'sure';
      order.key = key;
      page = 0;
      show_head();
      rows_now = sorted();
      show_page();
      each('#rows thead .go', (b) => { if (b.textContent === title) b.focus(); });
    };
    return cell;
  };
  $('rows').tHead.replaceChildren(el('tr', {}, data.sheets > 0 ? el('th', {className: 'tile'}) : null,
    column('name', 'Product'), column('truth', 'Label'), column('said', 'Classifier says'), column('sure', 'Probability', 'n'),
    has_suspects ? column('suspect', 'Suspect', 'n') : null));
};

const chip = (label, undo) => {
  const out = el('button', {type: 'button', title: 'Remove this filter'}, label, ' ×');
  out.onclick = () => { undo(); apply(); };
  return out;
};
const show_chips = () => {
  const out = [el('b', {textContent: number(shown.length) + (shown.length === 1 ? ' product' : ' products')})];
  for (const c of filter.truth) out.push(chip(el('span', {}, 'is ', name(c < 0 ? 'without a label' : data.leaves[c])), () => filter.truth.delete(c)));
  for (const c of filter.said) out.push(chip(el('span', {}, 'said ', name(data.leaves[c])), () => filter.said.delete(c)));
  const kind = $('kind').querySelector('option[value="' + filter.kind + '"]');
  if (filter.kind) out.push(chip(kind.textContent, () => { filter.kind = ''; }));
  if (filter.region) out.push(chip('region of the map', () => { filter.region = null; }));
  if (filter.query) out.push(chip('“' + filter.query + '”', () => { filter.query = ''; }));
  if (out.length > 2) {
    const all = el('button', {type: 'button', textContent: 'Clear all'});
    all.onclick = () => { clear_filters(); apply(); };
    out.push(all);
  }
  $('chips').replaceChildren(...out);
  $('kind').value = filter.kind;
  $('by').value = filter.model;
  if ($('find').value !== filter.query) $('find').value = filter.query;
};

// RFC 4180. What a spreadsheet would take for a formula gets an apostrophe, as with --csv-safe.
const csv_cell = (v) => {
  let text = String(v);
  if (/^[=+\-@\t\r]/.test(text) && !/^-?[\d.]+$/.test(text)) text = "'" + text;
  return /[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
};
const save_csv = () => {
  const m = model_now(), lines = [['row', 'id', 'name', 'label', 'predicted', 'probability', 'second', 'third', 'suspect', 'text']];
  const of_class = (c) => c < 0 || c === undefined ? '' : data.classes[c];
  for (const i of rows_now)
    lines.push([row_of[i], data.ids[i], data.names[i], of_class(truth[i]), of_class(m.said[i]), sure(m, i) >= 0 ? sure(m, i).toFixed(4) : '',
      of_class(m.top?.[3 * i + 1]), of_class(m.top?.[3 * i + 2]), suspect[i] < 0 ? '' : suspect[i] + 1, data.texts[i]]);
  const blob = new Blob([lines.map((l) => l.map(csv_cell).join(',') + '\r\n').join('')], {type: 'text/csv'});
  const link = el('a', {href: URL.createObjectURL(blob), download: 'products.csv'});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
};

if (data) {
  models.forEach((m, k) => $('by').append(el('option', {value: k, textContent: m.name + (m.review ? '' : ' (test rows)')})));
  const all = models.findIndex((m) => m.review), best = models.findIndex((m) => m.best);
  filter.model = all >= 0 ? all : Math.max(best, 0);
  const judged = models.length > 0;
  if (!judged) $('by').parentNode.style.display = 'none';
  if (!judged) models.push({name: '–', key: '', said: '', unpacked: true}), models[0].said = new Int32Array(N).fill(-1);
  const offered = {wrong: judged, right: judged, suspect: has_suspects, unsure: data.threshold !== undefined && all >= 0, unlabelled: truth.some((t) => t < 0)};
  each('#kind option', (o) => { if (offered[o.value] === false) o.remove(); });
  listeners.push(() => { page = 0; rows_now = sorted(); show_chips(); show_page(); });
  let waiting = 0;
  $('find').oninput = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { filter.query = $('find').value; apply(); }, 120);
  };
  $('kind').onchange = () => { filter.kind = $('kind').value; apply(); };
  $('by').onchange = () => { filter.model = +$('by').value; apply(); };
  $('per').onchange = show_page;
  $('before').onclick = () => { page--; show_page(); };
  $('after').onclick = () => { page++; show_page(); };
  $('save').onclick = save_csv;
  show_head();
}
)js";
}

}  // namespace detail::report
AISLE_NAMESPACE_END
