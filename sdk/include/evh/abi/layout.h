/* layout.h: sizes and offsets of what crosses, asserted at compile time in C and C++ (64-bit targets). */
#ifndef EVH_ABI_LAYOUT_H
#define EVH_ABI_LAYOUT_H

#include <evh/abi/entry.h>
#include <evh/abi/event.h>
#include <evh/abi/events.h>
#include <evh/abi/http.h>
#include <evh/abi/issuer.h>
#include <evh/abi/publish.h>
#include <evh/abi/store.h>
#include <evh/abi/ws.h>

#ifdef __cplusplus
#define EVH_ASSERT_LAYOUT(what) static_assert(what, #what)
#else
#define EVH_ASSERT_LAYOUT(what) _Static_assert(what, #what)
#endif
#define EVH_SIZE(T, bytes) EVH_ASSERT_LAYOUT(sizeof(T) == (bytes))
#define EVH_OFFSET(T, field, bytes) EVH_ASSERT_LAYOUT(offsetof(T, field) == (bytes))

EVH_SIZE(evh_sv, 16);
EVH_SIZE(evh_pair, 32);
EVH_SIZE(evh_error, 256);
EVH_OFFSET(evh_error, text, 16);

EVH_SIZE(evh_event, 128);
EVH_OFFSET(evh_event, partition, 8);
EVH_OFFSET(evh_event, offset, 16);
EVH_OFFSET(evh_event, time_ns, 24);
EVH_OFFSET(evh_event, id, 32);
EVH_OFFSET(evh_event, key, 48);
EVH_OFFSET(evh_event, payload, 64);
EVH_OFFSET(evh_event, trace_id, 80);
EVH_OFFSET(evh_event, span_id, 96);
EVH_OFFSET(evh_event, headers_count, 104);
EVH_OFFSET(evh_event, attempt, 108);
EVH_OFFSET(evh_event, headers, 112);
EVH_SIZE(evh_batch, 40);
EVH_OFFSET(evh_batch, events, 16);

EVH_SIZE(evh_value, 24);
EVH_OFFSET(evh_value, as, 8);
EVH_SIZE(evh_migration, 40);
EVH_SIZE(evh_record, 96);
EVH_OFFSET(evh_record, payload, 56);
EVH_SIZE(evh_subscription, 56);
EVH_SIZE(evh_topic_info, 40);
EVH_SIZE(evh_route, 56);
EVH_SIZE(evh_principal, 80);
EVH_SIZE(evh_request_view, 152);
EVH_SIZE(evh_response, 56);
EVH_SIZE(evh_token_request, 96);
EVH_OFFSET(evh_token_request, issued_from_s, 88);
EVH_SIZE(evh_ws_request, 80);
EVH_SIZE(evh_ws_accept, 24);
EVH_SIZE(evh_config_key, 80);
EVH_SIZE(evh_descriptor, 144);
EVH_SIZE(evh_entry, 40);
EVH_SIZE(evh_factory, 24);
EVH_SIZE(evh_plugin, 88);
EVH_SIZE(evh_host, 56);

#endif
