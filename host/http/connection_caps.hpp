// How many connections there may be, in all and per client address; held as leases that give their place back.
//
// Threading: any thread. Ownership: leases keep the counter alive.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace evhost::http {

class connection_caps : public std::enable_shared_from_this<connection_caps> {
 public:
  class lease {
   public:
    lease() = default;
    lease(lease&& other) noexcept = default;
    lease& operator=(lease&& other) noexcept {
      give_back();
      caps_ = std::move(other.caps_);
      key_ = std::move(other.key_);
      return *this;
    }
    ~lease() { give_back(); }
    explicit operator bool() const noexcept { return caps_ != nullptr; }

   private:
    friend class connection_caps;
    void give_back() noexcept {
      if (const auto caps = std::move(caps_)) caps->release(key_);
    }
    std::shared_ptr<connection_caps> caps_;
    std::string key_;
  };

  enum class verdict { granted, full, address_full };

  connection_caps(std::size_t max, std::size_t per_key_max) : max_(max), per_key_max_(per_key_max) {}

  // shared_key: many clients come from there (a trusted proxy), so only the total counts.
  verdict acquire(const std::string& key, lease& out, bool shared_key = false) {
    const std::lock_guard lock(mutex_);
    if (count_ >= max_) return verdict::full;
    const auto at = by_key_.find(key);
    if (!shared_key && at != by_key_.end() && at->second >= per_key_max_) return verdict::address_full;
    ++by_key_[key];
    ++count_;
    out.caps_ = shared_from_this();
    out.key_ = key;
    return verdict::granted;
  }

  std::size_t count() const {
    const std::lock_guard lock(mutex_);
    return count_;
  }

  // False when connections are left at the deadline.
  bool wait_empty(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    return empty_.wait_until(lock, deadline, [&] { return count_ == 0; });
  }

 private:
  void release(const std::string& key) noexcept {
    const std::lock_guard lock(mutex_);
    if (const auto at = by_key_.find(key); at != by_key_.end() && --at->second == 0) by_key_.erase(at);
    if (--count_ == 0) empty_.notify_all();
  }

  const std::size_t max_, per_key_max_;
  mutable std::mutex mutex_;
  std::condition_variable empty_;
  std::size_t count_ = 0;
  std::unordered_map<std::string, std::size_t> by_key_;
};

}  // namespace evhost::http
