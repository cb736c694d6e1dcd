// Writes the kernel side of a subscription: tests, sampling, rate limit, record. One program for each subscription, assembled
// here, so no compiler is needed and each test costs a load and a jump.
import { type Assembler, createAssembler, type Jump, type Register, type Width } from './assembler.ts';
import type { ChoiceTest, NumberTest, OwnFact, Test, TextTest } from './conditions.ts';
import { type FairLimit, limit, noteLimited } from './fair-limit.ts';
import type { Field } from './format.ts';
import { HEAD, type RecordLayout, SKIPPED, TEXT_BYTES } from './record.ts';
import { CONTEXT, COUNTS, FRAME, HELPER, RECORD, STACK, WHO } from './registers.ts';

/** Counters of a subscription on one CPU, in the order in which they lie in the map's value, 8 bytes each. */
export const COUNTERS = ['seen', 'matched', 'sampled_out', 'limited', 'lost', 'sent'] as const;
const counterAt = (name: (typeof COUNTERS)[number]) => COUNTERS.indexOf(name) * 8;

/** How events that match are sent, whatever they are of. */
export type Delivery = FairLimit & {
  readonly layout: RecordLayout;
  readonly subscription: number;
  /** One of so many matching events is taken. */
  readonly sample: number;
  /** As with every limit; 0: count only. */
  readonly rate: number;
  /** Wake the reader at each event. */
  readonly wake: boolean;
  readonly ringFd: number;
};

export type ProgramPlan = Delivery & {
  readonly tests: readonly Test[];
  /** Our own process, which is left out. */
  readonly observer: number;
  readonly countersFd: number;
};

const BPF_RB_NO_WAKEUP = 1;
const BPF_RB_FORCE_WAKEUP = 2;

/** The opposite of an operator, signed or not: the jump that leaves. */
const OPPOSITE: Readonly<Record<Exclude<NumberTest['operator'], '&'>, Jump>> = {
  '==': '!=',
  '!=': '==',
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
};
const signedJump: Readonly<Partial<Record<Jump, Jump>>> = { '>': 's>', '>=': 's>=', '<': 's<', '<=': 's<=' };

const widthOf = (size: number): Width | undefined => ([1, 2, 4, 8] as const).find((width) => width === size);

const count = (to: Assembler, name: (typeof COUNTERS)[number]) => {
  to.load(8, 1, COUNTS, counterAt(name));
  to.add(1, 1);
  to.store(8, COUNTS, counterAt(name), 1);
};

const loadOwn = (to: Assembler, fact: Exclude<OwnFact, 'current.comm'>) => {
  if (fact === 'cpu') to.call(HELPER.get_smp_processor_id);
  if (fact === 'current.uid') to.call(HELPER.get_current_uid_gid);
  to.move(1, fact === 'cpu' || fact === 'current.uid' ? 0 : WHO);
  if (fact === 'current.pid') to.shiftRight(1, 32);
  if (fact === 'current.tid' || fact === 'current.uid') {
    to.shiftLeft(1, 32);
    to.shiftRight(1, 32);
  }
};

const loadField = (to: Assembler, { size, offset, signed }: Field) => {
  const width = widthOf(size) ?? 8;
  // A load from the record has to be aligned; of the few fields that are not, a copy is read.
  if (offset % width === 0) to.load(width, 1, CONTEXT, offset);
  else {
    to.storeNumber(8, FRAME, STACK.key, 0);
    to.move(1, FRAME);
    to.add(1, STACK.key);
    to.number(2, width);
    to.move(3, CONTEXT);
    to.add(3, offset);
    to.call(HELPER.probe_read_kernel);
    to.load(width, 1, FRAME, STACK.key);
  }
  if (!signed || width === 8) return;
  to.shiftLeft(1, 64 - 8 * width);
  to.shiftRightSigned(1, 64 - 8 * width);
};

