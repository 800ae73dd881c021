// PostgreSQL's SQLSTATEs in the house's words: the one place where a foreign error becomes ours.
#pragma once
#include "host/core/result.hpp"

#include <libpq-fe.h>

#include <string>
#include <string_view>

namespace evhost::storage::postgres {

// A value, or an error of the adapter's own kind.
template <class T, class E>
using either = BOOST_OUTCOME_V2_NAMESPACE::basic_result<T, E, BOOST_OUTCOME_V2_NAMESPACE::policy::terminate>;

// What a failure means for the transaction it happened in.
enum class fault_class {
  statement,  // the statement is to blame; the transaction is aborted, back to the savepoint
  transient,  // deadlock, serialization, lock timeout: the same work again may pass
  timeout,    // the statement took longer than it may
  server,     // disk full, out of memory, damage: writes fail for everybody until it is mended
  lost,       // the connection is gone
};

struct fault {
  fault_class kind = fault_class::statement;
  core::error error;
  std::string sqlstate;  // empty when the connection was lost
};

fault fault_of(const PGresult* result, std::string_view sql);
fault_class class_of(std::string_view sqlstate);
// The connection's own words: refused, gone, authentication.
fault connection_fault(PGconn* connection, std::string_view doing);
fault lost(std::string why);

}  // namespace evhost::storage::postgres
