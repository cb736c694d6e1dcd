// A subscription of watch_events as a resource: its exact counts and where reading it begins. Followed, it tells that events came.
import { listSubscriptions, subscriptionsAnswer } from '../tools/list-subscriptions.ts';
import { callTool } from '../worker/call-tool.ts';
import type { ResourceKind } from './resource.ts';

export const subscriptionsResource: ResourceKind = {
  name: 'subscriptions',
  title: 'Live subscription',
  description: 'A subscription of watch_events: its counts, and the cursor from which to read it',
  variable: 'id',
  isLive: true,
  // Only who began one knows that it is there.
  values: () => [],
  read: async (id, context) => {
    if (!/^s\d{1,9}$/.test(id)) return undefined;
    const { subscriptions } = subscriptionsAnswer.parse(await callTool(listSubscriptions, {}, context));
    const subscription = subscriptions.find((one) => one.id === id);
    return subscription === undefined ? undefined : { subscription };
  },
};
