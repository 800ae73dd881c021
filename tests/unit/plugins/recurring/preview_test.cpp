// POST /api/v1/recurrence/preview: what it answers, and what it says to bad input.
#include <gtest/gtest.h>

#include <evh/testing/host.hpp>

#include <boost/json.hpp>

#include <cstdlib>
#include <fstream>

namespace {

namespace json = boost::json;

class Preview : public ::testing::Test {
 protected:
  Preview() { host.load_file(EVH_RECURRING_PLUGIN, R"({"retention_days":90})"); }

  evh::testing::answer ask(const std::string& body) {
    auto answer = host.post("/api/v1/recurrence/preview", body);
    if (const char* file = std::getenv("EVH_RECORD_EXCHANGES"))
      std::ofstream(file, std::ios::app) << json::serialize(json::object{{"method", "POST"}, {"path", "/api/v1/recurrence/preview"}, {"request_body", body},
                                                                         {"status", answer.status}, {"headers", {{"content-type", answer.content_type}}}, {"body", answer.body}}) + "\n";
    return answer;
  }
  std::string items(const std::string& body) {
    const auto answer = ask(body);
    if (answer.status != 200) return answer.body;
    std::string out;
    const auto parsed = json::parse(answer.body);
    for (const auto& each : parsed.at("items").as_array())
      out += std::string(each.at("local").as_string()) + "=" + std::string(each.at("instant").as_string()) + " ";
    return out;
  }
  // The pointer of the first fault.
  std::string fault(const std::string& body) {
    const auto answer = ask(body);
    if (answer.status != 422) return std::to_string(answer.status);
    const auto parsed = json::parse(answer.body);
    EXPECT_EQ(parsed.at("code").as_string(), "validation-failed");
    return std::string(parsed.at("errors").as_array()[0].at("pointer").as_string());
  }

  evh::testing::host host;
};

TEST_F(Preview, GivesLocalTimesAndInstants) {
  EXPECT_EQ(items(R"({"rrule":"FREQ=WEEKLY;BYDAY=MO,WE","dtstart":"2026-10-19T09:30","tz":"Europe/Paris","count":3})"),
            "2026-10-19T09:30=2026-10-19T07:30:00Z 2026-10-21T09:30=2026-10-21T07:30:00Z 2026-10-26T09:30=2026-10-26T08:30:00Z ");
  EXPECT_EQ(items(R"({"rrule":"FREQ=DAILY;COUNT=2","dtstart":"2026-08-31","tz":"Europe/Paris"})"), "2026-08-31=2026-08-30T22:00:00Z 2026-09-01=2026-08-31T22:00:00Z ");
}

TEST_F(Preview, AfterExdatesAndRdates) {
  EXPECT_EQ(items(R"({"rrule":"FREQ=DAILY","dtstart":"2026-08-31","tz":"UTC","count":3,"after":"2026-09-01","exdates":["2026-09-03"],"rdates":["2026-09-02"]})"),
            "2026-09-02=2026-09-02T00:00:00Z 2026-09-04=2026-09-04T00:00:00Z 2026-09-05=2026-09-05T00:00:00Z ");
}

TEST_F(Preview, ATimeInTheGapIsShiftedThatDayOnly) {
  EXPECT_EQ(items(R"({"rrule":"FREQ=DAILY;COUNT=2","dtstart":"2026-03-08T02:30","tz":"America/New_York"})"),
            "2026-03-08T02:30=2026-03-08T07:30:00Z 2026-03-09T02:30=2026-03-09T06:30:00Z ");
}

TEST_F(Preview, AnEmptySeriesIsAnEmptyList) {
  EXPECT_EQ(items(R"({"rrule":"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30","dtstart":"2026-03-08T02:30"})"), "");
}

TEST_F(Preview, NamesWhatIsWrong) {
  const std::string good = R"("rrule":"FREQ=DAILY","dtstart":"2026-08-31")";
  EXPECT_EQ(fault(R"({"dtstart":"2026-08-31"})"), "/rrule");
  EXPECT_EQ(fault(R"({"rrule":"FREQ=FORTNIGHTLY","dtstart":"2026-08-31"})"), "/rrule");
  EXPECT_EQ(fault(R"({"rrule":7,"dtstart":"2026-08-31"})"), "/rrule");
  EXPECT_EQ(fault(R"({"rrule":"FREQ=HOURLY","dtstart":"2026-08-31"})"), "/rrule");
  EXPECT_EQ(fault(R"({"rrule":"FREQ=DAILY"})"), "/dtstart");
  EXPECT_EQ(fault(R"({"rrule":"FREQ=DAILY","dtstart":"2026-02-30"})"), "/dtstart");
  EXPECT_EQ(fault(R"({"rrule":"FREQ=DAILY","dtstart":"2026-08-31T09:00Z"})"), "/dtstart");
  EXPECT_EQ(fault("{" + good + R"(,"tz":"Mars/Olympus"})"), "/tz");
  for (const auto* count : {"0", "101", "1.5", "-1", "\"3\"", "99999999999999999999"}) EXPECT_EQ(fault("{" + good + R"(,"count":)" + count + "}"), "/count") << count;
  EXPECT_EQ(fault("{" + good + R"(,"after":"2026-08-31T09:00"})"), "/after");
  EXPECT_EQ(fault("{" + good + R"(,"exdates":["2026-09-01","2026-09-31"]})"), "/exdates/1");
  EXPECT_EQ(fault("{" + good + R"(,"rdates":"2026-09-01"})"), "/rdates");
  EXPECT_EQ(fault("{" + good + R"(,"colour":1})"), "/colour");
}

TEST_F(Preview, SaysTheParsersSentence) {
  EXPECT_NE(ask(R"({"rrule":"FREQ=DAILY;COUNT=0","dtstart":"2026-08-31"})").body.find("COUNT \\\"0\\\" is not a whole number from 1 to 999999"), std::string::npos);
}

TEST_F(Preview, RefusesWhatIsNoJsonObject) {
  EXPECT_EQ(ask("{").status, 400);
  EXPECT_EQ(ask("[]").status, 400);
  EXPECT_EQ(ask(std::string(2000, '[')).status, 400);
}

TEST_F(Preview, RefusesOtherMediaTypes) {
  const auto status = [&](const std::string& type) {
    return host.request({.method = "POST", .target = "/api/v1/recurrence/preview", .body = R"({"rrule":"FREQ=DAILY","dtstart":"2026-08-31"})", .headers = {{"content-type", type}}}).status;
  };
  EXPECT_EQ(status("text/calendar"), 415);
  EXPECT_EQ(status("Application/JSON ; charset=utf-8"), 200);
}

TEST_F(Preview, NeedsSomebody) {
  EXPECT_EQ(host.request({.method = "POST", .target = "/api/v1/recurrence/preview", .body = "{}", .subject = ""}).status, 401);
}

}  // namespace
