// Kernels before 6.8 take a loop for endless when its last instruction is no jump but runs on into its first one, as a compiler
// may place it: check_cfg in kernel/bpf/verifier.c, "back-edge from insn". The same walk over the committed objects.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { architectures, objects } from '../../scripts/bpf-objects.ts';
import { root } from './source-files.ts';

// ELF-64: include/uapi/linux/elf.h. Instructions of BPF: Documentation/bpf/standardization/instruction-set.rst.
const SYMTAB = 2;
const FUNC = 2;
const INSTRUCTION = 8;
const CLASS = 0x07;
const OP = 0xf0;
const [JMP, JMP32] = [5, 6];
const [JA, CALL, EXIT] = [0x00, 0x80, 0x90];
const WIDE = 0x18;

type Program = { readonly name: string; readonly code: Buffer };

/** The functions of an object file. */
const programsOf = (path: string): readonly Program[] => {
  const file = readFileSync(path);
  const [table, entry, count] = [Number(file.readBigUInt64LE(0x28)), file.readUInt16LE(0x3a), file.readUInt16LE(0x3c)];
  const section = (index: number) => {
    const at = table + index * entry;
    const offset = Number(file.readBigUInt64LE(at + 24));
    const bytes = file.subarray(offset, offset + Number(file.readBigUInt64LE(at + 32)));
    return { type: file.readUInt32LE(at + 4), link: file.readUInt32LE(at + 40), bytes };
  };
  const symbols = Array.from({ length: count }, (_, i) => section(i)).find(({ type }) => type === SYMTAB);
  assert.ok(symbols, path);
  const names = section(symbols.link).bytes;
  return Array.from({ length: symbols.bytes.length / 24 }, (_, i) => symbols.bytes.subarray(i * 24, i * 24 + 24))
    .filter((symbol) => (symbol.readUInt8(4) & 15) === FUNC)
    .map((symbol) => {
      const [at, start, size] = [
        symbol.readUInt32LE(0),
        Number(symbol.readBigUInt64LE(8)),
        Number(symbol.readBigUInt64LE(16)),
      ];
      const code = section(symbol.readUInt16LE(6)).bytes.subarray(start, start + size);
      return { name: names.toString('utf8', at, names.indexOf(0, at)), code };
    });
};

/** Instructions that run on into one that the walk is still below. */
const runningBack = ({ code }: Program): readonly number[] => {
  const after = (at: number): { readonly next: readonly number[]; readonly isJump: boolean } => {
    const opcode = code.readUInt8(at * INSTRUCTION);
    const kind = opcode & CLASS;
    if (opcode === WIDE) return { next: [at + 2], isJump: false };
    if ((kind !== JMP && kind !== JMP32) || (opcode & OP) === CALL) return { next: [at + 1], isJump: false };
    if ((opcode & OP) === EXIT) return { next: [], isJump: true };
    const far =
      at +
      1 +
      (kind === JMP32 && (opcode & OP) === JA
        ? code.readInt32LE(at * INSTRUCTION + 4)
        : code.readInt16LE(at * INSTRUCTION + 2));
    return { next: (opcode & OP) === JA ? [far] : [at + 1, far], isJump: true };
  };
  const state = new Map<number, 'below' | 'done'>([[0, 'below']]);
  const stack = [{ at: 0, taken: 0 }];
  const found: number[] = [];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const { next, isJump } = after(top.at);
    const to = next[top.taken++];
    if (to === undefined) {
      state.set(top.at, 'done');
      stack.pop();
    } else if (state.get(to) === 'below') {
      if (!isJump) found.push(top.at);
    } else if (state.get(to) === undefined) {
      state.set(to, 'below');
      stack.push({ at: to, taken: 0 });
    }
  }
  return found;
};

test('no loop runs on into its own beginning: older kernels would refuse it', () => {
  let seen = 0;
  const wrong = architectures.flatMap(({ name: arch }) =>
    objects.flatMap((object) =>
      programsOf(`${root}bpf/build/${arch}/${object}.bpf.o`).flatMap((program) => {
        seen++;
        return runningBack(program).map((at) => `${arch} ${object}: ${program.name}, instruction ${at}`);
      }),
    ),
  );
  assert.ok(seen > 50, `${seen} programs`);
  assert.deepEqual(wrong, []);
});

test('such a loop is found, one that jumps back is not', () => {
  const instruction = (opcode: number, offset = 0) => {
    const bytes = Buffer.alloc(INSTRUCTION);
    bytes.writeUInt8(opcode, 0);
    bytes.writeInt16LE(offset, 2);
    return bytes;
  };
  const [add, jump, jumpIf, exit] = [0x07, 0x05, 0x55, 0x95];
  // 0: to 2; 1: body; 2: head, to 1 or on; 3: end.
  const runsOn = [instruction(jump, 1), instruction(add), instruction(jumpIf, -2), instruction(exit)];
  assert.deepEqual(runningBack({ name: 'a', code: Buffer.concat(runsOn) }), [1]);
  // 0: body; 1: back to 0 or on; 2: end.
  const jumps = [instruction(add), instruction(jumpIf, -2), instruction(exit)];
  assert.deepEqual(runningBack({ name: 'b', code: Buffer.concat(jumps) }), []);
});
