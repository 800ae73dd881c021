// librdkafka's admin call and its producer, waited for to the last delivery report.
#include "bench/kafka/topic_load.hpp"

#include <librdkafka/rdkafka.h>

#include <array>
#include <cstdio>
#include <memory>
#include <stdexcept>

namespace evhost::bench {
namespace {

using client = std::unique_ptr<rd_kafka_t, decltype(&rd_kafka_destroy)>;

client make_producer(const std::string& servers) {
  std::array<char, 512> why{};
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  for (const auto& [name, value] : {std::pair{"bootstrap.servers", servers.c_str()}, {"linger.ms", "50"}, {"batch.num.messages", "10000"},
                                    {"queue.buffering.max.messages", "500000"}, {"compression.type", "none"}, {"enable.idempotence", "true"}})
    if (rd_kafka_conf_set(conf, name, value, why.data(), why.size()) != RD_KAFKA_CONF_OK) throw std::runtime_error(why.data());
  rd_kafka_conf_set_dr_msg_cb(conf, [](rd_kafka_t*, const rd_kafka_message_t* m, void*) {
    if (m->err) std::fprintf(stderr, "a record was refused: %s\n", rd_kafka_err2str(m->err));
  });
  client made(rd_kafka_new(RD_KAFKA_PRODUCER, conf, why.data(), why.size()), &rd_kafka_destroy);
  if (!made) throw std::runtime_error(why.data());
  return made;
}

}  // namespace

void make_topic(const topic_load& load) {
  const auto admin = make_producer(load.servers);
  std::array<char, 512> why{};
  rd_kafka_NewTopic_t* wanted = rd_kafka_NewTopic_new(load.topic.c_str(), load.partitions, 1, why.data(), why.size());
  rd_kafka_queue_t* queue = rd_kafka_queue_new(admin.get());
  rd_kafka_CreateTopics(admin.get(), &wanted, 1, nullptr, queue);
  rd_kafka_event_t* done = rd_kafka_queue_poll(queue, 30'000);
  std::string refused = done ? "" : "no answer";
  if (done && rd_kafka_event_error(done)) refused = rd_kafka_event_error_string(done);
  if (const auto* result = done ? rd_kafka_event_CreateTopics_result(done) : nullptr; result) {
    std::size_t count = 0;
    const auto** topics = rd_kafka_CreateTopics_result_topics(result, &count);
    if (count == 1 && rd_kafka_topic_result_error(topics[0])) refused = rd_kafka_topic_result_error_string(topics[0]);
  }
  if (done) rd_kafka_event_destroy(done);
  rd_kafka_queue_destroy(queue);
  rd_kafka_NewTopic_destroy(wanted);
  if (!refused.empty()) throw std::runtime_error("topic " + load.topic + ": " + refused);
}

std::string event_json(const topic_load& load, std::uint64_t i) {
  std::array<char, 256> text{};
  const auto n = std::snprintf(text.data(), text.size(),
                               R"({"seq":%llu,"at":%lld,"account":"acc-%06llu","kind":"payment","amount":%llu.%02llu,"currency":"EUR","note":")",
                               static_cast<unsigned long long>(i / load.accounts), 1'732'400'000'000LL + static_cast<long long>(i),
                               static_cast<unsigned long long>(i % load.accounts), static_cast<unsigned long long>(i % 9973),
                               static_cast<unsigned long long>(i % 100));
  std::string out(text.data(), static_cast<std::size_t>(n));
  if (out.size() + 2 < load.payload_bytes) out.append(load.payload_bytes - 2 - out.size(), static_cast<char>('a' + i % 26));
  return out += "\"}";
}

void fill_topic(const topic_load& load) {
  const auto producer = make_producer(load.servers);
  for (std::uint64_t i = 0; i < load.events; ++i) {
    const auto account = i % load.accounts;
    const auto key = "acc-" + std::to_string(account);
    const auto payload = event_json(load, i);
    const auto partition = static_cast<std::int32_t>(account % static_cast<std::uint64_t>(load.partitions));
    const auto id = load.cloud_events ? "019abcde-0000-7000-8000-" + std::to_string(100'000'000'000 + i) : std::string();
    for (;;) {
      const auto code = load.cloud_events
          ? rd_kafka_producev(producer.get(), RD_KAFKA_V_TOPIC(load.topic.c_str()), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                              RD_KAFKA_V_KEY(key.data(), key.size()), RD_KAFKA_V_VALUE(const_cast<char*>(payload.data()), payload.size()),
                              RD_KAFKA_V_HEADER("ce_specversion", "1.0", 3), RD_KAFKA_V_HEADER("ce_id", id.data(), static_cast<ssize_t>(id.size())),
                              RD_KAFKA_V_HEADER("ce_type", "bench.payment.made.v1", 21), RD_KAFKA_V_HEADER("ce_source", "/bench", 6),
                              RD_KAFKA_V_HEADER("ce_time", "2026-11-23T22:00:00.123456789Z", 30), RD_KAFKA_V_HEADER("content-type", "application/json", 16), RD_KAFKA_V_END)
          : rd_kafka_producev(producer.get(), RD_KAFKA_V_TOPIC(load.topic.c_str()), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                              RD_KAFKA_V_KEY(key.data(), key.size()), RD_KAFKA_V_VALUE(const_cast<char*>(payload.data()), payload.size()), RD_KAFKA_V_END);
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR) break;
      if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) throw std::runtime_error(std::string("producing: ") + rd_kafka_err2str(code));
      rd_kafka_poll(producer.get(), 50);
    }
    if (i % 1024 == 0) rd_kafka_poll(producer.get(), 0);
  }
  if (rd_kafka_flush(producer.get(), 60'000) != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error("the broker did not take all events in a minute");
}

}  // namespace evhost::bench
