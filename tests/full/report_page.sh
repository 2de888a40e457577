#!/usr/bin/env bash
# The report's page in a headless Chromium: pointer, lasso, filters, sorting, download, keyboard, dark, phone, print, and
# what 20,000 products cost. Exits with 77 where there is no Chromium (CHROMIUM names one), or no python3.
# AISLE_PICTURES: a folder that screenshots and the PDF are left in.
set -eu
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
aisle=$top/build/bin/aisle
command -v python3 >/dev/null || { echo "skipped: python3 is not installed"; exit 77; }
python3 -c "import sys; sys.path.insert(0, '$top/tests/full'); import browser; sys.exit(browser.find_chromium() is None)" ||
  { echo "skipped: chromium is not installed"; exit 77; }
[ -x "$aisle" ] || { echo "FAIL: $aisle was not built"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for size in "2000 40" "20000 300"; do
  read -r rows classes <<<"$size"
  python3 "$top/tests/full/report_catalogue.py" "$work/$rows" "$rows" "$classes"
  "$aisle" report --results "$work/$rows" --allow-outside --out "$work/$rows/page"
done
python3 "$top/tests/full/report_page.py" "$work" "${AISLE_PICTURES:-$work}"
