/* cudasim, a simulated test device: the driver's modules and libraries. An image is never looked into: any name is a kernel
 * of it, except names that begin with "no_such", which are not found. */
#include <string.h>
#include <unistd.h>

#include "../device/clock.h"
#include "../device/function.h"
#include "../device/slots.h"
#include "entry.h"

struct image {
  _Atomic int live;
};

static struct image images[4096];
static struct slots table = SLOTS(images);

static struct image *image_of(const void *handle) {
  struct image *image = (struct image *)handle;
  return slots_holds(&table, image) && image->live ? image : NULL;
}

static CUresult load(void *out, const void *data) {
  RETURN_UNLESS_READY();
  if (out == NULL || data == NULL) return INVALID_VALUE;
  struct image *image = slots_take(&table);
  if (image == NULL) return OUT_OF_MEMORY;
  clock_burn(config.module_load_ns);
  image->live = 1;
  *(struct image **)out = image;
  return OK;
}

static CUresult load_file(void *out, const char *path) {
  if (path != NULL && access(path, R_OK) != 0) return FILE_NOT_FOUND;
  return load(out, path);
}

/* The slot is not reused: kernels are known by their image's address. */
static CUresult unload(const void *handle) {
  RETURN_UNLESS_READY();
  struct image *image = image_of(handle);
  if (image == NULL) return INVALID_HANDLE;
  image->live = 0;
  return OK;
}

static CUresult get(void *out, const void *handle, const char *name) {
  RETURN_UNLESS_READY();
  if (out == NULL || name == NULL) return INVALID_VALUE;
  struct image *image = image_of(handle);
  if (image == NULL) return INVALID_HANDLE;
  if (strncmp(name, "no_such", 7) == 0) return NOT_FOUND;
  struct function *function = function_get(image, name);
  if (function == NULL) return OUT_OF_MEMORY;
  *(struct function **)out = function;
  return OK;
}

EXPORT CUresult cuModuleLoad(CUmodule *out, const char *path) { return load_file(out, path); }

EXPORT CUresult cuModuleLoadData(CUmodule *out, const void *image) { return load(out, image); }

EXPORT CUresult cuModuleLoadDataEx(CUmodule *out, const void *image, unsigned int count, int *options, void **values) {
  return count > 0 && (options == NULL || values == NULL) ? INVALID_VALUE : load(out, image);
}

EXPORT CUresult cuModuleLoadFatBinary(CUmodule *out, const void *image) { return load(out, image); }

EXPORT CUresult cuModuleUnload(CUmodule module) { return unload(module); }

EXPORT CUresult cuModuleGetFunction(CUfunction *out, CUmodule module, const char *name) { return get(out, module, name); }

EXPORT CUresult cuLibraryLoadData(CUlibrary *out, const void *image, int *jit_options, void **jit_values,
                                  unsigned int jit_count, int *options, void **values, unsigned int count) {
  if ((jit_count > 0 && (jit_options == NULL || jit_values == NULL)) || (count > 0 && (options == NULL || values == NULL)))
    return INVALID_VALUE;
  return load(out, image);
}

EXPORT CUresult cuLibraryLoadFromFile(CUlibrary *out, const char *path, int *jit_options, void **jit_values,
                                      unsigned int jit_count, int *options, void **values, unsigned int count) {
  if ((jit_count > 0 && (jit_options == NULL || jit_values == NULL)) || (count > 0 && (options == NULL || values == NULL)))
    return INVALID_VALUE;
  return load_file(out, path);
}

EXPORT CUresult cuLibraryUnload(CUlibrary library) { return unload(library); }

EXPORT CUresult cuLibraryGetKernel(CUkernel *out, CUlibrary library, const char *name) { return get(out, library, name); }

EXPORT CUresult cuKernelGetFunction(CUfunction *out, CUkernel kernel) {
  RETURN_UNLESS_READY();
  if (out == NULL) return INVALID_VALUE;
  if (function_of(kernel) == NULL) return INVALID_HANDLE;
  *out = (CUfunction)kernel;
  return OK;
}

EXPORT CUresult cuSimSetKernelTime(CUfunction f, double microseconds) {
  struct function *function = function_of(f);
  if (function == NULL) return INVALID_HANDLE;
  if (!(microseconds >= 0)) return INVALID_VALUE;
  function->kernel_ns = (uint64_t)(microseconds * 1e3);
  return OK;
}

EXPORT unsigned long long cuSimKernelLoads(void) { return function_loads(); }
