// Wire formats: network byte order for numbers, bytes as they are for text and bytea.
#include "host/storage/postgres/values.hpp"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

namespace evhost::storage::postgres {
namespace {

using core::errc;
using core::fail;

template <class Int>
Int big_endian(Int v) {
  if constexpr (sizeof(Int) == 1)
    return v;
  else if constexpr (sizeof(Int) == 2)
    return static_cast<Int>(__builtin_bswap16(static_cast<std::uint16_t>(v)));
  else if constexpr (sizeof(Int) == 4)
    return static_cast<Int>(__builtin_bswap32(static_cast<std::uint32_t>(v)));
  else
    return static_cast<Int>(__builtin_bswap64(static_cast<std::uint64_t>(v)));
}
static_assert(std::endian::native == std::endian::little, "the wire formats are written for little endian hosts");

template <class Int>
int store(char* to, Int v) {
  const Int wire = big_endian(v);
  std::memcpy(to, &wire, sizeof wire);
  return sizeof wire;
}
template <class Int>
Int load(const char* from) {
  Int wire;
  std::memcpy(&wire, from, sizeof wire);
  return big_endian(wire);
}

bool is_textual(Oid type) {
  return type == oid_text || type == oid_varchar || type == oid_bpchar || type == oid_json || type == oid_unknown ||
         type == oid_name;
}

// Numbers into at most 8 bytes; -1: the type is none of ours; -2: out of range.
int store_integer(char* to, std::int64_t v, Oid type) {
  const auto fits = [v](auto lowest, auto highest) { return v >= lowest && v <= highest; };
  switch (type) {
    case oid_int8: return store<std::int64_t>(to, v);
    case oid_int4:
      if (!fits(std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max())) return -2;
      return store<std::int32_t>(to, static_cast<std::int32_t>(v));
    case oid_int2:
      if (!fits(std::numeric_limits<std::int16_t>::min(), std::numeric_limits<std::int16_t>::max())) return -2;
      return store<std::int16_t>(to, static_cast<std::int16_t>(v));
    case oid_bool: *to = v != 0 ? 1 : 0; return 1;
    case oid_float8: return store<std::int64_t>(to, std::bit_cast<std::int64_t>(static_cast<double>(v)));
    case oid_float4: return store<std::int32_t>(to, std::bit_cast<std::int32_t>(static_cast<float>(v)));
    default: return -1;
  }
}

int store_real(char* to, double v, Oid type) {
  if (type == oid_float8) return store<std::int64_t>(to, std::bit_cast<std::int64_t>(v));
  if (type == oid_float4) return store<std::int32_t>(to, std::bit_cast<std::int32_t>(static_cast<float>(v)));
  if (std::trunc(v) == v && std::abs(v) < 9e15) return store_integer(to, static_cast<std::int64_t>(v), type);
  return -1;
}

bool bytes_as_they_are(const evh_value& v, Oid type) {
  return type == oid_bytea || is_textual(type) || (type == oid_uuid && v.type == EVH_BLOB && v.as.bytes.len == 16);
}

evh_value bytes_cell(std::int32_t type, const char* ptr, std::size_t len) {
  evh_value v{};
  v.type = type;
  v.as.bytes = {ptr ? ptr : "", len};
  return v;
}
evh_value integer_cell(std::int64_t i) {
  evh_value v{};
  v.type = EVH_INTEGER;
  v.as.integer = i;
  return v;
}
evh_value real_cell(double d) {
  evh_value v{};
  v.type = EVH_REAL;
  v.as.real = d;
  return v;
}

evh_value cell_of_text(Oid type, const char* text, std::size_t length, std::deque<std::string>& copies) {
  switch (type) {
    case oid_bool: return integer_cell(*text == 't' ? 1 : 0);
    case oid_int2:
    case oid_int4:
    case oid_int8:
    case oid_oid:
    case oid_numeric: {
      std::int64_t i = 0;
      const auto done = std::from_chars(text, text + length, i);
      if (done.ec == std::errc() && done.ptr == text + length) return integer_cell(i);
      return real_cell(std::strtod(text, nullptr));  // sums of bigint are numeric: integers when they fit
    }
    case oid_float4:
    case oid_float8: return real_cell(std::strtod(text, nullptr));
    case oid_bytea: {
      std::size_t bytes = 0;
      unsigned char* raw = PQunescapeBytea(reinterpret_cast<const unsigned char*>(text), &bytes);
      copies.emplace_back(reinterpret_cast<const char*>(raw), raw ? bytes : 0);
      PQfreemem(raw);
      return bytes_cell(EVH_BLOB, copies.back().data(), copies.back().size());
    }
    case oid_uuid: {
      std::string raw;
      for (std::size_t i = 0; i + 1 < length;) {
        if (text[i] == '-') {
          ++i;
          continue;
        }
        unsigned byte = 0;
        std::from_chars(text + i, text + i + 2, byte, 16);
        raw += static_cast<char>(byte);
        i += 2;
      }
      copies.push_back(std::move(raw));
      return bytes_cell(EVH_BLOB, copies.back().data(), copies.back().size());
    }
    default: return bytes_cell(EVH_TEXT, text, length);
  }
}

evh_value cell_of_binary(Oid type, const char* p, std::size_t length) {
  switch (type) {
    case oid_bool: return integer_cell(*p != 0);
    case oid_int2: return integer_cell(load<std::int16_t>(p));
    case oid_int4: return integer_cell(load<std::int32_t>(p));
    case oid_int8: return integer_cell(load<std::int64_t>(p));
    case oid_oid: return integer_cell(load<std::uint32_t>(p));
    case oid_float4: return real_cell(std::bit_cast<float>(load<std::int32_t>(p)));
    case oid_float8: return real_cell(std::bit_cast<double>(load<std::int64_t>(p)));
    case oid_bytea:
    case oid_uuid: return bytes_cell(EVH_BLOB, p, length);
    case oid_jsonb: return bytes_cell(EVH_TEXT, p + 1, length - 1);  // after its version byte
    default: return bytes_cell(EVH_TEXT, p, length);
  }
}

}  // namespace

bool known_in_binary(Oid type) {
  switch (type) {
    case oid_bool:
    case oid_int2:
    case oid_int4:
    case oid_int8:
    case oid_oid:
    case oid_float4:
    case oid_float8:
    case oid_bytea:
    case oid_uuid:
    case oid_jsonb:
    case oid_char:
    case oid_void: return true;
    default: return is_textual(type);
  }
}

core::result<void> bound_params::bind(std::span<const evh_value> values, std::span<const Oid> types) {
  values_.assign(values.size(), nullptr);
  lengths_.assign(values.size(), 0);
  formats_.assign(values.size(), 1);
  scratch_.resize(values.size());
  copies_.clear();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (auto bound = bind_one(i, values[i], types[i]); !bound) return bound;
  }
  return core::success();
}

