// What a reader of a timeline must know to take it for no more than it is. Fixed phrases with numbers: no text of a traced
// program is in them.
import { countText, durationText, shareText } from '../../base/units.ts';
import { abilities } from '../../catalogue/abilities.ts';
import { untold } from '../../catalogue/untold.ts';
import type { TaskRow } from '../../store/read-tasks.ts';
import type { Recording, Window } from '../../store/recording.ts';
import type { Timeline } from '../timeline.ts';

/** Losses of intervals: where one is missing, its time looks like time on a CPU. */
const INTERVALS: ReadonlySet<string> = new Set([
  'ring_full_off_cpu',
  'shed_wait',
  'interval_missed',
  'thread_table_full',
]);

const lifeNotes = (task: TaskRow, asked: Window): readonly string[] => [
  ...(task.start_ns > asked.start_ns
    ? [`it was not seen before ${durationText(task.start_ns)}: that part of the window is left out`]
    : []),
  ...(task.end_ns < asked.end_ns
    ? [
        `nothing is known of it after ${task.isEndAbout === true ? 'about ' : ''}${durationText(task.end_ns)}, when it or its recording ended: that part is left out`,
      ]
    : []),
];

/** What the kernel could not tell, of what bears on states. */
const kernelNotes = ({ lacks }: Recording): readonly string[] =>
  (['prev_state', 'throttled'] as const)
    .filter((name) => lacks.has(name))
    .map((name) => `its kernel is older than Linux ${abilities[name].since}: ${abilities[name].without}`);

/** What another tool did not look at, of what bears on states and on whom it waited for. */
const foreignNotes = ({ lacks }: Recording): readonly string[] => {
  const lacking = (['wait_state', 'waker', 'run_slices', 'lock_address'] as const).filter((name) => lacks.has(name));
  return [
    ...(lacking.length === 0
      ? []
      : [`the tool that recorded it does not tell ${lacking.map((name) => untold[name]).join('; ')}`]),
    ...(lacks.has('row_counts')
      ? [
          'time between its rows is shown as running, but is not known: the tool kept rows by choice and did not count the others',
        ]
      : []),
  ];
};

const overlapNotes = ({ turns, happenings }: Timeline): readonly string[] => [
  ...(turns.irq_ns === 0 ? [] : [`interrupts took ${durationText(turns.irq_ns)} of its turns on a CPU`]),
  ...(turns.stolen_ns === 0
    ? []
    : [`the hypervisor took ${durationText(turns.stolen_ns)} of its turns on a CPU: they count as running`]),
  ...(turns.minor_faults === 0 ? [] : [`${countText(turns.minor_faults, 'minor page fault')} in its turns on a CPU`]),
  ...happenings.map(({ kind, count, duration_ns }) => {
    const took = duration_ns === 0 ? '' : `, ${durationText(duration_ns)} of the states above`;
    return `${kind}: ${countText(count, 'time')}${took}`;
  }),
];

/** Notes about a timeline of a thread: `asked` is the window that was asked for, `known` whether lives of threads are told. */
export const timelineNotes = (
  recording: Recording,
  timeline: Timeline,
  task: TaskRow,
  asked: Window,
  known: boolean,
): readonly string[] => {
  const missing = timeline.losses.filter(({ reason }) => INTERVALS.has(reason));
  const lost = missing.reduce((sum, { count }) => sum + count, 0);
  return [
    ...lifeNotes(task, asked),
    ...(known ? [] : ['the recording does not tell when threads lived: it counts as alive all the time']),
    ...(recording.hasWaits ? [] : ['the scheduler was not recorded: nothing is known of its states']),
    ...(timeline.read_share === 1
      ? []
      : [
          `too many waits to read all: ${shareText(timeline.read_share)} of the window was read, in stretches spread evenly over it, so times and counts are estimates; ${timeline.has_longest ? 'the longest waits are of all of it' : 'the longest waits are those of where the longest of all threads are: there may be longer ones'}`,
        ]),
    ...(lost === 0
      ? []
      : [`${countText(lost, 'interval')} lost, of whatever thread: some of the running time may be waiting`]),
    ...(timeline.contradictions === 0
      ? []
      : [
          `${countText(timeline.contradictions, 'wait')} began before an earlier one had ended: of both the earlier counts`,
        ]),
    ...kernelNotes(recording),
    ...foreignNotes(recording),
    ...overlapNotes(timeline),
  ];
};
