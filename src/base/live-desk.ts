// What the live side offers, as a shape: whoever watches the kernel fills it, tools and commands use it, and neither knows
// the other. Times in ns since the desk was opened, unless told otherwise.

import type { Alert, AlertsPending, Severity } from './alert.ts';

export type LiveValue = number | string | null;
/** One event. Texts were chosen by whoever runs a program. */
export type LiveEvent = {
  /** Counts from 1 in each subscription. */
  readonly seq: number;
  readonly time: number;
  readonly pid: number;
  readonly tid: number;
  readonly uid: number;
  readonly cpu: number;
  readonly comm: string;
  readonly values: Readonly<Record<string, LiveValue>>;
};

/** Exact counts since the subscription began. */
export type LiveCounts = {
  /** Times the event happened, of other programs than this. */
  readonly seen: number;
  /** Of these, matched what the kernel tests of the expression. */
  readonly matched: number;
  /** Of these, left out by the sample. */
  readonly sampled_out: number;
  /** Left out by the limit of events a second. */
  readonly limited: number;
  /** Lost since the reader was too slow. */
  readonly lost: number;
  readonly sent: number;
};

export type SubscriptionRequest = {
  readonly expression: string;
  /** Takes one of so many matching events; 1: all. */
  readonly sample?: number | undefined;
  /** Events a second at most. */
  readonly rate?: number | undefined;
  /** Ends by itself after so many seconds. */
  readonly ttlSeconds?: number | undefined;
};

export type SubscriptionFacts = {
  readonly id: string;
  readonly expression: string;
  readonly event: string;
  /** Names of the fields, with their types. */
  readonly fields: Readonly<Record<string, string>>;
  readonly sample: number;
  readonly rate: number;
  /** Matching events a second, as the trial before the start counted them. */
  readonly estimated_rate: number;
  readonly counts: LiveCounts;
  /** Why it has ended; missing while it goes on. */
  readonly ended?: string | undefined;
  readonly expires_in_seconds: number;
  /** From here on all of it can be read. */
  readonly cursor: string;
};

export type WatchRequest = {
  readonly id: string;
  /** Where to go on; from the oldest event that is kept, without it. */
  readonly cursor?: string | undefined;
  /** Return as soon as so many events are there, and with no more. */
  readonly count: number;
  /** No more events than so many, where that is fewer. */
  readonly take?: number | undefined;
  /** Return as soon as there is an event for which this holds, as the last one: a condition in the language of expressions. */
  readonly match?: string | undefined;
  /** Return as soon as there is an alert so bad or worse that the cursor has not told of. */
  readonly severity?: Severity | undefined;
  /** How much the reader takes at once; any number without it. */
  readonly room?: Room | undefined;
  /** When it gets counts of all events that are there, in their place; never without it. */
  readonly collapse?: CollapseWish | undefined;
  /** Return after so long in any case, in ms. */
  readonly waitMs: number;
  readonly signal?: AbortSignal | undefined;
};

/** Of a table of events, at most; one row comes in any case. */
export type Room = {
  /** Of the rows as JSON. */
  readonly characters: number;
  readonly rows: number;
};

export type CollapseWish = {
  /** When there are more than so many times the events that fit, or than fit before the one that matches; 0: always. */
  readonly over: number;
  /** Columns whose values are counted, by their names in a table of events; chosen from the events without any. */
  readonly by?: readonly string[] | undefined;
};

export type Collapsed = {
  /** Those of the key, then times, first_ns, last_ns: how often, and when first and last. */
  readonly columns: readonly string[];
  /** The most frequent first. */
  readonly rows: readonly (readonly LiveValue[])[];
  /** All that were counted. */
  readonly events: number;
  /** Keys that did not fit, and the events that had them. */
  readonly other: { readonly keys: number; readonly events: number };
  /** Columns that are no part of the key although they differ: how many values each had. */
  readonly left_out: Readonly<Record<string, number>>;
};

/** What can end a wait, in the order in which it is told where several do. */
export const stops = ['match', 'severity', 'count', 'ended', 'time'] as const;
export type Stop = (typeof stops)[number];

/** An alert that ended a wait: its words are ours. */
export type AlertNote = Pick<Alert, 'id' | 'severity' | 'rule' | 'title'>;

