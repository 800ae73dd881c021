// The dispatcher: claims jobs, hands them to the transport, writes down what came of them.
//
// Threading: any thread; one mutex, never held over a call to the host or the transport. Claims and results are units of
// their own, one of each at a time. Bounds: `webhook_slots` and `mail_slots` messages under way; results wait in memory
// only as long as the store refuses units, and no more are made than there are slots.
#pragma once

#include <evh/evh.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "plugins/notification/jobs.hpp"
#include "plugins/notification/transport.hpp"

namespace notification {

struct dispatch_rules {
  retry_schedule schedule = standard_schedule;
  claim_rules claims;
  std::int64_t webhook_slots = 64, mail_slots = 4;
  std::string mail_from, mail_host;             // empty: no mail
  std::string default_tz = "UTC";
};

class dispatcher {
 public:
  using clock_fn = std::function<std::int64_t()>;
  struct counters {
    std::uint32_t sent = 0, failed_tries = 0;
  };

  dispatcher(const evh::services& host, transport& out, dispatch_rules rules, const topics& to, clock_fn now_ms, counters metrics)
      : host_(&host), transport_(&out), rules_(std::move(rules)), topics_(to), now_ms_(std::move(now_ms)), metrics_(metrics) {}

  void look();      // claims what is due, as far as there are slots; writes results that wait
  void stop();      // claims nothing any more

 private:
  struct parcel {
    job what;
    outgoing message;
    std::string secret, old_secret;   // webhooks
  };
  struct claimed {
    std::vector<parcel> parcels;
    bool full = false;                // there may be more
  };

  void claim();
  claimed claim_in(evh::unit& unit, std::int64_t webhooks, std::int64_t mails);
  std::optional<parcel> prepare(evh::unit& unit, const job& what, announcer& out);
  std::optional<parcel> prepare_mail(evh::unit& unit, const job& what);
  void send(std::vector<parcel> parcels);
  void sent(const job& what, const outcome& came);
  void write_results();
  void written(evh_status status, std::vector<try_result> batch);

  const evh::services* host_;
  transport* transport_;
  dispatch_rules rules_;
  topics topics_;
  clock_fn now_ms_;
  counters metrics_;

  std::mutex mutex_;                            // everything below
  bool stopped_ = false, claiming_ = false, claim_again_ = false, writing_ = false;
  std::map<std::string, std::int64_t> under_way_;      // per kind
  std::vector<try_result> results_;
};

}  // namespace notification
