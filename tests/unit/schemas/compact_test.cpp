// The compact codec: newer and older writers, refusals, damage, and records of old versions kept in golden/.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "schemas/events/task_events.hpp"
#include "tests/unit/schemas/samples.hpp"

namespace {

using namespace evh_schemas;

// One struct over three versions, as it would grow.
struct inner_v1 {
  std::string name;
  template <class Visit> static void fields(Visit&& visit, auto& self) { visit.required("name", self.name); }
};
struct record_v1 {
  std::vector<inner_v1> parts;
  std::int64_t count = 0;
  static constexpr compact_schema compact{900, 1, 1};
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("parts", self.parts);
    visit.required("count", self.count);
  }
};
struct inner_v2 {
  std::string name;
  std::optional<bool> open;
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("name", self.name);
    visit.optional("open", self.open);
  }
};
struct record_v2 {
  std::vector<inner_v2> parts;
  std::int64_t count = 0;
  std::string note = "default";
  static constexpr compact_schema compact{900, 2, 1};
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("parts", self.parts);
    visit.required("count", self.count);
    visit.optional("note", self.note);
  }
};
struct record_v3 : record_v2 {
  static constexpr compact_schema compact{900, 3, 2};   // changed so that version 1 would misread it
};

TEST(Compact, AnOldReaderSkipsWhatANewWriterAppendedAtEveryLevel) {
  const record_v2 written{{{"a", true}, {"b", std::nullopt}}, 7, "new"};
  const auto read = from_compact<record_v1>(to_compact(written));
  ASSERT_EQ(read.parts.size(), 2U);
  EXPECT_EQ(read.parts[1].name, "b");
  EXPECT_EQ(read.count, 7);
}

TEST(Compact, ANewReaderKeepsDefaultsForWhatAnOldWriterDidNotKnow) {
  const auto read = from_compact<record_v2>(to_compact(record_v1{{{"a"}, {"b"}}, 7}));
  ASSERT_EQ(read.parts.size(), 2U);
  EXPECT_EQ(read.parts[1].name, "b");
  EXPECT_EQ(read.parts[1].open, std::nullopt);
  EXPECT_EQ(read.note, "default");
}

TEST(Compact, AReaderBelowTheFloorRefusesWithASentence) {
  record_v3 written;
  EXPECT_NO_THROW(from_compact<record_v2>(to_compact(written)));
  try {
    from_compact<record_v1>(to_compact(written));
    FAIL();
  } catch (const payload_error& error) {
    EXPECT_STREQ(error.what(), "payload: compact record: written as version 3 for readers from version 2 on, this one reads version 1");
  }
}

TEST(Compact, AnotherSchemaIsRefused) { EXPECT_THROW(from_compact<task_event>(to_compact(record_v1{})), payload_error); }

TEST(Compact, TheEnvelopeIsWhatTheDocumentSays) {
  const std::string bytes = to_compact(record_v2{{}, 1, ""});
  EXPECT_EQ(bytes.substr(0, 6), std::string("\x84\x03\x02\x00\x01\x00", 6)) << "schema 900, version 2, floor 1, little endian";
  EXPECT_EQ(static_cast<std::size_t>(bytes[6]), bytes.size() - 10) << "the length of what follows";
}

TEST(Compact, DamageIsRefusedWithoutHarm) {
  const std::string good = to_compact(from_json<task_event>(samples::payloads.at("task-events")));
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    try {
      from_compact<task_event>(good.substr(0, cut));
      FAIL() << "cut at " << cut;
    } catch (const payload_error&) {
    }
  }
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char bit : {'\x01', '\x80', '\xff'}) {
      std::string damaged = good;
      damaged[at] = static_cast<char>(damaged[at] ^ bit);
      try {
        from_compact<task_event>(damaged);   // may be another valid record; must not crash or hoard memory
      } catch (const payload_error&) {
      }
    }
  }
}

std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

// golden/<topic>.v<version>.bin: written by that version and never changed. EVH_WRITE_GOLDEN=1 writes the present version's
// file when it does not exist yet.
TEST(Compact, RecordsOfEveryVersionAreStillRead) {
  const std::string folder = EVH_GOLDEN;
  const auto sample = from_json<task_event>(samples::payloads.at("task-events"));
  const std::string present = folder + "/task-events.v" + std::to_string(task_event::compact.version) + ".bin";
  if (std::getenv("EVH_WRITE_GOLDEN") != nullptr && slurp(present).empty()) std::ofstream(present, std::ios::binary) << to_compact(sample);
  EXPECT_EQ(slurp(present), to_compact(sample)) << "the bytes of a released version must not change: append a field and count the version up";
  for (int version = 1; version <= task_event::compact.version; ++version) {
    const std::string bytes = slurp(folder + "/task-events.v" + std::to_string(version) + ".bin");
    ASSERT_FALSE(bytes.empty()) << version;
    const auto read = from_compact<task_event>(bytes);
    EXPECT_EQ(read.task, sample.task) << version;
    EXPECT_EQ(read.before, sample.before) << version;
    EXPECT_EQ(read.changed, sample.changed) << version;
    EXPECT_EQ(read.causation_id, "d") << version;
  }
}

}  // namespace
