// Somebody else on the broker: makes and changes topics, writes records of any shape, removes records.
//
// Throws std::runtime_error with the broker's words. One thread.
#pragma once
#include "host/kafka/client.hpp"

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace evhost::test {

class stranger {
 public:
  explicit stranger(const std::string& servers) {
    auto* conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", servers);
    set(conf, "message.max.bytes", "10000000");
    client_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf, why_, sizeof why_));
    if (!client_) throw std::runtime_error(why_);
  }

  void make_topic(const std::string& name, int partitions, const std::map<std::string, std::string>& config = {}) {
    auto* topic = rd_kafka_NewTopic_new(name.c_str(), partitions, 1, why_, sizeof why_);
    for (const auto& [key, value] : config) rd_kafka_NewTopic_set_config(topic, key.c_str(), value.c_str());
    rd_kafka_CreateTopics(client_.get(), &topic, 1, nullptr, queue());
    rd_kafka_NewTopic_destroy(topic);
    answered("making topic " + name);
  }
  void change_topic(const std::string& name, const std::string& key, const std::string& value) {
    auto* resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name.c_str());
    rd_kafka_ConfigResource_set_config(resource, key.c_str(), value.c_str());
    rd_kafka_AlterConfigs(client_.get(), &resource, 1, nullptr, queue());
    rd_kafka_ConfigResource_destroy(resource);
    answered("changing topic " + name);
  }
  // As retention does.
  void remove_records(const std::string& topic, int partition, std::int64_t before) {
    auto* list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic.c_str(), partition)->offset = before;
    auto* what = rd_kafka_DeleteRecords_new(list);
    rd_kafka_DeleteRecords(client_.get(), &what, 1, nullptr, queue());
    rd_kafka_DeleteRecords_destroy(what);
    rd_kafka_topic_partition_list_destroy(list);
    answered("removing records of " + topic);
  }
  void write(const std::string& topic, int partition, const std::optional<std::string>& key, const std::optional<std::string>& value,
             const std::vector<std::pair<std::string, std::string>>& headers = {}) {
    auto* all = rd_kafka_headers_new(headers.size());
    for (const auto& [name, text] : headers) rd_kafka_header_add(all, name.c_str(), -1, text.data(), static_cast<ssize_t>(text.size()));
    const auto code = rd_kafka_producev(client_.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                        RD_KAFKA_V_KEY((key ? key->data() : nullptr), (key ? key->size() : 0)),
                                        RD_KAFKA_V_VALUE((value ? const_cast<char*>(value->data()) : nullptr), (value ? value->size() : 0)), RD_KAFKA_V_HEADERS(all), RD_KAFKA_V_END);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(rd_kafka_err2str(code));
    if (rd_kafka_flush(client_.get(), 20'000) != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error("a record for " + topic + " was not taken");
  }

 private:
  void set(rd_kafka_conf_t* conf, const char* name, const std::string& value) {
    if (rd_kafka_conf_set(conf, name, value.c_str(), why_, sizeof why_) != RD_KAFKA_CONF_OK) throw std::runtime_error(why_);
  }
  rd_kafka_queue_t* queue() {
    answers_.reset(rd_kafka_queue_new(client_.get()));
    return answers_.get();
  }
  void answered(const std::string& what) {
    auto* event = rd_kafka_queue_poll(answers_.get(), 30'000);
    const auto code = event ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (event) rd_kafka_event_destroy(event);
    answers_.reset();
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(what + ": " + rd_kafka_err2str(code));
  }

  char why_[512] = {};
  kafka::client_ptr client_;
  kafka::queue_ptr answers_;
};

}  // namespace evhost::test
