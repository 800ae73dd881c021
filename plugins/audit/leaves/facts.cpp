// A scanner that skips what it does not look for.
#include "plugins/audit/leaves/facts.hpp"

#include <boost/json/parse.hpp>

namespace audit {
namespace {

class scanner {
 public:
  scanner(std::string_view text, facts& out) : at_(text.data()), end_(text.data() + text.size()), out_(&out) {}

  void document() {
    members([this](std::string_view name) {
      if (name == "actor") nested(out_->actor);
      else if (name == "task") nested(out_->task);
      else if (name == "project") nested(out_->project);
      else if (name == "actor_id") text(out_->actor);
      else if (name == "task_id") text(out_->task);
      else if (name == "project_id") text(out_->project);
      else if (name == "user_id") text(out_->user);
      else if (name == "object") text(out_->object);
      else return false;
      return true;
    });
  }

 private:
  void blanks() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
  }
  bool take(char c) {
    blanks();
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  void give_up() { at_ = end_; }

  // The text between the quotes as it stands; stops behind the closing one.
  std::string_view raw_text(bool& escaped) {
    escaped = false;
    if (!take('"')) return give_up(), std::string_view();
    const char* const begin = at_;
    while (at_ != end_ && *at_ != '"') {
      if (*at_ == '\\') {
        escaped = true;
        if (++at_ == end_) return {};
      }
      ++at_;
    }
    if (at_ == end_) return {};
    return {begin, static_cast<std::size_t>(at_++ - begin)};
  }

  void skip() {
    blanks();
    if (at_ == end_) return;
    if (*at_ == '"') {
      bool escaped = false;
      raw_text(escaped);
      return;
    }
    if (*at_ != '{' && *at_ != '[') {
      while (at_ != end_ && *at_ != ',' && *at_ != '}' && *at_ != ']') ++at_;
      return;
    }
    for (int depth = 0; at_ != end_;) {
      const char c = *at_;
      if (c == '"') {
        bool escaped = false;
        raw_text(escaped);
        continue;
      }
      ++at_;
      if (c == '{' || c == '[') ++depth;
      if ((c == '}' || c == ']') && --depth == 0) return;
    }
  }

  void text(std::string_view& into) {
    blanks();
    if (at_ == end_ || *at_ != '"') return skip();
    const char* const begin = at_;
    bool escaped = false;
    into = raw_text(escaped);
    if (!escaped) return;
    boost::system::error_code ec;
    const auto parsed = boost::json::parse(std::string_view(begin, static_cast<std::size_t>(at_ - begin)), ec);
    into = !ec && parsed.is_string() ? std::string_view(out_->decoded.emplace_front(parsed.get_string())) : std::string_view();
  }

  // The id member of an object; it counts less than one found before.
  void nested(std::string_view& into) {
    blanks();
    if (at_ == end_ || *at_ != '{') return skip();
    members([&](std::string_view name) {
      if (name != "id") return false;
      text(into);
      return true;
    });
  }

  // one(name) -> false to have the value skipped.
  template <class One>
  void members(One&& one) {
    if (!take('{')) return;
    if (take('}')) return;
    while (at_ != end_) {
      bool escaped = false;
      const auto name = raw_text(escaped);
      if (!take(':')) return give_up();
      if (!one(name)) skip();
      if (take(',')) continue;
      if (!take('}')) give_up();
      return;
    }
  }

  const char* at_;
  const char* end_;
  facts* out_;
};

}  // namespace

facts facts_of(std::string_view payload) {
  facts out;
  scanner(payload, out).document();
  return out;
}

}  // namespace audit
