// The verdict: bundle lines in, the first index that is bad out. tests/conformance/audit/verify.py decides the same way.
#include "host/app/audit_verify/verify.hpp"

#include "host/app/audit_verify/flat_json.hpp"
#include "host/app/audit_verify/note.hpp"

#include <sodium.h>

#include <algorithm>
#include <bit>
#include <optional>

namespace evhost::audit_verify {
namespace {

struct tampered {
  std::uint64_t index;
  const char* reason;
  std::string sentence;
};

// Subtrees side by side, merged as they complete: the compact range of leaves [0, end).
class range {
 public:
  void push(std::uint64_t width, hash h) {
    end_ += width;
    while (!parts_.empty() && parts_.back().first == width) {
      h = node_hash(parts_.back().second, h);
      parts_.pop_back();
      width *= 2;
    }
    parts_.emplace_back(width, h);
  }
  [[nodiscard]] hash root() const {
    if (parts_.empty()) return sha256({});
    auto at = parts_.rbegin();
    auto out = at->second;
    while (++at != parts_.rend()) out = node_hash(at->second, out);
    return out;
  }
  [[nodiscard]] std::uint64_t end() const { return end_; }

 private:
  std::vector<std::pair<std::uint64_t, hash>> parts_;
  std::uint64_t end_ = 0;
};

// Widths of the largest aligned subtrees that make up [begin, end).
std::vector<std::uint64_t> cover(std::uint64_t begin, std::uint64_t end) {
  std::vector<std::uint64_t> out;
  while (begin < end) {
    auto n = std::bit_floor(end - begin);
    if (begin != 0) n = std::min(n, begin & (~begin + 1));
    out.push_back(n);
    begin += n;
  }
  return out;
}

std::optional<std::vector<hash>> hash_list(std::string_view text) {
  std::vector<hash> out;
  while (!text.empty()) {
    const auto one = text.substr(0, text.find(' '));
    const auto h = hash_of_base64(one);
    if (!h) return std::nullopt;
    out.push_back(*h);
    text.remove_prefix(std::min(one.size() + 1, text.size()));
  }
  return out;
}

class bundle {
 public:
  explicit bundle(const verifier_key& key) : key_(&key) {}

  void read(std::string_view text) {
    while (!text.empty()) {
      const auto line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(line.size() + 1, text.size()));
      if (line.empty()) continue;
      const auto object = parse_flat(line);
      if (!object) throw tampered{next(), "format", "a line is no JSON object of the bundle"};
      take(*object);
    }
    if (!seen_header_) throw tampered{0, "format", "there is no header line"};
  }

  // Everything but pins; the order decides which index is named.
  void check() {
    if (checkpoints_.empty()) throw tampered{from, "checkpoint", "there is no checkpoint"};
    if (checkpoints_.back().size != size)
      throw tampered{std::clamp(checkpoints_.back().size, from, to), "checkpoint", "the newest checkpoint is not of the size the bundle claims"};
    check_shape();
    check_leaves();
    check_roots();
    for (const auto& p : proofs_) check_proof(p);
  }

  // Returns the size of a pin that lies outside, if any.
  std::optional<std::uint64_t> check_pins(const std::vector<std::string>& pins) {
    std::vector<checkpoint> opened;
    for (const auto& text : pins) {
      const auto pin = open_checkpoint(text, *key_);
      if (!pin) throw tampered{from, "pin", "a pinned checkpoint is not signed by this key"};
      opened.push_back(*pin);
    }
    std::sort(opened.begin(), opened.end(), [](const auto& a, const auto& b) { return a.size < b.size; });
    auto vouched = from;
    std::optional<std::uint64_t> outside;
    for (const auto& pin : opened) {
      if (pin.size > size) throw tampered{size, "pin", "the log was signed at " + std::to_string(pin.size) + " leaves before: it was cut back"};
      if (pin.size != size && (pin.size > to || pin.size <= from)) {
        outside = pin.size;
        continue;
      }
      if ((pin.size == size ? root_ : prefix_root(pin.size)) != pin.root)
        throw tampered{vouched, "pin", "the tree of " + std::to_string(pin.size) + " leaves is not the one that was pinned"};
      vouched = std::min(pin.size, to);
    }
    return outside;
  }

  std::uint64_t from = 0, to = 0, size = 0;

 private:
  struct leaf_line {
    std::uint64_t index;
    std::string leaf;
    bool redacted;
    std::optional<std::string> salt, payload;
  };
  struct proof_line {
    std::uint64_t index;
    std::string text;
  };

  [[nodiscard]] std::uint64_t next() const { return from + leaves_.size(); }
  [[noreturn]] void malformed() const { throw tampered{next(), "format", "a line misses a member or has a wrong one"}; }

