// Whether packets of the connection that a thread waited for were lost: what TCP sent again while it waited tells.
import { countText } from '../../base/units.ts';
import { readSentAgain } from '../../store/read-sent-again.ts';
import type { Recording, Window } from '../../store/recording.ts';
import { type Part, waitIn } from '../pieces.ts';

/** What is said of lost packets. */
export const SENT_AGAIN = 'sent again';

/** ", 12 segments sent again", or nothing: of a wait for the network that nobody on this host is known to have ended. */
export const sentAgainText = (recording: Recording, part: Part, windows: readonly Window[]): string => {
  const wait = waitIn(part.evidence);
  if (part.kind !== 'network' || wait === undefined) return '';
  const count = readSentAgain(recording.database, wait, windows);
  return count === 0 ? '' : `, ${countText(count, 'segment')} ${SENT_AGAIN}`;
};
