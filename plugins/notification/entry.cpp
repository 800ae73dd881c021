// The one symbol of the library.
#include "plugins/notification/plugin.hpp"

EVH_PLUGIN(notification::plugin)
