/* config.h: the plugin's configuration after validation. Since: 1.0. */
#ifndef EVH_ABI_CONFIG_H
#define EVH_ABI_CONFIG_H

#include <evh/abi/base.h>
#include <evh/abi/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EVH_EXT_CONFIG "evh.config/1"

typedef struct evh_config {
  uint32_t struct_size;
  uint32_t reserved;
  /* The object of plugins.<id> as JSON text, defaults filled in. Valid until the next configure returns. [any] */
  evh_sv (*snapshot)(const evh_host* host);
} evh_config;

#ifdef __cplusplus
}
#endif
#endif
