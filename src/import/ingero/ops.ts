// Which calls of the catalogue Ingero's operations are, and what its two argument columns hold. Ids from pkg/events/types.go,
// arguments from bpf/cuda_trace.bpf.c and bpf/driver_trace.bpf.c of github.com/ingero-io/ingero.
import { type ArgumentName, argumentNames } from '../../catalogue/arguments.ts';
import { calls } from '../../catalogue/calls.ts';
import { sources } from './schema.ts';

/** What an argument column holds: an argument of the call, the pointer that it frees, or nothing that is kept. */
type Holds = ArgumentName | 'ptr' | undefined;
type Mapped = { readonly id: number; readonly op: string; readonly arg0: Holds; readonly arg1: Holds };

const idOf: ReadonlyMap<string, number> = new Map(calls.map(({ op, id }) => [op, id]));
/** Its own short names for calls of the catalogue. */
const SHORT: Readonly<Record<string, string>> = {
  cudaStreamSync: 'cudaStreamSynchronize',
  cudaDeviceSync: 'cudaDeviceSynchronize',
};

const known: readonly (readonly [source: number, op: number, name: string, arg0?: Holds, arg1?: Holds])[] = [
  [sources.cuda, 1, 'cudaMalloc', 'bytes'],
  [sources.cuda, 2, 'cudaFree', 'ptr'],
  [sources.cuda, 3, 'cudaLaunchKernel', 'fn'],
  [sources.cuda, 4, 'cudaMemcpy', 'bytes', 'copy_kind'],
  [sources.cuda, 5, 'cudaStreamSynchronize', 'stream'],
  [sources.cuda, 6, 'cudaDeviceSynchronize'],
  [sources.cuda, 7, 'cudaMemcpyAsync', 'bytes', 'copy_kind'],
  [sources.cuda, 8, 'cudaMallocManaged', 'bytes'],
  [sources.driver, 1, 'cuLaunchKernel', 'fn'],
  [sources.driver, 2, 'cuMemcpy', 'bytes'],
  [sources.driver, 3, 'cuMemcpyAsync', 'bytes'],
  [sources.driver, 4, 'cuCtxSynchronize'],
  [sources.driver, 5, 'cuMemAlloc', 'bytes'],
  [sources.driver, 6, 'cuMemAllocManaged', 'bytes'],
  [sources.graph, 1, 'cudaStreamBeginCapture'],
  [sources.graph, 2, 'cudaStreamEndCapture'],
  [sources.graph, 3, 'cudaGraphInstantiate'],
  [sources.graph, 4, 'cudaGraphLaunch'],
];

const key = (source: number, op: number) => source * 1000 + op;
const mapped = new Map<number, Mapped>(
  known.flatMap(([source, op, name, arg0, arg1]) => {
    const id = idOf.get(name);
    return id === undefined ? [] : [[key(source, op), { id, op: name, arg0, arg1 }] as const];
  }),
);

/** Finds the call of an event; `named` are the file's own names of operations, for those that are newer than this list. */
export const createOps = (
  named: readonly { readonly source: number; readonly op: number; readonly name: string }[],
) => {
  const all = new Map(mapped);
  for (const { source, op, name } of named) {
    const id = idOf.get(SHORT[name] ?? name);
    const isCall = source === sources.cuda || source === sources.driver;
    if (isCall && id !== undefined && !all.has(key(source, op)))
      all.set(key(source, op), { id, op: name, arg0: undefined, arg1: undefined });
  }
  return {
    callOf: (source: number, op: number): Mapped | undefined => all.get(key(source, op)),
    /** The call that its name, long or short, stands for. */
    named: (name: string): Mapped | undefined => [...all.values()].find(({ op }) => op === (SHORT[name] ?? name)),
    sourceOf: (call: Mapped): readonly (readonly [source: number, op: number])[] =>
      [...all].flatMap(([at, { id }]) => (id === call.id ? [[Math.floor(at / 1000), at % 1000] as const] : [])),
  };
};

export type Ops = ReturnType<typeof createOps>;

/** The values of `call_args` and the pointer of a call. */
export const argumentsOf = ({ arg0, arg1 }: Mapped, first: number, second: number) => {
  const value = (name: ArgumentName) => (name === arg0 ? first : name === arg1 ? second : null);
  return { values: argumentNames.map(value), ptr: arg0 === 'ptr' ? first : 0 };
};
