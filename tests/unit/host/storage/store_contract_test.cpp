// The contract of every store, for SQLite.
#include "tests/unit/host/storage/store_contract.hpp"

namespace store_tests {
namespace {

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract,
                         ::testing::Values(factory{"sqlite", [](const auto& folder, auto& clock, auto& log, auto& metrics) {
                           storage::sqlite_options options;
                           options.path = folder / "contract.db";
                           return storage::make_sqlite_store(options, clock, log, metrics);
                         }}),
                         [](const auto& made) { return std::string(made.param.name); });

}  // namespace
}  // namespace store_tests
