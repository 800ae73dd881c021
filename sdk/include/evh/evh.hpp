// The C++20 SDK in one include: evh/plugin.hpp and what it needs. ODB support is apart, in evh/odb.hpp.
#pragma once
#include <evh/plugin.hpp>
