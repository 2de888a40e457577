#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <aisle/base/counted.hpp>
#include <aisle/base/process.hpp>
#include <aisle/base/progress.hpp>
#include <aisle/base/random.hpp>
#include <aisle/learn/classifier.hpp>
#include <aisle/learn/mlp_network.hpp>
#include <aisle/learn/optimizer.hpp>
#include <aisle/learn/split.hpp>

AISLE_NAMESPACE_BEGIN

struct mlp_options {
  std::vector<std::int64_t> hidden = {128, 64};
  mlp_order order = mlp_order::relu_then_norm;
  bool batch_norm = true;
  double dropout = 0.2;
  optimizer_options optimizer = {};
  std::int64_t batch = 32;
  std::int64_t epochs = 100;  ///< at most
  /// Share of the rows that training watches instead of learning from, class by class in proportion and never
  /// a class's only row; 0: none, then all epochs are run and the last parameters kept.
  double validation_share = 0.1;
  /// Epochs without a lower validation loss (not weighted) after which training stops; the parameters of the
  /// lowest are kept.
  std::int64_t patience = 10;
  loss_divisor divisor = loss_divisor::rows;
  class_weights weights = {};
  std::uint64_t seed = 42;
  int threads = 0;                  ///< 0: all the process may use
  progress_callback progress = {};  ///< after every epoch
};

/// What an epoch came to. Without a validation share its two figures are NaN.
struct mlp_epoch {
  double loss = 0;  ///< mean of the batches' weighted losses, dropout and all
  double validation_loss = 0, validation_accuracy = 0;
};

/// A multilayer perceptron: [Linear, ReLU, BatchNorm, Dropout] for every hidden size, then Linear and a
/// softmax, trained on cross-entropy by mini-batches with early stopping. Balanced class weights are those of
/// the rows learnt from. Throws option_error for a single class or too few rows.
template <class T = float>
class mlp final : public classifier<T> {
 public:
  explicit mlp(mlp_options options = {}) : options_(std::move(options)) {}

  std::string_view kind() const noexcept override { return "mlp"; }
  std::unique_ptr<classifier<T>> unfitted() const override { return std::make_unique<mlp>(options_); }
  const mlp_options& options() const& noexcept { return options_; }
  mlp_options options() const&& { return options(); }

  const mlp_network<T>& network() const& noexcept { return network_; }
  const mlp_network<T>& network() const&& = delete;
  /// Every epoch that was run.
  const std::vector<mlp_epoch>& history() const& noexcept { return history_; }
  std::vector<mlp_epoch> history() const&& { return history(); }
  /// The epoch (from 0) whose parameters were kept.
  std::int64_t best_epoch() const noexcept { return best_epoch_; }
  /// The rows that the last fit() watched, ascending.
  const index_vector& validation_rows() const& noexcept { return validation_rows_; }
  index_vector validation_rows() const&& { return validation_rows(); }

 protected:
  using training_data = typename classifier<T>::training_data;

  const class_weights& weights() const noexcept override { return options_.weights; }
  int threads() const noexcept override { return options_.threads; }

