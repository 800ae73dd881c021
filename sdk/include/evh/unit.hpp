// The unit of work in C++: SQL, publishing and what follows after the commit.
//
// A unit is borrowed for the length of one callback and must not be kept. The callback is re-runnable. Calls throw
// evh::failure; let it pass and the host rolls back.
#pragma once
#include <evh/services.hpp>

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace evh {
inline namespace v1 {

// One SQL parameter. Text and blobs are views: they must outlive the call.
class value {
 public:
  value(std::nullptr_t) noexcept : raw_{EVH_NULL, 0, {}} {}
  template <std::integral Int>
  value(Int v) noexcept : raw_{EVH_INTEGER, 0, {}} { raw_.as.integer = static_cast<std::int64_t>(v); }
  value(double v) noexcept : raw_{EVH_REAL, 0, {}} { raw_.as.real = v; }
  value(std::string_view v) noexcept : raw_{EVH_TEXT, 0, {}} { raw_.as.bytes = view(v); }
  value(const std::string& v) noexcept : value(std::string_view(v)) {}
  value(const char* v) noexcept : value(std::string_view(v)) {}
  template <class T>
  value(const std::optional<T>& v) noexcept : value(nullptr) { if (v) *this = value(*v); }
  static value blob(std::string_view bytes) noexcept {
    value v(bytes);
    v.raw_.type = EVH_BLOB;
    return v;
  }

 private:
  evh_value raw_;
};
static_assert(sizeof(value) == sizeof(evh_value));

// One row of a result; valid inside the row callback.
class row {
 public:
  row(const evh_value* cells, std::uint32_t count) noexcept : cells_(cells), count_(count) {}
  [[nodiscard]] std::uint32_t size() const noexcept { return count_; }
  [[nodiscard]] bool is_null(std::uint32_t i) const noexcept { return cells_[i].type == EVH_NULL; }
  [[nodiscard]] std::int64_t integer(std::uint32_t i) const noexcept {
    return cells_[i].type == EVH_REAL ? static_cast<std::int64_t>(cells_[i].as.real) : cells_[i].type == EVH_INTEGER ? cells_[i].as.integer : 0;
  }
  [[nodiscard]] double real(std::uint32_t i) const noexcept {
    return cells_[i].type == EVH_INTEGER ? static_cast<double>(cells_[i].as.integer) : cells_[i].type == EVH_REAL ? cells_[i].as.real : 0;
  }
  [[nodiscard]] std::string_view text(std::uint32_t i) const noexcept {
    return cells_[i].type == EVH_TEXT || cells_[i].type == EVH_BLOB ? v1::text(cells_[i].as.bytes) : std::string_view();
  }

 private:
  const evh_value* cells_;
  std::uint32_t count_;
};

// An outgoing event. Views: copied by publish.
struct message {
  std::uint32_t topic = 0;
  std::string_view type;
  std::string_view key;
  std::string_view payload;
  std::string_view id = {};  // empty: the host makes one
  std::span<const evh_pair> headers = {};
};

class unit {
 public:
  unit(const services& with, evh_uow* raw) noexcept : services_(&with), raw_(raw) {}

  std::int64_t exec(std::string_view sql, std::initializer_list<value> params = {}) { return exec(sql, std::span(params.begin(), params.size())); }
  std::int64_t exec(std::string_view sql, std::span<const value> params) {
    std::int64_t changed = 0;
    evh_error error = make_error();
    check(services_->store_api().exec(raw_, view(sql), raw(params), count(params), &changed, &error), error, "exec");
    return changed;
  }

  // each(row) for every row; it may return false to stop.
  template <class Each>
  void query(std::string_view sql, std::initializer_list<value> params, Each&& each) {
    query(sql, std::span(params.begin(), params.size()), std::forward<Each>(each));
  }
  template <class Each>
  void query(std::string_view sql, std::span<const value> params, Each&& each) {
    struct call {
      Each* each;
      std::exception_ptr thrown;
    } call{&each, nullptr};
    evh_error error = make_error();
    const auto status = services_->store_api().query(
        raw_, view(sql), raw(params), count(params),
        [](void* user, const evh_value* cells, std::uint32_t n) -> evh_status {
          auto& c = *static_cast<struct call*>(user);
          try {
            if constexpr (std::is_void_v<decltype((*c.each)(row(cells, n)))>) {
              (*c.each)(row(cells, n));
              return EVH_OK;
            } else {
              return (*c.each)(row(cells, n)) ? EVH_OK : EVH_CANCELLED;
            }
          } catch (...) {
            c.thrown = std::current_exception();
            return EVH_EXCEPTION;
          }
        },
        &call, &error);
    if (call.thrown) std::rethrow_exception(call.thrown);
    if (status != EVH_CANCELLED) check(status, error, "query");
  }

  void copy_rows(std::string_view table, std::span<const std::string_view> columns, std::span<const value> cells) {
    evh_sv names[64];
    if (columns.empty() || columns.size() > 64) throw failure(EVH_INVALID, "copy_rows takes 1 to 64 columns");
    for (std::size_t i = 0; i < columns.size(); ++i) names[i] = view(columns[i]);
    evh_error error = make_error();
    check(services_->store_api().copy_rows(raw_, view(table), names, static_cast<std::uint32_t>(columns.size()), raw(cells),
                                           cells.size() / columns.size(), &error),
          error, table);
  }

  void publish(const message& m) {
    evh_record record{};
    record.struct_size = sizeof record;
    record.topic = m.topic;
    record.type = view(m.type);
    record.id = m.id.empty() ? evh_sv{nullptr, 0} : view(m.id);
    record.key = view(m.key);
    record.payload = view(m.payload);
    record.headers = m.headers.data();
    record.headers_count = static_cast<std::uint32_t>(m.headers.size());
    publish(std::span<const evh_record>(&record, 1));
  }
  void publish(std::span<const evh_record> records) {
    evh_error error = make_error();
    check(services_->publish_api().publish(raw_, records.data(), static_cast<std::uint32_t>(records.size()), sizeof(evh_record), &error),
          error, "publish");
  }

  // fn(bool committed), exactly once, when the fate of this run is known.
  template <class Fn>
  void after(Fn fn) {
    auto owned = std::make_unique<Fn>(std::move(fn));
    check(services_->uow_api().after(
              raw_,
              [](void* user, std::int32_t committed) {
                std::unique_ptr<Fn> mine(static_cast<Fn*>(user));
                guarded(nullptr, [&] { (*mine)(committed != 0); });
              },
              owned.get()),
          "after");
    owned.release();
  }

  // The lent native handle: for evh::odb_scope.
  struct native_handle {
    std::int32_t kind;
    void* handle;
  };
  [[nodiscard]] native_handle native() {
    native_handle lent{};
    check(services_->sql_handle_api().get(raw_, &lent.kind, &lent.handle), "sql-handle");
    return lent;
  }

  [[nodiscard]] evh_uow* raw() const noexcept { return raw_; }
  [[nodiscard]] const services& host() const noexcept { return *services_; }

 private:
  static const evh_value* raw(std::span<const value> v) noexcept { return reinterpret_cast<const evh_value*>(v.data()); }
  static std::uint32_t count(std::span<const value> v) noexcept { return static_cast<std::uint32_t>(v.size()); }

  const services* services_;
  evh_uow* raw_;
};

// Runs fn(unit&) now in a read-only snapshot on this thread. [task]
template <class Fn>
void read(const services& with, Fn&& fn) {
  struct call {
    Fn* fn;
    const services* with;
    std::exception_ptr thrown;
  } call{&fn, &with, nullptr};
  evh_error error = make_error();
  const auto status = with.uow_api().read(
      with.host(),
      [](void* user, evh_uow* raw, evh_error* e) -> evh_status {
        auto& c = *static_cast<struct call*>(user);
        return guarded(e, [&] {
          try {
            unit u(*c.with, raw);
            (*c.fn)(u);
          } catch (...) {
            c.thrown = std::current_exception();
            throw;
          }
        });
      },
      &call, &error);
  if (call.thrown) std::rethrow_exception(call.thrown);
  check(status, error, "read");
}

// Queues fn(unit&) as a writing unit; done(evh_status) tells its end. False: queue full or draining, nothing will run.
template <class Fn, class Done>
bool write(const services& with, Fn fn, Done done) {
  struct call {
    Fn fn;
    Done done;
    const services* with;
  };
  auto owned = std::make_unique<call>(call{std::move(fn), std::move(done), &with});
  const auto status = with.uow_api().write(
      with.host(),
      [](void* user, evh_uow* raw, evh_error* e) -> evh_status {
        auto& c = *static_cast<call*>(user);
        return guarded(e, [&] {
          unit u(*c.with, raw);
          c.fn(u);
        });
      },
      [](void* user, evh_status s) {
        std::unique_ptr<call> mine(static_cast<call*>(user));
        guarded(nullptr, [&] { mine->done(s); });
      },
      owned.get());
  if (status == EVH_OK) owned.release();
  return status == EVH_OK;
}

}  // namespace v1
}  // namespace evh
