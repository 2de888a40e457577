#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include <aisle/base/file.hpp>
#include <aisle/image/resize.hpp>

#include <download_queue.hpp>
#include <picture_maker.hpp>
#include <picture_status.hpp>

#include "support/support.hpp"

// What `aisle images` decides, without a network and without waiting.

using namespace aisle_command;

namespace {

std::string fault_of(std::vector<std::uint8_t> address) { return std::string(fault_of_address(address)); }
std::vector<std::uint8_t> v6(std::vector<int> groups) {
  std::vector<std::uint8_t> out;
  for (const int g : groups) {
    out.push_back(static_cast<std::uint8_t>(g >> 8));
    out.push_back(static_cast<std::uint8_t>(g));
  }
  return out;
}

const download_limits quick = {.per_host = 2, .retries = 3, .retry_wait = 1, .deadline = 60, .patience = 100};

download_answer answer(std::size_t item, long status, double seconds = 0.1) {
  download_answer a;
  a.item = item;
  a.status = status;
  a.seconds = seconds;
  if (status == 200) a.body = "picture";
  return a;
}
download_answer no_answer(std::size_t item, double seconds = 0.1) {
  download_answer a;
  a.item = item;
  a.fault = "no connection";
  a.passing = a.unreachable = true;
  a.seconds = seconds;
  return a;
}

/// Seconds from `now` on until something is asked for.
double wait_for(download_queue& queue, double now) {
  for (double waited = 0; waited < 1000; waited += 0.01)
    if (queue.next(now + waited)) return waited;
  return 1000;
}

}  // namespace

TEST_CASE("addresses that are not public are told, those of IPv4 inside IPv6 too") {
  for (const std::vector<std::uint8_t>& a : std::vector<std::vector<std::uint8_t>>{{0, 0, 0, 0},
                                                                                   {0, 1, 2, 3},
                                                                                   {10, 0, 0, 1},
                                                                                   {10, 255, 255, 255},
                                                                                   {100, 64, 0, 1},
                                                                                   {100, 127, 9, 9},
                                                                                   {127, 0, 0, 1},
                                                                                   {127, 9, 9, 9},
                                                                                   {169, 254, 169, 254},
                                                                                   {172, 16, 0, 1},
                                                                                   {172, 31, 255, 255},
                                                                                   {192, 168, 1, 1},
                                                                                   {192, 0, 0, 8},
                                                                                   {198, 18, 0, 1},
                                                                                   {198, 19, 255, 1},
                                                                                   {224, 0, 0, 1},
                                                                                   {239, 255, 255, 250},
                                                                                   {240, 0, 0, 1},
                                                                                   {255, 255, 255, 255}}) {
    CAPTURE(address_name(a));
    CHECK_FALSE(fault_of(a).empty());
    std::vector<std::uint8_t> mapped = v6({0, 0, 0, 0, 0, 0xffff, 0, 0}),
                              nat64 = v6({0x64, 0xff9b, 0, 0, 0, 0, 0, 0}),
                              six = v6({0x2002, 0, 0, 0, 0, 0, 0, 1});
    for (std::size_t i = 0; i < 4; ++i) mapped[12 + i] = nat64[12 + i] = six[2 + i] = a[i];
    CHECK_FALSE(fault_of(mapped).empty());
    CHECK_FALSE(fault_of(nat64).empty());
    CHECK_FALSE(fault_of(six).empty());
  }
  for (const std::vector<std::uint8_t>& a : std::vector<std::vector<std::uint8_t>>{{8, 8, 8, 8},
                                                                                   {9, 255, 255, 255},
                                                                                   {11, 0, 0, 0},
                                                                                   {100, 63, 0, 1},
                                                                                   {100, 128, 0, 1},
                                                                                   {128, 0, 0, 1},
                                                                                   {169, 253, 0, 1},
                                                                                   {172, 15, 0, 1},
                                                                                   {172, 32, 0, 1},
                                                                                   {192, 167, 0, 1},
                                                                                   {192, 169, 0, 1},
                                                                                   {223, 1, 1, 1}}) {
    CAPTURE(address_name(a));
    CHECK(fault_of(a).empty());
    std::vector<std::uint8_t> mapped = v6({0, 0, 0, 0, 0, 0xffff, 0, 0});
    for (std::size_t i = 0; i < 4; ++i) mapped[12 + i] = a[i];
    CHECK(fault_of(mapped).empty());
  }
  for (const auto& a :
       {v6({0, 0, 0, 0, 0, 0, 0, 0}), v6({0, 0, 0, 0, 0, 0, 0, 1}), v6({0xfc00, 0, 0, 0, 0, 0, 0, 1}),
        v6({0xfd12, 0x3456, 0, 0, 0, 0, 0, 1}), v6({0xfe80, 0, 0, 0, 0, 0, 0, 1}),
        v6({0xfec0, 0, 0, 0, 0, 0, 0, 1}), v6({0xff02, 0, 0, 0, 0, 0, 0, 1}),
        v6({0x2001, 0xdb8, 0, 0, 0, 0, 0, 1}), v6({0x2001, 0, 1, 2, 3, 4, 5, 6}),
        v6({0, 0, 0, 0, 0, 0, 0x7f00, 1}), v6({0x64, 0xff9b, 1, 0, 0, 0, 0x808, 0x808})}) {
    CAPTURE(address_name(a));
    CHECK_FALSE(fault_of(a).empty());
  }
  CHECK(fault_of(v6({0x2a00, 0x1450, 0x4001, 0, 0, 0, 0, 0x200e})).empty());
  CHECK(fault_of(v6({0x2606, 0x4700, 0, 0, 0, 0, 0, 1})).empty());
  CHECK(fault_of(v6({0x64, 0xff9b, 0, 0, 0, 0, 0x808, 0x808})).empty());
  CHECK_FALSE(fault_of({}).empty());
  CHECK_FALSE(fault_of({1, 2, 3}).empty());
  CHECK(address_name(std::array<std::uint8_t, 4>{10, 0, 0, 1}) == "10.0.0.1");
}