  void fit_rows(const training_data& data) override {
    check_options();
    if (data.classes < 2)
      throw option_error("mlp: all rows are of one class (\"" + (*data.labels)[0] +
                         "\"), expected at least two");
    network_ = mlp_network<T>({.inputs = data.x.cols(),
                               .hidden = options_.hidden,
                               .outputs = data.classes,
                               .order = options_.order,
                               .batch_norm = options_.batch_norm,
                               .dropout = options_.dropout});
    network_.initialise(stream_seed(options_.seed, 0));
    index_vector train;
    index_vector& held_out = validation_rows_;
    choose_rows(data, train, held_out);
    const std::int64_t smallest = smallest_batch();
    if (static_cast<std::int64_t>(train.size()) < smallest)
      throw option_error("mlp: " + counted(train.size(), "row") + " to learn from, expected at least " +
                         std::to_string(smallest));
    const auto row_weights = weights_of(data, train);
    const set validation(data, held_out);

    optimizer<T> steps(options_.optimizer);
    history_.clear();
    double best = std::numeric_limits<double>::infinity();
    std::vector<T> best_parameters, best_statistics;
    best_epoch_ = 0;
    for (std::int64_t epoch = 0; epoch < options_.epochs; ++epoch) {
      mlp_epoch now;
      now.loss = run_epoch(data, train, row_weights, epoch, smallest, steps);
      score(validation, now);
      if (!is_finite(now.loss) || (!held_out.empty() && !is_finite(now.validation_loss)) ||
          !all_finite(network().parameters()) || !all_finite(network().statistics()))
        this->throw_overflow(data.x);
      history_.push_back(now);
      if (options_.progress) options_.progress({"mlp", epoch + 1, options_.epochs, "epochs"});
      if (held_out.empty()) {
        best_epoch_ = epoch;
        continue;
      }
      if (now.validation_loss < best || best_parameters.empty()) {
        best = now.validation_loss;
        best_epoch_ = epoch;
        best_parameters.assign(network_.parameters().begin(), network_.parameters().end());
        best_statistics.assign(network_.statistics().begin(), network_.statistics().end());
      } else if (epoch - best_epoch_ >= options_.patience) {
        break;
      }
    }
    if (!best_parameters.empty()) {
      std::copy(best_parameters.begin(), best_parameters.end(), network_.parameters().begin());
      std::copy(best_statistics.begin(), best_statistics.end(), network_.statistics().begin());
    }
  }

  bool checks_numbers() const noexcept override { return true; }
  void probabilities(matrix_view<const T> x, matrix_view<T> out) const override {
    std::atomic<bool> odd = false;
    network_.evaluate(
        x, out, options_.threads,
        [&](matrix_view<const T> rows) {
          for (const auto row : rows)
            if (!all_finite(row)) odd = true;
        },
        [](matrix_view<T> logits) {
          std::vector<double> powers(static_cast<std::size_t>(logits.cols()));
          for (const auto row : logits) {
            const auto high = static_cast<double>(*std::max_element(row.begin(), row.end()));
            double sum = 0;
            for (std::size_t c = 0; c < powers.size(); ++c)
              sum += powers[c] = std::exp(static_cast<double>(row[c]) - high);
            for (std::size_t c = 0; c < powers.size(); ++c) row[c] = static_cast<T>(powers[c] / sum);
          }
        });
    if (odd) this->require_finite(feature_view<T>(x));
  }

  void write(detail::model_writer& out) const override {
    out.add<std::int64_t>("hidden", options_.hidden);
    out.text("order", options_.order == mlp_order::relu_then_norm ? "relu_then_norm" : "norm_then_relu");
    out.text("batch_norm", options_.batch_norm ? "1" : "0");
    out.add<T>("parameters", network_.parameters(),
               shape{1, static_cast<std::int64_t>(network_.parameters().size())});
    out.add<T>("statistics", network_.statistics(),
               shape{1, static_cast<std::int64_t>(network_.statistics().size())});
    matrix<double> history(static_cast<std::int64_t>(history_.size()), 3);
    for (std::size_t e = 0; e < history_.size(); ++e) {
      const auto row = history.row(static_cast<std::int64_t>(e));
      row[0] = history_[e].loss;
      row[1] = history_[e].validation_loss;
      row[2] = history_[e].validation_accuracy;
    }
    out.add<double>("history", history);
    out.number("best_epoch", static_cast<double>(best_epoch_));
  }

