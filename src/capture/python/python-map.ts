// Tells the kernel side in which processes it can read the frames of Python, and where in them.
import { layoutOf } from '../../catalogue/derive/layout.ts';
import { kernelStructs } from '../../catalogue/kernel-structs.ts';
import type { Kernel } from '../load.ts';

const struct = layoutOf(kernelStructs.python_process.fields);
type Member = (typeof kernelStructs.python_process.fields)[number]['name'];

/** A process that is proven to run a Python we can read: members of struct python_process. */
export type PythonProcess = Readonly<Record<Member, number>>;

const ANY = 0;
const NOEXIST = 1;
const EEXIST = 17;
const key = (pid: number): Uint8Array => new Uint8Array(Uint32Array.of(pid).buffer);

/** The bytes of struct wt_python_process. */
export const encodePython = (process: PythonProcess): Uint8Array => {
  const bytes = Buffer.alloc(struct.size);
  for (const { name } of kernelStructs.python_process.fields) {
    const at = struct.at(name).offset;
    if (name === 'code_type') bytes.writeBigUInt64LE(BigInt(process[name]), at);
    else bytes.writeUInt32LE(process[name], at);
  }
  return bytes;
};

/** From now on the stacks of this process have its Python frames; false when the kernel's table is full. */
export const tellPython = ({ bpf, map }: Kernel, pid: number, process: PythonProcess): boolean =>
  bpf.update(map('pythons'), key(pid), encodePython(process), ANY) === 0;

/** The same for a child, unless the kernel side has seen to that when it was forked; it then counts where there is no room. */
export const tellForked = ({ bpf, map }: Kernel, pid: number, process: PythonProcess): boolean =>
  [0, -EEXIST].includes(bpf.update(map('pythons'), key(pid), encodePython(process), NOEXIST));

/** For a process that has ended or executes another program. */
export const forgetPython = ({ bpf, map }: Kernel, pid: number): void => {
  bpf.remove(map('pythons'), key(pid));
};
