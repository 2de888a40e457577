#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
class Validator;
}  // namespace CLI

// Options and subcommands, as CLI11 parses and documents them. option_set.cpp alone includes it: it takes
// longer to compile than any subcommand.

namespace aisle_command {

/// What a value must be. Its description, where it has one, goes into --help behind the name of the option's
/// type.
class validator {
 public:
  /// `fault` returns what is wrong with a value, or nothing. Without a description.
  explicit validator(const std::function<std::string(const std::string&)>& fault);
  explicit validator(const CLI::Validator& of);

 private:
  friend class option;
  std::shared_ptr<const CLI::Validator> of_;
};

validator one_of(const std::vector<std::string>& values);
validator one_of(std::initializer_list<int> values);
/// Both ends included.
validator within(int low, int high);
validator within(std::int64_t low, std::int64_t high);
validator within(std::uint64_t low, std::uint64_t high);
validator within(double low, double high);
/// Neither end included; without a description.
validator between(double low, double high);
validator positive();
validator existing_folder();

/// An option of an option_set, which has to outlive it; or none.
class option {
 public:
  option() = default;
  explicit option(CLI::Option* of) noexcept : of_(of) {}

  option required();
  /// What --help calls its value.
  option type_name(const std::string& name);
  /// --help shows what the variable holds now.
  option capture_default_str();
  option default_str(const std::string& text);
  option check(const validator& what);
  /// What an empty value is taken for.
  option where_empty(const std::string& value);
  /// Calls `f` with each value that passed the checks before.
  option each(const std::function<void(const std::string&)>& f);
  /// Between the values of a list.
  option delimiter(char separator);
  /// The environment variable that is read where the option is not given.
  option envname(const std::string& name);
  option excludes(option other);

  /// How many values were given; 0 of none.
  std::size_t count() const;
  /// "--name"; empty of none.
  std::string name() const;

 private:
  CLI::Option* of_ = nullptr;
};

class option_set;

/// Runs the subcommand after its options were parsed; returns an exit_code. What it throws becomes
/// "aisle: error: …" and exit 1; a usage_error exit 2.
using action = std::function<int()>;

struct subcommand {
  const char* name;
  const char* help;             ///< one line
  action (*setup)(option_set);  ///< adds the options
};

/// The options of a subcommand. A copy adds to the same ones.
class option_set {
 public:
  explicit option_set(CLI::App* of) noexcept : of_(of) {}

  /// `name` is "--name", "NAME" of one that is known by its place, or both with a comma. The value goes to
  /// `variable`, which must live until the subcommand has run.
  option add_option(const std::string& name, std::string& variable, const std::string& help);
  option add_option(const std::string& name, std::optional<std::string>& variable, const std::string& help);
  option add_option(const std::string& name, std::vector<std::string>& variable, const std::string& help);
  option add_option(const std::string& name, int& variable, const std::string& help);
  option add_option(const std::string& name, std::int64_t& variable, const std::string& help);
  option add_option(const std::string& name, std::uint64_t& variable, const std::string& help);
  option add_option(const std::string& name, double& variable, const std::string& help);
  /// The value goes to a function.
  option add_option_function(const std::string& name, const std::function<void(const std::string&)>& f,
                             const std::string& help);
  option add_option_function(const std::string& name,
                             const std::function<void(const std::vector<std::string>&)>& f,
                             const std::string& help);
  option add_flag(const std::string& name, bool& variable, const std::string& help);
  /// One that was added. Throws where there is none.
  option get_option(const std::string& name) const;
  /// Subcommands (`aisle weights get`); one of them must be given. Returns what runs it.
  action add_nested(const std::vector<subcommand>& commands);
  /// What --help ends with.
  void footer(const std::string& text);

  std::string name() const;  ///< the subcommand's
  struct given_option {
    std::string name;                 ///< "--name"
    std::vector<std::string> values;  ///< none of a flag
  };
  /// Those with a name that were given.
  std::vector<given_option> given() const;

 private:
  CLI::App* of_;
};

/// A program of subcommands.
struct program {
  std::string name, description, footer;  ///< of --help
  std::string (*version)();
  std::vector<subcommand> commands;
};

/// What a command line asks for.
struct parsed_command {
  action run;    ///< the subcommand, with its options; empty where text was asked for, which is printed
  int code = 0;  ///< the exit_code then
};

/// Throws usage_error.
parsed_command parse_command_line(const program& p, int argc, char** argv);

}  // namespace aisle_command