core::result<void> bound_params::bind_one(std::size_t i, const evh_value& v, Oid type) {
  char* const scratch = scratch_[i].data();
  int bytes = -1;
  switch (v.type) {
    case EVH_NULL: return core::success();
    case EVH_INTEGER: bytes = store_integer(scratch, v.as.integer, type); break;
    case EVH_REAL: bytes = store_real(scratch, v.as.real, type); break;
    case EVH_TEXT:
    case EVH_BLOB:
      if (v.as.bytes.ptr == nullptr) return core::success();  // an absent view binds NULL
      if (bytes_as_they_are(v, type)) {
        values_[i] = v.as.bytes.ptr;
        lengths_[i] = static_cast<int>(v.as.bytes.len);
        return core::success();
      }
      break;
    default: return fail(errc::invalid, "parameter $" + std::to_string(i + 1) + " has no type of evh_value");
  }
  if (bytes == -2)
    return fail(errc::invalid, "parameter $" + std::to_string(i + 1) + ": " + std::to_string(v.as.integer) +
                                   " does not fit the column: make it BIGINT");
  values_[i] = scratch;
  if (bytes >= 0) {
    lengths_[i] = bytes;
    return core::success();
  }
  formats_[i] = 0;  // as text: the server converts, or says why not
  if (v.type == EVH_INTEGER) {
    *std::to_chars(scratch, scratch + 31, v.as.integer).ptr = '\0';
  } else if (v.type == EVH_REAL) {
    *std::to_chars(scratch, scratch + 31, v.as.real).ptr = '\0';
  } else {
    values_[i] = copies_.emplace_back(v.as.bytes.ptr, v.as.bytes.len).c_str();
  }
  return core::success();
}

bool append_binary(std::string& out, const evh_value& v, Oid type) {
  char scratch[32];
  const auto put = [&out](const char* bytes, std::size_t length) {
    char size[4];
    store<std::int32_t>(size, static_cast<std::int32_t>(length));
    out.append(size, sizeof size).append(bytes, length);
    return true;
  };
  const bool absent = (v.type == EVH_TEXT || v.type == EVH_BLOB) && v.as.bytes.ptr == nullptr;
  if (v.type == EVH_NULL || absent) {
    out.append("\xff\xff\xff\xff", 4);
    return true;
  }
  if (v.type == EVH_INTEGER || v.type == EVH_REAL) {
    int bytes =
        v.type == EVH_INTEGER ? store_integer(scratch, v.as.integer, type) : store_real(scratch, v.as.real, type);
    if (bytes == -1 && is_textual(type))
      bytes = static_cast<int>((v.type == EVH_INTEGER ? std::to_chars(scratch, scratch + 31, v.as.integer)
                                                      : std::to_chars(scratch, scratch + 31, v.as.real))
                                   .ptr -
                               scratch);
    return bytes >= 0 && put(scratch, static_cast<std::size_t>(bytes));
  }
  if (bytes_as_they_are(v, type)) return put(v.as.bytes.ptr, v.as.bytes.len);
  if (type != oid_jsonb) return false;
  std::string versioned("\x01", 1);
  versioned.append(v.as.bytes.ptr, v.as.bytes.len);
  return put(versioned.data(), versioned.size());
}

row_reader::row_reader(const PGresult* result) : result_(result), cells_(static_cast<std::size_t>(PQnfields(result))) {}

std::span<const evh_value> row_reader::row(int index) {
  copies_.clear();
  for (std::size_t c = 0; c < cells_.size(); ++c) cells_[c] = cell(index, static_cast<int>(c));
  return cells_;
}

evh_value row_reader::cell(int row, int column) {
  if (PQgetisnull(result_, row, column)) return evh_value{};
  const Oid type = PQftype(result_, column);
  const char* p = PQgetvalue(result_, row, column);
  const auto length = static_cast<std::size_t>(PQgetlength(result_, row, column));
  return PQfformat(result_, column) == 1 ? cell_of_binary(type, p, length) : cell_of_text(type, p, length, copies_);
}

}  // namespace evhost::storage::postgres
