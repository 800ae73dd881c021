/* metric.h: Prometheus metrics of a plugin. Families and series are made in activate and then only added to.
 * Names become evhost_<plugin id with _>_<name>. Label values are fixed at registration: never user data. Since: 1.0. */
#ifndef EVH_ABI_METRIC_H
#define EVH_ABI_METRIC_H

#include <evh/abi/base.h>
#include <evh/abi/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EVH_EXT_METRIC "evh.metric/1"

#define EVH_METRIC_COUNTER 1   /* name ends in _total; add only */
#define EVH_METRIC_GAUGE 2
#define EVH_METRIC_HISTOGRAM 3 /* name ends in _seconds or _bytes; default buckets */

typedef struct evh_metric {
  uint32_t struct_size;
  uint32_t reserved;
  /* One series of a family. EVH_INVALID: bad name or too many series. [control, inside activate] */
  evh_status (*series)(const evh_host* host, int32_t kind, evh_sv name, evh_sv help,
                       const evh_pair* labels, uint32_t count, uint32_t* id);
  void (*add)(const evh_host* host, uint32_t id, double value);     /* counters and gauges [any] */
  void (*set)(const evh_host* host, uint32_t id, double value);     /* gauges [any] */
  void (*observe)(const evh_host* host, uint32_t id, double value); /* histograms [any] */
} evh_metric;

#ifdef __cplusplus
}
#endif
#endif
