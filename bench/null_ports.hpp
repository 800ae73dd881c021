// Ports that do nothing, so that a benchmark measures the runtime and not what stands behind it.
#pragma once
#include "host/io/log.hpp"
#include "host/io/store.hpp"

namespace evhost::bench {

class null_transaction final : public io::transaction {
 public:
  core::result<std::int64_t> exec(std::string_view, std::span<const evh_value>) override { return std::int64_t{0}; }
  core::result<void> query(std::string_view, std::span<const evh_value>, const io::row_sink&) override {
    return core::success();
  }
  core::result<void> copy_rows(std::string_view, std::span<const std::string_view>,
                               std::span<const evh_value>) override {
    return core::success();
  }
  io::native_handle native() override { return {}; }
  [[nodiscard]] bool read_only() const override { return false; }
};

class null_store final : public io::store {
 public:
  [[nodiscard]] std::int32_t dialect() const override { return EVH_DIALECT_SQLITE; }
  core::result<void> submit(std::unique_ptr<io::unit>) override { return core::fail(core::errc::again, "null store"); }
  core::result<void> read(const std::function<core::result<void>(io::transaction&)>&) override {
    return core::success();
  }
  core::result<void> migrate(std::string_view, std::span<const io::migration>) override { return core::success(); }
  void on_close(std::function<void(io::native_handle)>) override {}
  void observe(io::group_observer*) override {}
  core::result<void> start() override { return core::success(); }
  void stop(std::chrono::steady_clock::time_point) override {}
  [[nodiscard]] io::store_stats stats() const override { return {}; }
  [[nodiscard]] std::string trouble() const override { return {}; }
};

class null_log final : public io::event_log {
 public:
  core::result<io::topic_info> open_topic(std::string_view name, io::topic_options) override {
    return io::topic_info{1, std::string(name), 1, 1, {}};
  }
  [[nodiscard]] core::result<io::topic_info> find_topic(std::string_view name) const override {
    return io::topic_info{1, std::string(name), 1, 1, {}};
  }
  [[nodiscard]] std::vector<io::topic_info> topics() const override { return {}; }
  [[nodiscard]] std::int32_t partition_of(std::uint32_t, std::string_view) const override { return 0; }
  std::uint32_t intern_type(std::string_view) override { return 1; }
  [[nodiscard]] std::string_view type_name(std::uint32_t) const override { return {}; }
  core::result<void> append(io::transaction&, std::span<const io::outgoing>) override { return core::success(); }
  std::unique_ptr<io::partition_reader> open_reader(std::uint32_t, std::int32_t, std::int64_t, bool,
                                                    std::function<void()>) override {
    return nullptr;
  }
  core::result<io::position> acquire(std::string_view, std::uint32_t, std::int32_t, std::int64_t) override {
    return io::position{};
  }
  core::result<void> advance(io::transaction&, std::string_view, std::uint32_t, std::int32_t, const io::position&,
                             std::int64_t) override {
    return core::success();
  }
  core::result<void> set_position(std::string_view, std::string_view, std::int32_t, std::int64_t) override {
    return core::success();
  }
  core::result<std::uint64_t> trim() override { return std::uint64_t{0}; }
};

}  // namespace evhost::bench
