// What a reader of live events does next: one or two sentences for its answer. Knows numbers and names of columns, no text of a
// program.
import type { SubscriptionFacts, Watched } from '../../base/live-desk.ts';

/** Columns that are named. */
const MOST_COLUMNS = 3;

type Where = {
  /** Where the answer begins. */
  readonly cursor: string;
  readonly ended: SubscriptionFacts['ended'];
};

/** The column to count by that was left out although it repeats. */
const worthCounting = ({ events, left_out }: NonNullable<Watched['collapsed']>): readonly string[] =>
  Object.entries(left_out)
    .filter(([name, values]) => values < events && name !== 'tid' && name !== 'cpu')
    .sort((a, b) => a[1] - b[1])
    .slice(0, MOST_COLUMNS)
    .map(([name]) => name);

const aboutCounts = (collapsed: NonNullable<Watched['collapsed']>, cursor: string): string => {
  const columns = worthCounting(collapsed);
  const others = columns.length === 0 ? '' : `, count by ${columns.join(' or ')} (aggregate_by)`;
  return `The rows count ${collapsed.events} events, more than answers of this size keep up with. Narrow it with where or sample${others}, or read them one by one: aggregate_by none, cursor ${cursor}.`;
};

/** `watched` is what the reader gets. */
export const whatNext = ({ stopped, alerts, collapsed, more, events }: Watched, { cursor, ended }: Where): string => {
  const [first] = alerts ?? [];
  const parts = [
    first === undefined ? '' : `get_alerts with id ${first.id} shows who and the events that prove it.`,
    collapsed === undefined ? '' : aboutCounts(collapsed, cursor),
    stopped === 'time' && collapsed === undefined && events.length === 0
      ? 'Nothing came in that time, which is an answer too.'
      : '',
    ended !== undefined && more === 0
      ? 'It has ended: subscribe anew with the expression.'
      : `Go on with this cursor${more > 0 ? `: ${more} are there` : ''}.`,
  ];
  return parts.filter((part) => part !== '').join(' ');
};
