// Batches come from pageable memory instead of pinned: the calling thread copies them itself first.
import { type Incident, script, step, turning } from '../incident.ts';

export const copyFromPageable: Incident = {
  name: 'copy-from-pageable',
  family: 'gpu',
  doc: 'copies come from pageable memory instead of pinned',
  cast: ({ random, faulty }) => {
    const bytes = random.whole(8, 16) << 20;
    const [pinned, pageable] = [step(`upload_pinned ${bytes}`), step('times 3', `upload ${bytes}`, 'end')];
    return { victim: { script: script('process trainer', 'gpu', turning(pinned, faulty ? pageable : pinned)) } };
  },
  root: { kinds: ['on_cpu'], who: ['self'] },
  path: ['on_cpu'],
};
