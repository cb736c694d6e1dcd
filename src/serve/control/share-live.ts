// The live desk of a server, for each of its callers over whatever transport: what one subscribes to is not another's.
import type { LiveDesk } from '../../base/live-desk.ts';
import type { Principal } from '../identity/principal.ts';
import { shareDesk } from './own-desk.ts';

/** `live` opens the desk, and may open another one later. The user of this process and root own it. */
export const shareLive = (live: () => Promise<LiveDesk>) => {
  let shared: { readonly desk: LiveDesk; readonly deskFor: ReturnType<typeof shareDesk> } | undefined;
  return ({ id, uid }: Pick<Principal, 'id' | 'uid'>) =>
    async (): Promise<LiveDesk> => {
      const desk = await live();
      if (shared?.desk !== desk) shared = { desk, deskFor: shareDesk(desk) };
      return shared.deskFor({ id, owns: uid === 0 || (uid !== undefined && uid === process.geteuid?.()) });
    };
};
