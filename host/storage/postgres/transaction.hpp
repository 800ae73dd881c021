// io::transaction on a PostgreSQL connection: one object per connection, begun anew for every group of units or read.
//
// A plain INSERT ... VALUES is sent without waiting for its answer: how many rows it makes is known after its first
// run, and whether it failed is known at the next statement that must wait, at the latest at COMMIT. If it did fail,
// its unit is rolled back and run again "exactly", every statement waiting, so that it sees its error where it happened
// (units are re-runnable). Tags are the numbers of the units in the group: a failure names its unit.
#pragma once
#include "host/io/store.hpp"
#include "host/storage/postgres/connection.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <unordered_map>

namespace evhost::storage::postgres {

inline constexpr int no_unit = -1;  // tag of BEGIN, the marker and COMMIT

class transaction final : public io::transaction {
 public:
  transaction(connection& c, bool read_only) : connection_(c), read_only_(read_only) {}

  core::result<std::int64_t> exec(std::string_view sql, std::span<const evh_value> params) override;
  core::result<void> query(std::string_view sql, std::span<const evh_value> params, const io::row_sink& row) override;
  core::result<void> copy_rows(std::string_view table, std::span<const std::string_view> columns,
                               std::span<const evh_value> cells) override;
  io::native_handle native() override;
  [[nodiscard]] bool read_only() const override { return read_only_; }

  // For whoever runs units. BEGIN goes with the first statement.
  void begin_transaction();
  void begin_unit(int tag, bool exact, bool savepoint);
  // Nothing may wait for a client longer than this; reads have one deadline, writes get one per wait.
  void set_deadline(std::chrono::steady_clock::time_point deadline) { deadline_ = deadline; }
  void set_patience(std::chrono::milliseconds patience) { patience_ = patience; }
  [[nodiscard]] std::chrono::steady_clock::time_point deadline() const;

  // Ends of a unit, queued like everything else. Without a savepoint the transaction starts anew.
  void release();
  void undo_unit();
  // Back to where unit tag began, after its queued statement failed; forgets the failure.
  void rewind(int tag, bool savepoint);
  // Waits for what is queued; the fault, if one came up.
  const std::optional<queue_fault>& settle_queue();

  // A statement of this or an earlier unit failed after its caller was told that it had passed.
  [[nodiscard]] bool deferred_failure() const { return fault_ && fault_deferred_; }
  [[nodiscard]] const std::optional<queue_fault>& failure() const { return fault_; }
  // A failure that whoever commits found.
  void note_failure(queue_fault f) {
    fault_ = std::move(f);
    fault_deferred_ = true;
  }
  void clear_failure() {
    fault_.reset();
    fault_deferred_ = false;
  }
  [[nodiscard]] bool opened() const { return opened_; }  // BEGIN was queued
  [[nodiscard]] bool wrote() const { return wrote_; }    // something may have been changed
  [[nodiscard]] bool lent() const { return lent_; }      // in this unit
  // The borrower gives the handle back at the end of its unit.
  void take_back();

 private:
  using clock = std::chrono::steady_clock;
  core::result<void> ready();
  core::result<prepared*> statement(std::string_view sql);
  core::error failed(queue_fault fault);
  core::result<result_handle> run(prepared& s, std::span<const evh_value> params);
  core::result<void> make_room();
  core::result<void> insert_rows(std::string_view sql, std::size_t columns, std::span<const evh_value> cells);
  core::result<const std::vector<Oid>*> columns_of(std::string_view table, std::span<const std::string_view> columns,
                                                   std::string& list);

  connection& connection_;
  const bool read_only_;
  int tag_ = no_unit;
  bool exact_ = false, savepoint_ = false, savepoint_due_ = false;
  bool opened_ = false, wrote_ = false, lent_ = false;
  bool fault_deferred_ = false;
  std::optional<queue_fault> fault_;
  std::optional<clock::time_point> deadline_;
  std::chrono::milliseconds patience_{15'000};
};

}  // namespace evhost::storage::postgres
