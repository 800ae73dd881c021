// Settings of the data path: database, event log, lanes, Kafka.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "host/config/value.hpp"

namespace evhost::config {

struct storage_settings {
  secret_text database_url;  // empty: sqlite:///<host.data_dir>/evhost.db
  std::uint32_t group_units_max = 256;
  std::uint32_t queue_units_max = 4096;
  std::chrono::milliseconds lane_slice{2};
  std::chrono::milliseconds busy_timeout{5'000};
  std::uint32_t readers = 4;
  byte_size cache_bytes{8 << 20};  // page cache of the writer
  std::chrono::milliseconds read_timeout{2'000};
  std::uint32_t committers = 2;  // PostgreSQL only, as all below
  std::chrono::milliseconds statement_timeout{10'000};
  std::chrono::milliseconds lock_timeout{5'000};
  bool allow_plaintext = false;
  std::chrono::milliseconds start_timeout{60'000};
};

struct log_settings {
  std::uint32_t partitions = 4;
  std::chrono::milliseconds retention{std::chrono::hours{24 * 7}};
  std::chrono::milliseconds retention_interval{60'000};
  std::uint32_t retention_rows = 2'000;
  byte_size event_bytes_max{1 << 20};
};

struct runtime_settings {
  std::uint32_t workers = 0;  // lane threads; 0: one per core
  std::uint32_t lane_batch_max = 512;
  std::uint32_t retry_attempts = 5;
  std::chrono::milliseconds retry_backoff{50};
  std::chrono::milliseconds retry_backoff_max{5'000};
  std::uint32_t suspect_crashes_max = 3;
  std::chrono::milliseconds handler_deadline{300'000};
};

struct kafka_settings {
  std::string bootstrap_servers;  // empty: the embedded log
  std::string security_protocol = "plaintext";
  std::string sasl_mechanism = "SCRAM-SHA-512";
  std::string sasl_username;
  secret_text sasl_password;
  std::string ssl_ca;
  std::string ssl_certificate;
  std::string ssl_key;
  secret_text ssl_key_password;
  bool allow_plaintext = false;
  bool create_topics = true;
  std::string instance_id;
  std::uint32_t partitions = 12;
  std::uint32_t replication = 0;  // 0: the brokers' default
  std::uint32_t outbox_shards = 4;
  std::chrono::milliseconds session_timeout{45'000};
  std::chrono::milliseconds drain_timeout{5'000};
  std::chrono::milliseconds start_timeout{60'000};
};

}  // namespace evhost::config
