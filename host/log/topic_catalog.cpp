// Creates, loads and finds topics.
#include "host/log/topic_catalog.hpp"

#include "host/core/views.hpp"
#include "host/io/metrics/runtime.hpp"
#include "host/io/sync_unit.hpp"
#include "host/log/values.hpp"

#include <algorithm>

namespace evhost::log {
namespace {

using core::errc;
using core::fail;

bool valid_name(std::string_view name) {
  return !name.empty() && name.size() <= topic_name_max && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  });
}

std::string create_table(std::uint32_t topic, std::int32_t number) {
  // at_ns: when the record was appended, NULL when that is its own time; retention goes by it, because producers
  // may date their records as they like.
  return "CREATE TABLE " + table_of(topic, number) +
         "(off INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL, at_ns INTEGER, type INTEGER NOT NULL, id TEXT NOT NULL,"
         " key BLOB, payload BLOB, headers BLOB, trace BLOB)";
}

struct bounds {
  std::int64_t begin = 0, end = 0;
};

// The row in evh_log_partitions remembers how far retention got, so that a partition it emptied goes on counting.
core::result<bounds> read_bounds(io::transaction& tx, std::uint32_t topic, std::int32_t number) {
  bounds found;
  const std::array values{integer_value(topic), integer_value(number)};
  EVH_TRY(tx.query("SELECT begin_off FROM evh_log_partitions WHERE topic = $1 AND part = $2", values,
                   [&](std::span<const evh_value> cells) {
                     found.begin = found.end = cells[0].as.integer;
                     return true;
                   }));
  const std::string table = table_of(topic, number);
  EVH_TRY(tx.query("SELECT (SELECT min(off) FROM " + table + "), (SELECT max(off) FROM " + table + ")", {},
                   [&](std::span<const evh_value> cells) {
                     if (cells[0].type != EVH_NULL) found = {cells[0].as.integer, cells[1].as.integer + 1};
                     return true;
                   }));
  return found;
}

}  // namespace

std::vector<io::migration> topic_catalog::migrations() {
  return {{1, "log",
           "CREATE TABLE evh_log_topics(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, partitions INTEGER NOT NULL,"
           " incarnation INTEGER NOT NULL, retention_ms INTEGER NOT NULL);"
           "CREATE TABLE evh_log_partitions(topic INTEGER NOT NULL, part INTEGER NOT NULL, begin_off INTEGER NOT NULL,"
           " PRIMARY KEY(topic, part)) WITHOUT ROWID;"
           "CREATE TABLE evh_log_types(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
           "CREATE TABLE evh_log_positions(grp TEXT NOT NULL, topic INTEGER NOT NULL, part INTEGER NOT NULL,"
           " next_off INTEGER NOT NULL, epoch INTEGER NOT NULL, PRIMARY KEY(grp, topic, part)) WITHOUT ROWID;"}};
}

core::result<void> topic_catalog::load(io::transaction& tx) {
  std::vector<io::topic_info> found;
  EVH_TRY(tx.query("SELECT id, name, partitions, incarnation, retention_ms FROM evh_log_topics ORDER BY id", {},
                   [&](std::span<const evh_value> c) {
                     found.push_back({.id = static_cast<std::uint32_t>(c[0].as.integer),
                                      .name = std::string(core::text(c[1].as.bytes)),
                                      .partitions = static_cast<std::uint32_t>(c[2].as.integer),
                                      .incarnation = static_cast<std::uint64_t>(c[3].as.integer),
                                      .retention = std::chrono::milliseconds(c[4].as.integer)});
                     return true;
                   }));
  const std::lock_guard lock(mutex_);
  for (auto& info : found) {
    std::vector<std::unique_ptr<partition>> partitions;
    for (std::int32_t p = 0; p < static_cast<std::int32_t>(info.partitions); ++p) {
      EVH_TRY(const auto b, read_bounds(tx, info.id, p));
      partitions.push_back(std::make_unique<partition>(info.id, p, b.begin, b.end));
    }
    add(std::move(info), std::move(partitions));
  }
  return core::success();
}

core::result<io::topic_info> topic_catalog::open(std::string_view name, const io::topic_options& options) {
  if (!valid_name(name))
    return fail(errc::invalid, "topic name '" + std::string(name.substr(0, topic_name_max)) +
                                   "': 1 to 200 lowercase letters, digits, dots, dashes and underscores");
  if (options.partitions > partitions_max)
    return fail(errc::invalid, "topic " + std::string(name) + ": " + std::to_string(options.partitions) +
                                   " partitions, at most " + std::to_string(partitions_max));
  const std::lock_guard lock(mutex_);
  for (auto& t : topics_)
    if (t->info.name == name) return reopen(*t, options);
  return create(name, options);
}

