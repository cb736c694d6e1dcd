// The key that recordings of this user are sealed with: where it is, and what is said when there can be none.
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../base/errors.ts';
import { stateFolder } from '../serve/find-recording.ts';
import { errors } from '../store/errors.ts';
import { type EvidenceKey, openEvidenceKey } from '../store/evidence/key.ts';

/** The state directory; that of root itself when root runs with the home of another, who could replace the key there. */
export const evidenceFolder = (): string =>
  process.geteuid?.() === 0 && process.env.XDG_STATE_HOME === undefined
    ? join(userInfo().homedir, '.local', 'state', 'whytrace')
    : stateFolder();

/**
 * The key to seal with, made on first use; `why` when this machine has no place for one, so that recordings are not sealed.
 * Throws a UserError when there is a key that somebody else could have read.
 */
export const evidenceKey = (): { readonly key?: EvidenceKey; readonly why?: string } => {
  try {
    return { key: openEvidenceKey(evidenceFolder()) };
  } catch (thrown) {
    if (thrown instanceof UserError && thrown.parts.code === errors.keyUnusable({ path: '', why: '' }).parts.code)
      return { why: `${thrown.parts.what}: ${thrown.parts.why}` };
    throw thrown;
  }
};
