// topics, dlq, replay: on the engine when nobody serves the data directory, else through the host that does.
#include "host/app/commands.hpp"
#include "host/app/failure.hpp"
#include "host/app/operation.hpp"

#include <boost/json.hpp>

#include <charconv>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <thread>

namespace evhost::app {
namespace {

namespace json = boost::json;

int list(operation& on, bool as_json) {
  const auto topics = take(on->topics());
  if (!as_json) std::printf("%-24s %10s %12s %12s\n", "TOPIC", "PARTITION", "OLDEST", "NEXT");
  for (const auto& t : topics.as_array()) {
    if (as_json) {
      std::puts(json::serialize(t).c_str());
      continue;
    }
    int number = 0;
    for (const auto& p : t.at("partitions").as_array())
      std::printf("%-24s %10d %12lld %12lld\n", t.at("name").as_string().c_str(), number++, static_cast<long long>(p.at("begin").as_int64()),
                  static_cast<long long>(p.at("end").as_int64()));
  }
  return exit_ok;
}

struct place {
  std::int32_t partition;
  std::int64_t next;
};

std::vector<place> starting_places(const json::value& topics, const command_line& line) {
  for (const auto& t : topics.as_array()) {
    if (t.at("name").as_string() != line.name) continue;
    std::vector<place> places;
    std::int32_t number = 0;
    for (const auto& p : t.at("partitions").as_array()) {
      std::int64_t from = 0;
      if (line.from == "earliest") from = p.at("begin").as_int64();
      else if (line.from == "latest") from = p.at("end").as_int64();
      else if (const auto r = std::from_chars(line.from.data(), line.from.data() + line.from.size(), from); r.ec != std::errc{} || *r.ptr)
        throw failure(exit_usage, "--from " + line.from + ": say earliest, latest or an offset");
      if (!line.partition || *line.partition == number) places.push_back({number, from});
      ++number;
    }
    if (places.empty()) throw failure(exit_not_found, "topic " + line.name + " has no partition " + std::to_string(*line.partition));
    return places;
  }
  throw failure(exit_not_found, "there is no topic " + line.name + "; see evhost topics list");
}

int tail(operation& on, const command_line& line) {
  auto places = starting_places(take(on->topics()), line);
  const bool follow = line.follow || (line.from == "latest" && on.live());
  std::uint64_t printed = 0;
  for (;;) {
    bool any = false;
    for (auto& p : places) {
      const auto rows = take(on->records({line.name, p.partition, p.next, 500}));
      for (const auto& row : rows.as_array()) {
        std::puts(json::serialize(row).c_str());
        any = true;
        p.next = row.at("offset").as_int64() + 1;
        if (line.count && ++printed == line.count) return exit_ok;
      }
    }
    std::fflush(stdout);
    if (any) continue;
    if (!follow) return exit_ok;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));  // a terminal follows no faster than eyes do
  }
}

int put(operation& on, const command_line& line) {
  new_record record{line.name, line.type, line.id, {}, {}};
  if (line.has_key) record.key = line.key;
  record.payload = line.payload ? *line.payload : std::string(std::istreambuf_iterator<char>(std::cin), {});
  std::puts(json::serialize(take(on->put(record))).c_str());
  return exit_ok;
}

}  // namespace

int work_on_topics(const command_line& line) {
  operation on(load_config(line).values);
  if (line.action == "list") return list(on, line.json);
  if (line.action == "tail") return tail(on, line);
  return put(on, line);
}

int show_dead_letters(const command_line& line) {
  operation on(load_config(line).values);
  if (!line.ids.empty()) {
    std::puts(json::serialize(take(on->discard(line.name, line.ids))).c_str());
    return exit_ok;
  }
  const auto letters = take(on->dead_letters(line.name, line.count ? line.count : 1000));
  for (const auto& letter : letters.as_array()) std::puts(json::serialize(letter).c_str());
  return exit_ok;
}

int replay_dead_letters(const command_line& line) {
  if (!line.topic.empty()) {
    operation on(load_config(line).values);
    std::puts(json::serialize(take(on->move({line.name, line.topic, line.partition, line.from}))).c_str());
    return exit_ok;
  }
  if (!line.all && line.ids.empty()) throw failure(exit_usage, "name the dead letters by id (see evhost dlq " + line.name + ") or say --all");
  operation on(load_config(line).values);
  std::puts(json::serialize(take(on->replay(line.name, line.ids))).c_str());
  return exit_ok;
}

}  // namespace evhost::app
