#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <aisle/nn/plan.hpp>
#include <aisle/tensor/buffer.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// Memory for one run at a time: values, and scratch for each worker. Grows, never shrinks.
class workspace {
 public:
  std::byte* values(std::int64_t bytes) { return at_least(values_, bytes); }
  std::byte* scratch(std::int64_t bytes) { return at_least(scratch_, bytes); }

 private:
  static std::byte* at_least(buffer<std::byte>& memory, std::int64_t bytes) {
    if (static_cast<std::int64_t>(memory.size()) < bytes)
      memory = buffer<std::byte>(static_cast<std::size_t>(bytes));
    return memory.data();
  }
  buffer<std::byte> values_, scratch_;
};

/// Workspaces that callers on any thread lease for the length of a run: encoders stay immutable, and no
/// memory hangs on a thread.
class workspace_pool {
 public:
  class lease {
   public:
    lease(workspace_pool& pool, std::unique_ptr<workspace> w) : pool_(&pool), workspace_(std::move(w)) {}
    lease(lease&&) noexcept = default;
    lease& operator=(lease&&) = delete;
    ~lease() {
      if (workspace_) pool_->give_back(std::move(workspace_));
    }
    workspace& operator*() const noexcept { return *workspace_; }

   private:
    workspace_pool* pool_;
    std::unique_ptr<workspace> workspace_;
  };

  lease take() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) {
      auto made = std::make_unique<workspace>();
      free_.reserve(made_ + 1);  // giving back must not need memory
      ++made_;
      return {*this, std::move(made)};
    }
    auto w = std::move(free_.back());
    free_.pop_back();
    return {*this, std::move(w)};
  }

 private:
  void give_back(std::unique_ptr<workspace> w) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(w));
  }
  std::mutex mutex_;
  std::vector<std::unique_ptr<workspace>> free_;
  std::size_t made_ = 0;
};

}  // namespace nn
AISLE_NAMESPACE_END
