#include <doctest/doctest.h>

#include <filesystem>

#include <aisle/base/file.hpp>
#include <aisle/catalogue/picture_checks.hpp>
#include <aisle/catalogue/picture_paths.hpp>
#include <aisle/io/json.hpp>

#include "support/support.hpp"

namespace {

using aisle::picture_finder;
using aisle::picture_reference;

/// A folder with files of the given names.
struct shop {
  support::temporary_folder work;

  explicit shop(std::initializer_list<const char*> names) {
    for (const char* name : names) {
      const std::string path = work / name;
      std::filesystem::create_directories(aisle::parent_folder(path));
      aisle::write_file(path, name);
    }
  }
  /// What the cell leads to, below the folder; "" if nothing is found.
  std::string find(const std::string& cell, const std::string& root = {}) const {
    picture_finder finder(work.path(), root.empty() ? root : work / root);
    const picture_reference r = finder.resolve(cell);
    if (!r.found) return {};
    CHECK(aisle::file_exists(r.path));
    CHECK(r.problem.empty());
    return std::filesystem::relative(r.path, work.path()).string();
  }
};

}  // namespace

TEST_CASE("a picture's name as it stands goes before everything that is made of it") {
  const shop s({"a%20b.jpg", "a b.jpg", "a,b.jpg", "a", "a;b", "c|d.png", "c", "e?v=1.jpg", "e", "'q'.jpg",
                "q.jpg", "[x].jpg", "x.jpg", "pics\\1.jpg", "pics/1.jpg", "Up.JPG", "up.jpg"});
  for (const char* name : {"a%20b.jpg", "a,b.jpg", "a;b", "c|d.png", "e?v=1.jpg", "'q'.jpg", "[x].jpg",
                           "pics\\1.jpg", "Up.JPG", "up.jpg"})
    CHECK(s.find(name) == name);
}

TEST_CASE("the first of several pictures in one cell") {
  const shop s({"pics/1.jpg", "pics/2.jpg", "pics/a,b.jpg", "pics/a;b.jpg", "pics/c d.jpg"});
  for (const std::string cell : {"pics/1.jpg|pics/2.jpg",
                                 "pics/1.jpg | pics/2.jpg",
                                 "pics/1.jpg;pics/2.jpg",
                                 "pics/1.jpg, pics/2.jpg",
                                 "pics/1.jpg,",
                                 ",pics/1.jpg",
                                 "|pics/1.jpg|",
                                 "\"\",pics/1.jpg",
                                 "''|pics/1.jpg",
                                 "pics/1.jpg\npics/2.jpg",
                                 "pics/1.jpg\r\npics/2.jpg",
                                 R"(["pics/1.jpg", "pics/2.jpg"])",
                                 R"(["pics/1.jpg"])",
                                 R"([ "", "pics/1.jpg"])",
                                 "['pics/1.jpg', 'pics/2.jpg']",
                                 "{pics/1.jpg,pics/2.jpg}",
                                 R"({pics/1.jpg,"pics/2.jpg"})",
                                 R"([{"id": 7, "src": "pics/1.jpg"}, {"src": "x"}])",
                                 R"({"url": "pics/1.jpg"})",
                                 R"("pics/1.jpg")",
                                 R"("pics/1.jpg","pics/2.jpg")",
                                 "[pics/1.jpg]",
                                 "pics/1.jpg?v=3|pics/2.jpg?v=3",
                                 "pics\\1.jpg;pics\\2.jpg"}) {
    CAPTURE(cell);
    CHECK(s.find(cell) == "pics/1.jpg");
  }
  CHECK(s.find("pics/a,b.jpg|pics/1.jpg") == "pics/a,b.jpg");
  CHECK(s.find("pics/a;b.jpg,pics/1.jpg") == "pics/a;b.jpg");
  CHECK(s.find(R"(["pics/c%20d.jpg", "pics/1.jpg"])") == "pics/c d.jpg");
  CHECK(s.find("pics/absent.jpg|pics/1.jpg").empty());  // not the next: it may show something else
}

