#pragma once

#include <aisle/catalogue/report/style.hpp>
#include <aisle/catalogue/report/style_parts.ipp>

AISLE_NAMESPACE_BEGIN
namespace detail::report {

// Series: Okabe and Ito's palette (2008), darkened or lightened to 3:1 against the surface. Right is blue,
// wrong is orange: the pair that all kinds of colour blindness tell apart.
AISLE_API std::string_view light_colours() {
  return "color-scheme:light;--page:#f7f6f2;--surface:#fff;--sunken:#efede6;--ink:#1a1e26;--muted:#596070;"
         "--line:#dfdcd3;--accent:#0b5cad;--accent-soft:#e3eefa;--hit:#0b5cad;--miss:#b8480c;--miss-soft:#"
         "fbeadd;"
         "--on-fill:#fff;--m1:#cf6a2a;--m2:#b8480c;--m3:#8a3206;--h1:#3f87c9;--h2:#0b5cad;--h3:#083f7a;--on-"
         "1:#0d1117;"
         "--on-2:#fff;--c0:#0072b2;--c1:#c65100;--c2:#00805e;--c3:#a8457d;--c4:#8a6d00;--c5:#2489c5;--c6:#"
         "4a4f5c;";
}
AISLE_API std::string_view dark_colours() {
  return "color-scheme:dark;--page:#101318;--surface:#191d25;--sunken:#232934;--ink:#e8eaef;--muted:#a4acbb;"
         "--line:#323947;--accent:#74b6ff;--accent-soft:#1b3048;--hit:#5aa5f5;--miss:#ff9455;--miss-soft:#"
         "3c2618;"
         "--on-fill:#0d1117;--m1:#c06a32;--m2:#ff9455;--m3:#ffc39c;--h1:#4584c4;--h2:#5aa5f5;--h3:#a9d2ff;"
         "--on-1:#0d1117;--on-2:#0d1117;--c0:#5aaeec;--c1:#ff8f4d;--c2:#37c99c;--c3:#e69ac5;--c4:#e3c341;--"
         "c5:#a3d8f7;--"
         "c6:#b9bfcc;";
}

AISLE_API std::string_view chart_rules() {
  return R"css(
.chart{font:12px/1.2 system-ui,-apple-system,"Segoe UI",Roboto,Helvetica,Arial,sans-serif;fill:var(--ink)}
.chart .grid{stroke:var(--line);stroke-width:1}
.chart .axis{stroke:var(--muted);stroke-width:1}
.chart .tick{fill:var(--muted);font-size:11px;font-variant-numeric:tabular-nums}
.chart .axis-title{fill:var(--muted);font-size:11.5px}
.chart .mid{text-anchor:middle}
.chart .end{text-anchor:end}
.chart .chance{stroke:var(--muted);stroke-dasharray:2 4;opacity:.7}
.chart .mark{stroke:var(--c1);stroke-dasharray:4 3}
.chart .mark-name{fill:var(--c1);font-size:11.5px;font-weight:600}
.chart .bar{fill:var(--accent)}
.chart .cell{fill:var(--sunken);opacity:.6}
.chart .hit{fill:var(--hit)}
.chart .miss{fill:var(--miss)}
.chart .count{font-size:11px;font-variant-numeric:tabular-nums}
.chart .over{fill:var(--on-fill)}
.line path{fill:none;stroke:currentColor;stroke-width:1.5;stroke-linejoin:round}
.line.c0{color:var(--c0)}.line.c1{color:var(--c1)}.line.c2{color:var(--c2)}.line.c3{color:var(--c3)}
.line.c4{color:var(--c4)}.line.c5{color:var(--c5)}.line.c6{color:var(--c6)}
.line.d1 path{stroke-dasharray:6 3}.line.d2 path{stroke-dasharray:2 3}.line.d3 path{stroke-dasharray:8 3 2 3}
.line.macro{color:var(--ink)}.line.macro path{stroke-width:3}
.line.train{color:var(--c6)}.line.valid{color:var(--c0)}
.line.train path,.line.valid path{stroke-width:2}.line.train path{stroke-dasharray:5 3}
)css";
}

