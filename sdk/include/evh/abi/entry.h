/* entry.h: the one symbol a plugin library exports, and what the host learns from it before it creates anything.
 *
 * Sequence: dlopen -> evh_plugin_entry(host major, host minor) -> init(path) -> get_factory -> descriptor(i) -> create.
 * init and deinit may be called several times in pairs and must be counted. The library is never unloaded.
 * Descriptors and the strings in them stay valid until deinit. All functions here: [control]. Since: 1.0. */
#ifndef EVH_ABI_ENTRY_H
#define EVH_ABI_ENTRY_H

#include <evh/abi/base.h>
#include <evh/abi/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Types of a configuration key. */
#define EVH_CONFIG_STRING 1
#define EVH_CONFIG_INTEGER 2
#define EVH_CONFIG_NUMBER 3
#define EVH_CONFIG_BOOLEAN 4
#define EVH_CONFIG_LIST 5     /* of strings */
#define EVH_CONFIG_DURATION 6 /* integer in the unit the key's name ends with, e.g. _ms */
#define EVH_CONFIG_SECRET 1u  /* flag: the value is the name of a secret, never the secret */
#define EVH_CONFIG_REQUIRED 2u

/* One key a plugin accepts under plugins.<id>. The host validates, fills in defaults and hands over a snapshot. */
typedef struct evh_config_key {
  uint32_t struct_size;
  int32_t type;
  uint32_t flags;
  uint32_t reserved;
  evh_sv name;
  evh_sv default_json; /* JSON text; absent: no default */
  double min, max;     /* numbers and durations; both 0: unbounded */
  evh_sv text;         /* one sentence for the docs */
} evh_config_key;

/* What a plugin is and needs. Strings are UTF-8. */
typedef struct evh_descriptor {
  uint32_t struct_size;
  uint32_t flags;
  evh_sv id;      /* short name or reverse DNS: [a-z0-9.-]{1,64}; routes default to /p/<id>/ */
  evh_sv version; /* semantic version */
  evh_sv name;    /* for people */
  evh_sv vendor;
  evh_sv license; /* SPDX */
  evh_sv text;    /* one sentence */
  const evh_sv* required; /* extension ids it cannot work without */
  const evh_sv* optional; /* extension ids it would use */
  uint32_t required_count;
  uint32_t optional_count;
  const evh_config_key* config;
  uint32_t config_count;
  uint32_t config_stride; /* sizeof(evh_config_key) of the plugin's build */
} evh_descriptor;

typedef struct evh_factory {
  uint32_t struct_size;
  uint32_t count; /* number of plugins in this library */
  const evh_descriptor* (*descriptor)(uint32_t index);
  /* Makes an instance; must not call the host. NULL on failure with *error filled. */
  const evh_plugin* (*create)(const evh_host* host, evh_sv id, evh_error* error);
} evh_factory;

typedef struct evh_entry {
  uint32_t struct_size;
  uint32_t abi_major;        /* must equal the host's */
  uint32_t abi_minor_needed; /* lowest host minor it works with */
  uint32_t abi_minor_built;  /* the minor of its headers, for messages */
  evh_status (*init)(evh_sv path, evh_error* error);
  void (*deinit)(void);
  const evh_factory* (*get_factory)(void);
} evh_entry;

/* The type of the exported function. NULL: the plugin cannot run in a host of that version. */
typedef const evh_entry* (*evh_plugin_entry_fn)(uint32_t host_major, uint32_t host_minor);
#define EVH_PLUGIN_ENTRY_SYMBOL "evh_plugin_entry"

#ifdef __cplusplus
}
#endif
#endif
