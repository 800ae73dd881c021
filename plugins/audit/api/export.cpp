// POST /api/v1/audit/export: a range of leaves with everything needed to verify it offline, as NDJSON. docs/audit.md tells
// the format line by line; host/app/audit_verify reads it, sharing no code with this.
#include "plugins/audit/api/app.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

namespace audit {
namespace {

constexpr std::uint64_t leaves_max = 10'000;      // of one bundle
constexpr std::size_t bytes_max = 16u << 20;      // of leaves and payloads; a bundle has at least one leaf
constexpr std::chrono::milliseconds time_max{250};  // likewise: the store ends long reads, so a busy host gives shorter bundles
constexpr std::size_t checkpoints_max = 256;

struct wish {
  std::int64_t from = 0;
  std::optional<std::int64_t> to, size;
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.optional("from", self.from);
    visit.optional("to", self.to);
    visit.optional("size", self.size);
  }
};

wish read_wish(const evh::request& request) {
  wish out;
  if (request.body().empty()) return out;
  try {
    evh_schemas::json_in::read(out, evh_schemas::parse_untrusted_json(request.body()), {});
  } catch (const evh_schemas::payload_error& e) {
    throw refusal(422, "invalid-body", std::string(e.what()) + "; send {\"from\":0,\"to\":1000,\"size\":<size of a checkpoint>}, each optional.");
  }
  return out;
}

void member(std::string& out, std::string_view name, std::string_view text) {
  out += '"';
  out += name;
  out += "\":";
  evh_schemas::append_json_string(out, text);
}

void append_leaf_line(std::string& out, trail_reader& reader, const entry& e) {
  out += "{\"index\":" + std::to_string(*e.at.index) + ',';
  member(out, "leaf", e.text);
  if (const auto content = reader.open(e)) {
    out += ",\"salt\":\"" + base64(content->salt) + "\",";
    if (valid_utf8(content->payload)) member(out, "payload", content->payload);
    else member(out, "payload_b64", base64(content->payload));
  } else {
    out += ",\"redacted\":true";
  }
  out += "}\n";
}

// Checkpoints in (from, to], thinned out evenly when there are many: those a verifier of this range can recompute.
std::vector<stored_checkpoint> checkpoints(evh::unit& unit, std::uint64_t from, std::uint64_t to) {
  std::int64_t count = 0;
  unit.query("SELECT count(*) FROM audit_checkpoint WHERE size > $1 AND size <= $2", {from, to}, [&](evh::row r) { count = r.integer(0); });
  const auto every = count / static_cast<std::int64_t>(checkpoints_max) + 1;
  std::vector<stored_checkpoint> out;
  std::int64_t n = 0;
  unit.query("SELECT size, note FROM audit_checkpoint WHERE size > $1 AND size <= $2 ORDER BY size", {from, to}, [&](evh::row r) {
    if (++n % every == 0 || n == count) out.push_back({static_cast<std::uint64_t>(r.integer(0)), std::string(r.text(1))});
  });
  return out;
}

std::string joined(const std::vector<hash>& hashes) {
  std::string out;
  for (const auto& h : hashes) out += (out.empty() ? "" : " ") + base64(bytes_of(h));
  return out;
}

class bundle {
 public:
  bundle(app& app, evh::unit& unit) : app_(&app), unit_(&unit), tiles_(unit), tree_(tiles_), reader_(unit) {}

