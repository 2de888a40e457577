#include <doctest/doctest.h>

#include <string>

#include <aisle/catalogue/experiment.hpp>

namespace {

/// `each` products of each of `classes` classes, with a text each and a picture where asked for.
aisle::catalogue make_products(int classes, int each, bool pictures = false) {
  aisle::catalogue c;
  c.path = "made-up.csv";
  c.header = {"sku", "kind"};
  c.options.label_column = "kind";
  c.data_rows = classes * each;
  for (std::int64_t r = 0; r < c.data_rows; ++r) {
    aisle::product p;
    p.row = r;
    p.id = std::to_string(r);
    p.text = "text";
    if (pictures) p.image_path = "picture.png";
    p.label = "k" + std::to_string(r / each);
    p.fields = {p.id, p.label};
    c.products.push_back(p);
  }
  return c;
}

template <class Error, class Call>
std::string message_of(Call call) {
  try {
    call();
  } catch (const Error& e) {
    return e.what();
  }
  return {};
}

}  // namespace

TEST_CASE("a test size that leaves a side with fewer rows than classes: those that would do, and they do") {
  for (const int each : {2, 3, 5})
    for (const int classes : {2, 7, 30, 113}) {
      const aisle::catalogue c = make_products(classes, each);
      const std::string what =
          message_of<aisle::option_error>([&] { aisle::check_experiment(c, {.test_size = 0.001}); });
      CAPTURE(what);
      const std::string option = "--test-size ";
      const std::size_t at = what.find(option);
      REQUIRE(at != std::string::npos);
      const double least = std::stod(what.substr(at + option.size()));
      aisle::check_experiment(c, {.test_size = least});
      CHECK_THROWS_AS(aisle::check_experiment(c, {.test_size = least - 0.0101}), aisle::option_error);
    }
}

TEST_CASE("rows count that have something to look at") {
  aisle::catalogue c = make_products(2, 10);
  aisle::check_experiment(c, {});
  aisle::check_experiment(c, {}, aisle::modality_use{.text = true, .image = true});
  CHECK_THROWS_AS(aisle::check_experiment(c, {}, aisle::modality_use{.text = false, .image = true}),
                  aisle::nothing_to_do);
  CHECK_THROWS_AS(aisle::check_training(c, {.text = true, .image = true}), aisle::nothing_to_do);
  aisle::check_training(c, {.text = true, .image = false});
  for (int r = 10; r < 20; ++r) c.products[static_cast<std::size_t>(r)].text.clear();
  const std::string one =
      "all 10 rows that can take part are of one class, 'k0': there is nothing to tell apart";
  CHECK(message_of<aisle::nothing_to_do>([&] {
          aisle::check_experiment(c, {}, aisle::modality_use{.text = true, .image = true});
        }) == "made-up.csv: " + one);
  CHECK(message_of<aisle::nothing_to_do>([&] { aisle::check_training(c, {.text = true, .image = false}); }) ==
        "made-up.csv: " + one);
}

TEST_CASE("splits of a file that cannot be trained or tested on") {
  const aisle::catalogue c = make_products(2, 4);
  const auto check = [&](aisle::index_vector test) {
    aisle::split_file file;
    file.path = "s.json";
    file.splits = {{.seed = 3, .test = std::move(test)}};
    return message_of<aisle::option_error>([&] { aisle::check_experiment(c, {.splits = &file}); });
  };
  CHECK(check({0, 4}).empty());
  CHECK(check({0, 1, 2, 3}) ==
        "s.json: the split of seed 3 leaves rows of fewer than two classes to train on");
  CHECK(check({9}).find("tests row 9") != std::string::npos);
}
