// One librdkafka client: configuration from ours, ownership, and its errors as ours. The only place that knows option names.
//
// Threading: make_* any thread; a client may be used from any thread, its owner destroys it after everything made from it.
// Errors: result with the broker's or the library's sentence. Source of the settings: docs of librdkafka 2.0.2, the
// packaged version, and its known defects (host/kafka/README.md).
#pragma once
#include "host/core/result.hpp"
#include "host/io/observe.hpp"
#include "host/kafka/options.hpp"
#include "host/kafka/refusals.hpp"

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace evhost::kafka {

template <auto Destroy>
struct destroys {
  template <class T>
  void operator()(T* p) const noexcept { Destroy(p); }
};
using client_ptr = std::unique_ptr<rd_kafka_t, destroys<rd_kafka_destroy>>;
using conf_ptr = std::unique_ptr<rd_kafka_conf_t, destroys<rd_kafka_conf_destroy>>;
using queue_ptr = std::unique_ptr<rd_kafka_queue_t, destroys<rd_kafka_queue_destroy>>;
using topic_ptr = std::unique_ptr<rd_kafka_topic_t, destroys<rd_kafka_topic_destroy>>;
using list_ptr = std::unique_ptr<rd_kafka_topic_partition_list_t, destroys<rd_kafka_topic_partition_list_destroy>>;

core::error error_of(rd_kafka_resp_err_t code, const std::string& doing);

using settings = std::vector<std::pair<std::string_view, std::string>>;

// What every client shares (brokers, TLS, SASL, Nagle off) and `own`. invalid names the option the library refused.
// voice: hears what the library logs and what brokers refuse; outlives the client.
core::result<conf_ptr> make_conf(const kafka_options& options, const settings& own, brokers_voice& voice);
core::result<client_ptr> make_client(rd_kafka_type_t kind, conf_ptr conf);

}  // namespace evhost::kafka
