"""What a person does with the report's page, done by a headless Chromium: python3 report_page.py FOLDER PICTURES."""

import csv
import json
import os
import sys
import time

from browser import Browser, find_chromium

work, pictures = sys.argv[1:3]
small, large = (os.path.join(work, rows, "page", "report.html") for rows in ("2000", "20000"))
with open(os.path.join(work, "2000", "report.json"), encoding="utf-8") as file:
    result = json.load(file)
checked = 0


def check(what, found, expected=True):
    global checked
    checked += 1
    if found != expected:
        sys.exit(f"FAIL: {what}: {found!r}, expected {expected!r}")


def chips():
    return page.js("document.querySelector('#chips').textContent")


def shown():
    page.until("document.querySelector('#where').textContent.length > 0")
    text = page.js("document.querySelector('#where').textContent")
    return 0 if text == "No product" else int(text.split(" of ")[1].replace(",", ""))


def rows():
    return page.js("[...document.querySelectorAll('#rows tbody tr')].map(r => [...r.cells].map(c => c.innerText))")


def choose(selector, value):
    page.js(f"(() => {{const e = document.querySelector({json.dumps(selector)}); e.value = {json.dumps(value)};"
            "e.dispatchEvent(new Event('change')); e.dispatchEvent(new Event('input'))})()")
    time.sleep(0.3)


def map_box():
    page.js("document.querySelector('#map').scrollIntoView({block: 'start', behavior: 'instant'})")
    time.sleep(0.2)
    return page.js("(() => {const r = document.querySelector('#map-box').getBoundingClientRect();"
                   "return [r.x, r.y, r.width, r.height]})()")


def ink(canvas="#map-points"):
    """Pixels of a canvas that are drawn on."""
    return page.js(f"""new Promise(done => requestAnimationFrame(() => {{
      const from = document.querySelector('{canvas}'), to = document.createElement('canvas');
      to.width = from.width; to.height = from.height;
      const pen = to.getContext('2d'); pen.drawImage(from, 0, 0);
      const data = pen.getImageData(0, 0, to.width, to.height).data;
      let n = 0; for (let i = 3; i < data.length; i += 4) n += data[i] > 0; done(n); }}))""")


def reset():
    page.js("[...document.querySelectorAll('#chips button')].filter(b => b.textContent === 'Clear all').forEach(b => b.click())")
    page.js("while (document.querySelector('#chips button')) document.querySelector('#chips button').click()")


def drag(points, **more):
    page.mouse("mousePressed", *points[0], button="left", clickCount=1, **more)
    for x, y in points[1:]:
        page.mouse("mouseMoved", x, y, button="left", buttons=1, **more)
    page.mouse("mouseReleased", *points[-1], button="left", clickCount=1, **more)
    time.sleep(0.3)


def hostile_and_whole():
    check("title is the page's own", page.js("document.title"), "products.csv · aisle")
    check("no picture was made of a name", page.js("document.querySelectorAll('img[src=x]').length"), 0)
    check("all products are listed", shown(), 2000)
    check("findings", page.js("[...document.querySelectorAll('.finding')].map(f => f.dataset.finding)"),
          ["suspects", "file", "weakest", "best", "rows"])
    check("nothing was fetched", [a["request"]["url"] for m, a in page.events if m == "Network.requestWillBeSent"
                                  and not a["request"]["url"].startswith(("file:", "data:", "blob:"))], [])


def table_and_filters():
    suspects = sum(s >= 0 for s in result["verdicts"]["suspect"])
    page.click(".finding [data-list=suspects]")
    check("suspects are listed", shown(), suspects)
    check("the likeliest first", rows()[0][-1], "1.")
    test = result["models"][0]
    wrong = sum(t != p for t, p in zip(test["truth"], test["predicted"]))
    page.click(".finding [data-list=best]")
    check("mistakes are listed", shown(), wrong)
    check("each is marked", all(r[3].startswith("✗") for r in rows()))
    # A cell of the matrix lists as many products as it says.
    cell = page.js("(() => {const c = document.querySelector('.cells .m1'); return [c.dataset.truth, c.dataset.said, c.textContent]})()")
    page.click(".cells .m1")
    check("a cell's products", shown(), int(cell[2]))
    check("are those of the cell", shown(), sum(t == int(cell[0]) and p == int(cell[1])
                                               for t, p in zip(test["truth"], test["predicted"])))
    page.click(".mix-ups .go")
    check("a mix-up's products", shown(), int(page.js("document.querySelector('.mix-ups b').textContent")))
    page.click("table.classes tbody .go")
    code = int(page.js("document.querySelector('table.classes tbody .go').dataset.truth"))
    check("a class's products", shown(), sum(g == code for g in result["verdicts"]["given"]))
    reset()
    check("filters are gone", shown(), 2000)
    choose("#find", "SKU-000123")
    check("search by id", shown(), 1)
    choose("#find", "thing")
    check("search by text", shown(), 2000)
    choose("#find", "")
    page.click("#rows thead th:nth-child(2) .go")
    names = [r[1].split("\n")[0] for r in rows()]
    check("sorted by name, numbers as such", names[1:4], ["Product 0 thing 0", "Product 2 thing 2", "Product 3 thing 3"])
    page.click("#after")
    check("the next page", page.js("document.querySelector('#where').textContent"), "26–50 of 2,000")


