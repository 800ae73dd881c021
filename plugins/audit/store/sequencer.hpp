// The sequencer: gives staged leaves their index, grows the tree and signs it, one round at a time.
//
// A round thinks on a pool thread in a read snapshot (hashing, proofs, the signature), then writes one unit: a
// compare-and-set of the state row on (size, epoch), tiles, spans, index entries and the checkpoint together, so nothing is
// published before it is durable, and of two processes at most one integrates. Whoever starts takes the log over by raising
// the epoch; who was fenced out stands by until leaves have waited for takeover_after_ms and the tree did not grow.
//
// Before signing, the last signed checkpoint is opened with the key and the new tree is proven to extend it; if that fails,
// nothing is signed any more and fault() says why (the trail goes on being staged). tick() is cheap when nothing is staged.
// tick() and the counters are thread-safe; one round runs at a time.
#pragma once
#include "plugins/audit/log/note.hpp"
#include "plugins/audit/store/tree_rows.hpp"

#include <evh/services.hpp>
#include <evh/unit.hpp>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace audit {

struct integration;

class sequencer {
 public:
  static constexpr std::uint64_t hurry_leaves = 1024;         // integrate at the next tick when so many wait
  static constexpr std::int64_t wait_max_ms = 400;            // a leaf waits no longer than this and a tick
  static constexpr std::int64_t look_every_ms = 1000;         // for what a dead process left behind
  static constexpr std::int64_t takeover_after_ms = 2000;
  static constexpr std::uint64_t round_leaves_max = 8192;      // of one unit: the writer is held for milliseconds
  static constexpr std::int64_t round_bundles_max = 4096;
  static constexpr std::size_t round_bytes_max = 16u << 20;

  sequencer(const evh::services& host, const note_signer& signer, bool accept_new_key)
      : host_(&host), signer_(&signer), accept_new_key_(accept_new_key) {}

  // Called a few times a second on a pool thread.
  void tick(std::int64_t now_ms);
  // One round now; for tick() and tests. False: nothing to do, or another round runs.
  bool round(std::int64_t now_ms);

  [[nodiscard]] std::atomic<std::uint64_t>& staged() { return staged_; }
  [[nodiscard]] std::uint64_t size() const { return size_.load(); }
  [[nodiscard]] std::string fault() const;

 private:
  bool must_stand_by(evh::unit& unit, const tree_state& state, std::int64_t now_ms);
  std::shared_ptr<integration> think(evh::unit& unit, std::int64_t now_ms);
  void check_last(const stored_checkpoint& last, const tree_state& state, tree_view& stored) const;
  void settled(const integration& what, evh_status status);
  void set_fault(std::string why);

  const evh::services* host_;
  const note_signer* signer_;
  bool accept_new_key_;
  std::atomic<std::uint64_t> staged_ = 0;  // committed since the last round, by this process
  std::atomic<std::uint64_t> size_ = 0;
  std::atomic<bool> busy_ = false;
  std::atomic<std::int64_t> waiting_since_ms_ = 0, looked_ms_ = 0;
  // Written by one round at a time (busy_).
  std::optional<std::int64_t> epoch_;      // ours; empty before the first take-over
  bool fenced_ = false;
  std::uint64_t stalled_size_ = 0;         // while fenced: the tree that does not grow, since when
  std::int64_t stalled_since_ms_ = 0;
  mutable std::mutex mutex_;               // fault_ only
  std::string fault_;
};

}  // namespace audit
