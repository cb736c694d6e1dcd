/* cudasim, a simulated test device: which host memory is pinned (page-locked in the real thing; here only remembered). */
#ifndef CUDASIM_PINNED_H
#define CUDASIM_PINNED_H

#include <stdbool.h>
#include <stddef.h>

/* Host memory that counts as pinned, or NULL. */
void *pinned_take(size_t bytes);
bool pinned_give(void *address);

/* Makes the caller's own memory count as pinned (cudaHostRegister); false when the table is full. */
bool pinned_register(void *address, size_t bytes);
bool pinned_unregister(void *address);

/* Whether all of [address, address + bytes) is pinned. Takes no lock. */
bool pinned_covers(const void *address, size_t bytes);

#endif