core::result<io::topic_info> topic_catalog::reopen(topic& known, const io::topic_options& options) {
  auto& info = known.info;
  if (options.partitions != 0 && options.partitions != info.partitions)
    return fail(errc::invalid, "topic " + info.name + " has " + std::to_string(info.partitions) + " partitions, " +
                                   std::to_string(options.partitions) +
                                   " were asked: they are fixed when the topic is made, keys would change places");
  if (options.retention.count() > 0 && options.retention != info.retention) {
    const std::array values{integer_value(info.id), integer_value(options.retention.count())};
    EVH_TRY(io::run_in_unit(store_, [&](io::transaction& tx) -> core::result<void> {
      EVH_TRY(tx.exec("UPDATE evh_log_topics SET retention_ms = $2 WHERE id = $1", values));
      return core::success();
    }));
    info.retention = options.retention;
  }
  return info;
}

core::result<io::topic_info> topic_catalog::create(std::string_view name, const io::topic_options& options) {
  io::topic_info info;
  for (const auto& t : topics_) info.id = std::max(info.id, t->info.id);
  if (++info.id > topics_max)
    return fail(errc::again, "topic " + std::string(name) + ": the log has " + std::to_string(topics_max) + " topics already");
  const io::topic_options defaults;
  info.name = name;
  info.partitions = options.partitions ? options.partitions : defaults.partitions;
  info.retention = options.retention.count() > 0 ? options.retention : defaults.retention;
  info.incarnation = static_cast<std::uint64_t>(clock_.wall().time_since_epoch().count());
  EVH_TRY(io::run_in_unit(store_, [&](io::transaction& tx) -> core::result<void> {
    const std::array values{integer_value(info.id), text_value(info.name), integer_value(info.partitions),
                            integer_value(static_cast<std::int64_t>(info.incarnation)),
                            integer_value(info.retention.count())};
    EVH_TRY(tx.exec("INSERT INTO evh_log_topics(id, name, partitions, incarnation, retention_ms)"
                    " VALUES($1, $2, $3, $4, $5)", values));
    for (std::int32_t p = 0; p < static_cast<std::int32_t>(info.partitions); ++p) {
      EVH_TRY(tx.exec(create_table(info.id, p), {}));
    }
    return core::success();
  }));
  std::vector<std::unique_ptr<partition>> partitions;
  for (std::int32_t p = 0; p < static_cast<std::int32_t>(info.partitions); ++p)
    partitions.push_back(std::make_unique<partition>(info.id, p, 0, 0));
  add(info, std::move(partitions));
  return info;
}

void topic_catalog::add(io::topic_info info, std::vector<std::unique_ptr<partition>> partitions) {
  const auto appended = metrics_.get_counter(io::metrics::log_appended_total, {info.name});
  const auto deleted = metrics_.get_counter(io::metrics::log_retention_deleted_total, {info.name});
  for (auto& p : partitions) {
    p->appended = appended;
    p->deleted = deleted;
    p->end_gauge = metrics_.get_gauge(io::metrics::log_end_offset, {info.name, std::to_string(p->number())});
    p->end_gauge.set(static_cast<double>(p->end_offset()));
  }
  auto made = std::make_unique<topic>();
  made->info = std::move(info);
  made->partitions = std::move(partitions);
  by_id_[made->info.id].store(made.get(), std::memory_order_release);
  topics_.push_back(std::move(made));
}

core::result<io::topic_info> topic_catalog::find(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  for (const auto& t : topics_)
    if (t->info.name == name) return t->info;
  return fail(errc::not_found, "there is no topic '" + std::string(name) + "'");
}

std::vector<io::topic_info> topic_catalog::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<io::topic_info> infos;
  for (const auto& t : topics_) infos.push_back(t->info);
  return infos;
}

partition* topic_catalog::at(std::uint32_t id, std::int32_t number) const {
  topic* const t = at(id);
  if (!t || number < 0 || static_cast<std::size_t>(number) >= t->partitions.size()) return nullptr;
  return t->partitions[static_cast<std::size_t>(number)].get();
}

}  // namespace evhost::log