TEST_CASE("URLs of tables become requests, and nothing but http and https") {
  CHECK(request_url("https://a.example/x.jpg?v=1&w=2") == "https://a.example/x.jpg?v=1&w=2");
  CHECK(request_url(" //cdn.example/x y.jpg ") == "https://cdn.example/x%20y.jpg");
  CHECK(request_url("www.a.example/\xc3\xa4.jpg") == "https://www.a.example/%C3%A4.jpg");
  CHECK(request_url("HTTP://a.example\\x\\1.jpg") == "HTTP://a.example/x/1.jpg");
  CHECK(request_url("http://a.example/x%20y.jpg?a=1&amp;b=2") == "http://a.example/x%20y.jpg?a=1&b=2");
  CHECK(request_url("http://a.example/a\r\nHost: b") == "http://a.example/a%0D%0AHost:%20b");
  for (const char* url : {"file:///etc/passwd", "ftp://a.example/1.jpg", "gopher://a",
                          "data:image/png;base64,AA", "http://", "https:///x", "a.jpg", "", "javascript:1"})
    CHECK(request_url(url).empty());
  CHECK(host_of("https://me:word@CDN.example:8443/a@b/c") == "cdn.example:8443");
  CHECK(host_of("http://a.example?x=/") == "a.example");
}

TEST_CASE("every id has a file's name of its own") {
  CHECK(picture_name("A-1_b.2") == "A-1_b.2");
  std::set<std::string> names;
  const std::vector<std::string> ids = {"a/b",
                                        "a\\b",
                                        "a b",
                                        "a_b",
                                        "..",
                                        ".",
                                        "",
                                        "-rf",
                                        ".hidden",
                                        "a.",
                                        "\xc3\xa4",
                                        "a\nb",
                                        std::string(200, 'x'),
                                        std::string(200, 'x') + "y",
                                        "a_b~1",
                                        "a:b",
                                        std::string("a\0b", 3)};
  for (const std::string& id : ids) {
    const std::string name = picture_name(id);
    CAPTURE(name);
    CHECK(name.size() <= 100);
    CHECK_FALSE(name.empty());
    CHECK(name.front() != '.');
    CHECK(name.front() != '-');
    CHECK(name.find_first_of("/\\: \n") == std::string::npos);
    names.insert(name);
    CHECK(picture_name(name).find('~') == (name == id ? std::string::npos : picture_name(name).find('~')));
    names.insert(picture_name(name));  // an id that looks like another's name
  }
  CHECK(names.size() == 2 * ids.size() - 1);  // "a_b" alone is its own name
}

TEST_CASE("waits double, by chance up to half as short") {
  for (const double chance : {0.0, 0.5, 0.999}) {
    CHECK(backoff_seconds(1, 1, 60, chance) == doctest::Approx(1 - chance / 2));
    CHECK(backoff_seconds(1, 4, 60, chance) == doctest::Approx(8 * (1 - chance / 2)));
    CHECK(backoff_seconds(1, 100, 60, chance) == doctest::Approx(60 * (1 - chance / 2)));
  }
}

