// The program that hears JSON-RPC: at the entry of write(2) or writev(2) to descriptor 1 it compares the first eight bytes, and
// notes whose they were. Keeps no text. The arguments lie behind eight bytes that all tracepoints have and the call's number.
import { createAssembler } from '../live/assembler.ts';

/** What is noted of a process: that a message began as JSON-RPC does, or with another field that its messages may have first. */
export const RPC = 2;
const JSON_FIELD = 1;
const BEGINNINGS: readonly (readonly [text: string, says: number])[] = [
  ['{"jsonrp', RPC],
  ['{"result', JSON_FIELD],
  ['{"method', JSON_FIELD],
];

// linux/bpf.h
const MAP_UPDATE = 2;
const CURRENT_PID_TGID = 14;
const PROBE_READ_USER = 112;
const STDOUT = 1;
/** Places in the context, and on the stack below register 10. */
const FD = 16;
const BUFFER = 24;
const TEXT = -8;
const KEY = -16;
const VALUE = -24;

const wordAt = (text: string, at: number): number => Buffer.from(text, 'latin1').readInt32LE(at);

/** The bytes of the program. `isVector`: the argument is an array of struct iovec, of which the first is looked at. */
export const assembleListener = (mapFd: number, isVector: boolean): Uint8Array => {
  const asm = createAssembler();
  /** Eight bytes of the process at the address in register 3. */
  const read = () => {
    asm.move(1, 10);
    asm.add(1, TEXT);
    asm.number(2, 8);
    asm.call(PROBE_READ_USER);
    asm.jumpIf(0, '!=', 0, 'out');
  };
  asm.load(8, 2, 1, FD);
  asm.jumpIf(2, '!=', STDOUT, 'out');
  asm.load(8, 3, 1, BUFFER);
  if (isVector) {
    read();
    asm.load(8, 3, 10, TEXT);
  }
  read();
  asm.load(4, 2, 10, TEXT);
  asm.load(4, 3, 10, TEXT + 4);
  // A load leaves the upper half empty: compared as the kernel extends a number, which is positive for ASCII.
  for (const [text, says] of BEGINNINGS) {
    asm.jumpIf(2, '!=', wordAt(text, 0), `not ${text}`);
    asm.jumpIf(3, '!=', wordAt(text, 4), `not ${text}`);
    asm.number(7, says);
    asm.jump('note');
    asm.label(`not ${text}`);
  }
  asm.jump('out');
  asm.label('note');
  asm.call(CURRENT_PID_TGID);
  asm.shiftRight(0, 32);
  asm.store(4, 10, KEY, 0);
  asm.store(4, 10, VALUE, 7);
  asm.map(1, mapFd);
  asm.move(2, 10);
  asm.add(2, KEY);
  asm.move(3, 10);
  asm.add(3, VALUE);
  asm.number(4, 0);
  asm.call(MAP_UPDATE);
  asm.label('out');
  asm.number(0, 0);
  asm.exit();
  return asm.bytes();
};
