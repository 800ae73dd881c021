// What really lies on the brokers, read and written with a bare client: the oracle's second source.
//
// One thread at a time. Errors throw std::runtime_error with the library's words.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace evhost::faults {

struct raw_record {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::string key, id, payload;
};

// Every record of the topic, by partition, in order. Empty when there is no such topic.
std::vector<raw_record> read_topic(const std::string& servers, const std::string& topic);
// One record as a stranger's program would write it; waits for its confirmation.
void put_raw(const std::string& servers, const std::string& topic, const std::string& key, const std::string& payload, const std::string& id, int partition = -1);
// Every record once more, headers and all: what a second relay would do.
std::size_t repeat_topic(const std::string& servers, const std::string& topic);
// Many at once, spread over `keys` keys "<id>0", "<id>1" ...: events "<key> <n> <filler>" with ids "<key>-<n>".
std::vector<std::string> put_many(const std::string& servers, const std::string& topic, const std::string& id, unsigned keys, unsigned each, std::size_t filler);
void create_topic(const std::string& servers, const std::string& name, int partitions);
void delete_topics(const std::string& servers, const std::vector<std::string>& names);

}  // namespace evhost::faults
