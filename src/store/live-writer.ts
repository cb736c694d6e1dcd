// Writes events of the running kernel and alerts beside the recorded program. Rows are few and hold text: each is written at
// once, so that the id of one that proves something is known.
import { createInterner } from './interner.ts';
import type { Database } from './open.ts';

/** Texts are clean and without secrets; times in ns, null for what is not known. */
export type LiveEventRow = {
  readonly time: number;
  /** Of `sourceId`. */
  readonly source: number;
  /** Of `RecordingWriter.threadId`. */
  readonly thread: number | null;
  readonly uid: number | null;
  readonly cpu: number | null;
  /** JSON. */
  readonly fields: string;
};

/** `id` counts from 1 without gaps; `parents`, `facts` and `evidence` are JSON. */
export type AlertRow = {
  readonly id: number;
  readonly time_ns: number;
  readonly watch: string;
  readonly rule: string;
  readonly severity: string;
  readonly title: string;
  readonly technique: string | null;
  readonly pid: number | null;
  readonly comm: string | null;
  readonly exe: string | null;
  readonly exe_id: string | null;
  readonly uid: number | null;
  readonly container: string | null;
  readonly parents: string;
  readonly facts: string;
  readonly evidence: string;
  readonly benign: string;
};

/** An alert that was found `count` times more between two times. */
export type AlertAgainRow = {
  readonly alert: number;
  readonly start: number;
  readonly end: number;
  readonly count: number;
  /** JSON. */
  readonly evidence: string;
};

export type LiveWriter = {
  /** Id of what events are of: a tracepoint, and the expression that asked for it, null for a watch. */
  readonly sourceId: (event: string, subscription: string | null) => number;
  /** Returns the id of the row. */
  readonly event: (row: LiveEventRow) => number;
  readonly alert: (row: AlertRow) => void;
  readonly alertAgain: (row: AlertAgainRow) => void;
};

export const createLiveWriter = (database: Database): LiveWriter => {
  const sources = createInterner(database, 'live_source', ['event', 'subscription']);
  const insertEvent = database.prepare(
    'INSERT INTO live_event (id, time_ns, source, thread, uid, cpu, fields) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const insertAgain = database.prepare(
    'INSERT INTO alert_again (id, alert, start_ns, end_ns, count, evidence) VALUES (?, ?, ?, ?, ?, ?)',
  );
  let lastEvent = 0;
  let lastAgain = 0;
  return {
    sourceId: (event, subscription) => sources.idOf([event, subscription]),
    event: ({ time, source, thread, uid, cpu, fields }) => {
      lastEvent++;
      insertEvent.run(lastEvent, time, source, thread, uid, cpu, fields);
      return lastEvent;
    },
    alert: (row) => {
      const names = Object.keys(row);
      database
        .prepare(`INSERT INTO alert (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`)
        .run(...Object.values(row));
    },
    alertAgain: ({ alert, start, end, count, evidence }) => {
      insertAgain.run(++lastAgain, alert, start, end, count, evidence);
    },
  };
};