  void take(const flat_object& o) {
    if (o.has("bundle")) return take_header(o);
    if (!seen_header_) throw tampered{0, "format", "the first line is no header"};
    if (o.has("checkpoint")) return take_checkpoint(o);
    if (o.has("left")) return take_edges(o);
    if (o.has("hashes_from")) return take_hashes(o);
    if (o.has("proof_index")) return take_proof(o);
    take_leaf(o);
  }

  void take_header(const flat_object& o) {
    const auto f = o.number("from"), t = o.number("to"), s = o.number("size");
    const auto origin = o.text("origin");
    if (o.text("bundle") != "evhost-audit@v1" || !f || !t || !s || !origin || *f >= *t || *t > *s) malformed();
    if (*origin != key_->name) throw tampered{*f, "origin", "the bundle is of the log " + *origin + ", the key of " + key_->name};
    if (seen_header_ && (*f != to || *s != size)) throw tampered{to, "order", "the next bundle does not go on where the one before ends"};
    if (!seen_header_) from = *f;
    to = *t;
    size = *s;
    seen_header_ = true;
    bundle_from_ = *f;
    last_signed_ = 0;
  }

  void take_checkpoint(const flat_object& o) {
    const auto text = o.text("checkpoint");
    const auto opened = text ? open_checkpoint(*text, *key_) : std::nullopt;
    const auto covered = std::clamp(last_signed_, bundle_from_, to);
    if (!opened) throw tampered{covered, "checkpoint", "a checkpoint is not signed by this key, or not well formed"};
    for (const auto& c : checkpoints_)
      if (c.size == opened->size) {
        if (c.root != opened->root) throw tampered{from, "checkpoint", "the log signed two trees of one size: it forked"};
        last_signed_ = std::max(last_signed_, c.size);
        return;
      }
    if (opened->size < last_signed_) {
      if (opened->size > bundle_from_) throw tampered{covered, "checkpoint", "checkpoints are out of order"};
      return;
    }
    last_signed_ = opened->size;
    // Every bundle of a row ends with the newest one, so they are brought into order here.
    checkpoints_.insert(std::upper_bound(checkpoints_.begin(), checkpoints_.end(), *opened, [](const auto& a, const auto& b) { return a.size < b.size; }), *opened);
  }

  void take_edges(const flat_object& o) {
    const auto left = hash_list(o.text("left").value_or("?")), right = hash_list(o.text("right").value_or("?"));
    if (!left || !right) malformed();
    if (!left_) left_ = *left;
    right_ = *right;
  }

  void take_hashes(const flat_object& o) {
    const auto at = o.number("hashes_from");
    const auto bytes = base64_decode(o.text("hashes").value_or("?"));
    if (!at || *at != from + hashes_.size() || !bytes || bytes->size() % 32 != 0) throw tampered{from + hashes_.size(), "hashes", "a row of hashes is damaged"};
    for (std::size_t i = 0; i < bytes->size(); i += 32) {
      hash h;
      std::copy_n(bytes->begin() + static_cast<std::ptrdiff_t>(i), 32, h.begin());
      hashes_.push_back(h);
    }
  }

  void take_proof(const flat_object& o) {
    const auto index = o.number("proof_index");
    const auto text = o.text("proof");
    if (!index || !text) malformed();
    proofs_.push_back({*index, *text});
  }

  void take_leaf(const flat_object& o) {
    const auto index = o.number("index");
    const auto leaf = o.text("leaf");
    if (!index || !leaf) malformed();
    leaf_line out{*index, *leaf, o.flag("redacted"), {}, o.text("payload")};
    if (o.has("salt") && !(out.salt = base64_decode(o.text("salt").value_or("?")))) throw tampered{next(), "payload", "the salt is no base64"};
    if (o.has("payload_b64") && !(out.payload = base64_decode(o.text("payload_b64").value_or("?")))) throw tampered{next(), "payload", "the payload is no base64"};
    leaves_.push_back(std::move(out));
  }

  void check_shape() const {
    if (hashes_.size() != to - from) throw tampered{std::min(to, from + hashes_.size()), "hashes", "the bundle does not hold a hash for each of its leaves"};
    if (!left_ || left_->size() != cover(0, from).size()) throw tampered{from, "hashes", "the left edge has the wrong number of hashes"};
    if (right_.size() != cover(to, size).size()) throw tampered{to, "hashes", "the right edge has the wrong number of hashes"};
  }

  void check_leaves() const {
    for (auto i = from; i < to; ++i) {
      if (i - from >= leaves_.size() || leaves_[i - from].index != i) throw tampered{i, "order", "this leaf does not stand in its place"};
      const auto& l = leaves_[i - from];
      if (leaf_hash(l.leaf) != hashes_[i - from]) throw tampered{i, "leaf", "the leaf does not have the hash the tree has here"};
      if (!l.redacted || l.salt || l.payload) check_payload(l);
    }
    if (leaves_.size() > to - from) throw tampered{to, "order", "there are more leaves than the bundle claims"};
  }

