// The CUDA calls that are traced, one line each. Signatures: cuda_runtime_api.h and cuda.h of CUDA 11 to 13.
// To add a call, add a line with the next free id of its block; ids are stored in recordings and never change.
import {
  type CallRole,
  type CallSpec,
  given,
  high,
  low,
  type PointerSource,
  returned,
  slot,
  through,
} from '../call.ts';

type Extra = {
  readonly variants?: readonly ('ptsz' | 'ptds')[];
  readonly also?: readonly string[];
  readonly ptr?: PointerSource;
};
type Args = CallSpec['args'];

const declare =
  (library: CallSpec['library']) =>
  (id: number, op: string, role: CallRole, args: Args, extra: Extra = {}): CallSpec => ({
    id,
    op,
    library,
    role,
    args,
    aliases: [op, ...(extra.also ?? [])].flatMap((name) => [
      ...(name === op ? [] : [name]),
      ...(extra.variants ?? []).map((variant) => `${name}_${variant}`),
    ]),
    ...(extra.ptr === undefined ? {} : { ptr: extra.ptr }),
  });
const runtime = declare('cudart');
const driver = declare('cuda');

const ptsz = { variants: ['ptsz'] } as const;
const ptds = { variants: ['ptds'] } as const;
const stream = (n: number) => ({ stream: slot(n) });
const copy = (n = 2) => ({ dst: slot(0), src: slot(1), bytes: slot(n) });
const copy2d = { dst: slot(0), src: slot(2), width: slot(4), height: slot(5), copy_kind: low(6) };
const peer = { dst: slot(0), device: low(1), src: slot(2), peer_device: low(3), bytes: slot(4) };
const fill = { dst: slot(0), value: low(1), bytes: slot(2) };

// dim3 is 12 bytes: two argument words each for grid and block.
const runtimeLaunch = {
  fn: slot(0),
  grid_x: low(1),
  grid_y: high(1),
  grid_z: low(2),
  block_x: low(3),
  block_y: high(3),
  block_z: low(4),
  shared_bytes: slot(6),
  stream: slot(7),
};
const driverLaunch = {
  fn: slot(0),
  grid_x: low(1),
  grid_y: low(2),
  grid_z: low(3),
  block_x: low(4),
  block_y: low(5),
  block_z: low(6),
  shared_bytes: low(7),
  stream: slot(8),
};
// cudaLaunchConfig_t and CUlaunchConfig: grid at 0, block at 12, shared memory at 24, stream at 32.
const configLaunch = (sharedMemory: typeof slot) => ({
  fn: slot(1),
  grid_x: through(0, low(0)),
  grid_y: through(0, high(0)),
  grid_z: through(0, low(1)),
  block_x: through(0, high(1)),
  block_y: through(0, low(2)),
  block_z: through(0, high(2)),
  shared_bytes: through(0, sharedMemory(3)),
  stream: through(0, slot(4)),
});

