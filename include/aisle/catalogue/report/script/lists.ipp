#pragma once

#include <string_view>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail::report {

/// Part of the page's script.
AISLE_API std::string_view lists_script() {
  return R"js(
// Theme, curves, sorting, long lists, and matrices by keyboard.
const theme_listeners = [];
each('nav div', (bar) => {
  const button = el('button', {type: 'button', title: 'Change colours'}), dark = matchMedia('(prefers-color-scheme: dark)');
  const now = () => root.getAttribute('data-theme') || (dark.matches ? 'dark' : 'light');
  const show = () => { button.textContent = now() === 'dark' ? 'Light' : 'Dark'; theme_listeners.forEach((f) => f()); };
  button.onclick = () => { root.setAttribute('data-theme', now() === 'dark' ? 'light' : 'dark'); show(); };
  dark.addEventListener?.('change', show);
  show();
  bar.append(button);
});
each('.roc', (box) => {
  const svg = box.querySelector('.chart');
  each('.legend li', (item) => {
    const set = (on) => () => {
      svg.classList.toggle('picked', on);
      const curve = svg.querySelector('g[data-k="' + item.dataset.k + '"]');
      if (curve) { curve.classList.toggle('on', on); if (on) svg.append(curve); }
    };
    item.tabIndex = 0;
    item.onmouseenter = item.onfocus = set(true);
    item.onmouseleave = item.onblur = set(false);
  }, box);
});
each('table.sortable', (table) => each('thead th', (th) => {
  const sort = () => {
    const column = th.cellIndex, body = table.tBodies[0], up = th.getAttribute('aria-sort') === 'descending';
    const value = (row) => {
      const cell = row.cells[column], v = cell.dataset.v;
      return v === undefined ? cell.textContent : parseFloat(v);
    };
    const rows = Array.from(body.rows).sort((a, b) => {
      const x = value(a), y = value(b), d = typeof x === 'string' ? collator.compare(x, y) : x - y;
      return up ? d : -d;
    });
    each('thead th', (o) => o.removeAttribute('aria-sort'), table);
    th.setAttribute('aria-sort', up ? 'ascending' : 'descending');
    body.append(...rows);
    table.dispatchEvent(new Event('sorted'));
  };
  th.dataset.sort = '';
  th.tabIndex = 0;
  th.onclick = sort;
  th.onkeydown = (e) => { if (e.key === 'Enter' || e.key === ' ') { e.preventDefault(); sort(); } };
}, table));

// Of long lists the first 20; a box finds others.
const most_rows = 20;
each('[data-long]', (box) => {
  const items = () => Array.from(box.tBodies ? box.tBodies[0].rows : box.children);
  if (items().length <= most_rows) return;
  const all = el('button', {className: 'more', type: 'button'});
  const find = el('input', {className: 'find-in', type: 'search', placeholder: 'Filter ' + items().length + ' by name'});
  find.setAttribute('aria-label', 'Filter by name');
  let whole = false;
  const show = () => {
    const wanted = find.value.toLowerCase();
    let left = whole || wanted ? Infinity : most_rows;
    for (const item of items()) item.hidden = !(item.textContent.toLowerCase().includes(wanted) && left-- > 0);
    all.hidden = !!wanted;
    all.textContent = whole ? 'Show the first ' + most_rows : 'Show all ' + items().length;
  };
  find.oninput = show;
  all.onclick = () => { whole = !whole; show(); };
  box.addEventListener('sorted', show);
  const outer = box.closest('.scroll') || box;
  outer.before(find);
  outer.after(all);
  show();
});

// A matrix is one stop of the Tab key; arrows go to the next filled cell.
each('.heat', (heat) => {
  const cells = Array.from(heat.querySelectorAll('.cells .go'));
  const rows = heat.querySelectorAll('.rows-of .go'), columns = heat.querySelectorAll('.columns-of .go');
  const at = (cell) => [+cell.style.getPropertyValue('--r'), +cell.style.getPropertyValue('--c')];
  each('.go', (b) => { b.tabIndex = -1; }, heat);
  const light = (cell, on) => {
    const [r, c] = at(cell);
    rows[r]?.classList.toggle('lit', on);
    columns[c]?.classList.toggle('lit', on);
  };
  for (const cell of cells) {
    cell.onmouseenter = cell.onfocus = () => light(cell, true);
    cell.onmouseleave = cell.onblur = () => light(cell, false);
  }
  heat.addEventListener('keydown', (e) => {
    const way = {ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0]}[e.key];
    if (!way || !cells.length) return;
    e.preventDefault();
    const now = cells.includes(document.activeElement) ? document.activeElement : null;
    let best = now || cells[0], least = Infinity;
    if (now) {
      const [r, c] = at(now);
      for (const cell of cells) {
        const [y, x] = at(cell), ahead = way[0] * (y - r) + way[1] * (x - c), aside = way[0] ? Math.abs(x - c) : Math.abs(y - r);
        if (ahead > 0 && ahead + 4 * aside < least) { least = ahead + 4 * aside; best = cell; }
      }
    }
    best.focus();
    best.scrollIntoView({block: 'nearest', inline: 'nearest'});
  });
});
)js";
}

}  // namespace detail::report
AISLE_NAMESPACE_END
