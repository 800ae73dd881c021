// Maps SQLSTATE classes to codes and sentences with a remedy.
#include "host/storage/postgres/error.hpp"

namespace evhost::storage::postgres {
namespace {

using core::errc;

struct meaning {
  fault_class kind;
  errc code;
  const char* prefix;
};

meaning meaning_of(std::string_view state) {
  const std::string_view group = state.substr(0, 2);
  if (state == "40001" || state == "40P01") return {fault_class::transient, errc::io, ""};
  if (state == "55P03")
    return {fault_class::transient, errc::io, "a row stayed locked (raise storage.lock_timeout if that is normal): "};
  if (state == "0A000") return {fault_class::transient, errc::unsupported, ""};  // a cached plan after a migration
  if (state == "57014")
    return {fault_class::timeout, errc::timeout, "the statement was cancelled (storage.statement_timeout): "};
  if (state == "25006") return {fault_class::statement, errc::state, "a read cannot write: "};
  if (state == "25P02") return {fault_class::statement, errc::io, ""};
  if (state == "53100") return {fault_class::server, errc::io, "disk full: free space on the database server; "};
  if (state == "53300")
    return {fault_class::lost, errc::io, "too many connections: raise max_connections of the server; "};
  if (group == "08" || state == "57P01" || state == "57P02" || state == "57P03" || state == "57P05" || state == "25P03")
    return {fault_class::lost, errc::io, ""};
  if (group == "23") return {fault_class::statement, errc::conflict, ""};
  if (group == "53") return {fault_class::server, errc::io, "the database server is short of something: "};
  if (group == "58" || group == "XX" || group == "F0")
    return {fault_class::server, errc::io, "the database server failed: "};
  if (group == "42" && state == "42501") return {fault_class::statement, errc::denied, ""};
  return {fault_class::statement, errc::invalid, ""};  // 22, 42 and the like: the statement is wrong
}

std::string one_line(const char* text) {
  std::string line(text ? text : "");
  while (!line.empty() && (line.back() == '\n' || line.back() == ' ')) line.pop_back();
  for (char& c : line)
    if (c == '\n') c = ' ';
  return line;
}

}  // namespace

fault_class class_of(std::string_view sqlstate) {
  return meaning_of(sqlstate).kind;
}

fault fault_of(const PGresult* result, std::string_view sql) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  if (!state) return lost(one_line(PQresultErrorMessage(result)));
  const meaning m = meaning_of(state);
  std::string text(m.prefix);
  text += one_line(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
  if (const char* detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL); detail && m.code != errc::conflict)
    text.append(" (").append(one_line(detail)).append(")");
  text.append(" [").append(state).append("]");
  if (m.code != errc::conflict && !sql.empty()) text.append(" in: ").append(sql.substr(0, 120));
  return {m.kind, core::fail(m.code, std::move(text)), state};
}

fault lost(std::string why) {
  return {fault_class::lost, core::fail(errc::io, "the database connection was lost: " + std::move(why)), {}};
}

fault connection_fault(PGconn* connection, std::string_view doing) {
  return {
      fault_class::lost, core::fail(errc::io, std::string(doing) + ": " + one_line(PQerrorMessage(connection))), {}};
}

}  // namespace evhost::storage::postgres
