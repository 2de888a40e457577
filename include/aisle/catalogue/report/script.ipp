#pragma once

#include <string>

#include <aisle/catalogue/report/script/card.ipp>
#include <aisle/catalogue/report/script/core.ipp>
#include <aisle/catalogue/report/script/lists.ipp>
#include <aisle/catalogue/report/script/map.ipp>
#include <aisle/catalogue/report/script/map_draw.ipp>
#include <aisle/catalogue/report/script/table.ipp>
#include <aisle/catalogue/report/style.hpp>

// The page's script, put together of parts that share one scope: what a part names, later ones may use. None
// of them may hold "]]>" or a closing tag: the page is XML, too, where the script is CDATA.

AISLE_NAMESPACE_BEGIN
namespace detail::report {

AISLE_API std::string page_script() {
  std::string out = "//<![CDATA[\n(() => {\n'use strict';\n";
  for (const std::string_view part :
       {core_script(), table_script(), card_script(), lists_script(), map_draw_script(), map_script()})
    out += part;
  return out + R"js(
// All parts are there: show them.
if (data) {
  root.classList.add('live');
  if ($('map') && data.map) start_map();
  apply();
} else root.classList.add('live');
})();
//]]>)js";
}

}  // namespace detail::report
AISLE_NAMESPACE_END
