#include "text_options.hpp"

#include <limits>
#include <string>

namespace aisle_command {

void add_label_treatment(option_set app, aisle::label_treatment& labels) {
  app.add_option(
         "--label-separator", labels.separator,
         "what stands between the parts of a label that is a category path, such as > (A > B > C); lists "
         "such as [\"A\", \"B\"] are paths too; of several paths in a cell (A > B, A > C) the first counts")
      .type_name("TEXT")
      .check(validator(
          [](const std::string& text) { return text.empty() ? std::string("expected a separator") : ""; }));
  app.add_option(
         "--label-level", labels.level,
         "keep the first N parts of the path, 2: A > B; a shorter path stays whole (default: all); without "
         "--label-separator the separator is >")
      .type_name("N")
      .check(within(1, std::numeric_limits<int>::max()))
      .each([&labels](const std::string&) {
        if (labels.separator.empty()) labels.separator = ">";
      });
}

void add_keep_html(option_set app, bool& keep_html) {
  app.add_flag("--keep-html", keep_html,
               "leave tags and entities in the texts, which are taken out otherwise");
}

}  // namespace aisle_command
