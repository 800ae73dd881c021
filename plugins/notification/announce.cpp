// Records for the two topics.
#include "plugins/notification/announce.hpp"

namespace notification {

void announcer::add(std::string_view type, const evh_schemas::notification_event& event, reach how) {
  add_text(type, event.owner, evh_schemas::to_json(event), how);
}

void announcer::add_text(std::string_view type, std::string_view owner, std::string json, reach how) {
  entries_.push_back({type, std::string(owner), std::move(json), how});
}

void announcer::publish(evh::unit& unit) {
  std::vector<evh_record> records;
  records.reserve(entries_.size() * 2);
  const auto put = [&](std::uint32_t topic, const entry& e) {
    evh_record record{};
    record.struct_size = sizeof record;
    record.topic = topic;
    record.type = evh::view(e.type);
    record.key = evh::view(e.owner);
    record.payload = evh::view(e.payload);
    records.push_back(record);
  };
  for (const auto& each : entries_) {
    put(topics_.notifications, each);
    if (each.how == reach::log_and_screens) put(topics_.task_updates, each);
  }
  if (!records.empty()) unit.publish(records);
  entries_.clear();
}

}  // namespace notification
