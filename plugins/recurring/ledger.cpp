// SQL of the progress ledger.
#include "plugins/recurring/ledger.hpp"

namespace recurring::ledger {

void note(evh::unit& unit, const entry& what) {
  unit.exec("INSERT INTO recurring_progress(predecessor, occurrence, owner, series, successor, skipped, at_ms, outcome) "
            "VALUES($1, $2, $3, $4, $5, $6, $7, $8) "
            "ON CONFLICT(predecessor, occurrence) DO UPDATE SET successor = excluded.successor, skipped = excluded.skipped, "
            "at_ms = excluded.at_ms, outcome = excluded.outcome",
            {what.predecessor, what.occurrence, what.owner, what.series, what.successor, what.skipped, what.at_ms, what.outcome});
}

std::vector<std::string> withdraw(evh::unit& unit, std::string_view predecessor, std::int64_t at_ms) {
  std::vector<std::string> out;
  unit.query("SELECT successor FROM recurring_progress WHERE predecessor = $1 AND outcome = 'created' ORDER BY occurrence", {predecessor},
             [&](evh::row row) { out.emplace_back(row.text(0)); });
  if (!out.empty())
    unit.exec("UPDATE recurring_progress SET outcome = 'withdrawn', at_ms = $2 WHERE predecessor = $1 AND outcome = 'created'", {predecessor, at_ms});
  return out;
}

std::int64_t trim(evh::unit& unit, std::int64_t before_ms, std::int64_t max) {
  return unit.exec("DELETE FROM recurring_progress WHERE (predecessor, occurrence) IN "
                   "(SELECT predecessor, occurrence FROM recurring_progress WHERE at_ms < $1 ORDER BY at_ms LIMIT $2)",
                   {before_ms, max});
}

void set_zone(evh::unit& unit, std::string_view person, std::string_view tz) {
  if (tz.empty()) {
    unit.exec("DELETE FROM recurring_people WHERE person = $1", {person});
    return;
  }
  unit.exec("INSERT INTO recurring_people(person, tz) VALUES($1, $2) ON CONFLICT(person) DO UPDATE SET tz = excluded.tz", {person, tz});
}

std::string zone_of(evh::unit& unit, std::string_view person) {
  std::string out = "UTC";
  unit.query("SELECT tz FROM recurring_people WHERE person = $1", {person}, [&](evh::row row) { out = row.text(0); });
  return out;
}

}  // namespace recurring::ledger