const testChoice = (to: Assembler, { of, values }: ChoiceTest, index: number) => {
  if (typeof of !== 'string') loadField(to, of);
  else if (of !== 'current.comm') loadOwn(to, of);
  for (const value of values) {
    if (to.fits(value)) to.jumpIf(1, '==', value, `chosen${index}`);
    else {
      to.number(2, value);
      to.jumpIfRegister(1, '==', 2, `chosen${index}`);
    }
  }
  to.jump('out');
  to.label(`chosen${index}`);
};

const testNumber = (to: Assembler, { of, operator, value }: NumberTest, index: number) => {
  if (typeof of === 'string') {
    if (of === 'current.comm') return;
    loadOwn(to, of);
  } else loadField(to, of);
  const isSigned = typeof of !== 'string' && of.signed;
  const jump = operator === '&' ? '&' : (isSigned && signedJump[OPPOSITE[operator]]) || OPPOSITE[operator];
  const away = operator === '&' ? `bits${index}` : 'out';
  if (to.fits(value)) to.jumpIf(1, jump, value, away);
  else {
    to.number(2, value);
    to.jumpIfRegister(1, jump, 2, away);
  }
  if (operator !== '&') return;
  to.jump('out');
  to.label(away);
};

/** Puts the address of a text outside of the record into r3. */
const locate = (to: Assembler, { kind, offset, type }: Field) => {
  if (kind === 'user_text') return to.load(8, 3, CONTEXT, offset);
  to.load(4, 3, CONTEXT, offset);
  to.and(3, 0xffff);
  if (type.startsWith('__rel_loc')) to.add(3, offset + 4);
  to.addRegister(3, CONTEXT);
};

/** Brings a text, as far as it is compared, where its bytes can be loaded. Returns from where and at which offset. */
const bringText = (to: Assembler, of: TextTest['of'], bytes: number): readonly [Register, number] => {
  if (of !== 'current.comm' && of.kind === 'text') return [CONTEXT, of.offset];
  to.move(1, FRAME);
  to.add(1, STACK.text);
  if (of === 'current.comm') {
    to.number(2, 16);
    to.call(HELPER.get_current_comm);
    return [FRAME, STACK.text];
  }
  to.number(2, bytes + 1);
  locate(to, of);
  to.call(of.kind === 'user_text' ? HELPER.probe_read_user_str : HELPER.probe_read_kernel_str);
  return [FRAME, STACK.text];
};

const testText = (to: Assembler, { of, operator, value }: TextTest, index: number) => {
  const literal = new TextEncoder().encode(operator === 'prefix' ? value : `${value}\0`);
  const room = of === 'current.comm' ? 16 : of.kind === 'text' ? of.size : TEXT_BYTES;
  const differs = operator === '!=' ? `differs${index}` : 'out';
  if (literal.length > room) {
    // It is never there. The kernel refuses instructions that nothing leads to, so this is written as a question.
    to.number(1, operator === '!=' ? 1 : 0);
    to.jumpIf(1, '==', 0, 'out');
    return;
  }
  const [base, offset] = bringText(to, of, literal.length);
  if (base === FRAME && of !== 'current.comm') to.jumpIf(0, 's<', 0, differs);
  const view = new DataView(literal.buffer);
  for (let at = 0; at < literal.length; ) {
    const width = ([4, 2, 1] as const).find((one) => at + one <= literal.length && (offset + at) % one === 0) ?? 1;
    const wanted = width === 4 ? view.getUint32(at, true) : width === 2 ? view.getUint16(at, true) : view.getUint8(at);
    to.load(width, 1, base, offset + at);
    if (to.fits(wanted)) to.jumpIf(1, '!=', wanted, differs);
    else {
      to.number(2, wanted);
      to.jumpIfRegister(1, '!=', 2, differs);
    }
    at += width;
  }
  if (operator !== '!=') return;
  to.jump('out');
  to.label(differs);
};

const writeHead = (to: Assembler, subscription: number) => {
  to.storeNumber(4, RECORD, HEAD.subscription, subscription);
  to.load(8, 1, FRAME, STACK.time);
  to.store(8, RECORD, HEAD.time, 1);
  to.store(8, RECORD, HEAD.tid, WHO);
  to.call(HELPER.get_smp_processor_id);
  to.store(4, RECORD, HEAD.cpu, 0);
  to.load(8, 1, FRAME, STACK.user);
  to.store(8, RECORD, HEAD.uid, 1);
  to.move(1, RECORD);
  to.add(1, HEAD.comm);
  to.number(2, 16);
  to.call(HELPER.get_current_comm);
};

