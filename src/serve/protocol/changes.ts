// Notices when the recording grows or is replaced, and tells whoever listens: at most once in two seconds, however fast the
// recorder writes. Looks at the size and the time of the files, never into them.
import { statSync } from 'node:fs';
import { recordingResource } from '../resources/recording.ts';
import { CURRENT } from '../resources/recording-id.ts';
import { type ResourceKind, uriOf } from '../resources/resource.ts';
import { wholeSchema } from '../resources/schema.ts';
import { resourceKinds } from '../resources.ts';
import type { ToolContext } from '../tool.ts';

const EVERY_MS = 2_000;

export type Change =
  | { readonly kind: 'updated'; readonly uri: string }
  /** There are others of them now. */
  | { readonly kind: 'list'; readonly of: 'tools' | 'prompts' | 'resources' };
export type OnChange = (change: Change) => void;

export type Changes = {
  /** Returns what ends it. Files are looked at only while somebody listens. */
  readonly listen: (listener: OnChange) => () => void;
  readonly close: () => void;
};

/** What a write changes: the file itself, or the log that SQLite writes first (https://www.sqlite.org/wal.html). */
const markOf = (context: ToolContext): string => {
  try {
    const path = context.path();
    const marks = [path, `${path}-wal`].map((file) => {
      const stat = statSync(file, { throwIfNoEntry: false });
      return stat === undefined ? 'none' : `${stat.ino}:${stat.size}:${stat.mtimeMs}`;
    });
    return [path, ...marks].join(' ');
  } catch {
    // No recording is a state like any other: one may come.
    return 'none';
  }
};

const valuesOf = (kind: ResourceKind, context: ToolContext): readonly string[] => {
  try {
    return kind.values(context);
  } catch {
    return [];
  }
};

/** Watches the recording of a context. `everyMs` is how often it is looked at. */
export const watchRecording = (context: ToolContext, everyMs = EVERY_MS): Changes => {
  const listeners = new Set<OnChange>();
  let timer: NodeJS.Timeout | undefined;
  let mark = '';
  let listed = '';
  const recorded = resourceKinds.filter(({ isLive }) => isLive !== true);
  const listOf = () => recorded.map((kind) => valuesOf(kind, context).map((value) => uriOf(kind, value)));
  const tell = (change: Change) => {
    for (const listener of listeners) listener(change);
  };
  const look = () => {
    const now = markOf(context);
    if (now === mark) return;
    mark = now;
    const uris = listOf();
    const list = JSON.stringify(uris);
    if (list !== listed) tell({ kind: 'list', of: 'resources' });
    listed = list;
    for (const uri of [...uris.flat(), uriOf(recordingResource, CURRENT), wholeSchema.uri])
      tell({ kind: 'updated', uri });
  };
  const stop = () => {
    clearInterval(timer);
    timer = undefined;
  };
  return {
    listen: (listener) => {
      if (timer === undefined) {
        mark = markOf(context);
        listed = JSON.stringify(listOf());
        timer = setInterval(look, everyMs);
        // To watch is no reason to stay.
        timer.unref();
      }
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) stop();
      };
    },
    close: () => {
      listeners.clear();
      stop();
    },
  };
};

/** Several kinds of changes as one. */
export const allChanges = (all: readonly Changes[]): Changes => ({
  listen: (listener) => {
    const ends = all.map(({ listen }) => listen(listener));
    return () => {
      for (const end of ends) end();
    };
  },
  close: () => {
    for (const { close } of all) close();
  },
});
