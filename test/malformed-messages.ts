// Messages that no well-behaved client sends, and what a server owes each of them. The same seed gives the same messages.
// For tests and the bench only.

/** What must come back: an error without doubt, an answer to that id, nothing, or whatever it likes. */
export type Owed =
  | { readonly kind: 'error' }
  | { readonly kind: 'answer'; readonly id: string | number }
  | { readonly kind: 'nothing' | 'anything' };
export type Malformed = { readonly bytes: Buffer; readonly owed: Owed };

/** mulberry32: a number from 0 to 1, from a state of 32 bits. */
const randomFrom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
};

const METHODS = [
  'initialize',
  'ping',
  'server/discover',
  'tools/list',
  'tools/call',
  'resources/list',
  'resources/read',
  'resources/templates/list',
  'resources/subscribe',
  'prompts/list',
  'prompts/get',
  'completion/complete',
  'logging/setLevel',
  'tasks/get',
  'roots/list',
  'sampling/createMessage',
  'no/such',
  '',
  '__proto__',
  'constructor',
  'tools/call\u0000',
  'ＴＯＯＬＳ/list',
  'notifications/initialized',
  'rpc.discover',
];
const NAMES = [
  'get_trace_stats',
  'run_sql',
  'get_check',
  'describe_schema',
  'toString',
  '__proto__',
  '',
  'x'.repeat(2_000),
  '\ud800',
  '../../etc',
];
const KEYS = [
  'name',
  'arguments',
  'uri',
  'cursor',
  '_meta',
  'ref',
  'argument',
  'protocolVersion',
  'query',
  '__proto__',
  'constructor',
  'pid',
  'limit',
  'level',
];
const VERSION = 'io.modelcontextprotocol/protocolVersion';
const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What the server owes for these bytes, judged from outside by the words of JSON-RPC 2.0. */
const owedFor = (bytes: Buffer, longest: number): Owed => {
  if (bytes.length > longest) return { kind: 'error' };
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return { kind: 'error' };
  }
  if (!isObject(value)) return { kind: 'error' };
  const { jsonrpc, method, id, params } = value;
  const sound = jsonrpc === '2.0' && typeof method === 'string' && (params === undefined || isObject(params));
  if (!sound)
    return Object.hasOwn(value, 'result') || Object.hasOwn(value, 'error') ? { kind: 'anything' } : { kind: 'error' };
  if (method === 'subscriptions/listen') return { kind: 'anything' };
  // A request may carry parts of an answer, or parts that nobody knows: whether that is one is for the server to say.
  if (!Object.keys(value).every((key) => ['jsonrpc', 'method', 'id', 'params'].includes(key)))
    return { kind: 'anything' };
  if (!Object.hasOwn(value, 'id')) return { kind: 'nothing' };
  if (typeof id === 'string' || Number.isSafeInteger(id))
    return { kind: 'answer', id: typeof id === 'string' ? id : Number(id) };
  return { kind: 'error' };
};

/** Endless messages from a seed. None holds a newline; `longest` is where the server's patience ends. */
export function* malformedMessages(seed: number, longest = 1_048_576): Generator<Malformed> {
  const random = randomFrom(seed);
  const below = (n: number): number => Math.floor(random() * n);
  const pick = <T>(list: readonly T[]): T => {
    const found = list[below(list.length)];
    if (found === undefined) throw new Error('nothing to pick from');
    return found;
  };
  const scalar = (): unknown =>
    pick([
      () => null,
      () => true,
      () => below(1e9) - 5e8,
      () => random() * 1e300,
      () => -0,
      () => '',
      () => pick(NAMES),
      () => String.fromCharCode(below(0xffff)).repeat(below(40)),
    ])();
  const anything = (depth: number): unknown => {
    const kind = depth > 4 ? 0 : below(4);
    if (kind < 2) return scalar();
    const size = below(4);
    if (kind === 2) return Array.from({ length: size }, () => anything(depth + 1));
    return Object.fromEntries(Array.from({ length: size }, () => [pick(KEYS), anything(depth + 1)]));
  };
  const params = (): unknown =>
    pick([
      () => anything(0),
      () => ({ name: pick(NAMES), arguments: anything(0) }),
      () => ({ name: pick(NAMES), arguments: { query: 'SELECT 1', limit: anything(3), nope: anything(2) } }),
      () => ({
        uri: pick([
          'whytrace://schema',
          'whytrace://process/5',
          'whytrace://chain/c9',
          'file:///etc/passwd',
          'x',
          '%zz',
        ]),
      }),
      () => ({
        _meta: { [VERSION]: pick(['2026-07-28', '2025-11-25', '1999-01-01', '']), [CAPABILITIES]: anything(3) },
      }),
      () => ({ name: pick(NAMES), arguments: {}, _meta: { [VERSION]: '2026-07-28', [CAPABILITIES]: {} } }),
      () => ({ protocolVersion: anything(3), capabilities: anything(3), clientInfo: anything(3) }),
      () => ({
        ref: { type: pick(['ref/prompt', 'ref/resource', 'x']), name: pick(NAMES), uri: pick(NAMES) },
        argument: anything(2),
      }),
    ])();
  let count = 0;
  const nextId = (): string | number => (count++ % 2 === 0 ? `m${count}` : count);
  const sound = (): Record<string, unknown> => ({
    jsonrpc: '2.0',
    id: nextId(),
    method: pick(METHODS),
    params: params(),
  });
  const kinds: readonly (() => Buffer)[] = [
    () => Buffer.from(Array.from({ length: below(200) + 1 }, () => below(256))),
    () => Buffer.from(JSON.stringify(sound()).slice(0, below(60) + 1)),
    () => Buffer.from(JSON.stringify(anything(0))),
    () => Buffer.from(JSON.stringify([sound(), sound()])),
    () =>
      Buffer.from(
        JSON.stringify({ ...sound(), [pick(['jsonrpc', 'id', 'method', 'params', 'extra', 'result'])]: anything(1) }),
      ),
    () => Buffer.from(JSON.stringify({ jsonrpc: '2.0', method: pick(METHODS), params: params() })),
    () => Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: nextId(), [pick(['result', 'error'])]: anything(0) })),
    () =>
      Buffer.from(
        `{"jsonrpc":"2.0","id":${JSON.stringify(nextId())},"method":"tools/list","params":${'{"a":'.repeat(below(3_000))}`,
      ),
    () => {
      const bytes = Buffer.from(JSON.stringify(sound()));
      for (let i = 0; i <= below(3); i++) bytes[below(bytes.length)] = below(256);
      return bytes;
    },
    () =>
      Buffer.from(
        JSON.stringify({ ...sound(), params: { name: 'run_sql', arguments: { query: 'x'.repeat(below(60_000)) } } }),
      ),
    () => Buffer.from(JSON.stringify(sound())),
    () => Buffer.from(JSON.stringify(sound())),
  ];
  for (;;) {
    const bytes = Buffer.from(pick(kinds)().map((byte) => (byte === 0x0a ? 0x20 : byte)));
    // A line of blanks is no message; a carriage return ends none.
    if (bytes.some((byte) => byte > 0x20)) yield { bytes, owed: owedFor(bytes, longest) };
  }
}