const writeBody = (to: Assembler, { fixed, texts }: RecordLayout) => {
  if (fixed > 0) {
    to.move(1, RECORD);
    to.add(1, HEAD.size);
    to.number(2, fixed);
    to.move(3, CONTEXT);
    to.add(3, SKIPPED);
    to.call(HELPER.probe_read_kernel);
  }
  for (const { field, at } of texts) {
    to.move(1, RECORD);
    to.add(1, at + 8);
    to.number(2, TEXT_BYTES);
    locate(to, field);
    to.call(field.kind === 'user_text' ? HELPER.probe_read_user_str : HELPER.probe_read_kernel_str);
    to.store(8, RECORD, at, 0);
  }
};

/** The beginning of every program: CONTEXT, COUNTS, WHO. Leaves for `away` where there are no counters. */
export const begin = (to: Assembler, countersFd: number, away: string): void => {
  to.move(CONTEXT, 1);
  to.storeNumber(4, FRAME, STACK.key, 0);
  to.move(2, FRAME);
  to.add(2, STACK.key);
  to.map(1, countersFd);
  to.call(HELPER.map_lookup_elem);
  to.jumpIf(0, '==', 0, away);
  to.move(COUNTS, 0);
  to.call(HELPER.get_current_pid_tgid);
  to.move(WHO, 0);
};

/** Counts an event of another program than ours; leaves with one of ours. */
export const countSeen = (to: Assembler, observer: number): void => {
  to.move(1, WHO);
  to.shiftRight(1, 32);
  to.jumpIf(1, '==', observer, 'out');
  count(to, 'seen');
};

/** Leaves for `out` unless all tests hold, of fields that lie where CONTEXT points to. */
export const testAll = (to: Assembler, tests: readonly Test[]): void => {
  for (const [i, test] of tests.entries())
    if (test.kind === 'choice') testChoice(to, test, i);
    else if (test.kind === 'number') testNumber(to, test, i);
    else testText(to, test, i);
};

/** What becomes of an event that matched: counted, sampled, limited, sent. Ends with a jump to `out`. */
export const deliver = (to: Assembler, plan: Delivery): void => {
  count(to, 'matched');
  if (plan.rate === 0) return;
  if (plan.sample > 1) {
    to.call(HELPER.get_prandom_u32);
    to.mod(0, plan.sample);
    to.jumpIf(0, '!=', 0, 'sampled_out');
  }
  limit(to, plan);
  to.map(1, plan.ringFd);
  to.number(2, plan.layout.size);
  to.number(3, 0);
  to.call(HELPER.ringbuf_reserve);
  to.jumpIf(0, '==', 0, 'lost');
  to.move(RECORD, 0);
  writeHead(to, plan.subscription);
  writeBody(to, plan.layout);
  to.move(1, RECORD);
  to.number(2, plan.wake ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
  to.call(HELPER.ringbuf_submit);
  count(to, 'sent');
  to.jump('out');
  for (const name of ['lost', ...(plan.sample > 1 ? (['sampled_out'] as const) : [])] as const) {
    to.label(name);
    count(to, name);
    to.jump('out');
  }
  to.label('limited');
  count(to, 'limited');
  noteLimited(to, plan);
};

/** The end of every program. */
export const leave = (to: Assembler): Uint8Array => {
  to.number(0, 0);
  to.exit();
  return to.bytes();
};

/** The instructions of a subscription to a tracepoint, 8 bytes each. */
export const assembleProgram = (plan: ProgramPlan): Uint8Array => {
  const to = createAssembler();
  begin(to, plan.countersFd, 'out');
  countSeen(to, plan.observer);
  testAll(to, plan.tests);
  deliver(to, plan);
  to.label('out');
  return leave(to);
};