AISLE_API std::string standalone_style() {
  return "svg.chart{" + std::string(light_colours()) +
         "background:var(--surface)}@media (prefers-color-scheme:dark){svg.chart{" +
         std::string(dark_colours()) + "}}" + std::string(chart_rules());
}

AISLE_API std::string_view page_rules() {
  return R"css(
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-padding-top:64px}
@media (prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}}
body{margin:0;background:var(--page);color:var(--ink);
font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,Helvetica,Arial,sans-serif}
main,.top,footer{max-width:1160px;margin:0 auto;padding:0 20px}
h1,h2,h3{line-height:1.2;letter-spacing:-.012em;text-wrap:balance}
h1{font-size:clamp(1.75rem,1.2rem + 2.6vw,2.75rem);font-weight:700;margin:.1em 0 .35em;overflow-wrap:anywhere}
h2{font-size:1.5rem;margin:0 0 .25rem}
h3{font-size:1.0625rem;margin:0 0 .5rem}
p{margin:.4em 0;max-width:70ch}
a{color:var(--accent)}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
code{font-size:.875em;overflow-wrap:anywhere}
.quiet{color:var(--muted)}
.small{font-size:.875rem}
.top{padding-top:48px;padding-bottom:8px}
.eyebrow{font-size:.8125rem;font-weight:600;letter-spacing:.06em;text-transform:uppercase;
color:var(--muted);margin:0}
.lede{font-size:1rem;line-height:1.55;max-width:80ch}
.between{display:block;font-size:.75rem;font-weight:400;color:var(--muted)}
nav{position:sticky;top:0;z-index:3;background:var(--page);border-bottom:1px solid var(--line);
margin-top:20px}
nav div{max-width:1160px;margin:0 auto;padding:0 12px;display:flex;gap:2px;overflow-x:auto;
scrollbar-width:none}
nav a{flex:none;padding:12px 10px;color:var(--muted);text-decoration:none;font-size:.9375rem}
nav a:hover{color:var(--ink)}
nav button{flex:none;margin:6px 0 6px auto;padding:4px 12px;border:1px solid var(--line);border-radius:99px;
background:none;color:var(--muted);font:inherit;font-size:.875rem;cursor:pointer}
section{padding:44px 0 8px}
/* What is far down is laid out when it comes near. */
main>section:not(#explore){content-visibility:auto;contain-intrinsic-size:auto 900px}
.card{background:var(--surface);border:1px solid var(--line);border-radius:14px;padding:20px;margin:16px 0}
.columns{display:grid;gap:16px;grid-template-columns:repeat(auto-fit,minmax(min(100%,380px),1fr));
align-items:start}
.columns>.card{margin:0}
.scroll{overflow-x:auto;margin:0 -20px;padding:0 20px}
figure{margin:0;min-width:0}
figcaption{color:var(--muted);font-size:.875rem;margin-top:6px}
.chart{display:block;width:100%;height:auto;max-width:460px}
table{border-collapse:collapse;width:100%;font-size:.9375rem;font-variant-numeric:tabular-nums}
th,td{padding:8px 10px;text-align:left;border-bottom:1px solid var(--line);vertical-align:middle}
th{font-weight:600}
thead th{color:var(--muted);font-size:.8125rem;white-space:nowrap}
tbody tr:last-child>*{border-bottom:0}
.n{text-align:right;white-space:nowrap}
.scores .modality{white-space:nowrap;padding-top:20px;font-size:.8125rem;letter-spacing:.04em;
text-transform:uppercase;color:var(--muted);border-bottom:0}
.scores td[colspan]{border:0}.scores th[scope=row]{white-space:nowrap;font-weight:500}
.scores .chosen-row th[scope=row]{font-weight:650}
.scores .plot{width:20%;min-width:130px}.scale{display:flex;justify-content:space-between;font-weight:400}
tfoot th,tfoot td{border-bottom:0;padding-top:6px;padding-bottom:6px}
tfoot tr:first-child>*{border-top:2px solid var(--line);padding-top:10px}
.mix-ups{list-style:none;max-width:640px;margin:0;padding:0}
.mix-ups li{border-bottom:1px solid var(--line);font-size:.9375rem}
.mix-ups li:last-child{border:0}
.mix-ups .go{display:grid;width:100%;grid-template-columns:2.2em minmax(0,1fr) auto;gap:10px;align-items:baseline;
padding:8px 0;text-align:left;overflow-wrap:anywhere}
.mix-ups b{text-align:right;color:var(--miss);font-variant-numeric:tabular-nums}
.mix-ups .small{white-space:nowrap}
.beside{display:flex;flex-wrap:wrap;gap:12px 44px;align-items:flex-start}

.beside>.aside{flex:1 1 300px;min-width:0}
.pin{position:sticky;left:0;background:var(--surface);z-index:1}
.tag{display:inline-block;padding:1px 8px;border-radius:99px;background:var(--accent-soft);
color:var(--accent);
font-size:.75rem;font-weight:600;vertical-align:1px;white-space:nowrap}
.chosen-row{font-weight:600}
.interval{display:block;width:100%;min-width:130px;height:20px;overflow:visible}
.interval .rule{stroke:var(--line)}
.interval .whisker{stroke:var(--accent);stroke-width:2.5;opacity:.45}
.interval .one-split{stroke:var(--muted);stroke-width:1.5;opacity:.7}
.dot{fill:var(--surface);stroke:var(--accent);stroke-width:2}.dot.filled{fill:var(--accent)}
.bar-track{display:block;width:100%;height:8px;border-radius:4px;overflow:hidden}
.bar-track .track{fill:var(--sunken)}.bar-track .fill{fill:var(--accent)}
.bar-track .soft{fill:var(--accent);opacity:.5}
.metric{display:grid;grid-template-columns:3.2em minmax(60px,1fr);gap:8px;align-items:center;min-width:130px}
.tabs>input{position:absolute;opacity:0;pointer-events:none}
.tab-row{display:flex;gap:6px;overflow-x:auto;padding:3px;margin:14px 0 4px;scrollbar-width:none}
.tab-row label{flex:none;padding:6px 14px;border:1px solid var(--line);border-radius:99px;cursor:pointer;
font-size:.9375rem;color:var(--muted);background:var(--surface)}
.panel{display:none}
details{margin:14px 0}
summary{cursor:pointer;color:var(--accent);font-weight:600;padding:4px 0}
pre{font-size:.8125rem;line-height:1.5;overflow-x:auto;background:var(--sunken);border-radius:10px;
padding:14px 16px;margin:8px 0}
.classes th[scope=row]{font-weight:500;max-width:260px;white-space:nowrap;overflow:hidden;
text-overflow:ellipsis}
.compact{font-size:.875rem}.compact th,.compact td{padding:5px 10px}
.with-count{margin-top:24px}
.key{max-width:none;display:flex;flex-wrap:wrap;gap:6px 18px;font-size:.875rem;color:var(--muted);
margin:8px 0;align-items:center}
.roc{display:grid;gap:20px;grid-template-columns:minmax(0,460px) minmax(0,1fr);align-items:start}
@media (max-width:820px){.roc{grid-template-columns:minmax(0,1fr)}}
.legend{list-style:none;margin:0;padding:0;columns:2 210px;column-gap:24px;font-size:.875rem}
.legend li{display:grid;grid-template-columns:26px minmax(0,1fr) auto;gap:8px;align-items:center;
padding:3px 4px;
break-inside:avoid;border-radius:6px;font-variant-numeric:tabular-nums}
.legend li[tabindex]{cursor:pointer}.legend li[tabindex]:hover{background:var(--sunken)}
.legend .cut{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.picked .line{opacity:.12}.picked .line.on{opacity:1}.picked .line.on path{stroke-width:3.5}
.cards{list-style:none;padding:0;display:grid;gap:14px;
grid-template-columns:repeat(auto-fill,minmax(156px,1fr));margin:14px 0}
.product{display:flex;flex-direction:column;min-width:0;background:var(--surface);
border:1px solid var(--line);
border-radius:12px;overflow:hidden}
.product .picture{aspect-ratio:1;background:#fff;border-bottom:1px solid var(--line)}
.product img{display:block;width:100%;height:100%;object-fit:contain}
.product .id{font-size:.75rem;color:var(--muted);overflow-wrap:anywhere}
.product .about{padding:10px 12px 12px;display:flex;flex-direction:column;gap:4px;flex:1}
.product .name{font-size:.8125rem;line-height:1.35;display:-webkit-box;-webkit-line-clamp:2;
-webkit-box-orient:vertical;
overflow:hidden;overflow-wrap:anywhere;min-height:2.7em}
.product .said{font-size:.8125rem;line-height:1.35;margin-top:auto;overflow-wrap:anywhere}
.said .who{display:flex;flex-wrap:wrap;gap:0 8px;justify-content:space-between;align-items:baseline}
.sure{white-space:nowrap;font-variant-numeric:tabular-nums;color:var(--muted)}
.said b{font-weight:650}.said.no b{color:var(--miss)}.said.yes b{color:var(--hit)}
.product .bar-track{height:5px}.yes-bar{fill:var(--hit)}.no-bar{fill:var(--miss)}
.phases{display:flex;height:22px;border-radius:8px;overflow:hidden;gap:2px;margin:10px 0 14px}
.phases i{display:block;min-width:2px}
.swatch{display:inline-block;width:12px;height:12px;border-radius:3px;margin-right:8px;vertical-align:-1px}
.b0{background:var(--c0)}.b1{background:var(--c1)}.b2{background:var(--c2)}.b3{background:var(--c3)}
.b4{background:var(--c4)}
.b5{background:var(--c5)}.b6{background:var(--c6)}
dl{display:grid;grid-template-columns:auto minmax(0,1fr);gap:6px 18px;margin:0;font-size:.9375rem}
dt{color:var(--muted)}dd{margin:0;overflow-wrap:anywhere}
.counts{display:grid;grid-template-columns:minmax(90px,auto) minmax(0,1fr) auto;gap:5px 12px;
align-items:center;font-size:.875rem;
font-variant-numeric:tabular-nums}
.counts .cut{overflow:hidden;text-overflow:ellipsis;white-space:nowrap;max-width:200px}
.counts .bar-track{height:14px}
[data-sort]{cursor:pointer}[data-sort]:hover{color:var(--ink)}
th[aria-sort=ascending]::after{content:" ↑"}th[aria-sort=descending]::after{content:" ↓"}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
footer{padding-top:40px;padding-bottom:48px;color:var(--muted);font-size:.875rem}
@media (max-width:600px){main,.top,footer{padding-left:16px;padding-right:16px}.card{padding:16px}
.scroll{margin:0 -16px;padding:0 16px}.top{padding-top:28px}
section{padding-top:32px}
.cards{grid-template-columns:repeat(auto-fill,minmax(136px,1fr));gap:10px}.pin{box-shadow:1px 0 0 var(--line)}
.classes th[scope=row]{white-space:normal;min-width:112px;max-width:130px;
overflow-wrap:break-word}
.scores th[scope=row]{white-space:normal;min-width:116px}

dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:8px}}
)css";
}

