// librdkafka's plain consumer, producer and admin calls.
#include "tests/faults/broker_log.hpp"

#include "host/kafka/client.hpp"

#include <array>
#include <chrono>
#include <stdexcept>

namespace evhost::faults {
namespace {

kafka::client_ptr client_of(rd_kafka_type_t kind, const std::string& servers, const std::vector<std::pair<const char*, const char*>>& more) {
  std::array<char, 512> why{};
  auto* conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", servers.c_str(), why.data(), why.size());
  rd_kafka_conf_set(conf, "log_level", "0", why.data(), why.size());
  for (const auto& [name, content] : more)
    if (rd_kafka_conf_set(conf, name, content, why.data(), why.size()) != RD_KAFKA_CONF_OK) throw std::runtime_error(why.data());
  kafka::client_ptr made(rd_kafka_new(kind, conf, why.data(), why.size()));
  if (!made) throw std::runtime_error(why.data());
  return made;
}

std::string header(const rd_kafka_message_t& message, const char* name) {
  rd_kafka_headers_t* headers = nullptr;
  const void* content = nullptr;
  std::size_t size = 0;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR || rd_kafka_header_get_last(headers, name, &content, &size) != RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return {static_cast<const char*>(content), size};
}

int partitions_of(rd_kafka_t* client, const std::string& topic) {
  const kafka::topic_ptr handle(rd_kafka_topic_new(client, topic.c_str(), nullptr));
  const struct rd_kafka_metadata* metadata = nullptr;
  if (const auto code = rd_kafka_metadata(client, 0, handle.get(), &metadata, 10'000); code != RD_KAFKA_RESP_ERR_NO_ERROR)
    throw std::runtime_error("metadata of " + topic + ": " + rd_kafka_err2str(code));
  const int count = metadata->topic_cnt == 1 && metadata->topics[0].err == RD_KAFKA_RESP_ERR_NO_ERROR ? metadata->topics[0].partition_cnt : 0;
  rd_kafka_metadata_destroy(metadata);
  return count;
}

}  // namespace

namespace {

// Calls each(message) for every record, from the first to the last there is.
template <class Each>
void for_each_record(const std::string& servers, const std::string& topic, Each each) {
  const auto client = client_of(RD_KAFKA_CONSUMER, servers, {{"group.id", "oracle"}, {"enable.auto.commit", "false"}, {"enable.partition.eof", "true"}, {"auto.offset.reset", "earliest"}, {"fetch.wait.max.ms", "10"}});
  const int count = partitions_of(client.get(), topic);
  if (count == 0) return;
  const kafka::list_ptr list(rd_kafka_topic_partition_list_new(count));
  for (int p = 0; p < count; ++p) rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), p)->offset = 0;
  rd_kafka_poll_set_consumer(client.get());
  rd_kafka_assign(client.get(), list.get());
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  for (int ends = 0; ends < count;) {
    using message_ptr = std::unique_ptr<rd_kafka_message_t, kafka::destroys<rd_kafka_message_destroy>>;
    const message_ptr message(rd_kafka_consumer_poll(client.get(), 500));
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("reading " + topic + " took too long");
    if (!message) continue;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      ++ends;
      continue;
    }
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error("reading " + topic + ": " + rd_kafka_message_errstr(message.get()));
    each(*message);
  }
  rd_kafka_consumer_close(client.get());
}

void flush(rd_kafka_t* client) {
  if (rd_kafka_flush(client, 60'000) != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error("put: nobody confirmed it");
}

}  // namespace

std::vector<raw_record> read_topic(const std::string& servers, const std::string& topic) {
  std::vector<raw_record> all;
  for_each_record(servers, topic, [&](const rd_kafka_message_t& message) {
    raw_record r;
    r.partition = message.partition;
    r.offset = message.offset;
    if (message.key) r.key.assign(static_cast<const char*>(message.key), message.key_len);
    if (message.payload) r.payload.assign(static_cast<const char*>(message.payload), message.len);
    r.id = header(message, "ce_id");
    all.push_back(std::move(r));
  });
  return all;
}

std::size_t repeat_topic(const std::string& servers, const std::string& topic) {
  const auto producer = client_of(RD_KAFKA_PRODUCER, servers, {{"linger.ms", "1"}});
  std::size_t count = 0;
  for_each_record(servers, topic, [&](const rd_kafka_message_t& message) {
    rd_kafka_headers_t* headers = nullptr;
    rd_kafka_message_headers(&message, &headers);
    const auto code = rd_kafka_producev(producer.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(message.partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                        RD_KAFKA_V_KEY(message.key, message.key_len), RD_KAFKA_V_VALUE(message.payload, message.len),
                                        RD_KAFKA_V_HEADERS(headers ? rd_kafka_headers_copy(headers) : rd_kafka_headers_new(0)), RD_KAFKA_V_END);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(std::string("repeating: ") + rd_kafka_err2str(code));
    ++count;
  });
  flush(producer.get());
  return count;
}

std::vector<std::string> put_many(const std::string& servers, const std::string& topic, const std::string& id, unsigned keys, unsigned each, std::size_t filler) {
  const auto producer = client_of(RD_KAFKA_PRODUCER, servers, {{"linger.ms", "20"}, {"partitioner", "murmur2"}, {"queue.buffering.max.messages", "2000000"}});
  std::vector<std::string> ids;
  const std::string fill(filler, 'x');
  for (unsigned n = 1; n <= each; ++n)
    for (unsigned k = 0; k < keys; ++k) {
      const auto key = id + std::to_string(k);
      ids.push_back(key + "-" + std::to_string(n));
      auto payload = key + " " + std::to_string(n) + " " + fill;
      auto* headers = rd_kafka_headers_new(1);
      rd_kafka_header_add(headers, "ce_id", -1, ids.back().data(), static_cast<ssize_t>(ids.back().size()));
      const auto code = rd_kafka_producev(producer.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key.data(), key.size()),
                                          RD_KAFKA_V_VALUE(payload.data(), payload.size()), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
      if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(std::string("put: ") + rd_kafka_err2str(code));
    }
  flush(producer.get());
  return ids;
}

void create_topic(const std::string& servers, const std::string& name, int partitions) {
  const auto client = client_of(RD_KAFKA_PRODUCER, servers, {});
  std::array<char, 256> why{};
  auto* topic = rd_kafka_NewTopic_new(name.c_str(), partitions, 1, why.data(), why.size());
  const kafka::queue_ptr queue(rd_kafka_queue_new(client.get()));
  rd_kafka_CreateTopics(client.get(), &topic, 1, nullptr, queue.get());
  if (auto* event = rd_kafka_queue_poll(queue.get(), 20'000)) rd_kafka_event_destroy(event);
  rd_kafka_NewTopic_destroy(topic);
}

void put_raw(const std::string& servers, const std::string& topic, const std::string& key, const std::string& payload, const std::string& id, int partition) {
  const auto client = client_of(RD_KAFKA_PRODUCER, servers, {{"linger.ms", "0"}, {"message.timeout.ms", "15000"}});
  auto* headers = rd_kafka_headers_new(1);
  if (!id.empty()) rd_kafka_header_add(headers, "ce_id", -1, id.data(), static_cast<ssize_t>(id.size()));
  const auto code = rd_kafka_producev(client.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                      RD_KAFKA_V_KEY(key.data(), key.size()), RD_KAFKA_V_VALUE(const_cast<char*>(payload.data()), payload.size()), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(std::string("put: ") + rd_kafka_err2str(code));
  flush(client.get());
}

void delete_topics(const std::string& servers, const std::vector<std::string>& names) {
  const auto client = client_of(RD_KAFKA_PRODUCER, servers, {});
  std::vector<rd_kafka_DeleteTopic_t*> list;
  for (const auto& name : names) list.push_back(rd_kafka_DeleteTopic_new(name.c_str()));
  const kafka::queue_ptr queue(rd_kafka_queue_new(client.get()));
  rd_kafka_DeleteTopics(client.get(), list.data(), list.size(), nullptr, queue.get());
  if (auto* event = rd_kafka_queue_poll(queue.get(), 10'000)) rd_kafka_event_destroy(event);
  rd_kafka_DeleteTopic_destroy_array(list.data(), list.size());
}

}  // namespace evhost::faults
