// Alerts as resources: all of them, and each by its id with the events that prove it; as get_alerts. Followed, they tell that
// something new was found.
import { UserError } from '../../base/errors.ts';
import { errors } from '../errors.ts';
import { liveState } from '../live/desk-of.ts';
import { getAlerts } from '../tools/get-alerts.ts';
import { callTool } from '../worker/call-tool.ts';
import { z } from '../zod.ts';
import type { ResourceKind } from './resource.ts';

/** Names all alerts, also those that come. */
export const OPEN = 'open';

const answer = z.looseObject({ alerts: z.array(z.looseObject({})), proof: z.looseObject({}) });
const NONE = errors.noAlert({ id: 0, last: 0 }).parts.code;

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
    try {
      const { alerts, proof } = answer.parse(await callTool(getAlerts, { id: Number(id) }, context));
      return { alert: alerts[0], proof };
    } catch (thrown) {
      if (thrown instanceof UserError && thrown.parts.code === NONE) return undefined;
      throw thrown;
    }
  },
};