AISLE_API std::string page_style() {
  const std::string light(light_colours()), dark(dark_colours());
  std::string out = ":root{" + light +
                    "}@media screen and (prefers-color-scheme:dark){:root:not([data-theme=light]){" + dark +
                    "}}@media screen{:root[data-theme=dark]{" + dark + "}}";
  out += chart_rules();
  out += page_rules();
  out += explore_rules();
  out += confusion_rules();
  out += print_rules();
  // The n-th radio button of a row of tabs shows the n-th panel: no script needed.
  std::string shown, current, focused;
  for (int i = 1; i <= 12; ++i) {
    const std::string n = std::to_string(i), comma = i == 1 ? "" : ",";
    const std::string input = ".tabs>input:nth-of-type(" + n + ")";
    shown += comma + input + ":checked~.panel:nth-of-type(" + std::to_string(i + 1) + ")";
    current += comma + input + ":checked~.tab-row label:nth-of-type(" + n + ")";
    focused += comma + input + ":focus-visible~.tab-row label:nth-of-type(" + n + ")";
  }
  return out + shown + "{display:block}" + current +
         "{background:var(--ink);border-color:var(--ink);color:var(--page)}" + focused +
         "{outline:2px solid var(--accent);outline-offset:1px}\n";
}

}  // namespace detail::report
AISLE_NAMESPACE_END
