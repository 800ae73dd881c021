// The outbox: what units publish, in the database beside their effects, until the brokers have it.
//
// A record belongs to the shard of its key; a shard's records are numbered once, in the order of their commits, and leave
// in that order. Its number is given after the commit, under the shard's row lock: ids are drawn before the commit, so
// their order says nothing about what is still to come.
// Errors: as io::transaction; invalid for a record above event_bytes_max. Portable SQL.
#pragma once
#include "host/io/log.hpp"
#include "host/io/store.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace evhost::kafka {

std::vector<io::migration> outbox_migrations(std::int32_t dialect);

struct outbox_record {
  std::int64_t shard = 0, stamp = 0;
  std::string topic, type, id, payload, headers, trace;
  std::string key;
  bool has_key = false, has_payload = false;
  std::int32_t partition = 0;
  std::int64_t time_ns = 0;
};

struct outbox_row {
  std::int64_t shard = 0;
  std::string_view topic;
  std::int32_t partition = 0;
  std::string_view type, id, headers;
  evh_sv key{}, payload{};
  std::int64_t time_ns = 0;
  std::string_view trace;  // 24 bytes or empty
};
core::result<void> insert_rows(io::transaction& tx, std::span<const outbox_row> rows);

// In one unit each. owner: this process; the claim holds until now + lease.
core::result<std::string> outbox_name(io::store& store);  // unique per database
core::result<bool> claim_shard(io::transaction& tx, std::int64_t shard, std::string_view owner, std::int64_t now_ms, std::int64_t lease_ms);
core::result<void> release_shards(io::transaction& tx, std::string_view owner);
// Numbers records that have no number, up to `most` of each of the owner's shards. Returns them by shard and stamp: within
// a shard numbers rise in the order of ids, with gaps, and the first one of a call follows right behind the last one given.
core::result<std::vector<outbox_record>> number_records(io::transaction& tx, std::string_view owner, std::int64_t most);
// The rows of a shard with stamps above `above`, up to and with `up_to`. The lower end keeps the index scan off everything
// that was removed before and waits for the server's vacuum.
struct sent_range {
  std::int64_t shard, above, up_to;
};
core::result<void> forget_sent(io::transaction& tx, std::span<const sent_range> sent);
core::result<std::vector<outbox_record>> read_numbered(io::store& store, std::int64_t shard, std::int64_t above, std::int64_t most);
// Copies a record that the brokers refuse to evh_outbox_refused; forget_sent takes the row itself.
core::result<void> set_aside(io::transaction& tx, std::int64_t shard, std::int64_t stamp, std::string_view reason, std::int64_t now_ns);
struct outbox_size {
  std::int64_t records = 0;    // numbered and not; each counted to 100,000 shared by the shards
  std::int64_t oldest_ns = 0;  // 0: none
};
// Of the given shards, whose rows up to the given stamps are gone.
core::result<outbox_size> measure(io::store& store, std::span<const std::pair<std::int64_t, std::int64_t>> shards);

}  // namespace evhost::kafka
