// Each of the 84 utterances under 20 substitutions of title, person, date, zone and word order. Templates: substitutions.tsv. Values come
// from adversarial lists (names that are months, titles with numbers and weekdays) by a seed that is printed; EVH_SUBSTITUTION_SEED sets it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <random>

#include "utterance_table.hpp"

namespace chat_language_test {
namespace {

using namespace chat::language;
namespace json = boost::json;
using values = std::map<std::string, std::string>;

constexpr int variants = 20;

struct pair { const char* said; const char* value; };
struct weekday { const char* name; const char* code; const char* coming; const char* next_week; };

class chooser {
 public:
  explicit chooser(std::uint64_t seed) : random_(seed) {}

  values next() {
    values v;
    v["T"] = one<const char*>({"buy milk", "call Bob", "March madness pool", "May day parade plan", "sun cream order", "fix 24/7 support desk", "chapter 5 notes", "buy iPhone 15 case", "1:1 agenda", "Black Friday list",
                               "old monitor stand", "April's present", "read 9/11 essay", "v1.2.3 release notes", "room 101 key", "Catch-22 copy", "claim $5.30 refund", "frame Mr. Sun portrait", "paprika crisps", "email Will"});
    v["X"] = one<const char*>({"dentist", "March report", "room 101 key", "May's present", "monitor stand", "1:1 agenda", "April invoice", "Sunday roast", "phase 2 plan", "milk"});
    v["P"] = one<const char*>({"Ana", "Bob", "May", "April", "June", "Will", "Augustin", "Friday"});
    v["R"] = one<const char*>({"finance", "work", "garden-2", "may", "friday", "home", "q3"});
    v["G"] = one<const char*>({"bills", "june", "monday", "next", "home", "p9", "x1"});
    v["E"] = one<const char*>({"ana@example.com", "may.june@example.org", "bob+1@example.net", "42@example.com"});
    v["I"] = one<const char*>({"2026-08-31", "2026-12-24", "2027-01-05"});
    v["O"] = one<const char*>({"15th", "20th", "3rd", "7th", "2nd"});
    v["S"] = one<const char*>({"passport", "paprika", "sunscreen", "monitors", "marchpane", "fridges", "decaf"});
    v["F"] = one<const char*>({"milk", "oat milk", "may apples", "sunflower oil"});
    v["L"] = one<const char*>({"editor", "viewer", "commenter"});
    v["K"] = one<const char*>({"1", "2", "3", "4"});
    put(v, "D", one<pair>({{"tomorrow", "2026-08-19"}, {"on friday", "2026-08-21"}, {"next tuesday", "2026-08-25"}, {"on september 3", "2026-09-03"}, {"on 2026-10-02", "2026-10-02"},
                           {"in 2 weeks", "2026-09-01"}, {"on the 5th", "2026-09-05"}, {"on 12 october", "2026-10-12"}}));
    put(v, "H", one<pair>({{"5pm", "17:00"}, {"17:45", "17:45"}, {"9am", "09:00"}, {"noon", "12:00"}, {"7:15pm", "19:15"}, {"11:30", "11:30"}, {"06:30", "06:30"}}));
    put(v, "Q", one<pair>({{"seven", "19:30"}, {"three", "15:30"}, {"eleven", "11:30"}, {"one", "13:30"}}));
    put(v, "Z", one<pair>({{"London time", "Europe/London"}, {"Tokyo time", "Asia/Tokyo"}, {"UTC", "UTC"}, {"Europe/Paris", "Europe/Paris"}, {"Asia/Kolkata", "Asia/Kolkata"}}));
    put(v, "C", one<pair>({{"2027", "2026"}, {"2028", "2027"}, {"2031", "2030"}}));
    put(v, "A", one<pair>({{"9", "21"}, {"10", "22"}, {"11", "23"}}));
    put(v, "B", one<pair>({{"5", "05"}, {"6", "06"}, {"7", "07"}, {"8", "08"}}));
    days(v);
    numbers(v);
    return v;
  }

 private:
  template <class T>
  T one(std::initializer_list<T> from) { return *(from.begin() + static_cast<std::ptrdiff_t>(random_() % from.size())); }
  static void put(values& v, const std::string& name, const pair& p) {
    v[name] = p.said;
    v[name + "v"] = p.value;
  }

  // It is Tuesday 18 August, 10:30: a time that has passed means tomorrow, "tuesday" is left to its own tests.
  void days(values& v) {
    const auto w = one<weekday>({{"wednesday", "WE", "2026-08-19", "2026-08-26"}, {"thursday", "TH", "2026-08-20", "2026-08-27"}, {"friday", "FR", "2026-08-21", "2026-08-28"},
                                 {"saturday", "SA", "2026-08-22", "2026-08-29"}, {"sunday", "SU", "2026-08-23", "2026-08-30"}, {"monday", "MO", "2026-08-24", "2026-08-24"}});
    v["W"] = v["Wday"] = w.name;
    v["Wv"] = w.code;
    v["Wd"] = v["Wr"] = w.coming;
    v["Wn"] = w.next_week;
    v["Ht"] = v["Hv"] > "10:30" ? "2026-08-18" : "2026-08-19";
    struct list { const char* said; const char* codes; const char* first; };
    const auto l = one<list>({{"mon, wed and fri", "MO,WE,FR", "2026-08-19"}, {"sat and sun", "SA,SU", "2026-08-22"}, {"thursday and friday", "TH,FR", "2026-08-20"}, {"monday", "MO", "2026-08-24"},
                              {"wed, fri", "WE,FR", "2026-08-19"}, {"weekday", "MO,TU,WE,TH,FR", ""}, {"tuesday and thursday", "TU,TH", ""}});
    v["W3"] = l.said;
    v["W3v"] = l.codes;
    const bool today = v["Ht"] == "2026-08-18";
    v["W3d"] = *l.first ? l.first : today ? "2026-08-18" : std::string{l.codes}.size() > 5 ? "2026-08-19" : "2026-08-20";
  }