def download():
    folder = os.path.join(work, "download")
    os.makedirs(folder, exist_ok=True)
    page.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=folder)
    choose("#kind", "suspect")
    expected = shown()
    page.click("#save")
    path = os.path.join(folder, "products.csv")
    for _ in range(100):
        if os.path.exists(path):
            break
        time.sleep(0.1)
    time.sleep(0.3)
    with open(path, newline="", encoding="utf-8") as out:
        lines = list(csv.reader(out))
    check("a line for each product", len(lines), expected + 1)
    check("its columns", lines[0][:6], ["row", "id", "name", "label", "predicted", "probability"])
    reset()
    choose("#find", "HYPERLINK")
    page.click("#save")
    for _ in range(100):
        if len(os.listdir(folder)) == 2:
            break
        time.sleep(0.1)
    time.sleep(0.3)
    with open(os.path.join(folder, max(os.listdir(folder), key=len)), newline="", encoding="utf-8") as out:
        check("no formula", list(csv.reader(out))[1][1], "'=HYPERLINK(\"x\")")
    choose("#find", "")
    reset()


def card():
    page.click("#rows tbody tr .go")
    check("a card opens", page.js("document.querySelector('#one').open"))
    check("with the whole text", page.js("document.querySelector('#one .full').textContent.length > 100"))
    check("three classes of the review", page.js("[...document.querySelectorAll('#one tr')].at(-1).querySelectorAll('td').length"), 3)
    check("five neighbours", page.js("document.querySelectorAll('#one .near li').length"), 5)
    before = page.js("document.querySelector('#one h3').textContent")
    page.key("ArrowRight", code=39)
    check("the next by the arrow key", page.js("document.querySelector('#one h3').textContent") != before)
    page.key("Escape", code=27)
    check("Escape closes it", page.js("document.querySelector('#one').open"), False)


