// The small host's workings.
#include "tests/integration/lanes/lane_process.hpp"

#include "host/core/views.hpp"
#include "host/io/sync_unit.hpp"
#include "host/log/embedded_log.hpp"
#include "host/storage/sqlite_store.hpp"

#include <array>
#include <charconv>
#include <stdexcept>

namespace evhost::runtime::tests {
namespace {

evh_value text_value(std::string_view text) {
  evh_value v{};
  v.type = EVH_TEXT;
  v.as.bytes = core::view(text);
  return v;
}

template <class T>
T must(core::result<T> r) {
  if (r.has_error()) throw std::runtime_error(r.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(r.value());
}

const io::migration test_tables[] = {
    {1, "effects",
     "CREATE TABLE t_effects(n INTEGER PRIMARY KEY AUTOINCREMENT, payload TEXT NOT NULL);"
     "CREATE TABLE t_echoes(n INTEGER PRIMARY KEY AUTOINCREMENT, payload TEXT NOT NULL);"
     "CREATE TABLE t_parents(id TEXT PRIMARY KEY);"
     "CREATE TABLE t_children(id TEXT, parent TEXT REFERENCES t_parents(id) DEFERRABLE INITIALLY DEFERRED)"}};

}  // namespace

class lane_process::effect_handler final : public batch_handler {
 public:
  effect_handler(act_fn act, std::string insert, std::uint32_t echo_topic)
      : act_(std::move(act)), insert_(std::move(insert)), echo_topic_(echo_topic) {}

  evh_status on_batch(evh_uow* uow, const evh_batch& batch, std::uint8_t* results, evh_error&) noexcept override {
    auto& unit = unit_of_work::of(uow);
    for (std::uint32_t i = 0; i < batch.count; ++i) {
      const evh_event& event = *EVH_EVENT_AT(&batch, i);
      const auto payload = core::text(event.payload);
      const int verdict = act_ ? act_(payload) : EVH_ACK;
      if (verdict >= 100) return verdict - 100;
      results[i] = static_cast<std::uint8_t>(verdict);
      if (verdict == EVH_DEAD_LETTER) continue;
      const std::array params{text_value(payload)};
      const auto sql = verdict == 50 ? std::string_view("INSERT INTO t_children VALUES ($1, 'nobody')") : insert_;
      if (verdict == 50) results[i] = EVH_ACK;
      if (const auto done = unit.tx().exec(sql, params); done.has_error()) return note(unit, done.error());
      if (echo_topic_ == 0) continue;
      io::outgoing echo;
      echo.topic = echo_topic_;
      echo.type = "echo.v1";
      echo.key = event.key;
      echo.payload = event.payload;
      if (const auto done = unit.log().append(unit.tx(), {&echo, 1}); done.has_error()) return note(unit, done.error());
    }
    return EVH_OK;
  }

 private:
  static evh_status note(unit_of_work& unit, const core::error& why) {
    unit.note_broken(why);
    return static_cast<evh_status>(why.code);
  }
  act_fn act_;
  std::string insert_;
  std::uint32_t echo_topic_;
};

lane_process::lane_process(const std::filesystem::path& folder, act_fn act, lane_options options) {
  storage::sqlite_options so;
  so.path = folder / "evhost.db";
  store = must(storage::make_sqlite_store(so, clock_, log_sink_, metrics_));
  log = must(log::make_embedded_log(*store, clock_, log_sink_, metrics_, {}));
  must(store->migrate("host.runtime", lane_engine::migrations()));
  must(store->migrate("t", test_tables));
  must(store->start());
  things_ = must(log->open_topic("things", {.partitions = 4}));
  echoes_ = must(log->open_topic("echoes", {.partitions = 4}));
  options.in_flight_file = folder / "in_flight";
  engine = std::make_unique<lane_engine>(*store, *log, clock_, log_sink_, metrics_, pool_.get_executor(), options);
  handler_ = std::make_unique<effect_handler>(std::move(act), "INSERT INTO t_effects(payload) VALUES ($1)", echoes_.id);
  echo_handler_ = std::make_unique<effect_handler>(nullptr, "INSERT INTO t_echoes(payload) VALUES ($1)", 0);
  subscription s;
  s.plugin = "p";
  s.group = "g";
  s.topic = "things";
  s.handler = handler_.get();
  must(engine->subscribe(s));
  s.plugin = "echo";
  s.group = "echo";
  s.topic = "echoes";
  s.handler = echo_handler_.get();
  must(engine->subscribe(s));
}

lane_process::~lane_process() {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  engine->drain(deadline);
  engine->stop();
  store->stop(deadline);
  pool_.join();
  engine.reset();
}

void lane_process::start() { must(engine->start()); }

bool lane_process::put(std::string_view key, std::int64_t seq, std::string_view tail) {
  const auto payload = std::string(key) + "/" + std::to_string(seq) + std::string(tail);
  return io::run_in_unit(*store, [&](io::transaction& tx) {
           io::outgoing record;
           record.topic = things_.id;
           record.type = "thing.v1";
           record.key = core::view(key);
           record.payload = core::view(payload);
           return log->append(tx, {&record, 1});
         }).has_value();
}

bool lane_process::behind() {
  for (const auto& lane : engine->lanes()) {
    const auto topic = must(log->find_topic(lane.topic));
    const auto reader = log->open_reader(topic.id, lane.partition, 0, false, [] {});
    const std::array params{text_value(lane.group)};
    std::int64_t at = 0;
    must(store->read([&](io::transaction& tx) {
      return tx.query("SELECT next_off FROM evh_log_positions WHERE grp = $1 AND topic = " + std::to_string(topic.id) +
                          " AND part = " + std::to_string(lane.partition),
                      params, [&](auto cells) {
                        at = cells[0].as.integer;
                        return false;
                      });
    }));
    if (at < reader->end_offset()) return true;
  }
  return false;
}

bool lane_process::catch_up(std::chrono::seconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (int quiet = 0; std::chrono::steady_clock::now() < deadline;) {
    // An empty unit: when it is settled, whatever committed before it has been handed to the lanes. Twice, since a
    // position may be seen a moment before what its unit published.
    must(io::run_in_unit(*store, [](io::transaction&) -> core::result<void> { return core::success(); }));
    quiet = behind() ? 0 : quiet + 1;
    if (quiet == 2) return true;
  }
  return false;
}

std::vector<effect> lane_process::effects(std::string_view table) {
  std::vector<effect> found;
  must(store->read([&](io::transaction& tx) {
    return tx.query("SELECT payload FROM t_" + std::string(table) + " ORDER BY n", {}, [&](auto cells) {
      const auto payload = core::text(cells[0].as.bytes);
      const auto slash = payload.find('/');
      effect e{std::string(payload.substr(0, slash)), 0};
      std::from_chars(payload.data() + slash + 1, payload.data() + payload.size(), e.seq);
      found.push_back(std::move(e));
      return true;
    });
  }));
  return found;
}

std::int64_t lane_process::number(std::string_view sql) {
  std::int64_t value = 0;
  must(store->read([&](io::transaction& tx) {
    return tx.query(sql, {}, [&](auto cells) {
      value = cells[0].as.integer;
      return false;
    });
  }));
  return value;
}

std::vector<dead_letter> lane_process::letters(std::string_view group) {
  return must(list_dead_letters(*store, *log, group, {.replayed_too = true}));
}

}  // namespace evhost::runtime::tests
