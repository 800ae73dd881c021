// Where a change spends its time between its unit of work and whoever reads it: a bare consumer at the end of a topic.
#pragma once
#include "bench/product/load.hpp"

#include <atomic>
#include <string>
#include <thread>

namespace evhost::bench {

// Reads from the topic's end until stop(). Clocks are the machine's wall clock; the producer's stamp is in milliseconds.
class topic_watch {
 public:
  topic_watch(std::string servers, std::string topic);
  ~topic_watch() { stop(); }
  topic_watch(const topic_watch&) = delete;
  topic_watch& operator=(const topic_watch&) = delete;

  void stop();
  load_result to_producer;  // from the event's time (in its unit) to the relay's produce: the commit and the numbering
  load_result to_reader;    // from the produce to a reader's hand: linger, broker, fetch

 private:
  void read(const std::string& servers, const std::string& topic);
  std::atomic<bool> over_{false}, ready_{false};
  std::thread thread_;
};

}  // namespace evhost::bench
