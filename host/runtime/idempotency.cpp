// Hashes and rows of Idempotency-Key (IETF draft-ietf-httpapi-idempotency-key-header: quoted or bare text).
#include "host/runtime/idempotency.hpp"

#include "host/core/ids.hpp"
#include "host/core/views.hpp"

#include <evh/abi/store.h>

#include <openssl/evp.h>

#include <algorithm>
#include <initializer_list>

namespace evhost::runtime {
namespace {

// Each part goes in with its length, so that no two lists of parts hash alike.
std::string digest(std::initializer_list<std::string_view> parts) {
  std::array<std::uint8_t, 32> out{};
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestInit_ex(context, EVP_sha256(), nullptr);
  for (const std::string_view part : parts) {
    const std::uint64_t bytes = part.size();
    EVP_DigestUpdate(context, &bytes, sizeof bytes);
    EVP_DigestUpdate(context, part.data(), part.size());
  }
  EVP_DigestFinal_ex(context, out.data(), nullptr);
  EVP_MD_CTX_free(context);
  return core::to_hex(out);
}

evh_value text_value(std::string_view s) {
  evh_value v{};
  v.type = EVH_TEXT;
  v.as.bytes = core::view(s);
  return v;
}
evh_value blob_value(std::string_view s) {
  evh_value v = text_value(s);
  v.type = EVH_BLOB;
  return v;
}
evh_value integer_value(std::int64_t n) {
  evh_value v{};
  v.type = EVH_INTEGER;
  v.as.integer = n;
  return v;
}
std::int64_t milliseconds(std::chrono::system_clock::time_point t) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(t.time_since_epoch()).count();
}
std::string_view bytes_of(const evh_value& v) {
  return core::text(v.as.bytes);
}

bool changes_something(io::http_method m) {
  return m == io::http_method::post || m == io::http_method::put || m == io::http_method::patch ||
         m == io::http_method::del;
}

}  // namespace

core::result<std::optional<idempotency_key>> idempotency_of(const io::http_request& r) {
  const auto sent = r.field("idempotency-key");
  if (!sent || !changes_something(r.method)) return std::optional<idempotency_key>{};
  std::string_view key = *sent;
  const bool quoted = key.size() >= 2 && key.front() == '"' && key.back() == '"';
  if (quoted) key = key.substr(1, key.size() - 2);
  const bool legal = std::all_of(key.begin(), key.end(), [&](char c) { return c > 0x20 && c < 0x7F && c != '"'; });
  if (key.empty() || !legal || key.size() > idempotency_key_bytes_max)
    return core::fail(
        core::errc::invalid,
        "Idempotency-Key must be 1 to 255 printable ASCII characters without spaces and quotes, such as a UUID");
  idempotency_key out;
  out.id =
      digest({r.who ? std::string_view(r.who->subject) : std::string_view(), io::to_string(r.method), r.path, key});
  out.fingerprint = digest({r.query, r.body});
  return std::optional<idempotency_key>(std::move(out));
}

namespace idempotency {

std::vector<io::migration> migrations(std::int32_t dialect) {
  const bool sqlite = dialect == EVH_DIALECT_SQLITE;
  return {{1, "answers by idempotency key",
           std::string(
               "CREATE TABLE host_idempotency (id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status BIGINT NOT NULL, "
               "headers TEXT NOT NULL, body ") +
               (sqlite ? "BLOB" : "BYTEA") + " NOT NULL, created_ms BIGINT NOT NULL)" +
               (sqlite ? " WITHOUT ROWID" : "") +
               ";\nCREATE INDEX host_idempotency_created ON host_idempotency (created_ms);"}};
}

core::result<std::optional<stored_answer>> lookup(io::transaction& tx, const idempotency_key& key,
                                                  std::chrono::system_clock::time_point not_before) {
  std::optional<stored_answer> found;
  bool expired = false;
  const std::array<evh_value, 1> by_id{text_value(key.id)};
  EVH_TRY(tx.query("SELECT fingerprint, status, headers, body, created_ms FROM host_idempotency WHERE id = $1", by_id,
                   [&](std::span<const evh_value> row) {
                     if (row.size() != 5) return false;
                     expired = row[4].as.integer < milliseconds(not_before);
                     stored_answer one;
                     one.fingerprint = bytes_of(row[0]);
                     one.what.status = static_cast<unsigned>(row[1].as.integer);
                     headers_from_json(bytes_of(row[2]), one.what);
                     one.what.body = bytes_of(row[3]);
                     found = std::move(one);
                     return false;
                   }));
  if (!expired) return found;
  EVH_TRY(tx.exec("DELETE FROM host_idempotency WHERE id = $1", by_id));
  return std::optional<stored_answer>{};
}

core::result<void> insert(io::transaction& tx, const idempotency_key& key, const answer& what,
                          std::chrono::system_clock::time_point now) {
  const std::string headers = headers_to_json(what);
  const std::array<evh_value, 6> row{text_value(key.id),         text_value(key.fingerprint),
                                     integer_value(what.status), text_value(headers),
                                     blob_value(what.body),      integer_value(milliseconds(now))};
  EVH_TRY(
      tx.exec("INSERT INTO host_idempotency (id, fingerprint, status, headers, body, created_ms) "
              "VALUES ($1, $2, $3, $4, $5, $6)",
              row));
  return core::success();
}

core::result<std::int64_t> prune(io::transaction& tx, std::chrono::system_clock::time_point before,
                                 std::int64_t limit) {
  const std::array<evh_value, 2> bounds{integer_value(milliseconds(before)), integer_value(limit)};
  return tx.exec(
      "DELETE FROM host_idempotency WHERE id IN (SELECT id FROM host_idempotency WHERE created_ms < $1 LIMIT $2)",
      bounds);
}

}  // namespace idempotency
}  // namespace evhost::runtime
