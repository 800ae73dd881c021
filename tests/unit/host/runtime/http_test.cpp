// Requests: thought about on the pool, applied in a unit, answered once and only after COMMIT.
#include "host/runtime/request_table.hpp"
#include "tests/unit/host/runtime/requests.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

namespace evhost::runtime::tests {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(Requests, ShowThePluginEverythingItMaySee) {
  auto who = std::make_shared<io::principal>();
  who->subject = "ann";
  who->roles = {"admin", "auditor"};
  who->session_id = "s1";
  handle_ = [&](evh_request* request, const evh_request_view* view, evh_error*) {
    EXPECT_EQ(view->cookie, 11u);
    EXPECT_EQ(core::text(view->method), "POST");
    EXPECT_EQ(core::text(view->path), "/p/p/x");
    EXPECT_EQ(core::text(view->body), "body");
    EXPECT_EQ(core::text(view->request_id), "request-1");
    EXPECT_EQ(core::text(view->idempotency_key), "k1");
    EXPECT_EQ(core::text(view->remote_address), "192.0.2.1");
    EXPECT_EQ(view->params_count, 1u);
    EXPECT_EQ(core::text(view->params[0].name), "id");
    EXPECT_EQ(core::text(view->params[0].value), "42");
    EXPECT_EQ(core::text(view->principal->subject), "ann");
    EXPECT_EQ(core::text(view->principal->roles), "admin auditor");
    EXPECT_EQ(core::text(view->principal->session), "s1");
    EXPECT_EQ(core::text(plugin_.http().header(request, core::view("If-Match"))), "\"v1\"");
    EXPECT_EQ(plugin_.http().header(request, core::view("absent")).ptr, nullptr);
    EXPECT_EQ(core::text(plugin_.http().query(request, core::view("q"))), "milk");
    EXPECT_EQ(plugin_.http().query(request, core::view("z")).ptr, nullptr);
    return plugin_.respond(request, 200, "{}");
  };
  asked what = keyed("k1", "body");
  what.fields["if-match"] = "\"v1\"";
  what.params["id"] = "42";
  what.query["q"] = "milk";
  what.who = who;
  const auto answer = post_now(what);
  EXPECT_EQ(answer->status, 200u);
  EXPECT_EQ(answer->body, "{}");
  EXPECT_EQ(answer->fields["content-type"], "application/json");
  EXPECT_EQ(bed_.front.options["POST /p/p/x"].auth, io::auth_mode::required);
  EXPECT_EQ(bed_.front.options["GET /p/p/x"].auth, io::auth_mode::optional);
}

TEST_F(Requests, AreAnsweredOnce) {
  std::vector<evh_status> told;
  handle_ = [&](evh_request* request, const evh_request_view*, evh_error*) {
    told = {plugin_.respond(request, 200), plugin_.respond(request, 500), plugin_.apply(request, {})};
    return EVH_OK;
  };
  const auto answer = post_now();
  EXPECT_THAT(told, ElementsAre(EVH_OK, EVH_STATE, EVH_STATE));
  EXPECT_EQ(answer->status, 200u);
  EXPECT_EQ(answer->answers, 1);
  EXPECT_EQ(plugin_.released, 1);
  EXPECT_EQ(bed_.misbehaved("p", "answered"), 2u);
}

TEST_F(Requests, AStaleOrInventedRequestIsAnErrorNotACrash) {
  evh_request* kept = nullptr;
  handle_ = [&](evh_request* request, const evh_request_view*, evh_error*) {
    kept = request;
    return plugin_.respond(request, 200);
  };
  const std::size_t before = request_table::of_process().size();
  post_now();
  EXPECT_EQ(request_table::of_process().size(), before);
  EXPECT_EQ(plugin_.respond(kept, 200), EVH_STATE);
  EXPECT_EQ(plugin_.http().header(kept, core::view("x")).ptr, nullptr);
  EXPECT_EQ(plugin_.respond(reinterpret_cast<evh_request*>(0xDEADBEEFDEADBEEF), 200), EVH_STATE);
  EXPECT_EQ(plugin_.respond(nullptr, 200), EVH_STATE);
}

TEST_F(Requests, MayBeKeptAndAnsweredFromAnotherThread) {
  evh_request* kept = nullptr;
  handle_ = [&](evh_request* request, const evh_request_view*, evh_error*) {
    kept = request;
    return EVH_AGAIN;
  };
  const auto answer = post_now();
  EXPECT_EQ(answer->status, 0u);
  std::thread([&] { EXPECT_EQ(plugin_.respond(kept, 202), EVH_OK); }).join();
  EXPECT_EQ(answer->status, 202u);
}

TEST_F(Requests, WithoutAnAnswerBecome500) {
  handle_ = [](evh_request*, const evh_request_view*, evh_error*) { return EVH_OK; };
  EXPECT_EQ(post_now()->status, 500u);
  EXPECT_EQ(bed_.misbehaved("p", "no_answer"), 1u);
  handle_ = [](evh_request*, const evh_request_view*, evh_error* error) { return fill(error, EVH_IO, "no"); };
  EXPECT_EQ(post_now()->status, 500u);
  handle_ = [](evh_request*, const evh_request_view*, evh_error*) -> evh_status { throw std::runtime_error("x"); };
  EXPECT_EQ(post_now()->status, 500u);
  EXPECT_EQ(bed_.status("p").state, "running");
}

TEST_F(Requests, RefuseABadAnswer) {
  std::vector<evh_status> told;
  handle_ = [&](evh_request* request, const evh_request_view*, evh_error*) {
    evh_response bad{};
    told.push_back(plugin_.http().respond(request, &bad));
    told.push_back(plugin_.http().respond(request, nullptr));
    told.push_back(plugin_.respond(request, 99));
    return plugin_.respond(request, 200);
  };
  EXPECT_EQ(post_now()->status, 200u);
  EXPECT_THAT(told, testing::Each(EVH_INVALID));
}

TEST_F(Requests, ApplyAnswersOnlyAfterCommit) {
  apply_insert();
  const auto answer = post();
  bed_.turn_pool();
  EXPECT_EQ(answer->status, 0u);
  bed_.store.before_commit = [&] { EXPECT_EQ(answer->status, 0u); };
  bed_.turn();
  bed_.store.before_commit = {};
  EXPECT_EQ(answer->status, 201u);
  EXPECT_EQ(rows(), 1);
  EXPECT_EQ(plugin_.released, 1);
}

TEST_F(Requests, ApplyRunsAgainWhenItsGroupIsUndone) {
  bed_.store.undo_next_groups(2);
  apply_insert();
  const auto answer = post_now();
  EXPECT_EQ(answer->body, "made3");
  EXPECT_EQ(rows(), 1);
  EXPECT_EQ(plugin_.released, 1);
}

TEST_F(Requests, ARolledBackUnitStillSendsItsStagedAnswer) {
  apply([this](evh_request* request, evh_uow* uow, evh_error* error) {
    plugin_.exec(uow, "INSERT INTO p_things VALUES ('gone')", error);
    plugin_.stage(request, 412, "stale");
    return EVH_CONFLICT;
  });
  const auto answer = post_now();
  EXPECT_EQ(answer->status, 412u);
  EXPECT_EQ(rows(), 0);
  EXPECT_EQ(plugin_.released, 1);
}

TEST_F(Requests, ARolledBackUnitWithoutAnAnswerIs500Or503) {
  apply([](evh_request*, evh_uow*, evh_error*) { return EVH_INVALID; });
  EXPECT_EQ(post_now()->status, 500u);
  apply([](evh_request*, evh_uow*, evh_error*) { return EVH_AGAIN; });
  const auto later = post_now();
  EXPECT_EQ(later->status, 503u);
  EXPECT_EQ(later->fields["retry-after"], "1");
  apply([](evh_request*, evh_uow*, evh_error*) -> evh_status { throw std::runtime_error("x"); });
  EXPECT_EQ(post_now()->status, 500u);
}

TEST_F(Requests, ACommittedUnitWithoutAnAnswerIs204) {
  apply([](evh_request*, evh_uow*, evh_error*) { return EVH_OK; });
  EXPECT_EQ(post_now()->status, 204u);
}

TEST_F(Requests, ABrokenTransactionIs503WhateverWasStaged) {
  apply([this](evh_request* request, evh_uow* uow, evh_error*) {
    plugin_.exec(uow, "INSERT INTO p_things VALUES ('x')");  // breaks, and the plugin does not look
    return plugin_.stage(request, 201, "a lie");
  });
  bed_.store.fail_next(1);
  const auto answer = post_now();
  EXPECT_EQ(answer->status, 503u);
  EXPECT_EQ(rows(), 0);
}

TEST_F(Requests, AConflictIsThePluginsToAnswer) {
  bed_.store.execute("INSERT INTO p_things VALUES ('taken')");
  apply([this](evh_request* request, evh_uow* uow, evh_error* error) {
    EXPECT_EQ(plugin_.exec(uow, "INSERT INTO p_things VALUES ('taken')", error), EVH_CONFLICT);
    plugin_.stage(request, 409, "taken");
    return EVH_CONFLICT;
  });
  EXPECT_EQ(post_now()->status, 409u);
}

TEST_F(Requests, AStoreThatGivesUpIs503) {
  apply_insert();
  bed_.store.give_up_next(1);
  const auto answer = post_now();
  EXPECT_EQ(answer->status, 503u);
  EXPECT_EQ(rows(), 0);
  EXPECT_EQ(plugin_.released, 1);
}

TEST_F(Requests, AFullStoreQueueIs503AndReleases) {
  evh_status told = EVH_OK;
  handle_ = [&](evh_request* request, const evh_request_view*, evh_error*) {
    return told = plugin_.apply(request, [](evh_uow*, evh_error*) { return EVH_OK; });
  };
  bed_.store.refuse_next(1);
  const auto answer = post_now();
  EXPECT_EQ(told, EVH_AGAIN);
  EXPECT_EQ(answer->status, 503u);
  EXPECT_EQ(plugin_.released, 1);
}

TEST_F(Requests, WhoseClientIsGoneAreNotApplied) {
  apply_insert();
  const auto answer = post();
  bed_.turn_pool();
  bed_.front.abandon(answer);
  bed_.turn();
  EXPECT_EQ(runs_, 0);
  EXPECT_EQ(rows(), 0);
  EXPECT_EQ(plugin_.released, 1);
}

TEST_F(Requests, WhoseClientIsGoneWhileWaitingNeverReachThePlugin) {
  int seen = 0;
  handle_ = [&](evh_request* request, const evh_request_view*, evh_error*) {
    return ++seen, plugin_.respond(request, 200);
  };
  const auto answer = post();
  bed_.front.abandon(answer);
  bed_.turn();
  EXPECT_EQ(seen, 0);
}

TEST_F(Requests, StageBelongsIntoApply) {
  evh_status told = EVH_OK;
  handle_ = [&](evh_request* request, const evh_request_view*, evh_error*) {
    told = plugin_.stage(request, 200);
    return plugin_.respond(request, 200);
  };
  post_now();
  EXPECT_EQ(told, EVH_STATE);
}

TEST_F(Requests, KeptOnesAreAnswered503WhenThePluginStops) {
  evh_request* kept = nullptr;
  handle_ = [&](evh_request* request, const evh_request_view*, evh_error*) {
    kept = request;
    return EVH_AGAIN;
  };
  const auto answer = post_now();
  bed_.host->stop();
  EXPECT_EQ(answer->status, 503u);
  EXPECT_EQ(plugin_.respond(kept, 200), EVH_STATE);
  EXPECT_EQ(post()->code, "plugin-unavailable");  // and new ones do not reach it
}

TEST_F(Requests, AuthenticateVerifiesAToken) {
  evh_status good = EVH_STATE, bad = EVH_OK;
  std::string subject, roles, why;
  handle_ = [&](evh_request* request, const evh_request_view*, evh_error* error) {
    evh_principal who{};
    who.struct_size = sizeof who;
    good = plugin_.http().authenticate(plugin_.host, core::view("good"), &who, error);
    subject = core::text(who.subject);
    roles = core::text(who.roles);
    bad = plugin_.http().authenticate(plugin_.host, core::view("forged"), &who, error);
    why = error_text(*error);
    return plugin_.respond(request, 200);
  };
  post_now();
  EXPECT_EQ(good, EVH_OK);
  EXPECT_EQ(subject, "ann");
  EXPECT_EQ(roles, "admin auditor");
  EXPECT_EQ(bad, EVH_DENIED);
  EXPECT_EQ(why, "the token is not good");
}

class CrowdedRequests : public Requests {
 protected:
  CrowdedRequests() : Requests([](runtime_options& o) { o.requests_queue_max = 2, o.requests_in_flight_max = 4; }) {}
};

TEST_F(CrowdedRequests, AreRefusedWith503AndRetryAfter) {
  handle_ = [this](evh_request* request, const evh_request_view*, evh_error*) { return plugin_.respond(request, 200); };
  const auto first = post(), second = post(), third = post();
  EXPECT_EQ(third->status, 503u);
  EXPECT_EQ(third->fields["retry-after"], "1");
  bed_.turn();
  EXPECT_EQ(first->status, 200u);
  EXPECT_EQ(second->status, 200u);
  EXPECT_EQ(post_now()->status, 200u);
}

TEST_F(CrowdedRequests, KeptOnesCountAgainstThePluginsShare) {
  handle_ = [](evh_request*, const evh_request_view*, evh_error*) { return EVH_AGAIN; };
  std::vector<std::shared_ptr<outcome>> kept;
  for (int i = 0; i < 4; ++i) kept.push_back(post_now());
  EXPECT_EQ(post_now()->status, 503u);
  for (const auto& one : kept) EXPECT_EQ(one->status, 0u);
}

}  // namespace
}  // namespace evhost::runtime::tests
