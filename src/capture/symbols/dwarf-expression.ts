// Evaluates the small stack programs by which unwind tables say where a frame or a register is: those of PLT entries,
// signal frames and functions that align their stack. Must not know which of them it runs.
// Operations: DWARF 5, 2.5.1 and 7.7.1. Numbers are 64 bits wide here, hence bigint: such rules are rare.

/** What an expression may look at: registers by DWARF's numbers, and 8 bytes of memory, as unsigned numbers of 64 bits. */
export type ExpressionInput = {
  register: (register: number) => bigint | undefined;
  memory: (address: bigint) => bigint | undefined;
};

const MAX_STEPS = 1000;
const MAX_DEPTH = 64;
const signed = (value: bigint): bigint => BigInt.asIntN(64, value);
const unsigned = (value: bigint): bigint => BigInt.asUintN(64, value);
const truth = (value: boolean): bigint => (value ? 1n : 0n);

/** Operations on the two topmost values; `a` was pushed first. */
const BINARY: Readonly<Record<number, (a: bigint, b: bigint) => bigint | undefined>> = {
  26: (a, b) => a & b,
  27: (a, b) => (b === 0n ? undefined : signed(a) / signed(b)),
  28: (a, b) => a - b,
  29: (a, b) => (b === 0n ? undefined : a % b),
  30: (a, b) => a * b,
  33: (a, b) => a | b,
  34: (a, b) => a + b,
  36: (a, b) => (b > 63n ? 0n : a << b),
  37: (a, b) => (b > 63n ? 0n : a >> b),
  38: (a, b) => signed(a) >> (b > 63n ? 63n : b),
  39: (a, b) => a ^ b,
  41: (a, b) => truth(a === b),
  42: (a, b) => truth(signed(a) >= signed(b)),
  43: (a, b) => truth(signed(a) > signed(b)),
  44: (a, b) => truth(signed(a) <= signed(b)),
  45: (a, b) => truth(signed(a) < signed(b)),
  46: (a, b) => truth(a !== b),
};

const UNARY: Readonly<Record<number, (a: bigint) => bigint>> = {
  25: (a) => (signed(a) < 0n ? -a : a),
  31: (a) => -a,
  32: (a) => ~a,
};

/** The value on top at the end, as an unsigned number; undefined where something is unknown, damaged or too long. */
export const evaluateExpression = (
  code: Buffer,
  input: ExpressionInput,
  initial: readonly bigint[] = [],
): bigint | undefined => {
  const stack: bigint[] = [...initial];
  let at = 0;

  const leb = (isSigned: boolean): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = code[at++] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if ((byte & 0x80) !== 0) continue;
      return isSigned && (byte & 0x40) !== 0 ? value - (1n << (shift + 7n)) : value;
    }
    return value;
  };
  const constant = (bytes: number, isSigned: boolean): bigint | undefined => {
    const from = at;
    at += bytes;
    if (at > code.length) return undefined;
    if (bytes === 8) return code.readBigUInt64LE(from);
    return BigInt(isSigned ? code.readIntLE(from, bytes) : code.readUIntLE(from, bytes));
  };
  const push = (value: bigint | undefined): boolean => {
    if (value === undefined || stack.length >= MAX_DEPTH) return false;
    stack.push(unsigned(value));
    return true;
  };
  const top = (depth = 0): bigint | undefined => stack[stack.length - 1 - depth];
  const based = (register: number): bigint | undefined => {
    const value = input.register(register);
    const offset = leb(true);
    return value === undefined ? undefined : value + offset;
  };
  const deref = (bytes: number): boolean => {
    const address = stack.pop();
    const value = address === undefined ? undefined : input.memory(address);
    return bytes >= 1 && bytes <= 8 && push(value === undefined ? undefined : BigInt.asUintN(bytes * 8, value));
  };
  const jump = (isTaken: boolean): boolean => {
    const distance = constant(2, true);
    if (distance === undefined) return false;
    if (isTaken) at += Number(distance);
    return at >= 0 && at <= code.length;
  };
  const swap = (): boolean => {
    const [b, a] = [stack.pop(), stack.pop()];
    return push(b) && push(a);
  };
  const rotate = (): boolean => {
    const [first, second, third] = [stack.pop(), stack.pop(), stack.pop()];
    return push(first) && push(third) && push(second);
  };

  /** Runs one operation; false where it cannot. */
  const step = (op: number): boolean => {
    const binary = BINARY[op];
    if (binary) {
      const [b, a] = [stack.pop(), stack.pop()];
      return a !== undefined && b !== undefined && push(binary(a, b));
    }
    const unary = UNARY[op];
    if (unary) {
      const a = stack.pop();
      return a !== undefined && push(unary(a));
    }
    if (op >= 0x30 && op <= 0x4f) return push(BigInt(op - 0x30)); // lit0 to lit31
    if (op >= 0x70 && op <= 0x8f) return push(based(op - 0x70)); // breg0 to breg31
    switch (op) {
      case 0x03: // addr
        return push(constant(8, false));
      case 0x06:
        return deref(8);
      case 0x08: // const1u, const1s, and so on up to const8s
      case 0x09:
      case 0x0a:
      case 0x0b:
      case 0x0c:
      case 0x0d:
      case 0x0e:
      case 0x0f:
        return push(constant(2 ** ((op - 8) >> 1), (op & 1) === 1));
      case 0x10: // constu
        return push(leb(false));
      case 0x11: // consts
        return push(leb(true));
      case 0x12: // dup
        return push(top());
      case 0x13: // drop
        return stack.pop() !== undefined;
      case 0x14: // over
        return push(top(1));
      case 0x15: // pick
        return push(top(code[at++] ?? MAX_DEPTH));
      case 0x16:
        return swap();
      case 0x17: // rot: the topmost becomes the third
        return rotate();
      case 0x23: {
        // plus_uconst
        const a = stack.pop();
        return a !== undefined && push(a + leb(false));
      }
      case 0x28: {
        // bra: jumps where the topmost is not 0
        const condition = stack.pop();
        return condition !== undefined && jump(condition !== 0n);
      }
      case 0x2f: // skip
        return jump(true);
      case 0x92: // bregx
        return push(based(Number(leb(false))));
      case 0x94: // deref_size
        return deref(code[at++] ?? 0);
      case 0x96: // nop
        return true;
      default:
        return false;
    }
  };

  for (let steps = 0; at < code.length; steps++) {
    const op = code[at++] ?? 0;
    if (steps >= MAX_STEPS || !step(op)) return undefined;
  }
  return at === code.length ? top() : undefined;
};
