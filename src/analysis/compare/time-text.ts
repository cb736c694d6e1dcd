// Says a difference in where time went: "trainer (pid 12) was ready but hog (pid 13) ran on its CPU: 45 % of its time instead of 0 %".
import { shareText } from '../../base/units.ts';
import type { Part } from '../pieces.ts';
import { causeText, commText, taskText } from '../words/cause.ts';
import type { TimeDifference } from './difference.ts';

/** `largest` is the part that the words are of, `who` whether it is the thread's own time. */
export const timeText = (
  { pid, comm, before, after, threads, culprit }: Omit<TimeDifference, 'summary'>,
  { thread, largest, who }: { readonly thread: string; readonly largest: Part; readonly who: string },
): string => {
  const whose = `${commText(comm)} (pid ${pid})`;
  const name = thread === comm ? whose : `${commText(thread)} of ${whose}`;
  const [first] = largest.path;
  const over = first === undefined || who === 'own' ? '' : `, through ${taskText(first.to)}`;
  const others = threads.length > 1 ? `; also felt by ${threads.slice(1, 3).map(commText).join(' and ')}` : '';
  const news = culprit?.isNew === true ? `, which was not there before` : '';
  return `${causeText(largest, first === undefined ? name : `${name}${over} waited: it`)}: ${shareText(after.share)} of the time instead of ${shareText(before.share)}${news}${others}`;
};