TEST_CASE("names of Windows, of the web and of people") {
  const shop s({"pics/red & blue 1.jpg", "pics/1.jpg", "pics/caf\xc3\xa9.jpg", "Pics2/Big/One.JPEG",
                "pics/100% wool.png", "pics/no.1"});
  const std::pair<const char*, const char*> cases[] = {
      {"pics\\1.jpg", "pics/1.jpg"},
      {".\\pics\\1.jpg", "pics/1.jpg"},
      {"./pics/1.jpg", "pics/1.jpg"},
      {"C:\\shop\\pics\\1.jpg", "pics/1.jpg"},
      {"d:/shop/pics/1.jpg", "pics/1.jpg"},
      {"\\\\server\\share\\pics\\1.jpg", "pics/1.jpg"},
      {"/shop/pics/1.jpg", "pics/1.jpg"},
      {"file:///shop/pics/1.jpg", "pics/1.jpg"},
      {"file:///C:/shop/pics/red%20%26%20blue%201.jpg", "pics/red & blue 1.jpg"},
      {"file://localhost/shop/pics/1.jpg", "pics/1.jpg"},
      {"file://pics/1.jpg", "pics/1.jpg"},
      {"FILE:pics/1.jpg", "pics/1.jpg"},
      {"pics/red%20%26%20blue%201.jpg", "pics/red & blue 1.jpg"},
      {"pics\\red%20%26%20blue%201.jpg?v=12", "pics/red & blue 1.jpg"},
      {"\"pics/red & blue 1.jpg\"", "pics/red & blue 1.jpg"},
      {"' pics/red & blue 1.jpg '", "pics/red & blue 1.jpg"},
      {"pics/1.jpg?v=12", "pics/1.jpg"},
      {"pics/1.jpg?width=3&v=1#top", "pics/1.jpg"},
      {"pics/1.jpg#top", "pics/1.jpg"},
      {"pics/caf%C3%A9.jpg", "pics/caf\xc3\xa9.jpg"},
      {"pics/cafe\xcc\x81.jpg", "pics/caf\xc3\xa9.jpg"},  // as macOS composes it
      {"PICS/1.JPG", "pics/1.jpg"},
      {"pics2/big/one.jpeg", "Pics2/Big/One.JPEG"},
      {"pics/CAF\xc3\x89.jpg", "pics/caf\xc3\xa9.jpg"},
      {"pics/1", "pics/1.jpg"},
      {"PICS\\1", "pics/1.jpg"},
      {"pics2/big/one", "Pics2/Big/One.JPEG"},
      {"pics/100% wool.png", "pics/100% wool.png"},
      {"pics/100%25%20wool.png", "pics/100% wool.png"},
      {"pics/no.1", "pics/no.1"},
  };
  for (const auto& c : cases) {
    const std::string cell = c.first, file = c.second;
    CAPTURE(cell);
    CHECK(s.find(cell) == file);
  }
  for (const std::string absent :
       {"pics", "pics/", "pics/2.jpg", "other/pics/1.jpg", "1.jpg", "%", "?", "|", "[]", "{}", "\"\"",
        "C:", "/", "\\", "file://", "..", "[\"", "%00pics/1.jpg"}) {
    CAPTURE(absent);
    CHECK(s.find(absent).empty());
  }
}

TEST_CASE("names in the writing of HTML") {
  const shop s({"pics/x&y.jpg", "pics/b&amp;w.jpg", "pics/b&w.jpg", "pics/a,b.jpg", "q&lt;.jpg", "1.jpg",
                "black&notebook.jpg", "AT&T"});
  for (const std::string cell :
       {"pics/x&amp;y.jpg", "pics/x&#38;y.jpg", "pics/x&#x26;y.jpg", "pics\\x&amp;y.jpg", "PICS/X&amp;Y.JPG",
        "pics/x&amp;y.jpg?v=12", "pics/x&amp;y", "pics/x&amp;y.jpg;1.jpg", "pics/x&amp;y.jpg|1.jpg",
        "C:\\shop\\pics\\x&amp;y.jpg", R"(["pics/x&amp;y.jpg", "1.jpg"])", "['pics/x&amp;y.jpg', '1.jpg']",
        "pics/x&y.jpg"}) {
    CAPTURE(cell);
    CHECK(s.find(cell) == "pics/x&y.jpg");
  }
  CHECK(s.find("pics/a&#44;b.jpg") == "pics/a,b.jpg");
  CHECK(s.find("https://shop.example/x&amp;y.jpg", "pics") == "pics/x&y.jpg");
  // The file as it is written goes before.
  CHECK(s.find("pics/b&amp;w.jpg") == "pics/b&amp;w.jpg");
  CHECK(s.find("q&lt;.jpg") == "q&lt;.jpg");
  CHECK(s.find("pics/b&amp;w.jpg|1.jpg") == "pics/b&amp;w.jpg");
  CHECK(s.find("[pics/b&amp;w.jpg;1.jpg]") == "pics/b&amp;w.jpg");
  // No entities.
  CHECK(s.find("black&notebook.jpg;1.jpg") == "black&notebook.jpg");
  CHECK(s.find("AT&T;1.jpg") == "AT&T");
  CHECK(s.find("pics/x&ampy.jpg").empty());
}