  void read(const detail::model_reader& in) override {
    mlp_shape shape{.inputs = this->features(), .outputs = this->classes_with_rows()};
    shape.hidden = in.template list<std::int64_t>("hidden");
    for (const std::int64_t h : shape.hidden)
      if (h < 1 || h > (std::int64_t{1} << 24)) in.fail("a hidden layer of " + std::to_string(h) + " units");
    if (shape.hidden.size() > 64) in.fail("more than 64 hidden layers");
    const std::string& order = in.text("order");
    if (order != "relu_then_norm" && order != "norm_then_relu") in.fail("aisle.order is \"" + order + "\"");
    shape.order = order == "relu_then_norm" ? mlp_order::relu_then_norm : mlp_order::norm_then_relu;
    shape.batch_norm = in.integer("batch_norm", 0, 1) == 1;
    // Sizes are compared with the file before memory of that size is taken.
    const auto parameters = in.template table<T>("parameters"),
               statistics = in.template table<T>("statistics");
    double expected = 0, inputs = static_cast<double>(shape.inputs);
    for (const std::int64_t h : shape.hidden) {
      expected += static_cast<double>(h) * (inputs + (shape.batch_norm ? 3 : 1));
      inputs = static_cast<double>(h);
    }
    expected += static_cast<double>(shape.outputs) * (inputs + 1);
    if (parameters.rows() != 1 || static_cast<double>(parameters.cols()) != expected)
      in.fail("parameters of " + counted(parameters.cols(), "number") + " do not fit the layers");
    network_ = mlp_network<T>(shape);
    if (statistics.rows() != 1 ||
        statistics.cols() != static_cast<std::int64_t>(network_.statistics().size()))
      in.fail("statistics of " + counted(statistics.cols(), "number") + " do not fit the layers");
    std::copy_n(parameters.row(0).begin(), parameters.cols(), network_.parameters().begin());
    std::copy_n(statistics.row(0).begin(), statistics.cols(), network_.statistics().begin());
    options_.hidden = shape.hidden;
    options_.order = shape.order;
    options_.batch_norm = shape.batch_norm;
    const auto history = in.template table<double>("history", detail::model_numbers::any);
    if (history.cols() != 3) in.fail("history of " + counted(history.cols(), "column") + ", expected 3");
    history_.clear();
    for (std::int64_t e = 0; e < history.rows(); ++e)
      history_.push_back({history(e, 0), history(e, 1), history(e, 2)});
    best_epoch_ = in.integer("best_epoch", 0, std::int64_t{1} << 40);
  }

 private:
  /// Rows with their features side by side.
  struct set {
    matrix<T> x;
    std::vector<std::int32_t> codes;
    set(const training_data& data, std::span<const std::int64_t> rows)
        : x(static_cast<std::int64_t>(rows.size()), data.x.cols()) {
      fill(data, rows);
    }
    void fill(const training_data& data, std::span<const std::int64_t> rows) {
      codes.clear();
      for (std::size_t i = 0; i < rows.size(); ++i) {
        std::copy_n(data.x.row(rows[i]).begin(), data.x.cols(), x.row(static_cast<std::int64_t>(i)).begin());
        codes.push_back(data.codes[static_cast<std::size_t>(rows[i])]);
      }
    }
  };

  /// Batch norm has nothing to say about one row.
  std::int64_t smallest_batch() const { return options_.batch_norm && !options_.hidden.empty() ? 2 : 1; }

  void check_options() const {
    if (options_.batch < 1 || options_.epochs < 1 || options_.patience < 1)
      throw option_error("mlp: batch " + std::to_string(options_.batch) + ", epochs " +
                         std::to_string(options_.epochs) + ", patience " + std::to_string(options_.patience) +
                         ", expected at least 1");
    if (options_.batch < smallest_batch())
      throw option_error("mlp: batch norm needs batches of at least 2 rows, found batch 1");
    if (is_nan(options_.validation_share) || options_.validation_share < 0 || options_.validation_share >= 1)
      throw option_error("mlp: validation_share is " + detail::number_text(options_.validation_share) +
                         ", expected a share in [0, 1)");
  }

  /// Validation rows are drawn class by class, in proportion: drawn from all rows alike they would now and
  /// then take most of a rare class, which the network then neither learns nor is judged by.
  void choose_rows(const training_data& data, index_vector& train, index_vector& held_out) const {
    train.clear();
    held_out.clear();
    std::vector<index_vector> members(static_cast<std::size_t>(data.classes));
    for (std::size_t r = 0; r < data.codes.size(); ++r)
      members[static_cast<std::size_t>(data.codes[r])].push_back(static_cast<std::int64_t>(r));
    std::vector<std::int64_t> counts;
    for (const index_vector& m : members) counts.push_back(static_cast<std::int64_t>(m.size()));
    random_generator random(stream_seed(options_.seed, 1));
    const double share = options_.validation_share * static_cast<double>(data.codes.size());
    const auto wanted = share > 0 ? std::max<std::int64_t>(1, static_cast<std::int64_t>(share)) : 0;
    const auto held = detail::allot(counts, wanted, random);
    for (std::size_t c = 0; c < members.size(); ++c) {
      random.shuffle(members[c]);
      const auto middle = members[c].begin() + std::min(held[c], std::max<std::int64_t>(counts[c] - 1, 0));
      held_out.insert(held_out.end(), members[c].begin(), middle);
      train.insert(train.end(), middle, members[c].end());
    }
    std::sort(train.begin(), train.end());
    std::sort(held_out.begin(), held_out.end());
  }

