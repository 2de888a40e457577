#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <aisle/nn/cpu/operators.hpp>
#include <aisle/nn/operators.hpp>

// What a model records: operators as plain data, in the order of computation. No sizes of inputs, no weights,
// no kernel; an executor for another device reads the same data.

AISLE_NAMESPACE_BEGIN
namespace nn {

/// A value of a graph, by number.
struct value {
  int id = -1;
};

struct node {
  operation_ptr op;
  std::vector<int> inputs;
  /// Makes its layer on a CPU; null where that has none. Recorded because the operator's type is known here
  /// alone: a program compiles the layers of the operators that its models record, and no others.
  cpu::layer_loader on_cpu = nullptr;
};

struct graph {
  std::vector<node> nodes;             ///< node i computes value i; inputs come before their users
  std::map<std::string, int> outputs;  ///< "embedding", "logits", "pooler_output", …
  std::map<std::string, int> taps;     ///< named places inside: "stage1.block1", …
  std::vector<std::string> notes;      ///< what had to be assumed, for people: no tensor and no file shows it
};

/// Records a model. Each call adds one operator and returns its value; `tap` and `output` give values names.
class graph_builder {
 public:
  /// `side`: of the one size that the model takes; 0: any.
  value image(std::int64_t channels = 3, std::int64_t side = 0) {
    return put(image_input(channels, side), {});
  }
  value embed_tokens(token_embedding op) { return put(std::move(op), {}); }
  value mean_of_rows(token_mean op) { return put(std::move(op), {}); }

  struct conv_options {
    std::int64_t out = 0, kernel = 1, stride = 1, pad = 0;
    padding mode = padding::fixed;
    bool bias = false;
    std::int64_t kernel_width = 0;
    nn::window window() const { return {kernel, stride, pad, mode, kernel_width}; }
  };
  value conv2d(value x, std::string name, const conv_options& o) {
    return put(nn::conv2d(std::move(name), o.out, o.window(), o.bias), {x});
  }
  value depthwise(value x, std::string name, const conv_options& o) {
    return put(nn::depthwise(std::move(name), o.window(), o.bias), {x});
  }
  struct linear_options {
    std::int64_t out = 0;
    bool bias = true;
  };
  value linear(value x, std::string name, const linear_options& o) {
    return linear(x, std::vector<std::string>{std::move(name)}, o);
  }
  value linear(value x, std::vector<std::string> names, const linear_options& o) {
    return put(nn::linear(std::move(names), o.out, o.bias), {x});
  }
  value batch_norm(value x, std::string name, float eps, bool scaled = true) {
    return put(nn::batch_norm({std::move(name), eps, scaled}), {x});
  }
  value layer_norm(value x, std::string name, float eps) {
    return put(nn::layer_norm(std::move(name), eps), {x});
  }
  value grn(value x, std::string name, float eps) {
    return put(global_response_norm(std::move(name), eps), {x});
  }
  value l2_normalize(value x) { return put(nn::l2_normalize(), {x}); }
  value relu(value x) { return put(activate(kernels::activation::relu), {x}); }
  value relu6(value x) { return put(activate(kernels::activation::relu6), {x}); }
  value gelu(value x) { return put(activate(kernels::activation::gelu), {x}); }
  value tanh(value x) { return put(activate(kernels::activation::tanh), {x}); }
  value add(value a, value b) { return put(nn::add(), {a, b}); }
  value concatenate(std::vector<value> parts) { return put(nn::concatenate(), parts); }
  value max_pool(value x, const window& o) { return put(nn::max_pool(o), {x}); }
  value average_pool(value x, const window& o, bool count_padding = true) {
    return put(nn::average_pool(o, count_padding), {x});
  }
  value global_average(value x) { return put(nn::global_average(), {x}); }
  value patch_tokens(value x, nn::patch_tokens op) { return put(std::move(op), {x}); }
  value mean_tokens(value x, std::int64_t skip = 0) { return put(nn::mean_tokens(skip), {x}); }
  value first_token(value x) { return put(nn::first_token(), {x}); }
  value window_attention(value qkv, nn::window_attention op) { return put(std::move(op), {qkv}); }
  value merge_patches(value x) { return put(nn::merge_patches(), {x}); }
  value attention(value qkv, std::int64_t heads) { return put(nn::attention(heads), {qkv}); }

  /// Names a place inside the network that a plan can be asked for. Returns x, so that it fits into an
  /// expression.
  value tap(std::string name, value x) {
    graph_.taps[std::move(name)] = x.id;
    return x;
  }
  void output(std::string name, value x) { graph_.outputs[std::move(name)] = x.id; }
  graph finish() && { return std::move(graph_); }

 private:
  template <class Op, class Values = std::initializer_list<value>>
  value put(Op op, const Values& inputs) {
    node n{operation_ptr(new Op(std::move(op))), {}, cpu::loader_of<Op>()};
    for (const value v : inputs) n.inputs.push_back(v.id);
    graph_.nodes.push_back(std::move(n));
    return {static_cast<int>(graph_.nodes.size()) - 1};
  }
  graph graph_;
};

}  // namespace nn
AISLE_NAMESPACE_END
