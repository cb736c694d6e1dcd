// Assembles eBPF instructions: a program is a list of instructions and labels, and comes out as the bytes that the kernel
// takes. Knows the instruction set (linux/bpf.h, Documentation/bpf/standardization/instruction-set.rst), not what programs do.

export type Register = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10;
/** Bytes of a load or store. */
export type Width = 1 | 2 | 4 | 8;
export type Jump = '==' | '!=' | '>' | '>=' | '<' | '<=' | 's>' | 's>=' | 's<' | 's<=' | '&';

type Instruction = {
  readonly code: number;
  readonly dst: number;
  readonly src: number;
  readonly off: number | string;
  readonly imm: number;
};

const LDX = 0x61;
const ST = 0x62;
const STX = 0x63;
const SIZE: Readonly<Record<Width, number>> = { 4: 0x00, 2: 0x08, 1: 0x10, 8: 0x18 };
const JUMPS: Readonly<Record<Jump, number>> = {
  '==': 0x10,
  '>': 0x20,
  '>=': 0x30,
  '&': 0x40,
  '!=': 0x50,
  's>': 0x60,
  's>=': 0x70,
  '<': 0xa0,
  '<=': 0xb0,
  's<': 0xc0,
  's<=': 0xd0,
};
const JMP = 0x05;
const ALU64 = 0x07;
const FROM_REGISTER = 0x08;
const ALU = {
  add: 0x00,
  mul: 0x20,
  and: 0x50,
  lsh: 0x60,
  rsh: 0x70,
  mod: 0x90,
  xor: 0xa0,
  mov: 0xb0,
  arsh: 0xc0,
} as const;
const ATOMIC_8 = 0xdb;
const FETCH_ADD = 0x01;
const LOAD_64 = 0x18;
const MAP_FD = 1;
const MAP_VALUE = 2;
const CALL = 0x85;
const EXIT = 0x95;
const INSTRUCTION_BYTES = 8;

const fits = (value: number) => value >= -0x8000_0000 && value <= 0x7fff_ffff;

/** A program under construction. */
export const createAssembler = () => {
  const instructions: Instruction[] = [];
  const labels = new Map<string, number>();
  const put = (code: number, dst: number, src: number, off: number | string, imm: number) => {
    instructions.push({ code, dst, src, off, imm });
  };
  const wide = (dst: Register, src: number, low: number, high: number) => {
    put(LOAD_64, dst, src, 0, low);
    put(0, 0, 0, 0, high);
  };
  const arithmetic = (operation: keyof typeof ALU) => (dst: Register, imm: number) =>
    put(ALU64 | ALU[operation], dst, 0, 0, imm);
  return {
    load: (width: Width, dst: Register, from: Register, off: number) => put(LDX | SIZE[width], dst, from, off, 0),
    store: (width: Width, to: Register, off: number, src: Register) => put(STX | SIZE[width], to, src, off, 0),
    storeNumber: (width: Width, to: Register, off: number, value: number) => put(ST | SIZE[width], to, 0, off, value),
    move: (dst: Register, src: Register) => put(ALU64 | ALU.mov | FROM_REGISTER, dst, src, 0, 0),
    addRegister: (dst: Register, src: Register) => put(ALU64 | ALU.add | FROM_REGISTER, dst, src, 0, 0),
    subtractRegister: (dst: Register, src: Register) => put(ALU64 | 0x10 | FROM_REGISTER, dst, src, 0, 0),
    /** Any whole number up to 2^53. */
    number: (dst: Register, value: number) => {
      if (fits(value)) return put(ALU64 | ALU.mov, dst, 0, 0, value);
      const bits = BigInt.asUintN(64, BigInt(value));
      wide(dst, 0, Number(BigInt.asIntN(32, bits)), Number(BigInt.asIntN(32, bits >> 32n)));
    },
    add: arithmetic('add'),
    and: arithmetic('and'),
    mod: arithmetic('mod'),
    multiply: arithmetic('mul'),
    xor: arithmetic('xor'),
    shiftLeft: arithmetic('lsh'),
    shiftRight: arithmetic('rsh'),
    shiftRightSigned: arithmetic('arsh'),
    /** r[src] = *(u64 *)(r[to] + off), which grows by what r[src] held. */
    fetchAdd: (to: Register, off: number, src: Register) => put(ATOMIC_8, to, src, off, FETCH_ADD),
    map: (dst: Register, fd: number) => wide(dst, MAP_FD, fd, 0),
    /** The address of the only value of an array. */
    mapValue: (dst: Register, fd: number) => wide(dst, MAP_VALUE, fd, 0),
    jump: (to: string) => put(JMP, 0, 0, to, 0),
    /** Jumps where `r[dst] jump value` holds; `value` has to fit 32 bits. */
    jumpIf: (dst: Register, jump: Jump, value: number, to: string) => put(JMP | JUMPS[jump], dst, 0, to, value | 0),
    jumpIfRegister: (dst: Register, jump: Jump, src: Register, to: string) =>
      put(JMP | JUMPS[jump] | FROM_REGISTER, dst, src, to, 0),
    call: (helper: number) => put(CALL, 0, 0, 0, helper),
    exit: () => put(EXIT, 0, 0, 0, 0),
    label: (name: string) => {
      labels.set(name, instructions.length);
    },
    /** Whether a number can be the second part of `jumpIf`. */
    fits,
    /** The bytes of the program. Throws when a label is missing: a fault of the caller. */
    bytes: (): Uint8Array => {
      const view = new DataView(new ArrayBuffer(instructions.length * INSTRUCTION_BYTES));
      for (const [i, { code, dst, src, off, imm }] of instructions.entries()) {
        const to = typeof off === 'string' ? labels.get(off) : undefined;
        if (typeof off === 'string' && to === undefined) throw new Error(`no label ${off}`);
        view.setUint8(i * INSTRUCTION_BYTES, code);
        view.setUint8(i * INSTRUCTION_BYTES + 1, dst | (src << 4));
        view.setInt16(i * INSTRUCTION_BYTES + 2, typeof off === 'number' ? off : (to ?? 0) - i - 1, true);
        view.setInt32(i * INSTRUCTION_BYTES + 4, imm, true);
      }
      return new Uint8Array(view.buffer);
    },
  };
};
export type Assembler = ReturnType<typeof createAssembler>;