  /// Sample weight times class weight of the rows learnt from.
  std::vector<double> weights_of(const training_data& data, const index_vector& train) const {
    const auto by_class = options_.weights.resolve(data.labels->rows(train));
    std::vector<double> out(data.codes.size(), 0.0);
    for (const std::int64_t r : train) {
      const auto row = static_cast<std::size_t>(r);
      const auto code = static_cast<std::size_t>(data.present[static_cast<std::size_t>(data.codes[row])]);
      out[row] = data.sample_weights[row] * by_class[code];
    }
    return out;
  }

  double run_epoch(const training_data& data, const index_vector& train,
                   const std::vector<double>& row_weights, std::int64_t epoch, std::int64_t smallest,
                   optimizer<T>& steps) {
    index_vector order = train;
    random_generator random(stream_seed(options_.seed, 2 + static_cast<std::uint64_t>(epoch)));
    random.shuffle(order);
    const auto count = static_cast<std::int64_t>(order.size());
    double loss = 0, rows = 0;
    set batch(data, {});
    std::vector<double> weights;
    for (std::int64_t first = 0; first < count; first += options_.batch) {
      throw_if_interrupted();
      const std::int64_t size = std::min(options_.batch, count - first);
      if (size < smallest) continue;  // the last batch may be a single row
      const std::span<const std::int64_t> which(order.data() + first, static_cast<std::size_t>(size));
      if (batch.x.rows() != size) batch.x = matrix<T>(size, data.x.cols());
      batch.fill(data, which);
      weights.clear();
      for (const std::int64_t r : which) weights.push_back(row_weights[static_cast<std::size_t>(r)]);
      loss += static_cast<double>(size) * network_.backpropagate({.x = batch.x,
                                                                  .codes = batch.codes,
                                                                  .weights = weights,
                                                                  .divisor = options_.divisor,
                                                                  .dropout_seed = random(),
                                                                  .threads = options_.threads});
      rows += static_cast<double>(size);
      steps.step(network_.parameters(), network_.gradients(), options_.threads);
    }
    return loss / rows;
  }

  void score(const set& validation, mlp_epoch& epoch) const {
    const auto logits = network_.logits(validation.x, options_.threads);
    double loss = 0, right = 0;
    for (std::int64_t r = 0; r < logits.rows(); ++r) {
      const auto row = logits.row(r);
      const auto target = static_cast<std::size_t>(validation.codes[static_cast<std::size_t>(r)]);
      const auto best = std::max_element(row.begin(), row.end());
      double sum = 0;
      for (const T v : row) sum += std::exp(static_cast<double>(v) - static_cast<double>(*best));
      loss += std::log(sum) + static_cast<double>(*best) - static_cast<double>(row[target]);
      right += best - row.begin() == static_cast<std::ptrdiff_t>(target);
    }
    const auto rows = static_cast<double>(logits.rows());
    epoch.validation_loss = loss / rows;  // 0 / 0 without a validation share
    epoch.validation_accuracy = right / rows;
  }

  mlp_options options_;
  mlp_network<T> network_;
  std::vector<mlp_epoch> history_;
  std::int64_t best_epoch_ = 0;
  index_vector validation_rows_;
};

// Without a template argument features are floats.
mlp()->mlp<float>;
mlp(mlp_options)->mlp<float>;

AISLE_EXTERN_TEMPLATE(class mlp<float>)
AISLE_EXTERN_TEMPLATE(class mlp<double>)

AISLE_NAMESPACE_END
