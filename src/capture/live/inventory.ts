// What can be watched: the tracepoints of the running kernel and the library calls, by their names; and of a tracepoint the
// description, read when it is asked for.
import { readdirSync, readFileSync } from 'node:fs';
import { nearest } from '../../base/nearest.ts';
import { callEvents } from './call-names.ts';
import { errors } from './errors.ts';
import { type Format, parseFormat } from './format.ts';

/** What would have us watch our own eyes. */
const FORBIDDEN: Readonly<Record<string, string>> = {
  bpf_trace: 'it is written by eBPF programs themselves',
  bpf_test_run: 'it belongs to tests of eBPF programs',
  ftrace: "it belongs to the kernel's own tracer and has no tracepoint",
};

export type Inventory = {
  /** All events as category:name, sorted; library calls among them. */
  readonly events: () => readonly string[];
  /** The description of an event. Throws a UserError with the nearest names when there is none, or when it is not allowed. */
  readonly format: (category: string, name: string) => Format;
};

const foldersIn = (path: string): string[] => {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch {
    return [];
  }
};

/** The nearest of the events: of the same category, else any with a name like that. */
const near = (events: readonly string[], category: string, name: string): string[] => {
  const wanted = `${category}:${name}`;
  const sameName = events.filter((event) => event.endsWith(`:${name}`));
  const inside = events.filter((event) => event.startsWith(`${category}:`));
  const parts = inside.filter((event) => event.includes(name)).slice(0, 3);
  const best = nearest(wanted, inside.length > 0 ? inside : events);
  return [...new Set([...sameName, ...(best === undefined ? [] : [best]), ...parts])].slice(0, 4);
};

/** Opens the inventory of the tracefs at `folder`. */
export const openInventory = (folder: string): Inventory => {
  let known: readonly string[] | undefined;
  const events = () => {
    known ??= foldersIn(`${folder}/events`)
      .filter((category) => !(category in FORBIDDEN))
      .flatMap((category) => foldersIn(`${folder}/events/${category}`).map((name) => `${category}:${name}`))
      .concat(callEvents)
      .sort();
    return known;
  };
  return {
    events,
    format: (category, name) => {
      const why = FORBIDDEN[category];
      if (why !== undefined) throw errors.forbiddenTracepoint({ event: `${category}:${name}`, why });
      let text: string | undefined;
      try {
        text = readFileSync(`${folder}/events/${category}/${name}/format`, 'utf8');
      } catch {}
      const format = text === undefined ? undefined : parseFormat(category, text);
      if (format === undefined)
        throw errors.noTracepoint({ event: `${category}:${name}`, near: near(events(), category, name) });
      return format;
    },
  };
};
