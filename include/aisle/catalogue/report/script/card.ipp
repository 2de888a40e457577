#pragma once

#include <string_view>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail::report {

/// Part of the page's script.
AISLE_API std::string_view card_script() {
  return R"js(
// One product: all its text, what each classifier says, and its neighbours.
const nearest = data?.map ? new Int32Array(bytes(data.map.nearest)) : null;
let card_of = -1, card_from = null;
const opinions_table = (i) => {
  const body = el('tbody');
  for (const m of models) {
    unpack(m);
    if (m.said[i] < 0) continue;
    const v = verdict(m, i), row = el('tr', {}, el('th', {scope: 'row', textContent: m.name}));
    if (!m.p || m.top[3 * i] < 0) {
      row.append(el('td', {colSpan: 3}, v === 'wrong' ? '✗ ' : v === 'right' ? '✓ ' : '', name(data.leaves[m.said[i]])));
    } else
      for (let k = 0; k < 3; k++) {
        const c = m.top[3 * i + k];
        row.append(c < 0 ? el('td') : el('td', {title: data.classes[c]}, k === 0 && v ? (v === 'wrong' ? '✗ ' : '✓ ') : '', name(data.leaves[c]),
          ' ', el('span', {className: 'quiet', textContent: percent(m.p[3 * i + k] / 65535)})));
      }
    body.append(row);
  }
  return body.rows.length ? el('div', {className: 'scroll'}, el('table', {className: 'compact'}, body)) : el('p', {className: 'quiet', textContent: 'No classifier was asked about it.'});
};
const neighbours = (i) => {
  const out = el('ul', {className: 'near'});
  for (let k = 0; nearest && k < 5; k++) {
    const j = nearest[5 * i + k];
    if (j < 0) continue;
    const open = el('button', {className: 'go', type: 'button'}, tile[j] >= 0 ? picture(j, 64) : null, name(title_of(j)),
      el('div', {className: 'quiet', textContent: truth[j] < 0 ? '' : data.leaves[truth[j]]}));
    open.onclick = () => fill_card(j);
    out.append(el('li', {}, open));
  }
  return out;
};
const fill_card = (i) => {
  card_of = i;
  const close = el('button', {className: 'more close', type: 'button', textContent: 'Close'});
  close.onclick = () => $('one').close();
  const near = neighbours(i);
  const large = document.querySelector('img[data-row="' + row_of[i] + '"]');
  $('one').replaceChildren(el('div', {className: 'one'},
    large ? el('img', {src: large.src, alt: ''}) : tile[i] >= 0 ? picture(i, 128) : null,
    el('h3', {}, close, name(title_of(i))),
    el('div', {className: 'quiet'}, 'id ', name(data.ids[i] || '–'), ' · row ' + row_of[i]),
    el('div', {}, 'Label: ', el('b', {}, name(truth[i] < 0 ? '–' : data.classes[truth[i]])),
      suspect[i] < 0 ? null : el('span', {className: 'bad', textContent: ' – likely wrong, no. ' + (suspect[i] + 1)})),
    el('p', {className: 'full wide', textContent: data.texts[i]}),
    el('div', {className: 'wide'}, opinions_table(i)),
    near.children.length ? el('div', {className: 'wide'}, el('h3', {textContent: 'Nearest by their vectors'}), near) : null));
};
const open_card = (i, from) => {
  card_from = from;
  fill_card(i);
  if (!$('one').open) $('one').showModal();
};
if (data) {
  $('one').addEventListener('close', () => card_from?.focus({preventScroll: true}));
  $('one').addEventListener('click', (e) => { if (e.target === $('one')) $('one').close(); });
  // Left and right: the products before and after it in the table.
  $('one').addEventListener('keydown', (e) => {
    const step = e.key === 'ArrowRight' ? 1 : e.key === 'ArrowLeft' ? -1 : 0, at = rows_now.indexOf(card_of);
    if (step && at >= 0 && rows_now[at + step] !== undefined) fill_card(rows_now[at + step]);
  });
}
)js";
}

}  // namespace detail::report
AISLE_NAMESPACE_END
