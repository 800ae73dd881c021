// Reading and printing the filter language.
#include "plugins/chat/language/filter.hpp"

#include <algorithm>

namespace chat::language::filter {
namespace {

constexpr std::size_t bytes_max = 1000;
constexpr int depth_max = 32;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '/' || c == '.' ||
         static_cast<unsigned char>(c) >= 0x80;
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

// A recursive-descent reader; the first error wins and stops everything.
class reader {
 public:
  reader(std::string_view text, calendar::civil_date today) : text_(text), today_(today) {}

  parse_result run() {
    if (text_.size() > bytes_max) return parse_error{"a filter has at most 1000 bytes", bytes_max};
    skip();
    if (at_ == text_.size()) return all_of({});
    expression out = any(0);
    skip();
    if (!error_ && at_ < text_.size()) fail("expected & or | or the end here");
    if (error_) return *error_;
    return out;
  }

 private:
  void skip() { while (at_ < text_.size() && is_space(text_[at_])) ++at_; }
  bool done() { skip(); return at_ >= text_.size(); }
  void fail(std::string message) { if (!error_) error_ = parse_error{std::move(message), at_}; }
  expression failed(std::string message) { fail(std::move(message)); return {}; }

  bool take(char c) {
    skip();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::string_view peek_word() {
    skip();
    std::size_t end = at_;
    while (end < text_.size() && is_name_byte(text_[end])) ++end;
    return text_.substr(at_, end - at_);
  }

  bool take_word(std::string_view wanted) {
    const auto word = peek_word();
    if (lower(word) != wanted) return false;
    at_ += word.size();
    return true;
  }

  expression any(int depth) {
    if (depth > depth_max) return failed("nested deeper than 32 levels");
    std::vector<expression> parts;
    do parts.push_back(all(depth));
    while (!error_ && (take('|') || take_word("or")));
    return any_of(std::move(parts));
  }

  expression all(int depth) {
    std::vector<expression> parts{factor(depth)};
    while (!error_ && !done() && text_[at_] != ')' && text_[at_] != '|' && lower(peek_word()) != "or") {
      if (!take('&')) take_word("and");
      parts.push_back(factor(depth));
    }
    return all_of(std::move(parts));
  }

  expression factor(int depth) {
    if (depth > depth_max) return failed("nested deeper than 32 levels");
    if (take('!') || take_word("not")) return none_of(factor(depth + 1));
    if (take('(')) {
      expression inside = any(depth + 1);
      if (!error_ && !take(')')) return failed("missing )");
      return inside;
    }
    return single();
  }

  expression single() {
    if (done()) return failed("expected overdue, p1, #project, @tag, due<day, a word or (");
    if (take('#')) { auto name = named("#project"); return make(in_project{std::move(name)}); }
    if (take('@')) { auto name = named("@tag"); return make(has_tag{std::move(name)}); }
    if (text_[at_] == '"') return make(contains{quoted()});
    const std::string word = lower(peek_word());
    if (word.empty()) return failed(std::string{"unexpected character "} + text_[at_]);
    const std::size_t start = at_;
    at_ += word.size();
    if (word == "overdue") return make(overdue{});
    if (word == "open") return make(status_is{status::open});
    if (word == "done" || word == "completed") return after_done();
    if (word == "all") return make(status_is{status::all});
    if (word == "nodue") return make(no_due{});
    if (word == "no" && take_word("due")) return make(no_due{});
    if (word.size() == 2 && word[0] == 'p' && word[1] >= '1' && word[1] <= '4') return make(priority_is{word[1] - '0'});
    if (word == "due") {
      compare op = compare::equal;
      if (!take_compare(op)) return failed("due needs <, <=, =, >= or > and a day");
      const auto day = take_day();
      return day ? make(due_day{op, *day}) : expression{};
    }
    return make(contains{std::string{text_.substr(start, word.size())}});
  }

  expression after_done() {
    compare op = compare::equal;
    if (!take_compare(op)) return make(status_is{status::done});
    const auto day = take_day();
    return day ? make(done_day{op, *day}) : expression{};
  }

  std::string named(const char* what) {
    if (at_ < text_.size() && text_[at_] == '"') return quoted();
    const auto word = at_ < text_.size() && !is_space(text_[at_]) ? peek_word() : std::string_view{};
    if (word.empty()) fail(std::string{what} + " needs a name");
    at_ += word.size();
    return std::string{word};
  }

  std::string quoted() {
    ++at_;
    std::string out;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      out += text_[at_++];
    }
    if (at_ >= text_.size()) fail("missing closing quote");
    else ++at_;
    if (out.empty()) fail("empty text");
    return out;
  }

  bool take_compare(compare& op) {
    if (take('<')) { op = take_now('=') ? compare::less_equal : compare::less; return true; }
    if (take('>')) { op = take_now('=') ? compare::greater_equal : compare::greater; return true; }
    if (take('=') || take(':')) { op = compare::equal; return true; }
    return false;
  }
  bool take_now(char c) { return at_ < text_.size() && text_[at_] == c && ++at_; }

