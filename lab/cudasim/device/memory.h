/* cudasim, a simulated test device: device memory. Real addresses with exact accounting against CUDASIM_MEMORY_MIB; pages
 * are only touched when bytes are moved. Knows nothing of streams. */
#ifndef CUDASIM_MEMORY_H
#define CUDASIM_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* Reserves the address range; false when the system refuses it. Called once. */
bool memory_reserve(size_t bytes);

/* An address of `bytes` bytes (rounded up to 512), or NULL when the device memory does not hold them. */
void *memory_take(size_t bytes);

/* Gives back what memory_take returned; false when `address` is not the start of a live allocation. */
bool memory_give(void *address);

/* Whether `address` lies in the device's range, allocated or not. */
bool memory_is_device(const void *address);

/* Whether [address, address + bytes) lies within one live allocation. */
bool memory_covers(const void *address, size_t bytes);

void memory_info(size_t *free_bytes, size_t *total_bytes);

#endif
