// What `evhost config print|schema|docs` prints, made from the descriptor table.
//
// Threading: pure functions. schema and docs are committed files (schemas/config/evhost.schema.json,
// docs/configuration.md); a test fails when they differ from what these return.
#pragma once

#include <string>

#include "host/config/load.hpp"

namespace evhost::config {

/// The effective configuration as YAML that load() would accept again (but for masked secrets), with each value's
/// source.
[[nodiscard]] std::string print_config(const loaded& effective);
/// JSON Schema 2020-12 of the file, for editors and CI.
[[nodiscard]] std::string config_schema();
/// Markdown reference of every key.
[[nodiscard]] std::string config_docs();

}  // namespace evhost::config
