// Compiles <evh/odb.hpp> with nothing before it.
#include <evh/odb.hpp>