export const cudaCalls: readonly CallSpec[] = [
  // Runtime: libcudart
  runtime(1, 'cudaLaunchKernel', 'launch', runtimeLaunch, ptsz),
  runtime(2, 'cudaLaunchKernelExC', 'launch', configLaunch(slot), ptsz),
  runtime(3, 'cudaLaunchCooperativeKernel', 'launch', runtimeLaunch, ptsz),
  runtime(4, 'cudaGraphLaunch', 'launch', { graph: slot(0), ...stream(1) }, ptsz),
  runtime(5, 'cudaGraphInstantiate', 'graph', { graph: slot(1) }, { also: ['cudaGraphInstantiate_v12000'] }),
  runtime(6, 'cudaGraphInstantiateWithFlags', 'graph', { graph: slot(1), flags: slot(2) }),
  runtime(7, 'cudaStreamBeginCapture', 'graph', { ...stream(0), mode: low(1) }, ptsz),
  runtime(8, 'cudaStreamEndCapture', 'graph', stream(0), ptsz),
  runtime(9, 'cudaMemcpy', 'copy', { ...copy(), copy_kind: low(3) }, ptds),
  runtime(10, 'cudaMemcpyAsync', 'copy', { ...copy(), copy_kind: low(3), ...stream(4) }, ptsz),
  runtime(11, 'cudaMemcpy2D', 'copy', copy2d, ptds),
  runtime(12, 'cudaMemcpy2DAsync', 'copy', { ...copy2d, ...stream(7) }, ptsz),
  runtime(13, 'cudaMemcpyPeer', 'copy', peer),
  runtime(14, 'cudaMemcpyPeerAsync', 'copy', { ...peer, ...stream(5) }),
  runtime(15, 'cudaMemset', 'fill', fill, ptds),
  runtime(16, 'cudaMemsetAsync', 'fill', { ...fill, ...stream(3) }, ptsz),
  runtime(17, 'cudaMalloc', 'alloc', { bytes: slot(1) }, { ptr: returned(0) }),
  runtime(18, 'cudaMallocAsync', 'alloc', { bytes: slot(1), ...stream(2) }, { ...ptsz, ptr: returned(0) }),
  runtime(19, 'cudaMallocManaged', 'alloc', { bytes: slot(1), flags: low(2) }, { ptr: returned(0) }),
  runtime(20, 'cudaMallocHost', 'alloc', { bytes: slot(1) }, { ptr: returned(0) }),
  runtime(21, 'cudaHostAlloc', 'alloc', { bytes: slot(1), flags: low(2) }, { ptr: returned(0) }),
  runtime(22, 'cudaFree', 'free', {}, { ptr: given(0) }),
  runtime(23, 'cudaFreeAsync', 'free', stream(1), { ...ptsz, ptr: given(0) }),
  runtime(24, 'cudaFreeHost', 'free', {}, { ptr: given(0) }),
  runtime(25, 'cudaStreamSynchronize', 'sync', stream(0), ptsz),
  runtime(26, 'cudaDeviceSynchronize', 'sync', {}),
  runtime(27, 'cudaEventSynchronize', 'sync', { event: slot(0) }),
  runtime(28, 'cudaEventRecord', 'event', { event: slot(0), ...stream(1) }, ptsz),
  runtime(29, 'cudaEventQuery', 'query', { event: slot(0) }),
  runtime(30, 'cudaStreamWaitEvent', 'event', { ...stream(0), event: slot(1), flags: low(2) }, ptsz),
  runtime(31, 'cudaStreamCreate', 'stream', {}, { ptr: returned(0) }),
  runtime(32, 'cudaStreamCreateWithFlags', 'stream', { flags: low(1) }, { ptr: returned(0) }),
  runtime(33, 'cudaStreamCreateWithPriority', 'stream', { flags: low(1), priority: low(2) }, { ptr: returned(0) }),
  runtime(34, 'cudaSetDevice', 'device', { device: low(0) }),

  // Driver: libcuda
  driver(101, 'cuLaunchKernel', 'launch', driverLaunch, ptsz),
  driver(102, 'cuLaunchKernelEx', 'launch', configLaunch(low), ptsz),
  driver(103, 'cuLaunchCooperativeKernel', 'launch', driverLaunch, ptsz),
  driver(104, 'cuGraphLaunch', 'launch', { graph: slot(0), ...stream(1) }, ptsz),
  driver(105, 'cuMemcpyHtoD', 'copy', copy(), { also: ['cuMemcpyHtoD_v2'], ...ptds }),
  driver(106, 'cuMemcpyDtoH', 'copy', copy(), { also: ['cuMemcpyDtoH_v2'], ...ptds }),
  driver(107, 'cuMemcpyDtoD', 'copy', copy(), { also: ['cuMemcpyDtoD_v2'], ...ptds }),
  driver(108, 'cuMemcpyHtoDAsync', 'copy', { ...copy(), ...stream(3) }, { also: ['cuMemcpyHtoDAsync_v2'], ...ptsz }),
  driver(109, 'cuMemcpyDtoHAsync', 'copy', { ...copy(), ...stream(3) }, { also: ['cuMemcpyDtoHAsync_v2'], ...ptsz }),
  driver(110, 'cuMemcpyDtoDAsync', 'copy', { ...copy(), ...stream(3) }, { also: ['cuMemcpyDtoDAsync_v2'], ...ptsz }),
  driver(111, 'cuMemcpy', 'copy', copy(), ptds),
  driver(112, 'cuMemcpyAsync', 'copy', { ...copy(), ...stream(3) }, ptsz),
  driver(113, 'cuMemAlloc', 'alloc', { bytes: slot(1) }, { also: ['cuMemAlloc_v2'], ptr: returned(0) }),
  driver(114, 'cuMemAllocManaged', 'alloc', { bytes: slot(1), flags: low(2) }, { ptr: returned(0) }),
  driver(115, 'cuMemAllocAsync', 'alloc', { bytes: slot(1), ...stream(2) }, { ...ptsz, ptr: returned(0) }),
  driver(116, 'cuMemFree', 'free', {}, { also: ['cuMemFree_v2'], ptr: given(0) }),
  driver(117, 'cuMemCreate', 'alloc', { bytes: slot(1), flags: slot(3) }, { ptr: returned(0) }),
  driver(118, 'cuCtxSynchronize', 'sync', {}, { also: ['cuCtxSynchronize_v2'] }),
  driver(119, 'cuStreamSynchronize', 'sync', stream(0), ptsz),
  driver(120, 'cuEventSynchronize', 'sync', { event: slot(0) }),
  driver(121, 'cuModuleLoad', 'load', {}, { ptr: returned(0) }),
  driver(122, 'cuModuleLoadData', 'load', {}, { ptr: returned(0) }),
  driver(123, 'cuModuleLoadDataEx', 'load', {}, { ptr: returned(0) }),
  driver(124, 'cuModuleLoadFatBinary', 'load', {}, { ptr: returned(0) }),
  driver(125, 'cuLibraryLoadData', 'load', {}, { ptr: returned(0) }),
  driver(126, 'cuLibraryLoadFromFile', 'load', {}, { ptr: returned(0) }),
  driver(127, 'cuModuleGetFunction', 'load', { module: slot(1) }, { ptr: returned(0) }),
  driver(128, 'cuMemFreeAsync', 'free', stream(1), { ...ptsz, ptr: given(0) }),
  driver(129, 'cuMemcpyPeer', 'copy', { dst: slot(0), src: slot(2), bytes: slot(4) }, ptds),
  driver(130, 'cuMemcpyPeerAsync', 'copy', { dst: slot(0), src: slot(2), bytes: slot(4), ...stream(5) }, ptsz),
];