TEST_CASE("URLs that nothing fetches are not said to be fetched") {
  const shop s({"1.jpg"});
  picture_finder finder(s.work.path(), {});
  for (const char* url : {"s3://bucket/2.jpg", "gs://bucket/2.jpg", "ftp://a.example/2.jpg"}) {
    CAPTURE(url);
    const auto r = finder.resolve(url);
    CHECK_FALSE(r.found);
    CHECK(r.problem.find("that nothing here fetches") != std::string::npos);
  }
  for (const char* url : {"https://a.example/2.jpg", "HTTP://a.example/2.jpg", "//a.example/2.jpg"})
    CHECK(finder.resolve(url).problem.find("`aisle images` fetches") != std::string::npos);
}

TEST_CASE("names that were read as numbers") {
  const shop s({"12345.jpg", "pics/678.png", "9.0.jpg", "9.jpg", "5.0", "5.jpg", "v1.jpg", "1e4.jpg"});
  CHECK(s.find("12345.0") == "12345.jpg");
  CHECK(s.find("pics/678.0") == "pics/678.png");
  CHECK(s.find("\"12345.0\"") == "12345.jpg");
  CHECK(s.find("9.0") == "9.0.jpg");
  CHECK(s.find("5.0") == "5.0");
  for (const std::string absent : {"v1.0", "12345.5", "12345.00", ".0", "pics/.0", "1e4.0"}) {
    CAPTURE(absent);
    CHECK(s.find(absent).empty());
  }
}

TEST_CASE("a cell that says that there is no picture is as an empty one") {
  const shop s({"a.jpg", "none", "nan.jpg"});
  picture_finder finder(s.work.path(), {});
  for (const std::string cell :
       {"[]", "[ ]", R"([""])", "[null]", R"(["nan", ""])", "{}", "['']", "[None]", "['', nan]",
        R"([{"src": ""}])", "nan", "NaN", "None", "null", "NULL", "N/A", "-", "no_selection", "False"}) {
    CAPTURE(cell);
    const picture_reference r = finder.resolve(cell);
    CHECK_FALSE(r.found);
    CHECK(r.path.empty());
    CHECK(r.url.empty());
    CHECK(r.problem.empty());
  }
  CHECK(s.find("none") == "none");  // what is there as it stands is a picture
  CHECK(s.find(R"([null, "", "a.jpg"])") == "a.jpg");
  CHECK(s.find("[a.jpg]") == "a.jpg");
  CHECK(finder.resolve("[b.jpg]").path == s.work / "b.jpg");
  aisle::write_file(s.work / "p.csv", "sku,name,image_path\n1,a,[]\n2,b,nan\n3,c,a.jpg\n4,d,b.jpg\n5,,[]\n");
  const auto c = aisle::load_catalogue(s.work / "p.csv");
  CHECK(c.products.size() == 4);
  CHECK(c.missing_pictures == 1);
  REQUIRE(c.problems.size() == 1);
  CHECK(c.problems[0].reason == "neither a text nor a picture");
}

