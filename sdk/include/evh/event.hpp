// Events as C++ sees them: a view over one evh_event, a batch to range over, and the verdict per event.
// Everything here borrows: valid until the handler returns.
#pragma once
#include <evh/abi/event.h>
#include <evh/failure.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string_view>

namespace evh {
inline namespace v1 {

class event {
 public:
  explicit event(const evh_event* raw) noexcept : raw_(raw) {}
  [[nodiscard]] std::uint32_t topic() const noexcept { return raw_->topic; }
  [[nodiscard]] std::uint32_t type() const noexcept { return raw_->type; }
  [[nodiscard]] std::int32_t partition() const noexcept { return raw_->partition; }
  [[nodiscard]] std::int64_t offset() const noexcept { return raw_->offset; }
  [[nodiscard]] std::int64_t time_ns() const noexcept { return raw_->time_ns; }
  [[nodiscard]] std::string_view id() const noexcept { return text(raw_->id); }
  [[nodiscard]] std::string_view key() const noexcept { return text(raw_->key); }
  [[nodiscard]] bool has_key() const noexcept { return raw_->key.ptr != nullptr; }
  [[nodiscard]] std::string_view payload() const noexcept { return text(raw_->payload); }
  [[nodiscard]] bool tombstone() const noexcept { return raw_->payload.ptr == nullptr; }
  [[nodiscard]] std::uint16_t attempt() const noexcept { return raw_->attempt; }
  [[nodiscard]] std::span<const evh_pair> headers() const noexcept { return {raw_->headers, raw_->headers_count}; }
  [[nodiscard]] const evh_event& raw() const noexcept { return *raw_; }

 private:
  const evh_event* raw_;
};

// A range of events, walked by the host's stride.
class batch {
 public:
  class iterator {
   public:
    using value_type = event;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::forward_iterator_tag;
    using reference = event;
    using pointer = void;
    iterator() = default;
    iterator(const char* at, std::uint32_t stride) noexcept : at_(at), stride_(stride) {}
    event operator*() const noexcept { return event(reinterpret_cast<const evh_event*>(at_)); }
    iterator& operator++() noexcept { at_ += stride_; return *this; }
    iterator operator++(int) noexcept { auto old = *this; ++*this; return old; }
    bool operator==(const iterator& other) const noexcept { return at_ == other.at_; }

   private:
    const char* at_ = nullptr;
    std::uint32_t stride_ = 0;
  };

  explicit batch(const evh_batch& raw) noexcept : raw_(&raw) {}
  [[nodiscard]] std::size_t size() const noexcept { return raw_->count; }
  [[nodiscard]] event operator[](std::size_t index) const noexcept { return event(EVH_EVENT_AT(raw_, index)); }
  [[nodiscard]] iterator begin() const noexcept { return {bytes(), raw_->stride}; }
  [[nodiscard]] iterator end() const noexcept { return {bytes() + std::uint64_t{raw_->count} * raw_->stride, raw_->stride}; }
  [[nodiscard]] std::uint64_t lane() const noexcept { return raw_->lane; }

 private:
  [[nodiscard]] const char* bytes() const noexcept { return reinterpret_cast<const char*>(raw_->events); }
  const evh_batch* raw_;
};

// What became of an event; the default of every event is done.
enum class verdict : std::uint8_t { done = EVH_ACK, retry = EVH_RETRY, dead_letter = EVH_DEAD_LETTER, skip = EVH_SKIP };

class verdicts {
 public:
  verdicts(std::uint8_t* results, std::size_t count) noexcept : results_(results), count_(count) {}
  void set(std::size_t index, verdict v) noexcept { if (index < count_) results_[index] = static_cast<std::uint8_t>(v); }

 private:
  std::uint8_t* results_;
  std::size_t count_;
};

}  // namespace v1
}  // namespace evh
