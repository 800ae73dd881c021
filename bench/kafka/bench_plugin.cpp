// The plugin under the bench's events: counts them without effects, or decodes their JSON and writes a row per event.
//
// Rows keep partition and offset, so that the database itself tells what is missing, doubled or out of order.
#include "bench/kafka/event_reader.hpp"
#include "bench/kafka/status.hpp"

#include <evh/evh.hpp>

#include <boost/json.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <vector>

namespace {

using evhost::bench::bench_status;
using evhost::bench::decoded_event;
using evhost::bench::event_reader;

constexpr evh::migration steps[] = {{1, "rows",
                                     "CREATE TABLE rows_event(part BIGINT NOT NULL, off BIGINT NOT NULL, seq BIGINT NOT NULL, at BIGINT NOT NULL,"
                                     " account TEXT NOT NULL, kind TEXT NOT NULL, amount DOUBLE PRECISION NOT NULL, note TEXT NOT NULL)"}};

constexpr evh::config_key keys[] = {
    {.name = "status_file", .default_json = "\"\"", .text = "Where the counts go."},
    {.name = "effects", .type = EVH_CONFIG_BOOLEAN, .default_json = "true", .text = "A row per event."},
    {.name = "batch_max", .type = EVH_CONFIG_INTEGER, .default_json = "0", .min = 0, .max = 4096, .text = "Events per call; 0: the host's default."},
};

std::int64_t now_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

class rows : public evh::plugin {
 public:
  static constexpr evh::about about{.id = "rows", .version = "1.0.0", .text = "Counts the bench's events or stores them.", .config = keys};

  std::span<const evh::migration> migrations(std::int32_t) override { return steps; }

  void activate() override {
    const auto config = boost::json::parse(host().config_json());
    map_status(std::string(config.at("status_file").as_string()));
    const auto batch_max = config.at("batch_max").to_number<std::uint32_t>();
    if (config.at("effects").as_bool())
      on_group("bench-events", [this](evh::unit& unit, const evh::batch& events, evh::verdicts) { store(unit, events); }, {}, batch_max);
    else
      on_group("bench-events", evh::no_effects, [this](const evh::batch& events, evh::verdicts) { count(events); }, {}, batch_max);
  }

 private:
  void map_status(const std::string& file) {
    const int fd = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
    void* const at = fd < 0 ? MAP_FAILED : ::mmap(nullptr, sizeof(bench_status), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ::close(fd);
    if (at == MAP_FAILED) throw evh::failure(EVH_INVALID, "status_file " + file + " cannot be mapped");
    status_ = static_cast<bench_status*>(at);
  }

  void count(const evh::batch& events) {
    auto& lane = status_->lanes[static_cast<std::size_t>(events[0].partition()) % bench_status::lanes_max];
    if (lane.first_ns == 0) lane.first_ns = now_ns();
    auto next = lane.next_offset.load(std::memory_order_relaxed);
    std::uint64_t bytes = 0, sum = 0, disorder = 0;
    for (const auto event : events) {
      disorder += event.offset() != next ? 1 : 0;
      next = event.offset() + 1;
      bytes += event.payload().size();
      sum += static_cast<unsigned char>(event.payload().front());
    }
    lane.next_offset.store(next, std::memory_order_relaxed);
    lane.disorder.fetch_add(disorder, std::memory_order_relaxed);
    lane.payload_bytes.fetch_add(bytes, std::memory_order_relaxed);
    lane.checksum.fetch_add(sum, std::memory_order_relaxed);
    lane.last_ns = now_ns();
    lane.events.fetch_add(events.size(), std::memory_order_release);
  }

  void store(evh::unit& unit, const evh::batch& events) {
    auto& lane = status_->lanes[static_cast<std::size_t>(events[0].partition()) % bench_status::lanes_max];
    if (lane.first_ns == 0) lane.first_ns = now_ns();
    static constexpr std::array<std::string_view, 8> columns{"part", "off", "seq", "at", "account", "kind", "amount", "note"};
    thread_local std::vector<evh::value> cells;
    thread_local event_reader reader;
    cells.clear();
    cells.reserve(events.size() * columns.size());
    reader.begin_batch();
    for (const auto event : events) {
      const decoded_event& e = reader.read(event.payload());
      cells.insert(cells.end(), {event.partition(), event.offset(), e.seq, e.at, e.account, e.kind, e.amount, e.note});
    }
    unit.copy_rows("rows_event", columns, cells);
  }

  bench_status* status_ = nullptr;
};

}  // namespace

EVH_PLUGIN(rows)