  static void check_payload(const leaf_line& l) {
    const auto leaf = parse_flat(l.leaf);
    const auto committed = leaf ? leaf->text("pc") : std::nullopt;
    if (!committed || !l.salt || l.salt->size() != 32 || !l.payload) throw tampered{l.index, "payload", "salt, payload or commitment is missing"};
    const auto h = sha256("\x02", *l.salt, *l.payload);
    if (base64({reinterpret_cast<const char*>(h.data()), h.size()}) != *committed)
      throw tampered{l.index, "payload", "salt and payload are not what the leaf commits to"};
  }

  [[nodiscard]] range left_edge() const {
    range out;
    const auto widths = cover(0, from);
    for (std::size_t i = 0; i < widths.size(); ++i) out.push(widths[i], (*left_)[i]);
    return out;
  }
  // from < end <= to
  [[nodiscard]] hash prefix_root(std::uint64_t end) const {
    auto out = left_edge();
    while (out.end() < end) out.push(1, hashes_[out.end() - from]);
    return out.root();
  }

  void check_roots() {
    auto grown = left_edge();
    auto vouched = from;
    for (const auto& c : checkpoints_) {
      if (c.size <= from || c.size > to) continue;
      while (grown.end() < c.size) grown.push(1, hashes_[grown.end() - from]);
      if (grown.root() != c.root) throw tampered{vouched, "root", "the tree of " + std::to_string(c.size) + " leaves does not have the root that was signed"};
      vouched = c.size;
    }
    while (grown.end() < to) grown.push(1, hashes_[grown.end() - from]);
    const auto widths = cover(to, size);
    for (std::size_t i = 0; i < widths.size(); ++i) grown.push(widths[i], right_[i]);
    root_ = grown.root();
    if (root_ != checkpoints_.back().root) throw tampered{vouched, "root", "the whole tree does not have the root that was signed"};
  }

  void check_proof(const proof_line& p) const {
    const auto opened = open_proof(p.text, *key_);
    if (!opened || opened->index != p.index || p.index < from || p.index >= to || !included(hashes_[p.index - from], *opened))
      throw tampered{p.index, "proof", "the proof does not lead from this leaf to the checkpoint it carries"};
  }

  const verifier_key* key_;
  bool seen_header_ = false;
  std::uint64_t bundle_from_ = 0, last_signed_ = 0;  // of the bundle being read: its begin, its last checkpoint
  std::vector<checkpoint> checkpoints_;
  std::optional<std::vector<hash>> left_;
  std::vector<hash> right_, hashes_;
  std::vector<leaf_line> leaves_;
  std::vector<proof_line> proofs_;
  hash root_{};
};

verdict bad(const tampered& why, const bundle* seen = nullptr) {
  verdict out{finding::tampered, why.index, why.reason, why.sentence};
  if (seen) out.from = seen->from, out.to = seen->to, out.size = seen->size;
  return out;
}
const tampered wrong_key{0, "format", "the key is no verifier key of the form name+hash+base64, or its hash is not of its name and key"};

}  // namespace

verdict verify_bundle(const input& what) {
  if (sodium_init() < 0) return bad({0, "format", "libsodium did not start"});
  const auto key = parse_vkey(what.vkey);
  if (!key) return bad(wrong_key);
  bundle b(*key);
  try {
    b.read(what.bundle);
    b.check();
    verdict out{finding::good, 0, {}, {}, b.from, b.to, b.size};
    if (const auto outside = b.check_pins(what.pins)) {
      out.what = finding::unchecked;
      out.index = *outside;
      out.reason = "pin";
      out.sentence = "the bundle is good, but a pin lies outside of it: export from 0 or up to the pinned size";
    }
    return out;
  } catch (const tampered& why) {
    return bad(why, &b);
  }
}

verdict verify_proof(std::string_view proof, std::string_view leaf, std::string_view vkey) {
  if (sodium_init() < 0) return bad({0, "format", "libsodium did not start"});
  const auto key = parse_vkey(vkey);
  if (!key) return bad(wrong_key);
  const auto opened = open_proof(proof, *key);
  if (!opened) return bad({0, "proof", "the file is no proof signed by this key"});
  if (!included(leaf_hash(leaf), *opened)) return bad({opened->index, "proof", "the proof does not lead from this leaf to its checkpoint"});
  return {finding::good, 0, {}, {}, opened->index, opened->index + 1, opened->under.size};
}

}  // namespace evhost::audit_verify
