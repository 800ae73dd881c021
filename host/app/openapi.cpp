// The document's bytes, placed by the assembler so that no compiler has to read them as a literal.
#include "host/app/openapi.hpp"

asm(".section .rodata\n"
    "evh_openapi_begin:\n"
    ".incbin \"" EVH_OPENAPI_JSON "\"\n"
    "evh_openapi_end:\n"
    ".byte 0\n"
    ".previous\n");

extern "C" {
extern const char evh_openapi_begin[];
extern const char evh_openapi_end[];
}

namespace evhost::app {
std::string_view openapi_document() { return {evh_openapi_begin, static_cast<std::size_t>(evh_openapi_end - evh_openapi_begin)}; }
}  // namespace evhost::app
