// A person in the log: a pseudonym that stands in leaves and a key that payloads are encrypted under, both from one random
// secret per person that can be deleted.
//
// Read and made inside units; what a unit saw is remembered (bounded) only after its commit. Thread-safe.
#pragma once
#include "plugins/audit/leaves/bundle.hpp"

#include <evh/unit.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace audit {

struct identity {
  pseudonym alias{};
  hash key{};
};

class people {
 public:
  static constexpr std::size_t remembered_max = 20'000;

  // The people of one unit. Made anew for every run of it.
  class session {
   public:
    session(people& all, evh::unit& unit) : all_(&all), unit_(&unit) {}
    const identity& of(std::string_view person);  // made when absent
    // Remembers after the commit what this run looked up. Once, at the end.
    void finish();

   private:
    people* all_;
    evh::unit* unit_;
    std::vector<std::pair<std::string, identity>> fresh_;
    std::vector<std::pair<std::string_view, const identity*>> met_;  // by the caller's views; small
    std::vector<std::unique_ptr<identity>> held_;
  };

  // Without making one; reads only.
  std::optional<identity> find(evh::unit& unit, std::string_view person);
  static std::optional<identity> find_alias(evh::unit& unit, const pseudonym& alias);
  // Deletes the secret: pseudonym and payloads of that person mean nothing from then on. False: there was none.
  bool erase(evh::unit& unit, std::string_view person);
  void forget_all();

 private:
  friend class session;
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  std::optional<identity> remembered(std::string_view person) const;

  mutable std::mutex mutex_;
  std::unordered_map<std::string, identity, text_hash, std::equal_to<>> known_;
};

}  // namespace audit
