// Proofs, checkpoints and the verifier key.
#include "plugins/audit/api/app.hpp"

namespace audit {
namespace {

std::string hash_list(const std::vector<hash>& hashes) {
  std::string out = "[";
  for (const auto& h : hashes) out += (out.size() > 1 ? ",\"" : "\"") + base64(bytes_of(h)) + '"';
  return out + ']';
}

stored_checkpoint latest(evh::unit& unit) {
  auto last = read_checkpoint(unit);
  if (last.note.empty()) throw refusal(404, "no-checkpoint", "Nothing has been signed yet: the log is empty.");
  return last;
}

evh::response proof_response(const evh::request& request, const entry& e, const std::vector<hash>& proof, const stored_checkpoint& under) {
  const auto accept = request.header("accept").value_or("");
  if (accept.find("text/plain") != accept.npos)
    return {.body = proof_text(*e.at.index, proof, under.note), .content_type = "text/plain; charset=utf-8"};
  std::string body = "{\"index\":" + std::to_string(*e.at.index) + ",\"size\":" + std::to_string(under.size) + ",\"leaf\":";
  evh_schemas::append_json_string(body, e.text);
  body += ",\"leaf_hash\":\"" + base64(bytes_of(leaf_hash(e.text))) + "\",\"hashes\":" + hash_list(proof) + ",\"checkpoint\":";
  evh_schemas::append_json_string(body, under.note);
  return {.body = body + '}'};
}

void proof(app& app, evh::request& request) {
  const auto by = asker_of(request);
  request.respond(answer(by.request_id, [&]() -> evh::response {
    known_parameters(request, {});
    evh::response out;
    evh::read(*app.host, [&](evh::unit& unit) {
      trail_reader reader(unit);
      const auto where = reader.find(request.param("id"));
      if (!where) not_found();
      const auto e = reader.at(*where);
      if (!by.privileged() && !owns(e, app.people.find(unit, by.subject))) not_found();
      const auto under = read_checkpoint(unit);
      if (!where->index || *where->index >= under.size)
        throw refusal(409, "not-yet-integrated", "The event is stored but not in the signed tree yet: ask again in a second.");
      stored_tiles tiles(unit);
      out = proof_response(request, e, tree_view(tiles).inclusion(*where->index, under.size), under);
    });
    return out;
  }));
}

void checkpoint_text(app& app, evh::request& request) {
  request.respond(answer(request.id(), [&]() -> evh::response {
    evh::response out{.content_type = "text/plain; charset=utf-8"};
    evh::read(*app.host, [&](evh::unit& unit) { out.body = latest(unit).note; });
    out.headers.emplace_back("Cache-Control", "max-age=1");
    return out;
  }));
}

void consistency(app& app, evh::request& request) {
  request.respond(answer(request.id(), [&]() -> evh::response {
    known_parameters(request, {"from", "to"});
    const auto from = number_parameter(request, "from");
    const auto to = number_parameter(request, "to");
    if (!from) throw refusal(422, "invalid-parameter", "from must be the size of a checkpoint you have.");
    evh::response out;
    evh::read(*app.host, [&](evh::unit& unit) {
      const auto last = latest(unit);
      const auto end = to.value_or(last.size);
      if (*from > end || end > last.size)
        throw refusal(422, "invalid-parameter", "from must not be above to, nor to above the signed size " + std::to_string(last.size) + ".");
      stored_tiles tiles(unit);
      out.body = "{\"from\":" + std::to_string(*from) + ",\"to\":" + std::to_string(end) + ",\"hashes\":" + hash_list(tree_view(tiles).consistency(*from, end)) +
                 ",\"checkpoint\":";
      evh_schemas::append_json_string(out.body, last.note);
      out.body += '}';
    });
    return out;
  }));
}

void key(app& app, evh::request& request) {
  std::string body = "{\"origin\":";
  evh_schemas::append_json_string(body, app.origin);
  body += ",\"vkey\":";
  evh_schemas::append_json_string(body, app.signer->vkey());
  body += ",\"keys\":[";
  evh::read(*app.host, [&](evh::unit& unit) {
    unit.query("SELECT vkey, since FROM audit_key ORDER BY since, at", {}, [&](evh::row r) {
      body += body.back() == '[' ? "{\"vkey\":" : ",{\"vkey\":";
      evh_schemas::append_json_string(body, r.text(0));
      body += ",\"since\":" + std::to_string(r.integer(1)) + '}';
    });
  });
  request.respond({.body = body + "]}"});
}

constexpr endpoint endpoints[] = {{"GET", "/api/v1/audit/events/:id/proof", &proof, false, 2},
                                  {"GET", "/api/v1/audit/checkpoint", &checkpoint_text, true},
                                  {"GET", "/api/v1/audit/consistency", &consistency, true, 2},
                                  {"GET", "/api/v1/audit/key", &key, true}};

}  // namespace

std::span<const endpoint> proof_endpoints() { return endpoints; }

}  // namespace audit
