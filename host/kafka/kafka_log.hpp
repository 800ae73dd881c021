// The event log on Apache Kafka: io::event_log over an outbox, a relay, groups and readers.
//
// append() writes outbox rows inside the unit; the relay takes them to the brokers after the commit. Groups share partitions
// by Kafka's protocol, their positions stand in the database. Threading as io::event_log. Ownership: store, clock, log sink
// outlive it; it outlives its readers. start_relay() once the store runs; stop() before the store stops.
#pragma once
#include "host/io/clock.hpp"
#include "host/io/log.hpp"
#include "host/io/observe.hpp"
#include "host/io/store.hpp"
#include "host/kafka/options.hpp"

#include <memory>

namespace evhost::kafka {

// Applies the outbox's migrations and waits for the brokers, at most options.start_timeout: before the store is started.
core::result<std::unique_ptr<io::event_log>> make_kafka_log(io::store& store, io::clock& clock, io::log_sink& log, io::metric_registry& metrics,
                                                               const kafka_options& options);

}  // namespace evhost::kafka