TEST_CASE("what may pass is tried again after growing waits, what will not at once given up") {
  download_queue queue(quick, 1);
  queue.add({"http://a.example/1.jpg"});
  double now = 0;
  REQUIRE(queue.next(now));
  double before = 0;
  for (int i = 0; i < 3; ++i) {
    CHECK_FALSE(queue.take(answer(0, 503), now));
    const double waited = wait_for(queue, now);
    CHECK(waited >= 0.49 * (1 << i));
    CHECK(waited <= 1.02 * (1 << i));
    CHECK(waited > before / 2);
    before = waited;
    now += waited;
  }
  const auto ended = queue.take(answer(0, 503), now);
  REQUIRE(ended);
  CHECK_FALSE(ended->got());
  CHECK(ended->fault == "the server answered 503 (4 tries)");
  CHECK(queue.open() == 0);

  for (const long status : {400L, 401L, 403L, 404L, 410L, 418L, 501L, 204L, 206L, 304L}) {
    download_queue once(quick, 1);
    once.add({"http://a.example/1.jpg"});
    REQUIRE(once.next(0));
    const auto end = once.take(answer(0, status), 0);
    REQUIRE(end);
    CHECK(end->fault == "the server answered " + std::to_string(status));
  }
  for (const long status : {408L, 425L, 429L, 500L, 502L, 504L, 599L}) CHECK(is_passing_status(status));
}

TEST_CASE("no two requests more than a host may have, and others go on meanwhile") {
  download_queue queue(quick, 1);
  for (int i = 0; i < 5; ++i) queue.add({"http://a.example/" + std::to_string(i)});
  queue.add({"http://b.example/1"});
  std::vector<std::size_t> asked;
  while (const auto r = queue.next(0)) asked.push_back(r->item);
  CHECK(asked == std::vector<std::size_t>{0, 5, 1});
  CHECK(queue.take(answer(0, 200), 1)->body == "picture");
  CHECK(queue.next(1)->item == 2);
  CHECK_FALSE(queue.next(1));
}

TEST_CASE("after 429 a host is left alone as long as it says, then asked more slowly, others are not") {
  download_queue queue({.per_host = 8, .retries = 3, .retry_wait = 0.01}, 1);
  for (int i = 0; i < 40; ++i) queue.add({"http://a.example/" + std::to_string(i)});
  std::vector<std::size_t> first;
  while (const auto r = queue.next(0)) first.push_back(r->item);
  REQUIRE(first.size() == 8);
  for (const std::size_t item : first) {
    download_answer busy = answer(item, 429);
    busy.retry_after = 7;
    CHECK_FALSE(queue.take(std::move(busy), 0.2));
  }
  queue.add({"http://b.example/1"});
  CHECK(queue.next(0.3)->item == 40);
  CHECK_FALSE(queue.next(7.1));
  CHECK(queue.pause(7.1, 10) == doctest::Approx(0.1).epsilon(0.2));
  CHECK(queue.next(7.25));
  CHECK_FALSE(queue.next(7.25));  // eight at one moment were too many
  CHECK_FALSE(queue.slowed_hosts().empty());
  // One complaint of several that were on their way together counts.
  int begun = 1;
  for (double now = 7.26; now < 8.25; now += 0.01)
    if (const auto r = queue.next(now)) {
      ++begun;
      queue.take(answer(r->item, 404), now);
    }
  CHECK(begun > 8);
  CHECK(begun < 40);

  // It asks for more than anybody waits: nothing of it is asked for again.
  download_queue patient(quick, 1);
  for (int i = 0; i < 3; ++i) patient.add({"http://a.example/" + std::to_string(i)});
  REQUIRE(patient.next(0));
  download_answer leave = answer(0, 429);
  leave.retry_after = 101;
  CHECK(patient.take(std::move(leave), 0)->fault ==
        "the server answered 429: a.example asked to be left alone for 101 s");
  CHECK_FALSE(patient.next(0));
  const auto refused = patient.take_refused();
  REQUIRE(refused.size() == 2);
  CHECK(refused[0].fault == "a.example asked to be left alone for 101 s");
  CHECK(patient.open() == 0);
  for (const auto& [seconds, said] : {std::pair(3600.0, "3600 s"), std::pair(1e23, "more than 30 years")}) {
    download_queue hurried(quick, 1);
    hurried.add({"http://a.example/1"});
    REQUIRE(hurried.next(0));
    download_answer later = answer(0, 429);
    later.retry_after = seconds;
    CHECK(hurried.take(std::move(later), 0)->fault ==
          std::string("the server answered 429: a.example asked to be left alone for ") + said);
  }
}

