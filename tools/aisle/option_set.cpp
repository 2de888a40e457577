#include "option_set.hpp"

#include <cstdio>
#include <map>
#include <sstream>

#include <CLI/CLI.hpp>

#include <aisle/tensor/finite.hpp>

#include "command.hpp"

namespace aisle_command {

validator::validator(const std::function<std::string(const std::string&)>& fault)
    : of_(std::make_shared<CLI::Validator>(fault, std::string())) {}
validator::validator(const CLI::Validator& of) : of_(std::make_shared<CLI::Validator>(of)) {}

validator one_of(const std::vector<std::string>& values) { return validator(CLI::IsMember(values)); }
validator one_of(std::initializer_list<int> values) {
  return validator(CLI::IsMember(std::vector<int>(values)));
}
validator within(int low, int high) { return validator(CLI::Range(low, high)); }
validator within(std::int64_t low, std::int64_t high) { return validator(CLI::Range(low, high)); }
validator within(std::uint64_t low, std::uint64_t high) { return validator(CLI::Range(low, high)); }
validator within(double low, double high) {
  // CLI11's range holds NaN: it is neither below nor above.
  const CLI::Validator number(
      [](const std::string& text) {
        double value = 0;
        return CLI::detail::lexical_cast(text, value) && !aisle::is_nan(value)
                   ? std::string()
                   : "Value " + text + " is no number";
      },
      "");
  return validator(CLI::Range(low, high) & number);
}

validator between(double low, double high) {
  return validator([low, high](const std::string& text) {
    double value = 0;
    if (CLI::detail::lexical_cast(text, value) && value > low && value < high) return std::string();
    std::ostringstream fault;
    fault << "Value " << text << " not between " << low << " and " << high;
    return fault.str();
  });
}

validator positive() {
  // CLI11's own names a limit of 309 digits.
  return validator(CLI::Validator(
      [](const std::string& text) {
        double value = 0;
        return CLI::detail::lexical_cast(text, value) && value > 0 ? std::string()
                                                                   : "Value " + text + " is not above 0";
      },
      "POSITIVE"));
}
validator existing_folder() { return validator(CLI::ExistingDirectory); }

option option::required() { return option(of_->required()); }
option option::type_name(const std::string& name) { return option(of_->type_name(name)); }
option option::capture_default_str() { return option(of_->capture_default_str()); }
option option::default_str(const std::string& text) { return option(of_->default_str(text)); }
option option::check(const validator& what) { return option(of_->check(*what.of_)); }
option option::where_empty(const std::string& value) {
  return option(of_->transform([value](const std::string& given) { return given.empty() ? value : given; },
                               "", "where empty"));
}
option option::each(const std::function<void(const std::string&)>& f) { return option(of_->each(f)); }
option option::delimiter(char separator) { return option(of_->delimiter(separator)); }
option option::envname(const std::string& name) { return option(of_->envname(name)); }
option option::excludes(option other) { return option(of_->excludes(other.of_)); }
std::size_t option::count() const { return of_ == nullptr ? 0 : of_->count(); }

std::string option::name() const { return of_ == nullptr ? std::string() : of_->get_name(); }

option option_set::add_option(const std::string& name, std::string& variable, const std::string& help) {
  return option(of_->add_option(name, variable, help));
}
option option_set::add_option(const std::string& name, std::optional<std::string>& variable,
                              const std::string& help) {
  return option(of_->add_option(name, variable, help));
}
option option_set::add_option(const std::string& name, std::vector<std::string>& variable,
                              const std::string& help) {
  return option(of_->add_option(name, variable, help));
}
option option_set::add_option(const std::string& name, int& variable, const std::string& help) {
  return option(of_->add_option(name, variable, help));
}
option option_set::add_option(const std::string& name, std::int64_t& variable, const std::string& help) {
  return option(of_->add_option(name, variable, help));
}
option option_set::add_option(const std::string& name, std::uint64_t& variable, const std::string& help) {
  return option(of_->add_option(name, variable, help));
}
option option_set::add_option(const std::string& name, double& variable, const std::string& help) {
  return option(of_->add_option(name, variable, help));
}
option option_set::add_option_function(const std::string& name,
                                       const std::function<void(const std::string&)>& f,
                                       const std::string& help) {
  return option(of_->add_option_function<std::string>(name, f, help));
}
option option_set::add_option_function(const std::string& name,
                                       const std::function<void(const std::vector<std::string>&)>& f,
                                       const std::string& help) {
  return option(of_->add_option_function<std::vector<std::string>>(name, f, help));
}
option option_set::add_flag(const std::string& name, bool& variable, const std::string& help) {
  return option(of_->add_flag(name, variable, help));
}
option option_set::get_option(const std::string& name) const { return option(of_->get_option(name)); }
void option_set::footer(const std::string& text) { of_->footer(text); }

action option_set::add_nested(const std::vector<subcommand>& commands) {
  of_->require_subcommand(1);
  std::map<const CLI::App*, action> actions;
  for (const subcommand& s : commands) {
    CLI::App* sub = of_->add_subcommand(s.name, s.help);
    actions[sub] = s.setup(option_set(sub));
  }
  return [app = of_, actions] { return actions.at(app->get_subcommands().front())(); };
}

std::string option_set::name() const { return of_->get_name(); }

std::vector<option_set::given_option> option_set::given() const {
  std::vector<given_option> out;
  for (const CLI::Option* o : of_->get_options()) {
    if (o->count() == 0 || o->get_lnames().empty()) continue;
    out.push_back({"--" + o->get_lnames().front(), {}});
    if (o->get_items_expected_max() > 0) out.back().values = o->results();
  }
  return out;
}

parsed_command parse_command_line(const program& p, int argc, char** argv) {
  const auto app = std::make_shared<CLI::App>(p.description, p.name);
  app->set_version_flag("--version", p.version);
  app->footer(p.footer);
  app->get_formatter()->column_width(32);
  const action chosen = option_set(app.get()).add_nested(p.commands);
  if (argc < 2) {
    std::fputs(app->help().c_str(), stderr);
    return {{}, exit_usage};
  }
  try {
    app->parse(argc, argv);
  } catch (const CLI::Success& e) {  // --help, --version
    app->exit(e);
    return {{}, exit_ok};
  } catch (const CLI::ParseError& e) {
    if (app->get_subcommands().empty() && argv[1][0] != '-')
      throw usage_error("there is no subcommand '" + std::string(argv[1]) + "' (see " + p.name + " --help)");
    const CLI::App* at = app.get();
    std::string path = p.name;
    while (!at->get_subcommands().empty()) path += " " + (at = at->get_subcommands().front())->get_name();
    throw usage_error(std::string(e.what()) + " (see " + path + " --help)");
  }
  return {[app, chosen] { return chosen(); }, exit_ok};
}

}  // namespace aisle_command
