// The audit plugin: every event of every topic becomes a leaf of one signed Merkle tree; queries, proofs, erasure, export.
//
// Lanes stage (store/stager), a timer integrates and signs (store/sequencer), api/ answers. The signing key is derived from
// the host's own secret (evh.secret) or is a named secret; it never stands in the database or a log.
#include "migrations.hpp"
#include "plugins/audit/api/app.hpp"
#include "plugins/audit/store/stager.hpp"

#include <evh/evh.hpp>

#include <boost/json.hpp>
#include <sodium.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>

namespace audit {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

constexpr std::string_view topics_always[] = {"task-events", "task-commands", "reminders", "task-updates", "notifications", "user-events", "audit-events"};

class plugin final : public evh::plugin {
 public:
  static constexpr evh::config_key keys[] = {
      {.name = "origin", .type = EVH_CONFIG_STRING, .default_json = "\"evhost/audit\"",
       .text = "Name of the log in checkpoints and keys; unique per installation, never changed."},
      {.name = "topics", .type = EVH_CONFIG_STRING, .default_json = "\"\"",
       .text = "Further topics to record, separated by commas, e.g. those of your own plugins or dead letters (chat.dlq)."},
      {.name = "signing_key_secret", .type = EVH_CONFIG_STRING, .default_json = "\"\"",
       .text = "Secret with the Ed25519 seed, 32 bytes as base64. Empty: derived from the host's own key in data/keys."},
      {.name = "accept_new_key", .type = EVH_CONFIG_BOOLEAN, .default_json = "false",
       .text = "Go on although the last checkpoint was signed with another key. For one start after changing the key on purpose."}};
  static constexpr evh::about about{.id = "audit", .version = "0.1.0", .name = "Audit", .vendor = "evhost",
                                    .text = "Tamper-evident log of every event, with proofs and erasure.", .config = keys};

  void configure(std::string_view text, bool validate_only) override {
    const auto config = json::parse(text).as_object();
    settings read;
    read.origin = config.at("origin").as_string();
    if (!origin_valid(read.origin))
      throw evh::failure(EVH_INVALID, "origin '" + read.origin + "': use 1 to 255 visible ASCII characters without plus");
    std::string_view rest = config.at("topics").as_string();
    while (!rest.empty()) {
      auto name = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(name.size() + 1, rest.size()));
      name.remove_prefix(std::min(name.find_first_not_of(' '), name.size()));
      name = name.substr(0, name.find_last_not_of(' ') + 1);
      if (!name.empty()) read.topics.emplace(name);
    }
    read.key_secret = config.at("signing_key_secret").as_string();
    read.accept_new_key = config.at("accept_new_key").as_bool();
    if (!validate_only) settings_ = std::move(read);
  }

  std::span<const evh::migration> migrations(std::int32_t dialect) override {
    if (dialect == EVH_DIALECT_POSTGRESQL) return postgres_migrations;
    return sqlite_migrations;
  }