TEST_CASE("a host that never answers is given up, one that does now and then is not") {
  download_limits limits = quick;
  limits.retries = 0;
  struct {
    bool sometimes;
    double between;  // two requests, in seconds
    int asked;
  } const cases[] = {{true, 1.5, 100},
                     {false, 1.5, 16},
                     {false, 0.5, 41},    // 20 s at least
                     {false, 0.1, 100}};  // a server that begins anew
  for (const auto& c : cases) {
    CAPTURE(c.between);
    download_queue queue(limits, 1);
    for (int i = 0; i < 100; ++i) queue.add({"http://a.example/" + std::to_string(i)});
    int asked = 0;
    double now = 0;
    for (; const auto r = queue.next(now); now += c.between) {
      queue.take(c.sometimes && asked % 10 == 9 ? answer(r->item, 200) : no_answer(r->item), now);
      ++asked;
    }
    CHECK(asked == c.asked);
    const auto refused = queue.take_refused();
    CHECK(refused.size() == static_cast<std::size_t>(100 - c.asked));
    if (!refused.empty())
      CHECK(refused[0].fault == "not asked, as a.example gave no answer for 20 s: no connection");
    CHECK(queue.open() == 0);
  }
}

TEST_CASE("the deadline counts all tries of a row and the waits between them") {
  download_limits limits = quick;
  limits.retries = 100;
  limits.deadline = 10;
  limits.longest_wait = 1;
  download_queue queue(limits, 1);
  queue.add({"http://a.example/1", "http://a.example/2"});
  double now = 0, left = 10;
  for (;;) {
    double waited = 0;
    std::optional<download_request> r;
    for (; !r && waited < 2; waited += 0.01) r = queue.next(now + waited);
    REQUIRE(r);
    CHECK(r->seconds <= left);
    left = r->seconds;
    now += waited + 2;
    if (auto ended = queue.take(no_answer(0, 2), now)) {
      CHECK(ended->fault.find("the deadline of 10 s is over") != std::string::npos);
      CHECK(ended->fault.find("no time left within the deadline of 10 s") != std::string::npos);
      break;
    }
  }
  CHECK(now < 14);
}

TEST_CASE("five redirects are followed, each as a request of its host, to http and https alone") {
  for (const int redirects : {5, 6}) {
    download_queue queue(quick, 1);
    queue.add({"http://a.example/1"});
    std::optional<download_queue::ending> ended;
    for (int i = 0; i < redirects; ++i) {
      const auto r = queue.next(0);
      REQUIRE(r);
      CHECK(host_of(r->url) == (i == 0 ? "a.example" : "h" + std::to_string(i - 1) + ".example"));
      download_answer a = answer(0, 302);
      a.location = "https://h" + std::to_string(i) + ".example/";
      ended = queue.take(std::move(a), 0);
    }
    CHECK(ended.has_value() == (redirects == 6));
    if (ended) CHECK(ended->fault == "more than 5 redirects");
  }
  for (const char* where : {"file:///etc/passwd", "ftp://a.example/", "gopher://127.0.0.1:70/", ""}) {
    download_queue queue(quick, 1);
    queue.add({"http://a.example/1"});
    REQUIRE(queue.next(0));
    download_answer a = answer(0, 301);
    a.location = where;
    const auto ended = queue.take(std::move(a), 0);
    REQUIRE(ended);
    CHECK_FALSE(ended->got());
  }
}

TEST_CASE("of several URLs the first that leads to a picture counts, and all faults are told") {
  download_queue queue(quick, 1);
  queue.add({"ftp://x.example/0", "http://a.example/1", "http://b.example/2", "http://c.example/3"});
  REQUIRE(queue.next(0)->url == "http://a.example/1");
  CHECK_FALSE(queue.take(answer(0, 404), 0));
  REQUIRE(queue.next(0)->url == "http://b.example/2");
  REQUIRE(queue.take(answer(0, 200), 0)->url == "http://b.example/2");
  CHECK_FALSE(queue.reject(0, "damaged", true, 0));  // once more, perhaps it was cut
  const double waited = wait_for(queue, 0);
  CHECK(waited > 0.4);
  REQUIRE(queue.take(answer(0, 200), waited));
  CHECK_FALSE(queue.reject(0, "damaged", true, waited));
  REQUIRE(queue.next(waited)->url == "http://c.example/3");
  const auto ended = queue.take(answer(0, 410), waited);
  REQUIRE(ended);
  CHECK(ended->fault ==
        "ftp://x.example/0: expected a URL of http or https; http://a.example/1: the server answered 404; "
        "http://b.example/2: damaged (2 tries); http://c.example/3: the server answered 410");
  CHECK(ended->url == "ftp://x.example/0|http://a.example/1|http://b.example/2|http://c.example/3");
}