TEST_CASE("the image root goes first, then the catalogue's own folder") {
  const shop s({"1.jpg", "pics/1.jpg", "pics/sub/2.jpg", "3.jpg", "pics/4.PNG"});
  CHECK(s.find("1.jpg") == "1.jpg");
  CHECK(s.find("1.jpg", "pics") == "pics/1.jpg");
  CHECK(s.find("1.jpg", "pics/") == "pics/1.jpg");
  CHECK(s.find("3.jpg", "pics") == "3.jpg");
  CHECK(s.find("pics/1.jpg", "pics") == "pics/1.jpg");
  CHECK(s.find("sub\\2.jpg", "pics") == "pics/sub/2.jpg");
  CHECK(s.find("4", "pics") == "pics/4.PNG");
  CHECK(s.find("C:\\x\\y\\2.jpg", "pics/sub") == "pics/sub/2.jpg");
  CHECK(s.find("pics/9.jpg", "pics").empty());
  picture_finder finder(s.work.path(), s.work / "pics");
  CHECK(finder.resolve("9.jpg").path == s.work / "pics/9.jpg");
  CHECK(finder.resolve("a.jpg|b.jpg").path == s.work / "pics/a.jpg");
  // Names that begin with what the root ends with.
  const shop deep({"media/catalog/1.jpg"});
  CHECK(deep.find("catalog/1.jpg", "media/catalog") == "media/catalog/1.jpg");
  CHECK(deep.find("other/1.jpg", "media/catalog").empty());
}

