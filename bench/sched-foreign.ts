// Who else watches the scheduler just now: another tracer makes every figure of these benches larger.
import { readdirSync, readFileSync } from 'node:fs';

/** Kinds of programs that hang on tracepoints: tracepoint, raw tracepoint, tracing (enum bpf_prog_type of linux/bpf.h). */
const ON_TRACEPOINTS = /^(?:prog_type:\s+(?:5|17|26)|link_type:\s+(?:raw_tracepoint|tracing))$/m;

const entries = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};
const holdsProgram = (path: string): boolean => {
  try {
    return ON_TRACEPOINTS.test(readFileSync(path, 'utf8'));
  } catch {
    return false;
  }
};

/** Processes, other than those given, that hold BPF programs on tracepoints. */
export const foreignTracers = (own: readonly number[]): readonly number[] =>
  entries('/proc')
    .filter((name) => /^\d+$/.test(name) && !own.includes(Number(name)))
    .filter((name) => entries(`/proc/${name}/fdinfo`).some((fd) => holdsProgram(`/proc/${name}/fdinfo/${fd}`)))
    .map(Number);
