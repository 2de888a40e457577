"""TF-IDF: scikit-learn's TfidfVectorizer as aisle::tfidf has it, on the fashion texts; `build/bin/bench_text
--benchmark_filter=tfidf` is the other side.

  python tfidf.py --threads 1
  python tfidf.py --reference ../../tests/data/text/tfidf.json     # what tests/text/tfidf.cpp compares with
"""
import unicodedata

from common import *

ap = parser(__doc__)
ap.add_argument("--reference", help="write what is made of texts of many kinds to this file instead")
args = ap.parse_args()
set_threads(args.threads)
from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: E402


def fold(text):
    nfkc = lambda s: unicodedata.normalize("NFKC", s)
    return nfkc(nfkc(text).casefold())


def vectorizers():
    options = dict(preprocessor=fold, lowercase=False, sublinear_tf=True, smooth_idf=True, norm="l2")
    return (TfidfVectorizer(ngram_range=(1, 2), **options),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), **options))


def write_reference(path):
    fitted = ["Straße & STRASSE, straße", "ＦＵＬＬ width ﬁne x²", "cafe\u0301 CAFÉ café", "हिन्दी भाषा",
              "東京 ｶﾞｽ 東京都", "👩‍👩‍👧 ★ emoji ★★", "Ⅳ ½ l, 1.5mm a_b don't", "İstanbul ΣΊΣΥΦΟΣ σίσυφος",
              "한국어 \u1112\u1161\u11ab", "x", "", "tab\there\u00a0and\u3000there \x1cend", "café strasse x x x"]
    new = ["caf\u00e9 und Strasse", "unbekannt", "東京", "x x y", ""]
    words, characters = vectorizers()
    matrices = [v.fit(fitted).transform(fitted + new) for v in (words, characters)]

    def row(matrix, i):
        one = matrix[[i]]
        one.sort_indices()
        return {"columns": one.indices.tolist(), "values": [float("%.9g" % v) for v in one.data]}

    reference = {"texts": fitted + new, "fitted": len(fitted),
                 "words": words.get_feature_names_out().tolist(),
                 "characters": characters.get_feature_names_out().tolist(),
                 "word_rows": [row(matrices[0], i) for i in range(len(fitted + new))],
                 "character_rows": [row(matrices[1], i) for i in range(len(fitted + new))]}
    pathlib.Path(path).write_text(json.dumps(reference, ensure_ascii=False, separators=(",", ":")) + "\n")


if args.reference:
    write_reference(args.reference)
else:
    _, texts = catalogue()

    def fit():
        return [v.fit(texts) for v in vectorizers()]

    both = fit()
    for name, f in (("fit", fit), ("transform", lambda: [v.transform(texts) for v in both])):
        for t in interleave({"x": f}, args.repeats).values():
            emit(args, "scikit-learn", f"tfidf-{name}", t, len(texts), columns=sum(len(v.vocabulary_) for v in both))
