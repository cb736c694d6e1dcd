// An alert, as a shape: watches raise them, the book keeps them, tools and commands show them. Texts of programs in it were
// chosen by whoever runs them.

export const severities = ['info', 'low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof severities)[number];

/** Whether a severity is at least another. */
export const isAtLeast = (severity: Severity, least: Severity): boolean =>
  severities.indexOf(severity) >= severities.indexOf(least);

export const watchNames = ['network', 'security'] as const;
export type WatchName = (typeof watchNames)[number];

/** A process as it was when the alert was raised. */
export type Suspect = {
  readonly pid: number;
  readonly comm: string;
  /** Path and inode of its program, `DEV:INO`; undefined where it was gone already. */
  readonly exe?: string | undefined;
  readonly exe_id?: string | undefined;
  readonly uid?: number | undefined;
};

/** What a watch has found, before it is known whether it is new. Times in ns since the clock's start. */
export type Finding = {
  /** Of the rule, such as `exec_from_tmp`. */
  readonly rule: string;
  readonly watch: WatchName;
  readonly severity: Severity;
  /** A fixed phrase: numbers and words of ours, no text of a program. */
  readonly title: string;
  readonly time: number;
  /** Equal findings are one alert with a count. */
  readonly key: string;
  readonly process?: Suspect | undefined;
  /** Its parents, nearest first. */
  readonly ancestry?: readonly Suspect[] | undefined;
  readonly container?: string | undefined;
  /** What was seen, by name. */
  readonly facts: Readonly<Record<string, number | string | null>>;
  /** Rows that prove it, such as `live_events:12`. */
  readonly evidence: readonly string[];
  /** Why it may be harmless, and how to allow it. */
  readonly benign: string;
  /** MITRE ATT&CK. */
  readonly technique?: string | undefined;
};

export type Alert = Finding & {
  /** Counts from 1; a repeated finding does not get a new one. */
  readonly id: number;
  readonly count: number;
  readonly last: number;
  /** Of the findings after the first: the last few whose facts were others, oldest first. */
  readonly also?: readonly Finding['facts'][] | undefined;
};

/** Alerts that a caller has not been shown yet. */
export type AlertsPending = { readonly count: number; readonly max_severity: Severity };

/** How many of some alerts there are, and how bad the worst is; undefined when there is none. */
export const pendingOf = (alerts: readonly Pick<Alert, 'severity'>[]): AlertsPending | undefined => {
  const [first, ...others] = alerts;
  if (first === undefined) return undefined;
  const max_severity = others.reduce(
    (worst, { severity }) => (isAtLeast(severity, worst) ? severity : worst),
    first.severity,
  );
  return { count: alerts.length, max_severity };
};
