// Alerts as resources: all of them, and each by its id; as get_alerts. Followed, they tell that something new was found.
import { liveState } from '../live/desk-of.ts';
import { getAlerts } from '../tools/get-alerts.ts';
import { callTool } from '../worker/call-tool.ts';
import { z } from '../zod.ts';
import type { ResourceKind } from './resource.ts';

/** Names all alerts, also those that come. */
export const OPEN = 'open';

const answer = z.looseObject({ alerts: z.array(z.looseObject({ id: z.number() })) });

export const alertsResource: ResourceKind = {
  name: 'alerts',
  title: 'Alerts',
  description: 'What looked wrong on this host, as get_alerts: all (open), or one by its id',
  variable: 'id',
  isLive: true,
  values: (context) => (liveState(context) === 'absent' ? [] : [OPEN]),
  read: async (id, context) => {
    if (id === OPEN) return callTool(getAlerts, {}, context);
    if (!/^[1-9]\d{0,8}$/.test(id)) return undefined;
    const wanted = { since: Number(id) - 1, min_severity: 'info' };
    // Room for no more than this one: of those behind it the caller has seen nothing.
    const { alerts } = answer.parse(await callTool(getAlerts, wanted, { ...context, budget: 0 }));
    const alert = alerts.find((one) => one.id === Number(id));
    return alert === undefined ? undefined : { alert };
  },
};
