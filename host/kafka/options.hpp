// How the brokers are reached and what is made on them. Plain values; host/app fills them from the configuration.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace evhost::kafka {

struct kafka_options {
  std::string bootstrap_servers;             // host:port, comma separated
  std::string security_protocol = "plaintext";  // plaintext | ssl | sasl_plaintext | sasl_ssl
  std::string sasl_mechanism = "SCRAM-SHA-512";
  std::string sasl_username, sasl_password;
  std::string ssl_ca;                        // file; empty: the system's
  std::string ssl_certificate, ssl_key, ssl_key_password;  // of this client, for brokers that ask for one
  bool allow_plaintext = false;              // to brokers on another machine
  std::string client_id = "evhost";
  std::string instance_id;                   // static membership; empty: none
  bool create_topics = true;                 // false: a missing topic is an error
  std::uint32_t partitions = 12;             // of topics made here
  std::int32_t replication = -1;             // -1: the broker's default
  std::uint32_t outbox_shards = 4;
  std::uint64_t event_bytes_max = 1u << 20;
  std::chrono::milliseconds session_timeout{45'000};
  std::chrono::milliseconds drain_timeout{5'000};   // of a revoked partition; below half a session
  std::chrono::milliseconds start_timeout{60'000};  // how long the brokers may be absent at start
  bool protect_stamps = true;                // false: control runs of the fault tests; needs EVH_FAILPOINTS
  // Told why it waits while the brokers are absent at start; false: give up.
  std::function<bool(const std::string&)> waits;
  bool read_only = false;                    // beside a running host: topics and readers only
};

}  // namespace evhost::kafka
