// Idempotency-Key: one effect and one answer, whoever repeats, whenever within a day.
#include <gmock/gmock.h>

#include "tests/unit/host/runtime/requests.hpp"

namespace evhost::runtime::tests {
namespace {

class IdempotencyKey : public Requests {};

TEST_F(IdempotencyKey, ARepeatedKeyGetsTheStoredAnswer) {
  apply_insert();
  const auto first = post_now(keyed("k1")), again = post_now(keyed("k1"));
  EXPECT_EQ(first->status, 201u);
  EXPECT_EQ(first->fields.count("idempotency-replayed"), 0u);
  EXPECT_EQ(again->status, 201u);
  EXPECT_EQ(again->body, first->body);
  EXPECT_EQ(again->fields["idempotency-replayed"], "true");
  EXPECT_EQ(again->fields["content-type"], "application/json");
  EXPECT_EQ(rows(), 1);
  EXPECT_EQ(runs_, 1);
  EXPECT_EQ(plugin_.released, 2);
}

TEST_F(IdempotencyKey, ARepeatedKeyKeepsTheAnswersHeaders) {
  handle_ = [this](evh_request* request, const evh_request_view*, evh_error*) {
    return plugin_.apply(request, [this, request](evh_uow*, evh_error*) {
      const evh_pair headers[] = {{core::view("location"), core::view("/p/p/x/1")},
                                  {core::view("etag"), core::view("\"1\"")}};
      evh_response response{};
      response.struct_size = sizeof response;
      response.status = 201;
      response.body = core::view("<b>\xE2\x82\xAC</b>");
      response.content_type = core::view("text/html");
      response.headers = headers;
      response.headers_count = 2;
      return plugin_.http().stage(request, &response);
    });
  };
  post_now(keyed("k1"));
  const auto again = post_now(keyed("k1"));
  EXPECT_EQ(again->fields["location"], "/p/p/x/1");
  EXPECT_EQ(again->fields["etag"], "\"1\"");
  EXPECT_EQ(again->fields["content-type"], "text/html");
  EXPECT_EQ(again->body, "<b>\xE2\x82\xAC</b>");
}

TEST_F(IdempotencyKey, TwoAtOnceWithOneKeyTakeEffectOnce) {
  apply_insert();
  const auto first = post(keyed("k1")), second = post(keyed("k1"));
  bed_.turn();
  EXPECT_EQ(first->body, second->body);
  EXPECT_EQ(rows(), 1);
}

TEST_F(IdempotencyKey, AKeyBelongsToOneBody) {
  apply_insert();
  post_now(keyed("k1", "one"));
  const auto other = post_now(keyed("k1", "two"));
  EXPECT_EQ(other->status, 422u);
  EXPECT_EQ(other->code, "idempotency-key-reused");
  EXPECT_EQ(rows(), 1);
}

TEST_F(IdempotencyKey, AKeyBelongsToOneSubject) {
  apply_insert();
  asked ann = keyed("k1"), bob = keyed("k1");
  ann.who = std::make_shared<io::principal>(io::principal{"ann", {}, {}, {}, {}, {}});
  bob.who = std::make_shared<io::principal>(io::principal{"bob", {}, {}, {}, {}, {}});
  EXPECT_EQ(post_now(ann)->status, 201u);
  EXPECT_EQ(post_now(bob)->status, 201u);
  EXPECT_EQ(rows(), 2);
}

TEST_F(IdempotencyKey, ARolledBackAnswerIsNotStored) {
  apply([this](evh_request* request, evh_uow*, evh_error*) {
    ++runs_;
    plugin_.stage(request, 404);
    return EVH_NOT_FOUND;
  });
  EXPECT_EQ(post_now(keyed("k1"))->status, 404u);
  EXPECT_EQ(post_now(keyed("k1"))->status, 404u);
  EXPECT_EQ(runs_, 2);
}

TEST_F(IdempotencyKey, AKeyIsForgottenAfterADay) {
  apply_insert();
  post_now(keyed("k1"));
  bed_.clock.advance(std::chrono::hours(23));
  post_now(keyed("k1"));
  EXPECT_EQ(rows(), 1);
  bed_.clock.advance(std::chrono::hours(2));
  post_now(keyed("k1", "another body"));
  EXPECT_EQ(rows(), 2);
}

TEST_F(IdempotencyKey, MalformedKeysAreRefusedBeforeThePlugin) {
  apply_insert();
  for (const std::string& key : {std::string(), std::string("\"\""), std::string(256, 'k'), std::string("two words"),
                                 std::string("tab\t"), std::string("\xC3\xA4")}) {
    const auto answer = post_now(keyed(key));
    EXPECT_EQ(answer->status, 400u) << key;
    EXPECT_EQ(answer->code, "idempotency-key-invalid");
  }
  EXPECT_EQ(runs_, 0);
  EXPECT_EQ(post_now(keyed(std::string(255, 'k')))->status, 201u);
  EXPECT_EQ(post_now(keyed("\"8e03978e-40d5-43e8-bc93-6894a57f9324\""))->status, 201u);
}

TEST_F(IdempotencyKey, AKeyOnAReadingAnswerLeavesNoRow) {
  handle_ = [this](evh_request* request, const evh_request_view*, evh_error*) { return plugin_.respond(request, 200); };
  EXPECT_EQ(post_now(keyed("k1"))->status, 200u);
  EXPECT_EQ(bed_.store.number("SELECT count(*) FROM host_idempotency"), 0);
}

class OldIdempotencyKeys : public Requests {
 protected:
  OldIdempotencyKeys() : Requests([](runtime_options& o) { o.housekeeping = std::chrono::milliseconds(2); }) {}
};

TEST_F(OldIdempotencyKeys, AreDeleted) {
  apply_insert();
  for (int i = 0; i < 3; ++i) post_now(keyed("old" + std::to_string(i)));
  bed_.clock.advance(std::chrono::hours(25));
  post_now(keyed("new"));
  EXPECT_TRUE(bed_.turn_until([&] { return bed_.store.number("SELECT count(*) FROM host_idempotency") == 1; }));
}

}  // namespace
}  // namespace evhost::runtime::tests