  std::string write(const wish& asked) {
    const auto last = read_checkpoint(*unit_, asked.size ? std::optional(static_cast<std::uint64_t>(std::max<std::int64_t>(*asked.size, 0))) : std::nullopt);
    if (last.note.empty() || (asked.size && last.size != static_cast<std::uint64_t>(*asked.size)))
      throw refusal(422, "invalid-range", "There is no signed checkpoint of that size.");
    const auto from = static_cast<std::uint64_t>(std::max<std::int64_t>(asked.from, 0));
    auto to = std::min({asked.to ? static_cast<std::uint64_t>(std::max<std::int64_t>(*asked.to, 0)) : last.size, last.size, from + leaves_max});
    if (asked.from < 0 || from >= to) throw refusal(422, "invalid-range", "from must be below to and below the signed size " + std::to_string(last.size) + ".");
    std::string leaves;
    to = write_leaves(leaves, from, to);
    std::string out = R"({"bundle":"evhost-audit@v1",)";
    member(out, "origin", app_->origin);
    out += ",\"from\":" + std::to_string(from) + ",\"to\":" + std::to_string(to) + ",\"size\":" + std::to_string(last.size) + ',';
    member(out, "vkey", app_->signer->vkey());
    out += "}\n";
    auto signed_states = checkpoints(*unit_, from, to);
    if (signed_states.empty() || signed_states.back().size != last.size) signed_states.push_back(last);
    for (const auto& c : signed_states) {
      out += '{';
      member(out, "checkpoint", c.note);
      out += "}\n";
    }
    out += '{';
    member(out, "left", joined(tree_.cover(0, from)));
    out += ',';
    member(out, "right", joined(tree_.cover(to, last.size)));
    out += "}\n";
    write_hashes(out, from, to);
    out += leaves;
    write_proof(out, from, last);
    if (to - 1 != from) write_proof(out, to - 1, last);
    return out;
  }

 private:
  std::uint64_t write_leaves(std::string& out, std::uint64_t from, std::uint64_t to) {
    const auto deadline = std::chrono::steady_clock::now() + time_max;
    for (auto i = from; i < to; ++i) {
      const auto where = reader_.place_of(i);
      if (!where) throw std::runtime_error("leaf " + std::to_string(i) + " is missing: the table audit_span is damaged");
      append_leaf_line(out, reader_, reader_.at(*where));
      if (out.size() > bytes_max || std::chrono::steady_clock::now() > deadline) return i + 1;
    }
    return to;
  }
  void write_hashes(std::string& out, std::uint64_t from, std::uint64_t to) {
    for (auto i = from; i < to;) {
      const auto end = std::min(to, (i / tile_width + 1) * tile_width);
      const auto tile = tiles_.tile({0, i / tile_width});
      const auto at = (i % tile_width) * hash_bytes;
      if (tile.size() < at + (end - i) * hash_bytes) throw std::runtime_error("tile 0/" + std::to_string(i / tile_width) + " is too short: the table is damaged");
      out += "{\"hashes_from\":" + std::to_string(i) + ',';
      member(out, "hashes", base64(std::string_view(tile).substr(at, (end - i) * hash_bytes)));
      out += "}\n";
      i = end;
    }
  }
  void write_proof(std::string& out, std::uint64_t index, const stored_checkpoint& under) {
    out += "{\"proof_index\":" + std::to_string(index) + ',';
    member(out, "proof", proof_text(index, tree_.inclusion(index, under.size), under.note));
    out += "}\n";
  }

  app* app_;
  evh::unit* unit_;
  stored_tiles tiles_;
  tree_view tree_;
  trail_reader reader_;
};

void export_bundle(app& app, evh::request& request) {
  const auto by = asker_of(request);
  auto made = answer(by.request_id, [&]() -> evh::response {
    if (!by.auditor) throw refusal(403, "auditor-required", "Only an auditor may export the log.");
    const auto asked = read_wish(request);
    evh::response out{.content_type = "application/x-ndjson"};
    evh::read(*app.host, [&](evh::unit& unit) { out.body = bundle(app, unit).write(asked); });
    return out;
  });
  if (made.status >= 400) return request.respond(made);
  request.apply([&app, by, made = std::move(made)](evh::unit& unit) {
    record(app, unit, by, evh_schemas::type::audit_admin, "export_trail", "audit:");
    return made;
  });
}

constexpr endpoint endpoints[] = {{"POST", "/api/v1/audit/export", &export_bundle, false, 20}};

}  // namespace

std::span<const endpoint> export_endpoints() { return endpoints; }

}  // namespace audit
