// Stacks as they are written. One that was taken gets its number at once and its frames later, when they have been found in
// another thread; only then it is known to be equal to another.
import { field } from '../field.ts';
import { table } from '../table.ts';

const id = field('id', 'id', 'row number, in the order of writing');

export const stackTables = {
  taken_stack: table({
    name: 'taken_stack',
    doc: 'stacks that were taken, one row each; those with the same frames refer to one row of stack',
    columns: [
      id,
      field('stack', 'ref', 'stack.id, null when its frames are not known or not found yet'),
      field('reason', 'small', '0 a call, 1 a wait, 2 a sample of a running thread'),
      field('op', 'ref', 'meta_op.id of the call, else null'),
      field('weight', 'weight', 'how many events like its own it stands for; 1 for a slow one'),
    ],
  }),
  stack: table({
    name: 'stack',
    doc: 'distinct stacks',
    columns: [
      id,
      field('pid', 'pid', 'process'),
      field('frames', 'number', 'number of frames'),
      field('complete', 'boolean', '1 when its outermost frame was reached, 0 when it is cut'),
    ],
  }),
  stack_frame: table({
    name: 'stack_frame',
    doc: 'frames of a stack, the innermost first',
    columns: [
      field('stack', 'ref', 'stack.id'),
      field('position', 'number', '0 is the innermost: of a call its caller'),
      field('frame', 'ref', 'frame.id'),
    ],
    primaryKey: ['stack', 'position'],
  }),
  frame: table({
    name: 'frame',
    doc: 'distinct places in the code with their names',
    columns: [
      id,
      field('kind', 'text', 'native, python, kernel or jit'),
      field('name', 'untrusted_text', 'function, null when it has no symbol'),
      field('module', 'untrusted_text', 'name of the file the code is in, null for Python'),
      field('path', 'untrusted_text', 'path of that file as its process sees it, else null'),
      field('offset', 'number', 'bytes from the start of the function, or of the file when it has no symbol'),
      field('file', 'untrusted_text', 'source file, null when it is not known'),
      field('line', 'number', 'line of the source file that was executed, null when it is not known'),
    ],
  }),
  cpu_sample: table({
    name: 'cpu_sample',
    doc: 'samples of threads that ran on a CPU: each stands for 1 / recording.sample_hz seconds of CPU time',
    columns: [
      id,
      field('time_ns', 'time', 'when'),
      field('thread', 'ref', 'thread.id of who ran'),
      field('cpu', 'cpu', 'CPU it ran on'),
      field('taken', 'ref', 'taken_stack.id'),
    ],
  }),
} as const;