TEST_CASE("a URL says what to do, and is found where it was downloaded to") {
  const shop s({"pics/a b.jpg", "pics/2.jpg", "pics/cdn.shop.example/x/3.jpg", "pics/x/3.jpg", "1.jpg"});
  picture_finder here(s.work.path(), {});
  for (const std::string url : {"https://cdn.shop.example/x/1.jpg", "http://cdn.shop.example/1.jpg?v=2,3",
                                "//cdn.shop.example/x/1.jpg", "www.shop.example/1.jpg", "s3://bucket/1.jpg",
                                "HTTPS://CDN.SHOP.EXAMPLE/1.jpg"}) {
    const picture_reference r = here.resolve(url);
    CAPTURE(url);
    CHECK_FALSE(r.found);  // 1.jpg beside the CSV need not be it
    CHECK(r.path.empty());
    CHECK(r.url == url);
    CHECK(r.problem.find(url + " is a URL") == 0);
    CHECK(r.problem.find("--image-root") != std::string::npos);
  }
  const std::pair<const char*, const char*> lists[] = {
      {"https://a.example/1.jpg,https://a.example/2.jpg", "https://a.example/1.jpg"},
      {"https://a.example/1.jpg; https://a.example/2.jpg", "https://a.example/1.jpg"},
      {"https://a.example/w_4,h_3/1.jpg|https://a.example/2.jpg", "https://a.example/w_4,h_3/1.jpg"},
      {"https://a.example/w_4,h_3/1.jpg https://a.example/2.jpg", "https://a.example/w_4,h_3/1.jpg"},
      {R"(["https://a.example/1.jpg", "b"])", "https://a.example/1.jpg"},
      {R"([{"src": "https://a.example/1.jpg"}])", "https://a.example/1.jpg"},
      {"\"https://a.example/1.jpg\"", "https://a.example/1.jpg"}};
  for (const auto& [cell, url] : lists) CHECK(here.resolve(cell).url == url);
  const picture_reference data = here.resolve("data:image/png;base64," + std::string(5000, 'A'));
  CHECK(data.url.size() > 5000);
  CHECK(data.problem.size() < 400);

  picture_finder fetched(s.work.path(), s.work / "pics");
  CHECK(fetched.resolve("https://cdn.shop.example/p/a%20b.jpg?v=12").path == s.work / "pics/a b.jpg");
  CHECK(fetched.resolve("https://cdn.shop.example/p/a%20b.jpg?v=12").url ==
        "https://cdn.shop.example/p/a%20b.jpg?v=12");
  CHECK(fetched.resolve("https://cdn.shop.example/x/3.jpg").path == s.work / "pics/x/3.jpg");
  CHECK_FALSE(fetched.resolve("https://cdn.shop.example/1.jpg").found);
  // Two pictures of one name cannot be the same file.
  CHECK(fetched.resolve("https://cdn.shop.example/p/2.jpg").found);
  CHECK(fetched.resolve("https://cdn.shop.example/p/2.jpg?v=2").found);
  const picture_reference other = fetched.resolve("https://cdn.shop.example/q/2.jpg");
  CHECK_FALSE(other.found);
  CHECK(other.problem.find("cdn.shop.example/p/2.jpg was taken for it") != std::string::npos);
}

TEST_CASE("all URLs of a cell are found, in order and as they stand") {
  using list = std::vector<std::string>;
  const std::pair<std::string, list> cells[] = {
      {"https://a.example/1.jpg", {"https://a.example/1.jpg"}},
      {"https://a.example/w_4,h_3/1.jpg,https://a.example/2.jpg;http://b.example/3",
       {"https://a.example/w_4,h_3/1.jpg", "https://a.example/2.jpg", "http://b.example/3"}},
      {" http://a.example/1 | //b.example/2.jpg |www.c.example/3\nftp://d.example/4 ",
       {"http://a.example/1", "//b.example/2.jpg", "www.c.example/3", "ftp://d.example/4"}},
      {R"(["https://a.example/1.jpg", {"alt": "front", "src": "https://a.example/2.jpg"}, "b.jpg"])",
       {"https://a.example/1.jpg", "https://a.example/2.jpg"}},
      {"['https://a.example/1.jpg', 'https://a.example/2.jpg']",
       {"https://a.example/1.jpg", "https://a.example/2.jpg"}},
      {"{https://a.example/1.jpg,https://a.example/2.jpg}",
       {"https://a.example/1.jpg", "https://a.example/2.jpg"}},
      {"https://a.example/front view.jpg, https://a.example/back view.PNG",
       {"https://a.example/front view.jpg", "https://a.example/back view.PNG"}},
      {"https://a.example/1.jpg front view", {"https://a.example/1.jpg"}},
      {"https://a.example/my front view.jpg front view", {"https://a.example/my front view.jpg"}},
      // Blanks of a URL's own: what is asked for by a part of it is another product's picture.
      {"https://a.example/q?name=red shirt", {"https://a.example/q?name=red shirt"}},
      {"https://a.example/my pic.jpg?v=1", {"https://a.example/my pic.jpg?v=1"}},
      {"https://a.example/q?name=red, blue / white https://a.example/q?name=red socks; www.b.example/a b",
       {"https://a.example/q?name=red, blue / white", "https://a.example/q?name=red socks",
        "www.b.example/a b"}},
      {R"(["https://a.example/q?name=red shirt", "https://a.example/q?name=red socks"])",
       {"https://a.example/q?name=red shirt", "https://a.example/q?name=red socks"}},
      {"['https://a.example/q?name=red shirt', 'https://a.example/q?name=red socks']",
       {"https://a.example/q?name=red shirt", "https://a.example/q?name=red socks"}},
      {"https://a.example/1.jpg 2.jpg", {"https://a.example/1.jpg"}},
      {"https://a.example/1.jpg, front view", {"https://a.example/1.jpg"}},
      {"['https://a.example/1.jpg', 'b.jpg']", {"https://a.example/1.jpg"}},
      {"https://a.example/1?w=2 /pics/2", {"https://a.example/1?w=2"}},
      {"https://a.example/q?name=shirt 2x", {"https://a.example/q?name=shirt 2x"}},
      {"https://a.example/1?w=2 300w, https://a.example/1?w=4 1.5x",
       {"https://a.example/1?w=2", "https://a.example/1?w=4"}},
      {"a.jpg|https://a.example/2.jpg", {"https://a.example/2.jpg"}},
      {"pics/a.jpg", {}},
      {"", {}},
      {"  ", {}},
      {"[]", {}}};
  for (const auto& cell_and_urls : cells) {
    CAPTURE(cell_and_urls.first);
    CHECK(aisle::picture_urls(cell_and_urls.first) == cell_and_urls.second);
  }
}

TEST_CASE("a URL is found by the status.csv of the image root, which also says why there is none") {
  const shop s({"pics/p1.jpg", "pics/p2.jpg", "pics/2.jpg"}), elsewhere({"secret.jpg"});
  aisle::write_file(s.work / "pics/status.csv",
                    "row,line,id,url,file,status,error\n"
                    "0,2,p1,https://x.example/1.jpg,p1.jpg,ok,\n"
                    "1,3,p2,https://x.example/b.jpg,p2.jpg,ok,\n"
                    "2,4,p3,https://x.example/2.jpg,,failed,the server answered 404\n"
                    "3,5,p4,https://x.example/4.jpg," +
                        (elsewhere.work / "secret.jpg") +
                        ",ok,\n"
                        "4,6,p5,https://x.example/5.jpg,p5.jpg,ok,\n"
                        "5,7,p6,https://x.example/6.jpg,p1.jpg,pending,\n"
                        "6,8,p7,https://x.example/c.jpg|https://x.example/d.jpg,,failed,none\n");
  picture_finder finder(s.work.path(), s.work / "pics");
  CHECK(finder.resolve("https://x.example/1.jpg").path == s.work / "pics/p1.jpg");
  CHECK(finder.resolve("https://x.example/a.jpg|https://x.example/b.jpg").path == s.work / "pics/p2.jpg");
  const picture_reference failed = finder.resolve("https://x.example/2.jpg");
  CHECK_FALSE(failed.found);  // pics/2.jpg is not it
  CHECK(failed.problem == "https://x.example/2.jpg could not be fetched: the server answered 404 (" +
                              (s.work / "pics/status.csv") + ")");
  CHECK(finder.resolve("https://x.example/c.jpg, https://x.example/d.jpg").problem.find(": none (") !=
        std::string::npos);
  const picture_reference outside = finder.resolve("https://x.example/4.jpg");
  CHECK_FALSE(outside.found);
  CHECK(outside.path.empty());
  CHECK_FALSE(finder.resolve("https://x.example/5.jpg").found);  // it is gone
  CHECK_FALSE(finder.resolve("https://x.example/6.jpg").found);
  // Somebody else's table is no reason to fail.
  aisle::write_file(s.work / "pics/status.csv", "a,b\n1,2\n");
  picture_finder other(s.work.path(), s.work / "pics");
  CHECK(other.resolve("https://x.example/2.jpg").path == s.work / "pics/2.jpg");
}

TEST_CASE("catalogues keep URLs, count what is missing and give advice where nearly all is") {
  const shop s({"pics/1.jpg"});
  const auto load = [&](const std::string& csv, const std::string& root = {}) {
    aisle::write_file(s.work / "products.csv", csv);
    return aisle::load_catalogue(s.work / "products.csv", {.image_root = root});
  };
  const auto c = load(
      "sku,name,image_path\n1,a,pics\\1.jpg\n2,b,https://x.example/2.jpg\n3,,https://x.example/3.jpg\n"
      "4,d,absent.jpg\n5,e,\n");
  REQUIRE(c.products.size() == 4);
  CHECK(c.products[0].image_path == s.work / "pics/1.jpg");
  CHECK(c.products[1].image_path.empty());
  CHECK(c.products[1].image_url == "https://x.example/2.jpg");
  CHECK(c.products[1].image_problem.find("is a URL") != std::string::npos);
  CHECK(c.products[2].image_path == s.work / "absent.jpg");
  CHECK(c.missing_pictures == 1);
  REQUIRE(c.problems.size() == 1);  // neither a text nor a picture: the URL is why
  CHECK(c.problems[0].row == 2);
  CHECK(c.problems[0].column == "image_path");
  CHECK(c.problems[0].reason.find("is a URL") != std::string::npos);
  CHECK(aisle::missing_pictures(c).empty());

  std::string csv = "sku,name,image_path\n0,x,pics/1.jpg\n";
  for (int i = 1; i < 20; ++i) csv += std::to_string(i) + ",x,1-" + std::to_string(i) + ".jpg\n";
  const std::string missing = aisle::missing_pictures(load(csv));
  CAPTURE(missing);
  CHECK(missing.find("column image_path: 19 of 20 pictures are not where the catalogue says") !=
        std::string::npos);
  CHECK(missing.find("row 1 (1)") != std::string::npos);
  CHECK(missing.find(s.work / "1-1.jpg") != std::string::npos);
  CHECK(missing.find("--image-root") != std::string::npos);
  const std::string urls = aisle::missing_pictures(
      load("sku,name,image_path\n1,a,https://x.example/1.jpg\n2,a,https://x.example/2.jpg\n"));
  CAPTURE(urls);
  CHECK(urls.find("2 of 2 pictures are URLs") != std::string::npos);
  CHECK(urls.find("`aisle images` fetches") != std::string::npos);

  aisle::embedding_table nothing;
  nothing.problems = {{"products.csv", 1, "1", "image_path", "the first reason"}, {}};
  CHECK(aisle::no_picture_read(c, nothing) == "None of 2 pictures could be read: the first reason");
  nothing.rows = {1};
  CHECK(aisle::no_picture_read(c, nothing).empty());
}

TEST_CASE("names of shops as they were found") {
  const std::string folder = support::shared("cases");
  if (folder.empty()) return;
  const std::pair<const char*, const char*> cases[] = {
      {"backslash", ""}, {"comma", ""}, {"drive", ""},         {"file_url", ""},  {"json_list", ""},
      {"percent20", ""}, {"pipe", ""},  {"spaces_quoted", ""}, {"upper_ext", ""}, {"name_only", "pics"}};
  for (const auto& named : cases) {
    const std::string name = named.first, root = named.second;
    CAPTURE(name);
    const auto c = aisle::load_catalogue(folder + "/img_paths_" + name + ".csv",
                                         {.image_root = root.empty() ? root : folder + "/" + root});
    REQUIRE(c.products.size() == 24);
    for (const aisle::product& p : c.products) {
      CHECK(aisle::file_exists(p.image_path));
      CHECK(p.image_path.ends_with(p.id + ".jpg"));
    }
  }
  const auto lost = aisle::load_catalogue(folder + "/img_paths_name_only.csv");
  CHECK(aisle::missing_pictures(lost).find("24 of 24 pictures") != std::string::npos);
}

TEST_CASE("what lies outside the catalogue's folder and the image root is no picture, unless asked for") {
  namespace fs = std::filesystem;
  const support::temporary_folder work;
  fs::create_directories(work / "shop/pics");
  fs::create_directories(work / "elsewhere");
  for (const char* name : {"shop/pics/a.jpg", "elsewhere/secret.jpg", "shop-secret.jpg"})
    aisle::write_file(work / name, "x");
  fs::create_symlink(work / "elsewhere/secret.jpg", work / "shop/pics/link.jpg");
  fs::create_symlink(work / "elsewhere", work / "shop/far");
  fs::create_symlink(work / "shop/pics/a.jpg", work / "shop/near.jpg");
  fs::create_symlink(work / "shop", work / "shop-by-link");
  const std::vector<std::string> outside = {
      "../elsewhere/secret.jpg", work / "elsewhere/secret.jpg",
      "pics/link.jpg",           "far/secret.jpg",
      "../shop-secret.jpg",      "file://" + (work / "elsewhere/secret.jpg"),
      "pics/../far/SECRET",      "/dev/zero"};
  const std::vector<std::string> inside = {"pics/a.jpg", "near.jpg", work / "shop/pics/a.jpg",
                                           "../shop/pics/a.jpg", "pics/../pics/a.jpg"};
  for (const std::string& folder : {work / "shop", work / "shop-by-link"}) {
    picture_finder finder(folder, {}), trusting(folder, {}, true), rooted(folder, work / "elsewhere");
    for (const std::string& name : outside) {
      CAPTURE(name);
      const auto found = finder.resolve(name);
      CHECK_FALSE(found.found);
      CHECK(found.path.empty());
      CHECK(found.problem.find("outside the catalogue's folder") != std::string::npos);
      CHECK(found.problem.find("--allow-outside") != std::string::npos);
      CHECK(trusting.resolve(name).found == (name != "/dev/zero"));
      if (name.find("secret.jpg") != std::string::npos && name.find("shop-") == std::string::npos)
        CHECK(rooted.resolve(name).found);
    }
    for (const std::string& name : inside) {
      CAPTURE(name);
      CHECK(finder.resolve(name).found);
    }
  }
  // What is not there is only missing.
  picture_finder finder(work / "shop", {});
  CHECK(finder.resolve("../elsewhere/none.jpg").problem.empty());
  CHECK(finder.resolve("nowhere/none.jpg").problem.empty());
}

TEST_CASE("URLs of a long cell are found in time of its length") {
  for (const std::string& filler :
       {std::string(" "), std::string(" y"), std::string(";"), std::string("; ")}) {
    CAPTURE(filler);
    std::string cell = "https://a.example/x";
    while (cell.size() < 400'000) cell += filler;
    CHECK(aisle::picture_urls(cell + "z").size() == 1);
    const auto two = aisle::picture_urls(cell + " https://b.example/z");
    REQUIRE(two.size() == 2);
    CHECK(two[1] == "https://b.example/z");
  }
}
