// What runs beside a recording, on its clock and into its file: subscriptions to the running kernel and the watches. Has no words
// for the user, and knows no rule.
import type { WatchName } from '../base/alert.ts';
import { messageOf } from '../base/errors.ts';
import type { LiveCounts, LiveDesk } from '../base/live-desk.ts';
import { loadSystem } from '../capture/libbpf.ts';
import { tracefsFolder } from '../capture/tracefs.ts';
import type { Session } from './session.ts';

const SETTLE_MS = 1000;

export type LiveOptions = {
  readonly watches: readonly WatchName[];
  /** Expressions, as `watch` takes them. */
  readonly subscriptions: readonly string[];
  /** File of what is harmless here. */
  readonly allowList?: string | undefined;
};

export type Beside = {
  /** Whoever may ask for more subscriptions asks here: what they deliver goes into the file as well, as far as there is room. */
  readonly desk: LiveDesk;
  /** Hands over what is left and detaches. Never rejects. */
  readonly stop: () => Promise<void>;
};

/** Throws a UserError for what cannot be run beside a recording: asked before anything is begun, so that a mistake costs no file. */
export const checkLive = async ({ subscriptions, allowList }: LiveOptions): Promise<void> => {
  if (allowList !== undefined) (await import('../live/alerts/allow-list.ts')).readAllowList(allowList);
  if (subscriptions.length === 0) return;
  const { divide } = await import('../capture/live/conditions.ts');
  const { parseExpression } = await import('../capture/live/expression.ts');
  const { openInventory } = await import('../capture/live/inventory.ts');
  const { errors } = await import('../capture/live/errors.ts');
  const { isHot } = await import('../live/hot-events.ts');
  const folder = tracefsFolder(loadSystem());
  const inventory = folder === undefined ? undefined : openInventory(folder);
  for (const expression of subscriptions) {
    const { category, name, condition } = parseExpression(expression);
    if (inventory !== undefined) divide(inventory.format(category, name), condition);
    const event = `${category}:${name}`;
    if (condition === undefined && isHot(event)) throw errors.needsPredicate({ event });
  }
};

/** Says by how much counts have grown since the last time. */
const createGrowth = () => {
  const seen = new Map<string, number>();
  return (key: string, total: number): number => {
    const more = total - (seen.get(key) ?? 0);
    seen.set(key, total);
    return more;
  };
};

/** Starts it all. Rejects with a UserError for an expression that is none, and where this machine or user cannot. */
export const startBeside = async (
  { capture, live }: Pick<Session, 'capture' | 'live'>,
  { watches, subscriptions, allowList }: LiveOptions,
  path: string,
): Promise<Beside> => {
  // Loaded when asked for: most recordings do without.
  const { openDesk } = await import('../live/desk.ts');
  const { readAllowList } = await import('../live/alerts/allow-list.ts');
  const { LIMITS } = await import('../live/limits.ts');
  const desk = openDesk(capture.clock, {
    allowed: allowList === undefined ? [] : readAllowList(allowList),
    // Who changes the file that is being written is told of as well.
    own: [path],
    onEvent: (event, name, expression) =>
      subscriptions.includes(expression) ? live.event(event, name, expression) : live.asked(event, name, expression),
    keep: live.keep,
    onAlert: live.alert,
    onAgain: live.again,
    only: watches,
  });
  const grown = createGrowth();
  let over = false;

  const noteCounts = (id: string, expression: string, { limited, lost }: LiveCounts) => {
    const [moreLimited, moreLost] = [grown(`limited ${id}`, limited), grown(`lost ${id}`, lost)];
    if (moreLimited > 0) live.loss('live_limited', moreLimited, expression);
    if (moreLost > 0) live.loss('live_lost', moreLost, expression);
  };
  /** What is missing since the last time, and what the kernel counts of the network. */
  const settle = async () => {
    for (const { id, expression, counts, ended } of await desk.list()) {
      noteCounts(id, expression, counts);
      // That they end with the recording is no loss, nor that others have what they wanted.
      if (ended !== undefined && !over && subscriptions.includes(expression) && grown(`ended ${id}`, 1) > 0)
        live.loss('live_ended', 1, `${expression}: ${ended}`);
    }
    const { unseen, heldBack } = desk.missed();
    for (const [rule, count] of unseen) {
      const more = grown(`unseen ${rule}`, count);
      if (more > 0) live.loss('live_limited', more, `watch: ${rule}`);
    }
    for (const [rule, count] of heldBack) {
      const held = grown(`held back ${rule}`, count);
      if (held > 0) live.loss('alert_held_back', held, rule);
    }
    if (watches.includes('network')) live.fact('network_counters', JSON.stringify(await desk.networkCounters()));
    live.settle();
  };

  try {
    if (watches.length > 0) {
      await desk.startWatches();
      for (const why of desk.missed().notWatched) live.loss('watch_partial', 1, why);
    }
    live.fact('watches', watches.join(','));
    for (const expression of subscriptions) await desk.subscribe({ expression, ttlSeconds: LIMITS.mostTtlSeconds });
  } catch (thrown) {
    await desk.stop();
    throw thrown;
  }
  // A fault here is no end of the recording.
  const settleSafely = () => settle().catch((thrown: unknown) => live.loss('watch_partial', 1, messageOf(thrown)));
  const timer = setInterval(settleSafely, SETTLE_MS);
  return {
    desk,
    stop: async () => {
      clearInterval(timer);
      await settleSafely();
      over = true;
      desk.drain();
      // With what the detaching hands over.
      await desk.stop().catch(() => {});
      await settleSafely();
    },
  };
};
