/* health.h: a plugin's own word on whether it can serve; shown by /readyz. Plugin side. Since: 1.0. */
#ifndef EVH_ABI_HEALTH_H
#define EVH_ABI_HEALTH_H

#include <evh/abi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EVH_EXT_HEALTH "evh.health/1"

#define EVH_HEALTH_OK 0
#define EVH_HEALTH_DEGRADED 1 /* serves, with a reason worth showing */
#define EVH_HEALTH_DOWN 2     /* /readyz answers 503 */

typedef struct evh_health {
  uint32_t struct_size;
  uint32_t reserved;
  /* Must not block. The reason goes into error->text. [any] */
  int32_t (*check)(void* self, evh_error* reason);
} evh_health;

#ifdef __cplusplus
}
#endif
#endif
