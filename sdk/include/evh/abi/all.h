/* all.h: every stable ABI header. */
#ifndef EVH_ABI_ALL_H
#define EVH_ABI_ALL_H

#include <evh/abi/base.h>
#include <evh/abi/config.h>
#include <evh/abi/entry.h>
#include <evh/abi/event.h>
#include <evh/abi/events.h>
#include <evh/abi/health.h>
#include <evh/abi/host.h>
#include <evh/abi/http.h>
#include <evh/abi/issuer.h>
#include <evh/abi/layout.h>
#include <evh/abi/log.h>
#include <evh/abi/metric.h>
#include <evh/abi/plugin.h>
#include <evh/abi/publish.h>
#include <evh/abi/secret.h>
#include <evh/abi/sql_handle.h>
#include <evh/abi/store.h>
#include <evh/abi/task.h>
#include <evh/abi/thread_check.h>
#include <evh/abi/timer.h>
#include <evh/abi/uow.h>
#include <evh/abi/ws.h>

#endif
