// Every option of a question carries a sentence; understanding that sentence gives what the option promised.
#include <gtest/gtest.h>

#include "utterance_table.hpp"

namespace chat_language_test {
namespace {

using namespace chat::language;

std::string follow(const std::string& text, std::size_t option) {
  const auto u = understand(text, usual_context());
  if (!u.question || u.question->options.size() <= option) return "no such option";
  const auto then = understand(u.question->options[option].message, usual_context());
  return then.intent + " " + boost::json::serialize(then.parts.empty() ? then.slots : then.parts.back().slots);
}

TEST(Questions, OptionsLeadToTheirCommand) {
  EXPECT_EQ(follow("call Asha at 9 IST friday", 1), "create {\"title\":\"call Asha\",\"due\":{\"local\":\"2026-08-21T09:00\",\"tz\":\"Europe/Dublin\"}}");
  EXPECT_EQ(follow("backup on the 1st and 15th", 0), "batch {\"title\":\"backup\",\"due\":{\"date\":\"2026-09-15\"}}");
  EXPECT_EQ(follow("backup on the 1st and 15th p1", 0), "batch {\"title\":\"backup\",\"due\":{\"date\":\"2026-09-15\"},\"priority\":\"critical\"}");
  EXPECT_EQ(follow("dinner friday or saturday", 1), "create {\"title\":\"dinner\",\"due\":{\"date\":\"2026-08-22\"}}");
  EXPECT_EQ(follow("asdf qwer", 0), "create {\"title\":\"asdf qwer\"}");
  EXPECT_EQ(follow("move old monitor to attic", 0), "create {\"title\":\"move old monitor to attic\"}");
  EXPECT_EQ(follow("rename go to gym to go to pool", 1), "update {\"target\":\"go to gym\",\"title\":\"go to pool\"}");
}

TEST(Questions, OptionsOfRepetitionsLeadToTheirRule) {
  const std::string monthly = "create {\"title\":\"backup\",\"recurrence\":\"FREQ=MONTHLY;BYMONTHDAY=1,15\",\"anchor\":\"schedule\",\"dtstart\":\"2026-09-01\"}";
  EXPECT_EQ(follow("backup on the 1st and 15th", 1), monthly);
  EXPECT_EQ(follow("standup every weekday 9:30 except holidays", 0),
            "create {\"title\":\"standup\",\"recurrence\":\"FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR\",\"anchor\":\"schedule\",\"dtstart\":\"2026-08-19T09:30\"}");
  EXPECT_EQ(follow("mow lawn twice a week at 9", 0), "create {\"title\":\"mow lawn\",\"recurrence\":\"FREQ=WEEKLY;BYDAY=MO,TH\",\"anchor\":\"schedule\",\"dtstart\":\"2026-08-20T09:00\"}");
  EXPECT_EQ(follow("take pills twice a day", 0), "create {\"title\":\"take pills\",\"recurrence\":\"FREQ=DAILY;BYHOUR=9,21\",\"anchor\":\"schedule\",\"dtstart\":\"2026-08-18T21:00\"}");
  EXPECT_EQ(follow("snooze", 0), "snooze {\"ref\":\"last_notification\",\"until\":\"2026-08-18T10:40\"}");
}

}  // namespace
}  // namespace chat_language_test