TEST_CASE("pictures get their form as its mode says") {
  aisle::image wide(120, 80);
  for (int y = 0; y < 80; ++y)
    for (int x = 0; x < 360; ++x)
      wide.row(y)[static_cast<std::size_t>(x)] = static_cast<std::uint8_t>(x / 2 + y / 4);
  const auto lanczos = aisle::resize_filter::lanczos;
  picture_form form;
  CHECK(form.name() == "224 squash q75");
  CHECK(fit_picture(wide, form) == aisle::resize(wide, 224, 224, lanczos));
  form.size = 48;
  form.mode = fit_mode::keep_ratio;
  CHECK(fit_picture(wide, form) == aisle::resize(wide, 72, 48, lanczos));
  form.mode = fit_mode::center_crop;
  CHECK(fit_picture(wide, form) == aisle::resize(wide, 72, 48, lanczos, {12, 0, 48, 48}));
  form.mode = fit_mode::border;
  const aisle::image bordered = fit_picture(wide, form), inside = aisle::resize(wide, 48, 32, lanczos);
  REQUIRE(bordered.width() == 48);
  REQUIRE(bordered.height() == 48);
  for (int y = 0; y < 48; ++y)
    for (std::size_t x = 0; x < 144; ++x)
      if (bordered.row(y)[x] != (y < 8 || y >= 40 ? 255 : inside.row(y - 8)[x])) FAIL_CHECK(y << " " << x);
  // One pixel high: a side is never less.
  const aisle::image line(3000, 1);
  CHECK(fit_picture(line, form).height() == 48);
  form.mode = fit_mode::keep_ratio;
  CHECK_THROWS_AS(make_picture(aisle::read_file(support::data("image/files/rgb_500x1.png")),
                               {.size = 224, .mode = fit_mode::keep_ratio}, "x"),
                  aisle::format_error);
  const made_picture original = make_picture(
      aisle::read_file(support::data("image/files/gif_multi_frame.gif")), {.original = true}, "x");
  CHECK(original.ending == ".gif");
  CHECK(original.bytes == aisle::read_file(support::data("image/files/gif_multi_frame.gif")));
}

TEST_CASE("a status is read back as it was written, from a journal that was cut too") {
  const support::temporary_folder work;
  picture_status ok{3,
                    5,
                    "a,\"b\"",
                    "http://x.example/1,2.jpg",
                    "a~1.jpg",
                    "ok",
                    "",
                    1234,
                    std::string(64, 'a'),
                    224,
                    200,
                    1.25,
                    "224 squash q75"};
  picture_status failed{
      4, 6, "c", "http://x.example/3|http://y", "", "failed", "one; \"two\"\nthree", 0, "", 0, 0, 0.5, ""};
  write_status(work / "status.csv", {ok, failed});
  const auto back = read_status(work / "status.csv");
  REQUIRE(back.size() == 2);
  CHECK(back[0].id == ok.id);
  CHECK(back[0].url == ok.url);
  CHECK(back[0].bytes == 1234);
  CHECK(back[0].sha256 == ok.sha256);
  CHECK(back[0].width == 224);
  CHECK(back[0].height == 200);
  CHECK(back[0].seconds == 1.25);
  CHECK(back[0].form == ok.form);
  CHECK(back[0].line == 5);
  CHECK(back[1].error == failed.error);

  std::string whole;
  {
    status_journal journal(work / "j.csv");
    journal.add(ok);
    journal.add(failed);
    journal.flush();
    CHECK(read_left_journals(work / "j.csv").files.empty());  // its writer lives
  }
  auto left = read_left_journals(work / "j.csv");
  REQUIRE(left.files.size() == 1);
  CHECK(left.rows.size() == 2);
  whole = aisle::read_file(left.files[0]);
  for (std::size_t size = 0; size < whole.size(); size += 5) {
    aisle::write_file(left.files[0], whole.substr(0, size));
    for (const picture_status& r : read_left_journals(work / "j.csv").rows)
      if (r.status == "ok") {
        CHECK(r.id == ok.id);
        CHECK(r.sha256 == ok.sha256);
      }
  }
  aisle::write_file(work / "status.csv", "a,b\n1,2\n");
  CHECK_THROWS_AS(read_status(work / "status.csv"), aisle::format_error);
}