def the_map(kind):
    left, top, width, height = map_box()
    check(f"{kind}: points are drawn", ink() > 2000)
    # Hover: somewhere over the middle line there is a product.
    for k in range(400):
        page.mouse("mouseMoved", left + width * (0.2 + 0.6 * (k % 40) / 40), top + height * (0.2 + 0.06 * (k // 40)))
        if k % 5 == 4 and page.js("!document.querySelector('#map-hover').hidden"):
            break
    check(f"{kind}: a hover card", page.js("!document.querySelector('#map-hover').hidden"))
    check(f"{kind}: it names the product", page.js("document.querySelector('#map-hover b').textContent.startsWith('Product')"))
    page.picture(os.path.join(pictures, f"map-{kind}.png"))
    # A lasso around the left half.
    page.click("#map-lasso")
    left, top, width, height = map_box()
    drag([(left + 5, top + 5), (left + width / 2, top + 5), (left + width / 2, top + height - 5), (left + 5, top + height - 5)])
    page.click("#map-lasso")
    inside = shown()
    check(f"{kind}: a region of the map", 100 < inside < 1900)
    check(f"{kind}: is a filter", "region of the map" in chips())
    reset()
    # The legend filters everything.
    label = page.js("document.querySelector('#legend .go .quiet').textContent.replace(',', '')")
    page.click("#legend .go")
    check(f"{kind}: a class of the legend", shown(), int(label))
    page.click("#legend .go")
    check(f"{kind}: and off again", shown(), 2000)
    choose("#map-colour", "right")
    check(f"{kind}: right and wrong", page.js("document.querySelectorAll('#legend .go').length"), 2)
    choose("#map-colour", "class")
    whole = ink()
    left, top, width, height = map_box()
    for _ in range(7):
        page.mouse("mouseWheel", left + width / 2, top + height / 2, deltaX=0, deltaY=-300)
    time.sleep(1.5)
    page.picture(os.path.join(pictures, f"map-{kind}-near.png"))
    check(f"{kind}: zoomed in it looks otherwise", ink() != whole)
    page.click("#map-home")
    time.sleep(0.3)
    check(f"{kind}: and whole again", abs(ink() - whole) < 0.02 * whole + 50)
    choose("#map-view", "pca3")
    flat = ink()
    left, top, width, height = map_box()
    drag([(left + 200, top + 200), (left + 260, top + 230), (left + 330, top + 260)])
    check(f"{kind}: three dimensions turn", ink() != flat)
    choose("#map-view", "tsne")
    page.js("document.querySelector('#map-box').focus()")
    page.key("n", "n", 78)
    page.key("n", "n", 78)
    check(f"{kind}: products by keyboard", page.js("document.querySelector('#map-says').textContent.length > 5"))
    page.key("Enter", "\r", 13)
    check(f"{kind}: Enter opens one", page.js("document.querySelector('#one').open"))
    page.key("Escape", code=27)


def keyboard():
    page.js("document.querySelector('.heat').focus()")
    page.key("ArrowRight", code=39)
    page.key("ArrowDown", code=40)
    check("arrows go over the matrix", page.js("document.activeElement.closest('.cells') !== null"))
    count = int(page.js("document.activeElement.textContent"))
    page.key("Enter", "\r", 13)
    check("Enter lists a cell's products", shown(), count)
    check("and the first has the focus", page.js("document.activeElement.closest('#rows') !== null"))
    reset()
    check("20 of 40 classes, the others behind a button",
          page.js("[...document.querySelector('table.classes').tBodies[0].rows].filter(r => !r.hidden).length"), 20)


def looks():
    for name, size, phone, dark in [("wide", (1400, 1000), False, False), ("dark", (1400, 1000), False, True),
                                    ("phone", (390, 844), True, False)]:
        page.size(*size, phone=phone)
        page.media(dark=dark)
        time.sleep(0.4)
        page.js("scrollTo(0, 0)")
        page.picture(os.path.join(pictures, name + ".png"))
        check(name + ": no sideways scrolling", page.js("document.documentElement.scrollWidth <= innerWidth"))
        light = page.js("getComputedStyle(document.body).backgroundColor")
        check(name + ": its ground", light, "rgb(16, 19, 24)" if dark else "rgb(247, 246, 242)")
    for part in ("map", "list", "confusion", "classes", "scores"):
        page.js(f"document.querySelector('#{part}').scrollIntoView({{behavior: 'instant'}})")
        time.sleep(0.3)
        page.picture(os.path.join(pictures, f"phone-{part}.png"))
    page.size(1400, 1000)
    page.media()


def paper():
    page.size(688, 1000)  # A4 less its margins
    page.media("print")
    page.js("dispatchEvent(new Event('beforeprint'))")
    wide = page.js("""[...document.querySelectorAll('table, .heat, .cards, .findings, svg.chart')].filter(e => e.offsetParent !== null &&
      e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== 'visible').map(e => e.className)""")
    check("nothing is cut on paper", wide, [])
    beyond = page.js("""[...document.querySelectorAll('main *, header *')].filter(e => e.offsetParent !== null && !e.closest('.sr, .map-view') &&
      e.getBoundingClientRect().right > 689).map(e => e.tagName + '.' + e.className).slice(0, 5)""")
    check("nothing is beyond the paper's edge", beyond, [])
    check("the map is on paper", ink("#map-over") > 2000)
    check("paper is light", page.js("getComputedStyle(document.querySelector('.card')).backgroundColor"), "rgb(255, 255, 255)")
    page.js("dispatchEvent(new Event('afterprint'))")
    page.media()
    page.pdf(os.path.join(pictures, "report.pdf"))
    with open(os.path.join(pictures, "report.pdf"), "rb") as out:
        check("a PDF", out.read(5), b"%PDF-")


def at_large():
    size = os.path.getsize(large)
    check("20,000 products take less than 20 MB", size < 20e6)
    page.call("Performance.enable")
    start = time.time()
    page.open(large)
    page.until("document.querySelectorAll('#rows tbody tr').length > 0")
    metrics = {m["name"]: m["value"] for m in page.call("Performance.getMetrics")["metrics"]}
    print(f"20,000 products, 300 classes: {size / 1e6:.1f} MB, table after {time.time() - start:.2f} s "
          f"(script {metrics['ScriptDuration']:.2f} s, style and layout {metrics['RecalcStyleDuration'] + metrics['LayoutDuration']:.2f} s)")
    page.js("""(() => {window.frame_times = []; const before = window.requestAnimationFrame;
      window.requestAnimationFrame = f => before.call(window, t => {const a = performance.now(); f(t); frame_times.push(performance.now() - a)})})()""")
    left, top, width, height = map_box()
    drag([(left + 100 + 4 * k, top + 100 + k) for k in range(40)])
    times = sorted(page.js("frame_times"))
    check("the map moved", len(times) > 3)
    print(f"map of 20,000 points: {len(times)} frames, median {times[len(times) // 2]:.2f} ms of script a frame")
    page.js("document.querySelector('#confusion').scrollIntoView({behavior: 'instant'})")
    time.sleep(0.5)
    page.picture(os.path.join(pictures, "classes-300.png"))


def in_page(path, arguments, what):
    global page
    page = Browser(find_chromium(), work, arguments)
    try:
        page.size(1400, 1000)
        if path:
            page.open(path)
            page.until("document.querySelectorAll('#rows tbody tr').length > 0")
        for part in what:
            part()
        check("the page threw nothing and asked for nothing", page.problems, [])
    finally:
        page.close()


page = None
in_page(small, (), [hostile_and_whole, table_and_filters, download, card, lambda: the_map("webgl"), keyboard, looks, paper])
# Where there is no WebGL a canvas does it.
in_page(small, ("--disable-gpu", "--disable-3d-apis"),
        [lambda: check("no WebGL", page.js("document.createElement('canvas').getContext('webgl')"), None), lambda: the_map("canvas")])
in_page(None, (), [at_large])
print(f"{checked} checks of the report's page passed")
