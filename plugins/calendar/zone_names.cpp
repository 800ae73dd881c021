// The tables of zone abbreviations and of places that name a zone.
#include "plugins/calendar/zone_names.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "plugins/calendar/zone.hpp"

namespace calendar {
namespace {

using names = std::string_view;

constexpr names utc[] = {"UTC"};
constexpr names london[] = {"Europe/London"};
constexpr names paris[] = {"Europe/Paris"};
constexpr names athens[] = {"Europe/Athens"};
constexpr names lisbon[] = {"Europe/Lisbon"};
constexpr names moscow[] = {"Europe/Moscow"};
constexpr names eastern[] = {"America/New_York"};
constexpr names central[] = {"America/Chicago", "Asia/Shanghai"};
constexpr names central_summer[] = {"America/Chicago"};
constexpr names mountain[] = {"America/Denver"};
constexpr names pacific[] = {"America/Los_Angeles"};
constexpr names alaska[] = {"America/Anchorage"};
constexpr names hawaii[] = {"Pacific/Honolulu"};
constexpr names india_ireland_israel[] = {"Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem"};
constexpr names tokyo[] = {"Asia/Tokyo"};
constexpr names seoul[] = {"Asia/Seoul"};
constexpr names singapore[] = {"Asia/Singapore"};
constexpr names hong_kong[] = {"Asia/Hong_Kong"};
constexpr names sydney[] = {"Australia/Sydney"};
constexpr names adelaide[] = {"Australia/Adelaide"};
constexpr names perth[] = {"Australia/Perth"};
constexpr names auckland[] = {"Pacific/Auckland"};
constexpr names sao_paulo[] = {"America/Sao_Paulo"};
constexpr names johannesburg[] = {"Africa/Johannesburg"};

// Few enough for a linear search.
constexpr zone_abbreviation abbreviations[] = {
    {"ACST", adelaide}, {"ACDT", adelaide}, {"AEDT", sydney}, {"AEST", sydney}, {"AKDT", alaska}, {"AKST", alaska},
    {"AWST", perth}, {"BRT", sao_paulo}, {"BST", london}, {"CDT", central_summer}, {"CEST", paris}, {"CET", paris},
    {"CST", central}, {"EDT", eastern}, {"EEST", athens}, {"EET", athens}, {"EST", eastern}, {"GMT", utc},
    {"HKT", hong_kong}, {"HST", hawaii}, {"IST", india_ireland_israel, true}, {"JST", tokyo}, {"KST", seoul},
    {"MDT", mountain}, {"MSK", moscow}, {"MST", mountain}, {"NZDT", auckland}, {"NZST", auckland}, {"PDT", pacific},
    {"PST", pacific}, {"SAST", johannesburg}, {"SGT", singapore}, {"UTC", utc}, {"WEST", lisbon}, {"WET", lisbon},
};

struct place {
  names name, zone;
};

// Places whose zone is not simply the city part of an IANA name, and the cities people write most.
constexpr place places[] = {
    {"amsterdam", "Europe/Amsterdam"}, {"athens", "Europe/Athens"}, {"atlanta", "America/New_York"}, {"auckland", "Pacific/Auckland"},
    {"austin", "America/Chicago"}, {"bangalore", "Asia/Kolkata"}, {"bangkok", "Asia/Bangkok"}, {"barcelona", "Europe/Madrid"},
    {"beijing", "Asia/Shanghai"}, {"bengaluru", "Asia/Kolkata"}, {"berlin", "Europe/Berlin"}, {"boston", "America/New_York"},
    {"brisbane", "Australia/Brisbane"}, {"brussels", "Europe/Brussels"}, {"buenos aires", "America/Argentina/Buenos_Aires"},
    {"cairo", "Africa/Cairo"}, {"california", "America/Los_Angeles"}, {"central", "America/Chicago"}, {"central european", "Europe/Paris"},
    {"chicago", "America/Chicago"}, {"china", "Asia/Shanghai"}, {"copenhagen", "Europe/Copenhagen"}, {"dallas", "America/Chicago"},
    {"delhi", "Asia/Kolkata"}, {"denver", "America/Denver"}, {"dubai", "Asia/Dubai"}, {"dublin", "Europe/Dublin"},
    {"eastern", "America/New_York"}, {"frankfurt", "Europe/Berlin"}, {"geneva", "Europe/Zurich"}, {"hawaii", "Pacific/Honolulu"},
    {"helsinki", "Europe/Helsinki"}, {"hong kong", "Asia/Hong_Kong"}, {"houston", "America/Chicago"}, {"india", "Asia/Kolkata"},
    {"indian", "Asia/Kolkata"}, {"istanbul", "Europe/Istanbul"}, {"jakarta", "Asia/Jakarta"}, {"japan", "Asia/Tokyo"},
    {"jerusalem", "Asia/Jerusalem"}, {"johannesburg", "Africa/Johannesburg"}, {"karachi", "Asia/Karachi"}, {"kathmandu", "Asia/Kathmandu"},
    {"kolkata", "Asia/Kolkata"}, {"kyiv", "Europe/Kiev"}, {"lagos", "Africa/Lagos"}, {"lima", "America/Lima"}, {"lisbon", "Europe/Lisbon"},
    {"london", "Europe/London"}, {"los angeles", "America/Los_Angeles"}, {"madrid", "Europe/Madrid"}, {"manila", "Asia/Manila"},
    {"melbourne", "Australia/Melbourne"}, {"mexico city", "America/Mexico_City"}, {"miami", "America/New_York"}, {"milan", "Europe/Rome"},
    {"montreal", "America/Toronto"}, {"moscow", "Europe/Moscow"}, {"mountain", "America/Denver"}, {"mumbai", "Asia/Kolkata"},
    {"munich", "Europe/Berlin"}, {"nairobi", "Africa/Nairobi"}, {"new york", "America/New_York"}, {"new zealand", "Pacific/Auckland"},
    {"nyc", "America/New_York"}, {"oslo", "Europe/Oslo"}, {"pacific", "America/Los_Angeles"}, {"paris", "Europe/Paris"},
    {"perth", "Australia/Perth"}, {"phoenix", "America/Phoenix"}, {"prague", "Europe/Prague"}, {"rome", "Europe/Rome"},
    {"san francisco", "America/Los_Angeles"}, {"santiago", "America/Santiago"}, {"sao paulo", "America/Sao_Paulo"},
    {"seattle", "America/Los_Angeles"}, {"seoul", "Asia/Seoul"}, {"shanghai", "Asia/Shanghai"}, {"singapore", "Asia/Singapore"},
    {"stockholm", "Europe/Stockholm"}, {"sydney", "Australia/Sydney"}, {"taipei", "Asia/Taipei"}, {"tel aviv", "Asia/Jerusalem"},
    {"tokyo", "Asia/Tokyo"}, {"toronto", "America/Toronto"}, {"uk", "Europe/London"}, {"vancouver", "America/Vancouver"},
    {"vienna", "Europe/Vienna"}, {"warsaw", "Europe/Warsaw"}, {"washington", "America/New_York"}, {"zurich", "Europe/Zurich"},
};

// Zone names that people do write out ("Europe/London") but in their own case: capitalised after every / and _.
std::string proper_case(names text) {
  std::string out{text};
  bool start = true;
  for (char& c : out) {
    c = static_cast<char>(start ? std::toupper(static_cast<unsigned char>(c)) : std::tolower(static_cast<unsigned char>(c)));
    start = c == '/' || c == '_' || c == '-';
  }
  return out;
}

}  // namespace

const zone_abbreviation* find_abbreviation(std::string_view text) {
  if (text.size() < 3 || text.size() > 4) return nullptr;
  char upper[4];
  std::transform(text.begin(), text.end(), upper, [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  const names wanted{upper, text.size()};
  const auto found = std::find_if(std::begin(abbreviations), std::end(abbreviations), [&](const auto& entry) { return entry.name == wanted; });
  return found == std::end(abbreviations) ? nullptr : found;
}

std::string_view find_place(std::string_view text) {
  char lower[24];
  if (text.empty() || text.size() > sizeof lower) return {};
  std::transform(text.begin(), text.end(), lower, [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  const names wanted{lower, text.size()};
  const auto found = std::find_if(std::begin(places), std::end(places), [&](const place& entry) { return entry.name == wanted; });
  return found == std::end(places) ? names{} : found->zone;
}

std::string find_zone_name(std::string_view text) {
  if (text.size() > 64) return {};
  if (zone_known(text)) return std::string{text};
  std::string proper = proper_case(text);
  return zone_known(proper) ? proper : std::string{};
}

}  // namespace calendar