  void numbers(values& v) {
    const int n = 2 + static_cast<int>(random_() % 8), m = 9 + static_cast<int>(random_() % 4), y = 1 + static_cast<int>(random_() % 28);
    const auto two = [](int k) { return (k < 10 ? "0" : "") + std::to_string(k); };
    v["N"] = std::to_string(n);
    v["N3"] = std::to_string(3 * n);
    v["N1"] = std::to_string(1 + random_() % 2);
    v["N2"] = std::to_string(3 + random_() % 2);
    v["Nhours"] = calendar::format_instant(usual_context().now + std::chrono::hours{n});
    v["Nmin"] = "2026-08-18T10:" + std::to_string(30 + n);
    v["Nweeks"] = calendar::format_date(calendar::add_days(calendar::make_date(2026, 8, 18), 7 * n));
    v["WNweeks"] = calendar::format_date(calendar::add_days(*calendar::parse_date(v["Wd"]), 7 * n));
    v["M"] = std::to_string(m);
    v["M2"] = two(m);
    v["Y"] = std::to_string(y);
    v["Y2"] = two(y);
  }

  std::mt19937_64 random_;
};

std::string filled(const std::string& text, const values& v) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto close = text[i] == '{' ? text.find('}', i) : std::string::npos;
    const auto found = close == std::string::npos ? v.end() : v.find(text.substr(i + 1, close - i - 1));
    if (found == v.end()) {
      out += text[i];
    } else {
      out += found->second;
      i = close;
    }
  }
  return out;
}

std::vector<std::string> alternatives(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= text.size();) {
    const auto bar = std::min(text.find(" || ", at), text.size());
    out.push_back(text.substr(at, bar - at));
    at = bar + 4;
  }
  return out;
}

// The expectation of a row against what was understood; empty when it holds.
std::string mismatch(const std::string& text, json::object expected, const understanding& u) {
  json::array only;
  if (auto* list = expected.if_contains("only")) {
    only = list->as_array();
    expected.erase("only");
  }
  const json::object seen = meaning(render(u), expected);
  if (only.empty()) return seen == meaning(expected, expected) ? "" : "wanted " + json::serialize(expected);
  if (seen.at("intent") != expected.at("intent")) return "wanted the intent " + json::serialize(expected.at("intent"));
  for (const auto& what : only) {
    const std::string name{what.as_string()};
    const auto& slots = seen.at("slots").as_object();
    if (name == "no_date" || name == "quoted") {
      const auto quote = text.find('"');
      std::string title = text.starts_with("add ") ? text.substr(4) : text;
      if (name == "quoted") title = text.substr(quote + 1, text.rfind('"') - quote - 1);
      if (!slots.contains("title") || slots.at("title") != json::string_view{title} || slots.size() != 1) return "wanted the title alone: " + title;
    } else if (name == "question") {
      if (!seen.contains("question") || seen.at("question") != expected.at("question")) return "wanted the question";
    } else if (name != "intent") {
      if (!slots.contains(name) || slots.at(name) != expected.at("slots").as_object().at(name)) return "wanted another " + name;
    }
  }
  return {};
}

TEST(Substitutions, EachOfTheEightyFourUnderTwentySubstitutions) {
  const char* set = std::getenv("EVH_SUBSTITUTION_SEED");
  const std::uint64_t seed = set ? std::strtoull(set, nullptr, 10) : 20260818;
  std::cout << "substitutions: seed " << seed << '\n';
  std::ifstream in(std::string{EVH_UTTERANCES} + "/substitutions.tsv");
  ASSERT_TRUE(in);
  chooser choose{seed};
  std::size_t rows = 0, sentences = 0, right = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    const auto first = line.find('\t'), second = line.find('\t', first + 1), third = std::min(line.find('\t', second + 1), line.size());
    ASSERT_NE(second, std::string::npos) << line;
    ++rows;
    const auto templates = alternatives(line.substr(first + 1, second - first - 1));
    const std::string settings = third < line.size() ? line.substr(third + 1) : "{}";
    for (int k = 0; k < variants; ++k) {
      const values v = choose.next();
      const std::string text = filled(templates[static_cast<std::size_t>(k) % templates.size()], v);
      utterance_row row{line.substr(0, first), text, "covered", json::parse(filled(line.substr(second + 1, third - second - 1), v)).as_object(), json::parse(settings).as_object()};
      const auto u = understand(text, context_of(row));
      const std::string wrong = mismatch(text, row.expected, u);
      ++sentences;
      right += wrong.empty() ? 1 : 0;
      EXPECT_EQ(wrong, "") << "row " << row.number << ": " << text << "\n  got " << json::serialize(render(u));
    }
  }
  std::cout << "substitutions: " << right << " of " << sentences << " sentences of " << rows << " rows\n";
  EXPECT_GE(rows, 95u);
}

}  // namespace
}  // namespace chat_language_test
