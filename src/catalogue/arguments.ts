// The arguments of library calls that are kept, by meaning: one column each, shared by all calls.
// Which register or memory word a call takes it from is said in the call's own line.
import type { Kind } from './kinds.ts';

type Argument = { readonly kind: Kind; readonly doc: string };

const argument = (kind: Kind, doc: string): Argument => ({ kind, doc });

export const callArguments = {
  fn: argument('address', 'kernel function: host stub (runtime) or CUfunction (driver)'),
  stream: argument('handle', 'stream; 0 is the default stream'),
  bytes: argument('bytes', 'size of the copy, fill or allocation'),
  dst: argument('address', 'destination of a copy or fill'),
  src: argument('address', 'source of a copy'),
  copy_kind: argument(
    'number',
    'cudaMemcpyKind: 0 host to host, 1 host to device, 2 device to host, 3 device to device, 4 by pointer',
  ),
  width: argument('bytes', 'bytes in a row of a two-dimensional copy'),
  height: argument('count', 'rows of a two-dimensional copy'),
  grid_x: argument('count', 'blocks in x'),
  grid_y: argument('count', 'blocks in y'),
  grid_z: argument('count', 'blocks in z'),
  block_x: argument('count', 'threads of a block in x'),
  block_y: argument('count', 'threads of a block in y'),
  block_z: argument('count', 'threads of a block in z'),
  shared_bytes: argument('bytes', 'dynamic shared memory of a block'),
  event: argument('handle', 'CUDA event'),
  graph: argument('handle', 'graph, or executable graph for a launch'),
  module: argument('handle', 'module or library'),
  device: argument('number', 'device number'),
  peer_device: argument('number', 'device number of the source'),
  value: argument('number', 'value that memory is filled with'),
  mode: argument('number', 'capture mode: 0 global, 1 thread-local, 2 relaxed'),
  flags: argument('flags', 'flags as given'),
  priority: argument('signed', 'priority of a stream, lower is more urgent'),
} as const;

export type ArgumentName = keyof typeof callArguments;

export const isArgumentName = (name: string): name is ArgumentName => name in callArguments;
/** Every argument, in the order of the columns of `call_args`. */
export const argumentNames: readonly ArgumentName[] = Object.keys(callArguments).filter(isArgumentName);
