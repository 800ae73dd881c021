// The consumer of the ABI benchmark, written as a plugin author would: C++ wrapper, one group subscription, a verdict
// for every 1024th event, the sum kept where the optimiser cannot drop it.
#include "abi_work.hpp"

#include <evh/plugin.hpp>

#include <atomic>

class abi_consumer : public evh::plugin {
 public:
  static constexpr evh::about about{.id = "abi-bench", .version = "1.0.0", .text = "Reads events and adds them up."};
  void activate() override {
    on_group("abi-bench", [this](evh::unit&, const evh::batch& batch, evh::verdicts verdicts) {
      std::uint64_t sum = 0;
      std::size_t index = 0;
      for (const evh::event event : batch) {
        sum += abi_bench::consume(event.raw());
        if ((event.offset() & 1023) == 1023) verdicts.set(index, evh::verdict::skip);
        ++index;
      }
      sum_.store(sum, std::memory_order_relaxed);
    });
  }

 private:
  std::atomic<std::uint64_t> sum_ = 0;
};
EVH_PLUGIN(abi_consumer)
