// evhost-audit-verify: the verifier as a program of its own, for people who have the export and no evhost.
#include "host/app/audit_verify/verify.hpp"

int main(int argc, char** argv) { return evhost::audit_verify::run({argv + 1, argv + argc}); }
