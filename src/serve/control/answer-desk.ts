// One connection of the control socket, from the side that watches the kernel: checks each question, asks the desk, answers. The
// transport has let the caller in, counts its messages and puts them on record.
import { messageOf, UserError } from '../../base/errors.ts';
import type { LiveDesk } from '../../base/live-desk.ts';
import { fieldOf, textFieldOf } from '../identity/field-of.ts';
import { idOf } from '../identity/scope-table.ts';
import type { JSONRPCMessage, Transport } from '../protocol/sdk.ts';
import type { z } from '../zod.ts';
import { errors } from './errors.ts';
import { ALERTS_PER_ANSWER, CANCELLED, EVENTS_PER_ANSWER, questions, VERSION } from './language.ts';

// https://www.jsonrpc.org/specification#error_object; -32000 to -32099 are a server's own.
const OWN_ERROR = -32000;
const INTERNAL_ERROR = -32603;

type Answer = Record<string, unknown>;
type Answerer = (params: unknown, signal: AbortSignal) => Promise<Answer>;

const answerer = <P extends z.ZodObject>(
  { method, params }: { readonly method: string; readonly params: P },
  answer: (params: z.output<P>, signal: AbortSignal) => Promise<Answer>,
): readonly [string, Answerer] => [
  method,
  async (given, signal) => {
    const checked = params.safeParse(given ?? {});
    if (checked.success) return answer(checked.data, signal);
    const [issue] = checked.error.issues;
    throw errors.badQuestion({ method, why: `${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim() });
  },
];

const answerers = (desk: LiveDesk, program: string): ReadonlyMap<string, Answerer> =>
  new Map([
    answerer(questions.hello, async () => ({ version: VERSION, program })),
    answerer(questions.subscribe, async (request) => ({ facts: await desk.subscribe(request) })),
    answerer(questions.list, async () => ({ subscriptions: await desk.list() })),
    answerer(questions.facts, async ({ id }) => ({ facts: await desk.facts(id) })),
    answerer(questions.watch, async (request, signal) => {
      const take = Math.min(request.take ?? EVENTS_PER_ANSWER, EVENTS_PER_ANSWER);
      return desk.watch({ ...request, take, signal });
    }),
    answerer(questions.proof, async ({ id }) => desk.proof(id)),
    answerer(questions.unsubscribe, async ({ id }) => ({ facts: await desk.unsubscribe(id) })),
    answerer(questions.events, async () => ({ events: await desk.events() })),
    answerer(questions.start_watches, async () => {
      await desk.startWatches();
      return {};
    }),
    answerer(questions.alerts, async (request, signal) => {
      const { alerts, ...rest } = await desk.alerts({ ...request, signal });
      const more = Math.max(0, alerts.length - ALERTS_PER_ANSWER);
      return { ...rest, alerts: alerts.slice(0, ALERTS_PER_ANSWER), more };
    }),
    answerer(questions.pending, async ({ after }) => ({ pending: await desk.pending?.(after) })),
    answerer(questions.network_counters, async () => ({ counters: await desk.networkCounters() })),
    answerer(questions.news, async (request, signal) => desk.news({ ...request, signal })),
  ]);

const faultOf = (thrown: unknown) =>
  thrown instanceof UserError
    ? { code: OWN_ERROR, message: thrown.message, data: { ...thrown.parts, exit_code: thrown.exitCode } }
    : { code: INTERNAL_ERROR, message: messageOf(thrown) };

export type AnswerDeskOptions = {
  /** What this caller may see of the desk. */
  readonly desk: LiveDesk;
  /** Version of this program. */
  readonly program: string;
  /** Told of faults that are no user's. */
  readonly report: (error: Error) => void;
};

/** Answers until the connection ends; then nothing is waited for any more. */
export const answerDesk = (
  transport: Transport,
  { desk, program, report }: AnswerDeskOptions,
): { readonly close: () => Promise<void> } => {
  const known = answerers(desk, program);
  const working = new Map<string | number, AbortController>();

  const outcomeOf = async (id: string | number, method: string, params: unknown): Promise<JSONRPCMessage> => {
    const stop = new AbortController();
    working.set(id, stop);
    try {
      const answering = known.get(method);
      if (answering === undefined) throw errors.badQuestion({ method, why: 'there is no such question' });
      return { jsonrpc: '2.0', id, result: await answering(params, stop.signal) };
    } catch (thrown) {
      if (!(thrown instanceof UserError) && thrown instanceof Error) report(thrown);
      return { jsonrpc: '2.0', id, error: faultOf(thrown) };
    } finally {
      working.delete(id);
    }
  };
  const answer = async (id: string | number, method: string, params: unknown): Promise<void> => {
    const outcome = await outcomeOf(id, method, params);
    // Whoever asked may be gone.
    await transport.send(outcome).catch(() => {});
  };
  transport.onmessage = (message) => {
    const method = textFieldOf(message, 'method');
    const params = fieldOf(message, 'params');
    const id = idOf(message);
    if (method === CANCELLED) {
      const cancelled = fieldOf(params, 'requestId');
      if (typeof cancelled === 'string' || typeof cancelled === 'number') working.get(cancelled)?.abort();
    } else if (method !== undefined && id !== undefined) void answer(id, method, params);
  };
  transport.onerror = report;
  transport.onclose = () => {
    for (const stop of working.values()) stop.abort();
  };
  transport.start().catch(report);
  return { close: () => transport.close() };
};
