// One consumer, one thread, rd_kafka_consume_batch_queue.
#include "bench/kafka/bare_consumer.hpp"

#include "bench/process.hpp"

#include <librdkafka/rdkafka.h>

#include <array>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

namespace evhost::bench {
namespace {

using clock = std::chrono::steady_clock;

// Name and value of every header, as a reader of CloudEvents has to see them.
std::uint64_t look_through_headers(const rd_kafka_message_t& message) {
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return 0;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i)
    sum += size + static_cast<unsigned char>(*name);
  return sum;
}

}  // namespace

drain_result drain_bare(const std::string& servers, const std::string& topic, std::int32_t partitions, std::uint64_t events, bool with_headers) {
  drain_result result;
  const auto cpu_before = cpu_seconds(::getpid());
  std::array<char, 512> why{};
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  for (const auto& [name, value] :
       {std::pair{"bootstrap.servers", servers.c_str()}, {"group.id", "bench-bare"}, {"enable.auto.commit", "false"}, {"auto.offset.reset", "error"},
        {"check.crcs", "true"}, {"fetch.wait.max.ms", "100"}, {"queued.min.messages", "100000"}, {"socket.nagle.disable", "true"}})
    if (rd_kafka_conf_set(conf, name, value, why.data(), why.size()) != RD_KAFKA_CONF_OK) throw std::runtime_error(why.data());
  const std::unique_ptr<rd_kafka_t, decltype(&rd_kafka_destroy)> consumer(rd_kafka_new(RD_KAFKA_CONSUMER, conf, why.data(), why.size()), &rd_kafka_destroy);
  if (!consumer) throw std::runtime_error(why.data());
  rd_kafka_topic_partition_list_t* all = rd_kafka_topic_partition_list_new(partitions);
  for (std::int32_t p = 0; p < partitions; ++p) rd_kafka_topic_partition_list_add(all, topic.c_str(), p)->offset = 0;
  rd_kafka_assign(consumer.get(), all);
  rd_kafka_topic_partition_list_destroy(all);
  rd_kafka_queue_t* queue = rd_kafka_queue_get_consumer(consumer.get());
  std::vector<std::int64_t> next(static_cast<std::size_t>(partitions), 0);
  std::vector<rd_kafka_message_t*> messages(1000);
  clock::time_point first, last;
  std::uint64_t sum = 0;
  const auto deadline = clock::now() + std::chrono::seconds(120);
  while (result.events < events && clock::now() < deadline) {
    const auto got = rd_kafka_consume_batch_queue(queue, 100, messages.data(), messages.size());
    if (got > 0 && result.events == 0) first = clock::now();
    for (ssize_t i = 0; i < got; ++i) {
      auto* m = messages[static_cast<std::size_t>(i)];
      if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        auto& expected = next[static_cast<std::size_t>(m->partition)];
        result.disorder += m->offset != expected ? 1 : 0;
        expected = m->offset + 1;
        sum += *static_cast<const unsigned char*>(m->payload);
        if (with_headers) sum += look_through_headers(*m);
        ++result.events;
      }
      rd_kafka_message_destroy(m);
    }
    last = clock::now();
  }
  rd_kafka_queue_destroy(queue);
  rd_kafka_consumer_close(consumer.get());
  if (sum == 0 && result.events > 0) throw std::runtime_error("no payload was read");
  result.seconds = std::chrono::duration<double>(last - first).count();
  result.cpu_seconds = cpu_seconds(::getpid()) - cpu_before;
  return result;
}

}  // namespace evhost::bench
