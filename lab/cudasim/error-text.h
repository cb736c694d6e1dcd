/* cudasim, a simulated test device: names and words of the result codes that it returns. */
#ifndef CUDASIM_ERROR_TEXT_H
#define CUDASIM_ERROR_TEXT_H

struct error_text {
  int code;
  const char *runtime_name, *driver_name, *words;
};

/* All NULL for a code that the sim never returns. */
static inline struct error_text error_text(int code) {
  static const struct error_text texts[] = {
      {0, "cudaSuccess", "CUDA_SUCCESS", "no error"},
      {1, "cudaErrorInvalidValue", "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
      {2, "cudaErrorMemoryAllocation", "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
      {3, "cudaErrorInitializationError", "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
      {9, "cudaErrorInvalidConfiguration", 0, "invalid configuration argument"},
      {21, "cudaErrorInvalidMemcpyDirection", 0, "invalid copy direction for memcpy"},
      {98, "cudaErrorInvalidDeviceFunction", 0, "invalid device function"},
      {101, "cudaErrorInvalidDevice", "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
      {201, "cudaErrorDeviceUninitialized", "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
      {301, "cudaErrorFileNotFound", "CUDA_ERROR_FILE_NOT_FOUND", "file not found"},
      {400, "cudaErrorInvalidResourceHandle", "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
      {401, "cudaErrorIllegalState", "CUDA_ERROR_ILLEGAL_STATE", "the operation cannot be performed in the present state"},
      {500, "cudaErrorSymbolNotFound", "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
      {600, "cudaErrorNotReady", "CUDA_ERROR_NOT_READY", "device not ready"},
      {900, "cudaErrorStreamCaptureUnsupported", "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED",
       "operation not permitted when stream is capturing"},
      {901, "cudaErrorStreamCaptureInvalidated", "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED",
       "operation failed due to a previous error during capture"},
  };
  for (unsigned int i = 0; i < sizeof texts / sizeof *texts; i++)
    if (texts[i].code == code) return texts[i];
  return (struct error_text){code, 0, 0, 0};
}

#endif