export type Watched = {
  /** Those after the cursor, oldest first; at most `count` of them. None where they were collapsed. */
  readonly events: readonly LiveEvent[];
  /** After the last of them. */
  readonly cursor: string;
  /** Events after the cursor that are no longer kept: a gap before the first. */
  readonly gap: number;
  /** Events that are there after the last of these. */
  readonly more: number;
  /** What ended the wait. */
  readonly stopped: Stop;
  /** The first event for which `match` held. */
  readonly match?: LiveEvent | undefined;
  /** Alerts of the `severity`, oldest first; the cursor stands after them. */
  readonly alerts?: readonly AlertNote[] | undefined;
  readonly collapsed?: Collapsed | undefined;
};

/** An event as it is kept: what is not known of it is null, and `pid` 0 where nobody is known. */
export type KeptEvent = Omit<LiveEvent, 'seq' | 'uid' | 'cpu'> & {
  readonly uid: number | null;
  readonly cpu: number | null;
};

export type AlertsRead = {
  readonly alerts: readonly Alert[];
  /** Findings that were held back, by rule: one rule raised too many. */
  readonly held_back: Readonly<Record<string, number>>;
  /** What is not watched on this machine, each with why. */
  readonly not_watched: readonly string[];
  /** Id of the newest alert there is. */
  readonly last_id: number;
  /** Alerts with an id above `after` that are kept no longer: those of least severity go first. */
  readonly gap: number;
  /** Events that were not looked at since there were too many, by rule. */
  readonly unseen: Readonly<Record<string, number>>;
  /** Of watches that go on: now, and when they began. Of a recording missing: all of it counts. */
  readonly now?: number | undefined;
  readonly since?: number | undefined;
};

/** An event that proves an alert: the row that its evidence names, and the event's own name. */
export type ProofEvent = KeptEvent & { readonly row: string; readonly event: string };

export type Proof = {
  readonly events: readonly ProofEvent[];
  /** Rows that the alert names and that are kept no longer. */
  readonly gone: number;
};

/** The kernel's own counters of this host's network namespace, since the watches began. */
export type NetworkCounters = Readonly<Record<string, number>>;

/** What became another since a mark, by id: for readers who are told of changes and then look. */
export type News = {
  /** Give it next time. */
  readonly mark: string;
  /** Alerts that are new, or were found again. */
  readonly alerts: readonly number[];
  /** Subscriptions that began, ended, or have new events. */
  readonly subscriptions: readonly string[];
};

/** Whoever fills it may be another program: so nothing of it is answered at once. */
export type LiveDesk = {
  readonly networkCounters: () => Promise<NetworkCounters>;
  /** Starts the watches that raise alerts, if they have not been started. */
  readonly startWatches: () => Promise<void>;
  /** Alerts with an id above `after`, of at least a severity; waits up to `waitMs` until there is one. */
  readonly alerts: (request: {
    readonly after: number;
    readonly least: Severity;
    readonly waitMs: number;
    readonly signal?: AbortSignal | undefined;
  }) => Promise<AlertsRead>;
  /** Alerts with an id above `after` that do more than inform. Starts nothing, waits for nothing. */
  readonly pending?: (after: number) => Promise<AlertsPending | undefined>;
  /** The events that prove an alert; none for an id that is no alert. Starts nothing. */
  readonly proof: (id: number) => Promise<Proof>;
  /** Starts a subscription. Rejects with a UserError that says what is wrong with it. */
  readonly subscribe: (request: SubscriptionRequest) => Promise<SubscriptionFacts>;
  readonly list: () => Promise<readonly SubscriptionFacts[]>;
  /** The facts of one; rejects with a UserError when there is none of that id. */
  readonly facts: (id: string) => Promise<SubscriptionFacts>;
  /** Waits for events. Rejects with a UserError when there is no such subscription or the cursor is not one of it. */
  readonly watch: (request: WatchRequest) => Promise<Watched>;
  /** Ends one; rejects with a UserError when there is none of that id. */
  readonly unsubscribe: (id: string) => Promise<SubscriptionFacts>;
  /** All events that can be watched, as category:name. */
  readonly events: () => Promise<readonly string[]>;
  /** Waits up to `waitMs` for something new after a mark; without one, the mark of now. Starts nothing. */
  readonly news: (request: {
    readonly mark?: string | undefined;
    readonly waitMs: number;
    readonly signal?: AbortSignal | undefined;
  }) => Promise<News>;
  readonly stop: () => Promise<void>;
};
