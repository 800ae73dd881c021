// librdkafka with the host's own reading settings.
#include "bench/product/legs.hpp"

#include "host/kafka/record.hpp"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <utility>

namespace evhost::bench {

topic_watch::topic_watch(std::string servers, std::string topic) : thread_([this, servers = std::move(servers), topic = std::move(topic)] { read(servers, topic); }) {
  ready_.wait(false);
}

void topic_watch::stop() {
  over_ = true;
  if (thread_.joinable()) thread_.join();
}

void topic_watch::read(const std::string& servers, const std::string& topic) {
  std::array<char, 512> why{};
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  for (const auto& [name, value] : {std::pair{"bootstrap.servers", servers.c_str()}, {"group.id", "bench-watch"}, {"enable.auto.commit", "false"},
                                    {"fetch.wait.max.ms", "100"}, {"socket.nagle.disable", "true"}})
    rd_kafka_conf_set(conf, name, value, why.data(), why.size());
  const std::unique_ptr<rd_kafka_t, decltype(&rd_kafka_destroy)> client(rd_kafka_new(RD_KAFKA_CONSUMER, conf, why.data(), why.size()), &rd_kafka_destroy);
  rd_kafka_poll_set_consumer(client.get());
  const struct rd_kafka_metadata* metadata = nullptr;
  rd_kafka_topic_t* handle = rd_kafka_topic_new(client.get(), topic.c_str(), nullptr);
  if (rd_kafka_metadata(client.get(), 0, handle, &metadata, 10'000) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    rd_kafka_topic_partition_list_t* all = rd_kafka_topic_partition_list_new(16);
    for (std::int32_t p = 0; p < metadata->topics[0].partition_cnt; ++p) {
      std::int64_t low = 0, high = 0;
      rd_kafka_query_watermark_offsets(client.get(), topic.c_str(), p, &low, &high, 5'000);
      rd_kafka_topic_partition_list_add(all, topic.c_str(), p)->offset = high;
    }
    rd_kafka_assign(client.get(), all);
    rd_kafka_topic_partition_list_destroy(all);
    rd_kafka_metadata_destroy(metadata);
  }
  rd_kafka_topic_destroy(handle);
  ready_ = true;
  ready_.notify_all();
  while (!over_) {
    rd_kafka_message_t* m = rd_kafka_consumer_poll(client.get(), 50);
    if (m == nullptr) continue;
    using namespace std::chrono;
    const auto now = duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
    const auto headers = kafka::read_headers(*m);
    rd_kafka_timestamp_type_t kind{};
    const auto produced = rd_kafka_message_timestamp(m, &kind) * 1000;
    if (const auto made = kafka::parse_rfc3339(headers.time); made && m->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      to_producer.latencies_us.push_back(static_cast<std::uint32_t>(std::max<std::int64_t>(0, produced - *made / 1000)));
      to_reader.latencies_us.push_back(static_cast<std::uint32_t>(std::max<std::int64_t>(0, now - produced)));
    }
    rd_kafka_message_destroy(m);
  }
}

}  // namespace evhost::bench