  void activate() override {
    auto seed = signing_seed();
    signer_ = std::make_unique<note_signer>(settings_.origin, seed);
    sodium_memzero(seed.data(), seed.size());
    sequencer_ = std::make_unique<sequencer>(host(), *signer_, settings_.accept_new_key);
    stager_ = std::make_unique<stager>(app_.people, sequencer_->staged());
    app_.host = &host();
    app_.signer = signer_.get();
    app_.log = sequencer_.get();
    app_.origin = settings_.origin;
    app_.events_topic = host().topic(evh_schemas::topic::audit_events);
    erasure_type_ = host().type(evh_schemas::type::audit_erasure);
    staged_total_ = host().metric(EVH_METRIC_COUNTER, "leaves_staged_total", "Events that became leaves.");
    waiting_ = host().metric(EVH_METRIC_GAUGE, "leaves_waiting", "Staged leaves that are not in the tree yet.");
    size_ = host().metric(EVH_METRIC_GAUGE, "tree_size", "Leaves in the signed tree.");
    auto topics = settings_.topics;
    topics.insert(std::begin(topics_always), std::end(topics_always));
    std::erase_if(topics, [this](const std::string& topic) { return must_wait(topic); });
    for (const auto& topic : topics)
      on_group(topic, [this, topic](evh::unit& unit, const evh::batch& batch, evh::verdicts) {
        stager_->stage(unit, batch, topic, host());
        host().add(staged_total_, static_cast<double>(batch.size()));
      });
    // Another replica erased somebody: no key may live on in this one's memory.
    on_broadcast(evh_schemas::topic::audit_events, [this](const evh::batch& batch) {
      for (const auto e : batch)
        if (e.type() == erasure_type_) return app_.people.forget_all();
    });
    for (const auto endpoints : {trail_endpoints(), proof_endpoints(), erasure_endpoints(), export_endpoints()})
      for (const auto& e : endpoints)
        route(e.method, e.pattern, [this, handle = e.handle](evh::request r) { handle(app_, r); }, e.open ? EVH_ROUTE_PUBLIC : 0, e.cost);
    timer(100ms, 100ms, false, [this](evh::unit*, std::uint64_t) {
      sequencer_->tick(now_ms());
      host().set(waiting_, static_cast<double>(sequencer_->staged().load()));
      host().set(size_, static_cast<double>(sequencer_->size()));
    });
  }

  std::int32_t health(std::string& reason) override {
    if (!sequencer_) return EVH_HEALTH_OK;
    reason = sequencer_->fault();
    return reason.empty() ? EVH_HEALTH_OK : EVH_HEALTH_DEGRADED;
  }

 private:
  // Subscribing makes a topic that is missing, with the usual partitions; a dead letter topic is the host's to make, with one.
  // Its letters are taken from the oldest on once it is there at a start.
  bool must_wait(const std::string& topic) const {
    std::uint32_t id = 0;
    if (!topic.ends_with(".dlq") || host().subscribe_api().topic_id(host().host(), evh::view(topic), &id) == EVH_OK) return false;
    host().info("a topic of plugins.audit.topics is not there yet; it is recorded from the next start on", {{"topic", topic}});
    return true;
  }

  struct settings {
    std::string origin = "evhost/audit", key_secret;
    std::set<std::string> topics;
    bool accept_new_key = false;
  };

  // A named secret, or what only this host's MAC key can produce: seal() is a keyed PRF over purpose and bytes, bound to this
  // plugin, and no token of this purpose ever leaves the process.
  note_signer::seed signing_seed() const {
    note_signer::seed seed{};
    if (settings_.key_secret.empty()) {
      seed = sha256({"evhost audit signing seed v1", host().seal("audit-signing-seed", "1"), host().seal("audit-signing-seed", "2")});
      return seed;
    }
    std::string bytes;
    evh_error error = evh::make_error();
    evh::check(host().secret_api().get(
                   host().host(), evh::view(settings_.key_secret),
                   [](void* out, evh_sv secret) {
                     auto text = evh::text(secret);
                     while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
                     *static_cast<std::string*>(out) = base64_decode(text).value_or("");
                   },
                   &bytes, &error),
               error, "signing_key_secret " + settings_.key_secret);
    if (bytes.size() != seed.size())
      throw evh::failure(EVH_INVALID, "signing_key_secret " + settings_.key_secret + ": must be 32 bytes as base64 (openssl rand -base64 32)");
    std::copy(bytes.begin(), bytes.end(), seed.begin());
    sodium_memzero(bytes.data(), bytes.size());
    return seed;
  }

  settings settings_;
  app app_;
  std::unique_ptr<note_signer> signer_;
  std::unique_ptr<sequencer> sequencer_;
  std::unique_ptr<stager> stager_;
  std::uint32_t erasure_type_ = 0, staged_total_ = 0, waiting_ = 0, size_ = 0;
};

}  // namespace
}  // namespace audit

EVH_PLUGIN(audit::plugin)
