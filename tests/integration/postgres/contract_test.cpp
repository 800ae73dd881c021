// The contract of every store, for PostgreSQL.
#include "postgres_fixture.hpp"
#include "tests/unit/host/storage/store_contract.hpp"

namespace store_tests {
namespace {

auto make_with(std::uint32_t committers) {
  return [committers](const auto&, auto& clock, auto& log, auto& metrics) {
    storage::postgres_options options;
    options.url = server().url(server().make_database());
    options.committers = committers;
    options.read_timeout = std::chrono::seconds(20);  // none of these is about it, and the machine may be busy
    return storage::make_postgres_store(options, clock, log, metrics);
  };
}

std::string absent() {
  const char* all = std::getenv("EVH_REQUIRE_ALL");
  if (!server().available() && all && std::string_view(all) == "1") ADD_FAILURE() << server().why();
  return server().why();
}

INSTANTIATE_TEST_SUITE_P(Postgres, StoreContract,
                         ::testing::Values(factory{"one_committer", make_with(1), absent},
                                           factory{"four_committers", make_with(4), absent}),
                         [](const auto& made) { return std::string(made.param.name); });

}  // namespace
}  // namespace store_tests
