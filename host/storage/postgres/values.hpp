// Parameters and cells between evh_value and PostgreSQL's wire formats.
//
// A value is sent in the type the server asked for (an EVH_INTEGER for an int4 column is four bytes), binary where we
// can, so that text needs no copy and bytes no escaping. Anything else goes as text and the server converts it.
#pragma once
#include "host/core/result.hpp"

#include <evh/abi/store.h>

#include <libpq-fe.h>

#include <array>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

namespace evhost::storage::postgres {

// The types we speak in binary, by pg_type.oid (stable: src/include/catalog/pg_type.dat).
enum type_oid : Oid {
  oid_bool = 16,
  oid_bytea = 17,
  oid_char = 18,
  oid_name = 19,
  oid_int8 = 20,
  oid_int2 = 21,
  oid_int4 = 23,
  oid_text = 25,
  oid_oid = 26,
  oid_json = 114,
  oid_float4 = 700,
  oid_float8 = 701,
  oid_unknown = 705,
  oid_bpchar = 1042,
  oid_varchar = 1043,
  oid_numeric = 1700,
  oid_void = 2278,
  oid_uuid = 2950,
  oid_jsonb = 3802,
};

// The arrays libpq wants for one execution. Reused; the values must outlive the send.
class bound_params {
 public:
  // invalid: a value does not fit its type. The message names the parameter.
  core::result<void> bind(std::span<const evh_value> values, std::span<const Oid> types);
  [[nodiscard]] const char* const* values() const { return values_.data(); }
  [[nodiscard]] const int* lengths() const { return lengths_.data(); }
  [[nodiscard]] const int* formats() const { return formats_.data(); }

 private:
  core::result<void> bind_one(std::size_t i, const evh_value& v, Oid type);

  std::vector<const char*> values_;
  std::vector<int> lengths_, formats_;
  std::vector<std::array<char, 32>> scratch_;
  std::deque<std::string> copies_;
};

// Appends one cell in binary form (what COPY BINARY wants after its length). False: this type is not known in binary,
// or the value does not fit it.
bool append_binary(std::string& out, const evh_value& v, Oid type);
[[nodiscard]] bool known_in_binary(Oid type);

// Cells of one row; views live as long as the result and this object's next row.
class row_reader {
 public:
  explicit row_reader(const PGresult* result);
  std::span<const evh_value> row(int index);

 private:
  evh_value cell(int row, int column);
  const PGresult* result_;
  std::vector<evh_value> cells_;
  std::deque<std::string> copies_;
};

}  // namespace evhost::storage::postgres
