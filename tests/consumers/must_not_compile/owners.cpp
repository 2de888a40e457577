#include <string>

#include <aisle/catalogue/pipeline.hpp>
#include <aisle/image/image_encoder.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/safetensors.hpp>
#include <aisle/io/table.hpp>
#include <aisle/learn/mlp.hpp>
#include <aisle/learn/random_forest.hpp>
#include <aisle/learn/scaler.hpp>
#include <aisle/text/text_encoder.hpp>

aisle::state_dict weights();
aisle::json document();
aisle::label_vector labels();
aisle::text_encoder texts();
aisle::image_encoder pictures();
aisle::mlp<float> fitted();
aisle::random_forest<float> forest();
aisle::modality_rows joined();
aisle::csv_table table();
std::string content();

void f() {
#if CASE == 1  // deleted
  for (const auto& e : weights().entries()) (void)e;
#elif CASE == 2   // deleted
  const auto* found = weights().find("a");
#elif CASE == 3   // deleted
  for (const auto& v : document().elements()) (void)v;
#elif CASE == 4   // deleted
  for (const auto& m : document()["a"].members()) (void)m;
#elif CASE == 5   // deleted
  const auto first = labels().begin();
#elif CASE == 6   // deleted
  const auto& t = texts().tokenizer();
#elif CASE == 7   // deleted
  const auto& s = texts().sentence();
#elif CASE == 8   // deleted
  const auto& n = pictures().network();
#elif CASE == 9   // deleted
  const auto p = fitted().network().parameters();
#elif CASE == 10  // deleted
  const auto nodes = forest().nodes(0);
#elif CASE == 11  // deleted
  const auto views = joined().views();
#elif CASE == 12  // deleted
  aisle::csv_reader r(content(), "here");
#elif CASE == 13  // deleted
  aisle::table_reader r(std::string("a,b"), "here", {.delimiter = ','});
#elif CASE == 14  // deleted
  const auto& m = texts().model();
#else
  // What a temporary has of its own it gives by value.
  std::string&& path = weights().path();
  auto&& entry = weights().at("a").name;
  auto&& metadata = weights().metadata();
  std::vector<std::string>&& names = labels().classes().names();
  for (const std::string& name : labels().classes().names()) (void)name;
  std::string&& name = labels().classes().name(0);
  std::vector<double>&& mean = aisle::standard_scaler<float>::fit(aisle::matrix<float>(1, 1)).mean();
  std::vector<double>&& importances = forest().importances();
  std::string&& field = table().at(0, "name");
  aisle::preset&& preset = pictures().preset();
  aisle::json&& member = document().at("a");
  const bool has = document().contains("a");
  std::string&& read_from = aisle::input_file("a").path();
  std::string&& written_to = aisle::atomic_file("a").path();
  const std::string text = content();
  aisle::csv_reader r(text, "here"), from_file(content());
  aisle::csv_reader of_literal("a,b", content());
#endif
}
