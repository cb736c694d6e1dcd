// Names of the commonest return codes: cudaError_t of driver_types.h and CUresult of cuda.h, which share most numbers.

type Names = { readonly runtime: string; readonly driver: string; readonly says?: string };

/** `says`: what the code by itself states as the cause. */
const codes: Readonly<Record<number, Names>> = {
  1: { runtime: 'cudaErrorInvalidValue', driver: 'CUDA_ERROR_INVALID_VALUE' },
  2: {
    runtime: 'cudaErrorMemoryAllocation',
    driver: 'CUDA_ERROR_OUT_OF_MEMORY',
    says: 'the device had no memory left for it',
  },
  3: { runtime: 'cudaErrorInitializationError', driver: 'CUDA_ERROR_NOT_INITIALIZED' },
  4: { runtime: 'cudaErrorCudartUnloading', driver: 'CUDA_ERROR_DEINITIALIZED', says: 'the process was ending' },
  9: { runtime: 'cudaErrorInvalidConfiguration', driver: 'CUresult 9' },
  35: {
    runtime: 'cudaErrorInsufficientDriver',
    driver: 'CUresult 35',
    says: 'there is no NVIDIA driver, or it is older than the CUDA runtime',
  },
  46: { runtime: 'cudaErrorDevicesUnavailable', driver: 'CUDA_ERROR_DEVICE_UNAVAILABLE' },
  98: { runtime: 'cudaErrorInvalidDeviceFunction', driver: 'CUresult 98' },
  100: { runtime: 'cudaErrorNoDevice', driver: 'CUDA_ERROR_NO_DEVICE', says: 'there is no CUDA device' },
  101: { runtime: 'cudaErrorInvalidDevice', driver: 'CUDA_ERROR_INVALID_DEVICE' },
  200: { runtime: 'cudaErrorInvalidKernelImage', driver: 'CUDA_ERROR_INVALID_IMAGE' },
  201: { runtime: 'cudaErrorDeviceUninitialized', driver: 'CUDA_ERROR_INVALID_CONTEXT' },
  209: {
    runtime: 'cudaErrorNoKernelImageForDevice',
    driver: 'CUDA_ERROR_NO_BINARY_FOR_GPU',
    says: 'the program holds no code for this model of GPU',
  },
  400: { runtime: 'cudaErrorInvalidResourceHandle', driver: 'CUDA_ERROR_INVALID_HANDLE' },
  600: { runtime: 'cudaErrorNotReady', driver: 'CUDA_ERROR_NOT_READY' },
  700: { runtime: 'cudaErrorIllegalAddress', driver: 'CUDA_ERROR_ILLEGAL_ADDRESS' },
  701: { runtime: 'cudaErrorLaunchOutOfResources', driver: 'CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES' },
  702: { runtime: 'cudaErrorLaunchTimeout', driver: 'CUDA_ERROR_LAUNCH_TIMEOUT' },
  719: { runtime: 'cudaErrorLaunchFailure', driver: 'CUDA_ERROR_LAUNCH_FAILED' },
  801: { runtime: 'cudaErrorNotSupported', driver: 'CUDA_ERROR_NOT_SUPPORTED' },
  803: {
    runtime: 'cudaErrorSystemDriverMismatch',
    driver: 'CUDA_ERROR_SYSTEM_DRIVER_MISMATCH',
    says: 'the kernel driver and the driver library have different versions',
  },
  900: { runtime: 'cudaErrorStreamCaptureUnsupported', driver: 'CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED' },
  999: { runtime: 'cudaErrorUnknown', driver: 'CUDA_ERROR_UNKNOWN' },
};

/** The name of a return code, and what it states as the cause when it does. */
export const errorName = (
  library: string,
  code: number,
): { readonly name: string; readonly says: string | undefined } => {
  const names = codes[code];
  const plain = `${library === 'cuda' ? 'CUresult' : 'cudaError_t'} ${code}`;
  const name = library === 'cuda' ? names?.driver : names?.runtime;
  return { name: name === undefined ? plain : `${name} (${code})`, says: names?.says };
};
