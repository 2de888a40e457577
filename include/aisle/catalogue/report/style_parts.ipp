#pragma once

#include <string_view>

#include <aisle/base/config.hpp>

// Rules of the page by concern; style.ipp has the colours and what all parts share.

AISLE_NAMESPACE_BEGIN
namespace detail::report {

/// Findings, map, table of products, the card of one.
AISLE_API std::string_view explore_rules() {
  return R"css(
.on-paper{display:none}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.go{font:inherit;color:inherit;background:none;border:0;padding:0;margin:0;cursor:pointer;border-radius:4px}
html:not(.live) .scripted{display:none}
html:not(.live) .go{cursor:default}
.live .unscripted{display:none}
.findings{list-style:none;padding:0;margin:24px 0 8px;display:grid;gap:12px;
grid-template-columns:repeat(auto-fit,minmax(min(100%,200px),1fr))}
.finding{background:var(--surface);border:1px solid var(--line);border-radius:14px;padding:16px;display:flex;
flex-direction:column;align-items:flex-start;gap:4px;min-width:0}
.finding b{font-size:1.75rem;line-height:1.15;font-weight:650;font-variant-numeric:tabular-nums}
.finding strong{font-weight:600;line-height:1.3;overflow-wrap:anywhere}
.finding p{margin:0;font-size:.875rem;line-height:1.45;color:var(--muted);overflow-wrap:anywhere}
.finding .go{margin-top:auto;padding:8px 0 0;color:var(--accent);font-weight:600;font-size:.9375rem}
.finding .go:hover{text-decoration:underline}
.tools{display:flex;flex-wrap:wrap;gap:8px 12px;align-items:center;margin:0 0 12px;font-size:.9375rem}
.tools label{display:flex;gap:6px;align-items:center;color:var(--muted);min-width:0}
.tools input,.tools select,.tools button,.map-legend input,.find-in,.more{font:inherit;color:var(--ink);
background:var(--surface);border:1px solid var(--line);border-radius:8px;padding:6px 10px;min-width:0}
.tools select{max-width:min(100%,260px);flex:0 1 auto}
.tools button,.more{cursor:pointer}
.tools button:hover,.more:hover{background:var(--sunken)}
.tools button:disabled{opacity:.45;cursor:default}
.tools button[aria-pressed=true]{background:var(--ink);color:var(--page);border-color:var(--ink)}
.tools input[type=search]{flex:1 1 220px}
.zoom{display:flex;gap:4px;margin-left:auto}
.map-row{display:grid;grid-template-columns:minmax(0,1fr) 220px;gap:16px}
.map-view{position:relative;height:min(62vh,560px);min-height:320px;background:var(--sunken);border-radius:10px;
overflow:hidden;touch-action:none;cursor:grab}
.map-view.drawing{cursor:crosshair}
.map-view canvas{position:absolute;inset:0;width:100%;height:100%}
.hover{position:absolute;z-index:2;pointer-events:none;width:230px;background:var(--surface);color:var(--ink);
border:1px solid var(--line);border-radius:10px;padding:10px;font-size:.8125rem;line-height:1.4;
box-shadow:0 6px 20px #0003;overflow-wrap:anywhere}
.hover canvas{position:static;display:block;width:64px;height:64px;border-radius:6px;float:left;margin:0 10px 4px 0}
.hover b{display:block}.hover .line-2{display:block;color:var(--muted)}
.map-legend{min-width:0;display:flex;flex-direction:column;gap:8px;max-height:min(62vh,560px)}
.map-legend ul{list-style:none;margin:0;padding:2px;overflow-y:auto;font-size:.875rem}
.map-legend .go{display:grid;grid-template-columns:14px minmax(0,1fr) auto;gap:8px;width:100%;text-align:left;
padding:3px 4px;align-items:center}
.map-legend .go:hover{background:var(--sunken)}
.map-legend .go[aria-pressed=true]{background:var(--accent-soft);font-weight:600}
.map-legend .cut,.products .cut{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.dot-of{width:12px;height:12px;border-radius:50%}
.chips{display:flex;flex-wrap:wrap;gap:6px 8px;align-items:center;font-size:.875rem;max-width:none;margin:0 0 8px}
.chips button{font:inherit;border:0;border-radius:99px;background:var(--accent-soft);color:var(--accent);
padding:3px 10px;cursor:pointer;max-width:100%;overflow-wrap:anywhere}
.products td{padding:6px 10px;vertical-align:top}
.products tbody tr{cursor:pointer}
.products tbody tr:hover{background:var(--sunken)}
.products .tile{padding:6px 0 6px 10px;width:52px;background:none;border-radius:0;border-width:0 0 1px}
.products canvas,.near canvas{display:block;background:#fff;border-radius:6px}
.products .what{min-width:240px;max-width:420px}
.products .what .go{font-weight:600;text-align:left;overflow-wrap:anywhere}
.products .id{font-size:.8125rem;color:var(--muted);overflow-wrap:anywhere}
.products .words-of{font-size:.8125rem;color:var(--muted);display:-webkit-box;-webkit-line-clamp:2;
-webkit-box-orient:vertical;overflow:hidden;overflow-wrap:anywhere}
.products .class{min-width:120px;max-width:220px;overflow-wrap:anywhere}
.products .bad{color:var(--miss);font-weight:600}
.products .good{color:var(--hit)}
.products .sureness{display:block;height:4px;border-radius:2px;background:var(--sunken);margin-top:4px;overflow:hidden}
.products .sureness i{display:block;height:100%;background:currentColor}
.pages{margin:12px 0 0}
.pages label{margin-left:auto}
dialog{border:1px solid var(--line);border-radius:16px;padding:0;background:var(--surface);color:var(--ink);
width:min(720px,calc(100vw - 24px));max-height:calc(100vh - 32px)}
dialog::backdrop{background:#0008}
.one{padding:20px;display:grid;grid-template-columns:auto minmax(0,1fr);gap:6px 20px}
.one>canvas,.one>img{width:128px;height:128px;border-radius:10px;background:#fff;grid-row:1/4;object-fit:contain}
.one h3{margin:0;overflow-wrap:anywhere}
.one .wide{grid-column:1/-1}
.one .full{white-space:pre-wrap;overflow-wrap:anywhere;max-width:none;margin:6px 0}
.one table{font-size:.875rem}
.one .close{float:right}
.near{display:grid;gap:10px;grid-template-columns:repeat(auto-fill,minmax(112px,1fr));list-style:none;padding:0;margin:6px 0}
.near .go{text-align:left;font-size:.8125rem;line-height:1.35;width:100%;overflow-wrap:anywhere}
.find-in{margin:0 0 10px;width:min(100%,320px)}
@media (max-width:820px){.map-row{grid-template-columns:minmax(0,1fr)}.map-legend{max-height:220px}
.map-view{height:min(60vh,420px)}}
@media (max-width:600px){.one{grid-template-columns:minmax(0,1fr);padding:16px}.one>canvas,.one>img{grid-row:auto}
.zoom{margin-left:0}.pages label{margin-left:0}
.products thead{display:none}
.products,.products tbody,.products tr,.products td{display:block}
.products tr{position:relative;border-bottom:1px solid var(--line);padding:10px 0 10px 64px;min-height:68px}
.products td{border:0;padding:1px 0;max-width:none!important;min-width:0!important;text-align:left!important}
.products .tile{position:absolute;left:0;top:10px;padding:0}
.products td[data-name]::before{content:attr(data-name) ": ";color:var(--muted);font-weight:400}
.products.bare tr{padding-left:0}}
)css";
}

AISLE_API std::string_view confusion_rules() {
  return R"css(
.heat{--cell:34px;--head:148px;--side:178px;display:grid;overflow:auto;max-width:100%;max-height:min(82vh,860px);
grid-template-columns:var(--side) calc(var(--n)*var(--cell));grid-template-rows:var(--head) calc(var(--n)*var(--cell));
font-size:.8125rem;line-height:1;border-radius:8px;width:max-content;flex:0 1 auto}
.heat.middle{--cell:28px}.heat.narrow{--cell:23px;font-size:.6875rem}
.heat .corner{position:sticky;left:0;top:0;z-index:3;background:var(--surface);color:var(--muted);display:flex;
align-items:flex-end;justify-content:flex-end;padding:0 8px 8px;font-size:.75rem}
.heads{z-index:2;background:var(--surface)}
.heads .go{color:var(--muted);overflow:hidden;white-space:nowrap;border-radius:0}
.heads .go:hover,.heads .go.lit{color:var(--ink);background:var(--sunken)}
.columns-of{position:sticky;top:0;display:flex;align-items:flex-end;grid-column:2;grid-row:1}
.columns-of .go{width:var(--cell);height:var(--head);flex:none;display:flex;align-items:flex-end;justify-content:center}
.columns-of span{writing-mode:vertical-rl;transform:rotate(180deg);padding:8px 0 0;max-height:var(--head);overflow:hidden}
.rows-of{position:sticky;left:0;grid-column:1;grid-row:2}
.rows-of .go{display:block;width:100%;height:var(--cell);text-align:right;padding:0 8px;text-overflow:ellipsis}
.cells{position:relative;grid-column:2;grid-row:2;background-color:var(--sunken);
background-image:linear-gradient(var(--surface) 1px,transparent 1px),linear-gradient(90deg,var(--surface) 1px,transparent 1px);
background-size:var(--cell) var(--cell)}
.cells .go{position:absolute;left:calc(var(--c)*var(--cell));top:calc(var(--r)*var(--cell));width:var(--cell);
height:var(--cell);border:1px solid var(--surface);border-right:0;border-bottom:0;font-variant-numeric:tabular-nums;
overflow:hidden;color:var(--on-2)}
.cells .m1{background:var(--m1);color:var(--on-1)}.cells .m2{background:var(--m2)}.cells .m3{background:var(--m3)}
.cells .h1{background:var(--h1);color:var(--on-1)}.cells .h2{background:var(--h2)}.cells .h3{background:var(--h3)}
.cells .go:hover,.cells .go:focus-visible{outline:2px solid var(--ink);outline-offset:-2px;z-index:1}
.beside>.heat{max-width:100%}
@media (max-width:600px){.heat{--head:108px;--side:112px;--cell:30px;max-height:70vh}}
)css";
}

/// On paper: light, nothing that only a click opens is missed, nothing is wider than A4.
AISLE_API std::string_view print_rules() {
  return R"css(
@media print{
@page{size:A4;margin:14mm}
:root,:root[data-theme]{print-color-adjust:exact;-webkit-print-color-adjust:exact}
body{background:none;font-size:11pt}
main,.top,footer{max-width:none;padding:0}
nav,.tab-row,.tabs>input,.tools,.map-legend input,.find-in,.more,.finding .go,dialog,.unscripted,.hover{display:none!important}
.panel{display:block!important}
main>section,main>section:not(#explore){padding:18pt 0 0;content-visibility:visible}
.card{padding:10pt;margin:8pt 0;border-radius:6pt}
h2,h3,h2+p,h3+p,section>p{break-after:avoid}p{break-inside:avoid}
tr,li,figure,.finding,.product,.chart{break-inside:avoid}
.scroll{overflow:visible;margin:0;padding:0}
table{font-size:8pt}
th,td,.compact th,.compact td,.products td{padding:3pt 4pt;white-space:normal!important;min-width:0!important;overflow-wrap:anywhere}
th,thead th{overflow-wrap:break-word!important;hyphens:auto}
thead{display:table-header-group}
.map-view #map-points{display:none}
.map-view canvas{object-fit:contain}
.pin{position:static}
.scores .plot,.metric .bar-track{display:none}.metric{display:block;min-width:0}
.map-row{grid-template-columns:minmax(0,1fr)}
.map-view{height:110mm;break-inside:avoid}
.map-legend{max-height:none}
.map-legend ul{columns:3;overflow:visible}
.findings{grid-template-columns:repeat(2,minmax(0,1fr))}
.columns,.beside,.roc{display:block}
.heat.wide,.heat.middle,.heat.narrow{--side:34mm;--head:30mm;--cell:min(8mm,calc(136mm/var(--n)));overflow:visible;max-height:none;width:auto;
font-size:min(8pt,calc(80mm/var(--n)));margin-bottom:8pt;break-inside:avoid}
.heat .corner,.heads{position:static}
.heat.many{display:none}.on-paper{display:block}
.cards{grid-template-columns:repeat(4,minmax(0,1fr))}
.legend{columns:3}
pre{white-space:pre-wrap;font-size:7pt}
}
)css";
}

}  // namespace detail::report
AISLE_NAMESPACE_END