  std::optional<calendar::civil_date> take_day() {
    skip();
    const bool minus = at_ < text_.size() && text_[at_] == '-';
    if (minus || (at_ < text_.size() && text_[at_] == '+')) {
      ++at_;
      return relative(minus ? -1 : 1);
    }
    const std::string word = lower(peek_word());
    const auto found = named_day(word);
    if (!found) { fail("expected a day: 2026-08-31, today, +7d or a weekday"); return std::nullopt; }
    at_ += word.size();
    return found;
  }

  std::optional<calendar::civil_date> relative(int sign) {
    const std::string word = lower(peek_word());
    int count = 0;
    std::size_t i = 0;
    while (i < word.size() && word[i] >= '0' && word[i] <= '9' && i < 4) count = count * 10 + (word[i++] - '0');
    if (i == 0 || i + 1 != word.size()) { fail("expected a number and d, w or m, as in +7d"); return std::nullopt; }
    at_ += word.size();
    count *= sign;
    switch (word[i]) {
      case 'd': return calendar::add_days(today_, count);
      case 'w': return calendar::add_days(today_, 7 * count);
      case 'm': return calendar::add_months(today_, count);
      default: fail("expected d, w or m after the number"); return std::nullopt;
    }
  }

  std::optional<calendar::civil_date> named_day(std::string_view word) const {
    if (word == "today") return today_;
    if (word == "tomorrow") return calendar::add_days(today_, 1);
    if (word == "yesterday") return calendar::add_days(today_, -1);
    static constexpr std::string_view names[] = {"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};
    for (unsigned i = 0; i < 7; ++i) {
      if (word != names[i] && word != names[i].substr(0, 3)) continue;
      const auto ahead = std::chrono::weekday{i} - calendar::weekday_of(today_);
      return calendar::add_days(today_, ahead.count() == 0 ? 7 : static_cast<int>(ahead.count()));
    }
    return calendar::parse_date(word);
  }

  std::string_view text_;
  calendar::civil_date today_;
  std::size_t at_ = 0;
  std::optional<parse_error> error_;
};

const char* spell(compare op) {
  switch (op) {
    case compare::less: return "<";
    case compare::less_equal: return "<=";
    case compare::equal: return ":";
    case compare::greater_equal: return ">=";
    case compare::greater: return ">";
  }
  return ":";
}

std::string quote(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string name(std::string_view text) { return std::all_of(text.begin(), text.end(), is_name_byte) ? std::string{text} : quote(text); }

struct predicate_printer {
  std::string operator()(const status_is& p) const { return p.value == status::open ? "open" : p.value == status::done ? "done" : "all"; }
  std::string operator()(const overdue&) const { return "overdue"; }
  std::string operator()(const no_due&) const { return "no due"; }
  std::string operator()(const due_day& p) const { return std::string{"due"} + spell(p.op) + calendar::format_date(p.day); }
  std::string operator()(const done_day& p) const { return std::string{"done"} + spell(p.op) + calendar::format_date(p.day); }
  std::string operator()(const priority_is& p) const { return "p" + std::to_string(p.level); }
  std::string operator()(const in_project& p) const { return "#" + name(p.name); }
  std::string operator()(const has_tag& p) const { return "@" + name(p.name); }
  std::string operator()(const contains& p) const { return quote(p.text); }
};

std::string print_inside(const expression& where, bool inside_and) {
  if (where.what == expression::kind::leaf) return std::visit(predicate_printer{}, *where.leaf);
  std::string out;
  if (where.what == expression::kind::none_of) {
    for (const auto& child : where.children) out += (out.empty() ? "!" : " & !") + print_inside(child, true);
    return out;
  }
  const bool any = where.what == expression::kind::any_of;
  for (const auto& child : where.children) {
    if (!out.empty()) out += any ? " | " : " & ";
    out += print_inside(child, true);
  }
  return where.children.size() > 1 && inside_and ? "(" + out + ")" : out;
}

expression combine(expression::kind kind, std::vector<expression> children) {
  expression out{kind, {}, std::nullopt};
  for (auto& child : children) {
    if (child.what == kind) std::move(child.children.begin(), child.children.end(), std::back_inserter(out.children));
    else out.children.push_back(std::move(child));
  }
  if (out.children.size() == 1) {
    expression only = std::move(out.children.front());
    return only;
  }
  return out;
}

}  // namespace

expression make(predicate leaf) { return {expression::kind::leaf, {}, std::move(leaf)}; }
expression all_of(std::vector<expression> children) { return combine(expression::kind::all_of, std::move(children)); }
expression any_of(std::vector<expression> children) { return combine(expression::kind::any_of, std::move(children)); }

expression none_of(expression child) {
  expression out{expression::kind::none_of, {}, std::nullopt};
  out.children.push_back(std::move(child));
  return out;
}

bool names_status(const expression& where) {
  if (where.leaf)
    return std::holds_alternative<status_is>(*where.leaf) || std::holds_alternative<overdue>(*where.leaf) || std::holds_alternative<done_day>(*where.leaf);
  return std::any_of(where.children.begin(), where.children.end(), names_status);
}

bool empty(const expression& where) { return where.what == expression::kind::all_of && where.children.empty(); }
std::string print(const expression& where) { return print_inside(where, false); }
parse_result parse(std::string_view text, calendar::civil_date today) { return reader{text, today}.run(); }

}  // namespace chat::language::filter
