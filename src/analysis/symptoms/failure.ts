// Calls that failed: one chain for each operation and return code. The code is evidence; why it came up seldom is known.
import { cleanText } from '../../base/sanitize.ts';
import { countText, durationText } from '../../base/units.ts';
import { NOT_READY } from '../../catalogue/call.ts';
import type { CallRow, FailureSum, Recording } from '../../store/recording.ts';
import type { Chain } from '../chain.ts';
import { codeOfStack } from '../cluster-code.ts';
import { type CodeLine, codeText } from '../code-line.ts';
import { breakdownOf } from '../shares.ts';
import { attribute } from '../walk.ts';
import { commText } from '../words/cause.ts';
import { errorName } from '../words/error-names.ts';
import type { SlowCallFilter } from './slow-call.ts';

/** The code of a call says what is wrong (no device), or only that something is. */
const SAYS_WHY = 0.85;
const SAYS_LITTLE = 0.4;

/** Operations that say "not ready" by failing, time after time. */
const asks = (op: string): boolean => op.endsWith('Query');
const isFailure = (op: string, ret: number): boolean => !(ret === NOT_READY && asks(op));
/** Of more calls than this, other failures of those that ask are not looked for: all of them would have to be read. */
const MANY = 1_000_000;

/** Without those of calls inside of others that failed as often with the same code: the outer one passes them on. */
const withoutNested = (recording: Recording, sums: readonly FailureSum[]): readonly FailureSum[] => {
  const depths = new Map(sums.map((sum) => [sum, recording.callById(sum.longest_id)?.depth ?? 0]));
  const isOuter = (sum: FailureSum) => depths.get(sum) === 0;
  return sums.filter(
    (sum) =>
      isOuter(sum) ||
      !sums.some((one) => isOuter(one) && one.pid === sum.pid && one.ret === sum.ret && one.count >= sum.count),
  );
};

/** Operations with failed calls, as far as the filter goes. */
const failing = (recording: Recording, { pid, op }: SlowCallFilter): readonly string[] => {
  const failed = recording
    .totals()
    .filter(
      (total) => total.failed > 0 && (pid === undefined || total.pid === pid) && (op === undefined || total.op === op),
    );
  return [...new Set(failed.map((total) => total.op))];
};

const isLarge = (recording: Recording): boolean => recording.rowCounts().calls > MANY;

/** Operations whose failures are not looked for in a recording as large as this: they say "not ready" by failing. */
export const notLookedFor = (recording: Recording, filter: SlowCallFilter): readonly string[] =>
  isLarge(recording) ? failing(recording, filter).filter(asks) : [];

/** Failures by operation and code, most calls first. Reads rows only when the totals know of failed calls. */
export const failuresOf = (recording: Recording, filter: SlowCallFilter): readonly FailureSum[] => {
  const { window, pid, op } = filter;
  const left = new Set(notLookedFor(recording, filter));
  const ops = failing(recording, filter).filter((name) => !left.has(name));
  if (ops.length === 0) return [];
  const sums = recording
    .failures({ window, ops, ...(pid === undefined ? {} : { pid }), ...(op === undefined ? {} : { op }) })
    .filter((sum) => isFailure(sum.op, sum.ret));
  const groups = new Map<string, FailureSum>();
  for (const sum of sums) {
    const key = `${sum.op} ${sum.ret}`;
    const group = groups.get(key);
    const most = group === undefined || sum.count > group.count ? sum : group;
    groups.set(key, {
      ...most,
      count: (group?.count ?? 0) + sum.count,
      total_ns: (group?.total_ns ?? 0) + sum.total_ns,
      ...(group?.isEstimate === true || sum.isEstimate === true ? { isEstimate: true } : {}),
    });
  }
  return withoutNested(recording, [...groups.values()]).toSorted(
    (a, b) => b.count - a.count || a.longest_id - b.longest_id,
  );
};

const summaryOf = (
  call: CallRow,
  { count, total_ns, ret, isEstimate }: FailureSum,
  code: CodeLine | undefined,
): string => {
  const { name, says } = errorName(call.library, ret);
  const who = `${commText(call.comm)} (pid ${call.pid})`;
  const why = says === undefined ? 'the code does not say why' : `the code says that ${says}`;
  const from = code === undefined ? '' : `, called from ${codeText(code)},`;
  const about = isEstimate === true ? 'about ' : '';
  return `${call.op} of ${who}${from} failed ${about}${countText(count, 'time')} with ${name}, ${durationText(total_ns)} in total: ${why}.`;
};

/** The chain of failures of one kind; its breakdown is that of the longest. Undefined when that row is gone. */
export const chainOfFailures = (recording: Recording, sum: FailureSum, id: string): Chain | undefined => {
  const call = recording.callById(sum.longest_id);
  if (call === undefined) return undefined;
  const { name, says } = errorName(call.library, sum.ret);
  const window = { start_ns: call.start_ns, end_ns: call.start_ns + call.duration_ns };
  // A call that gave up did not wait for the device, whatever its role.
  const walk = attribute(recording, { ...call, role: 'failed' }, window);
  const comm = cleanText(call.comm, 16);
  const code = codeOfStack(recording, call.stack);
  const who = { pid: call.pid, tid: call.tid, comm };
  const total = recording.totals().find((one) => one.pid === call.pid && one.op === call.op);
  return {
    id,
    summary: summaryOf(call, sum, code),
    symptom: {
      kind: 'failure',
      op: call.op,
      ...who,
      ...window,
      duration_ns: call.duration_ns,
      baseline_ns: total?.p50_ns ?? 0,
      count: sum.count,
      ...(code === undefined ? {} : { code }),
    },
    root: { kind: 'unknown', ...who, what: name, share: 1 },
    links: [{ from_tid: call.tid, to_tid: call.tid, kind: 'unknown', ...window, evidence: [`calls:${call.id}`] }],
    breakdown: breakdownOf(walk.parts),
    closure: walk.closure,
    confidence: says === undefined ? SAYS_LITTLE : SAYS_WHY,
    grade: says === undefined ? 'E' : 'B',
    counter_evidence: [
      `other outcomes: ${total === undefined ? 'not counted' : `${total.count - total.failed} of ${total.count} calls of it in pid ${call.pid} returned 0`}`,
    ],
    recommendations: [
      says === undefined
        ? `see the calls before calls:${call.id} of pid ${call.pid}: an error is often that of earlier work`
        : `check this first: ${says}`,
    ],
  };
};
