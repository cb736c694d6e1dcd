// The kinds of resources, in the order in which clients list them. To add one: its file, its line here.
import { alertsResource } from './resources/alerts.ts';
import { chainResource } from './resources/chain.ts';
import { processResource } from './resources/process.ts';
import { recordingResource } from './resources/recording.ts';
import type { ResourceKind } from './resources/resource.ts';
import { schemaResource } from './resources/schema.ts';
import { subscriptionsResource } from './resources/subscriptions.ts';

export const resourceKinds: readonly ResourceKind[] = [
  recordingResource,
  chainResource,
  processResource,
  schemaResource,
  alertsResource,
  subscriptionsResource,
];
