// Many events as counts: a row for each distinct key, with how often it came and when first and last. Where nobody names the key
// it is made of the columns that say most within the room. What does not fit is counted, too: totals are exact.
import { COMMON, cellsOf, columnOf } from './event-columns.ts';
import type { Collapsed, LiveEvent, LiveValue, Room } from './live-desk.ts';

/** No part of a key that nobody named: they tell equal events apart. */
const NEVER: ReadonlySet<string> = new Set(['time_ns', 'tid', 'cpu']);
/** Share of the events that the rows which fit must stand for, as long as there is a column to leave out. */
const ENOUGH = 0.8;
/** Events by which a key is chosen: to try all with every key takes long. */
const SAMPLE = 1000;
/** Columns behind the key. */
const COUNTS = ['times', 'first_ns', 'last_ns'] as const;

type Column = { readonly name: string; readonly at: number; readonly values: number };
type Group = { readonly key: readonly LiveValue[]; times: number; first: number; last: number };
type Cells = readonly LiveValue[];

const TIME_AT = COMMON.indexOf('time_ns');

/** By how often they came, then in the order in which they came first. */
const groupsOf = (events: readonly Cells[], columns: readonly Column[]): readonly Group[] => {
  const groups = new Map<string, Group>();
  for (const cells of events) {
    const key = columns.map(({ at }) => cells[at] ?? null);
    const name = JSON.stringify(key);
    const time = Number(cells[TIME_AT]);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, { key, times: 1, first: time, last: time });
    else {
      group.times++;
      group.first = Math.min(group.first, time);
      group.last = Math.max(group.last, time);
    }
  }
  return [...groups.values()].sort((a, b) => b.times - a.times || a.first - b.first);
};

type Fit = { readonly rows: readonly Cells[]; readonly events: number; readonly keys: number };

/** The first groups, as many as there is room for, but at least one. */
const fitOf = (groups: readonly Group[], { characters, rows: most }: Room): Fit => {
  const rows: Cells[] = [];
  let used = 0;
  let events = 0;
  for (const { key, times, first, last } of groups) {
    const row = [...key, times, first, last];
    used += JSON.stringify(row).length + 1;
    if (rows.length > 0 && (used > characters || rows.length >= most)) break;
    rows.push(row);
    events += times;
  }
  return { rows, events, keys: groups.length };
};

/** The one with the most values; of equal ones the last. */
const mostVaried = (columns: readonly Column[]): Column | undefined =>
  columns.reduce<Column | undefined>(
    (most, column) => (most === undefined || column.values >= most.values ? column : most),
    undefined,
  );

/** Some of them from everywhere, by no period that they may have: steps of the golden ratio. */
const sampleOf = <T>(all: readonly T[]): readonly T[] =>
  Array.from({ length: SAMPLE }, (_, i) => all[Math.floor(((i * 0.618_033_988_75) % 1) * all.length)]).filter(
    (one) => one !== undefined,
  );

/** Of a key the columns whose rows fit: less those with the most values, one by one. */
const chosen = (events: readonly Cells[], from: readonly Column[], room: Room): readonly Column[] => {
  let key = from;
  while (key.length > 1 && fitOf(groupsOf(events, key), room).events < ENOUGH * events.length) {
    const gone = mostVaried(key);
    key = key.filter((column) => column !== gone);
  }
  return key;
};

/**
 * Counts events. `fields`: the names of what they say. Columns that `by` names make the key, unknown ones are not looked at; without
 * any it is chosen so that the rows that fit stand for four of five events: all columns but time, thread and CPU, less those
 * with the most values.
 */
export const collapseEvents = (
  events: readonly LiveEvent[],
  fields: readonly string[],
  room: Room,
  by: readonly string[] = [],
): Collapsed => {
  const cells = events.map((event) => cellsOf(event, fields));
  const all = [...COMMON, ...fields.map(columnOf)].map(
    (name, at): Column => ({ name, at, values: new Set(cells.map((one) => one[at])).size }),
  );
  const ownKey = () => {
    const may = all.filter(({ name }) => !NEVER.has(name));
    // Most of it is decided by a part of them.
    return chosen(cells, cells.length > SAMPLE ? chosen(sampleOf(cells), may, room) : may, room);
  };
  const key = by.length > 0 ? all.filter(({ name }) => by.includes(name)) : ownKey();
  const { rows, events: shown, keys } = fitOf(groupsOf(cells, key), room);
  const leftOut = all.filter((column) => column.name !== 'time_ns' && column.values > 1 && !key.includes(column));
  return {
    columns: [...key.map(({ name }) => name), ...COUNTS],
    rows,
    events: events.length,
    other: { keys: keys - rows.length, events: events.length - shown },
    left_out: Object.fromEntries(leftOut.map(({ name, values }) => [name, values])),
  };
};
