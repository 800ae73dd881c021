/* The layout asserts hold in C11 too. */
#include <evh/abi/all.h>

int evh_abi_layout_is_checked_in_c(void);
int evh_abi_layout_is_checked_in_c(void) { return (int)sizeof(evh_event); }
