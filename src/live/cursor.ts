// Where a reader of a subscription stands: program start, subscription, number of the last event read, and where it waits for
// alerts as well the last of them. A cursor of another time or subscription is recognised.

export type Place = {
  readonly epoch: string;
  readonly id: string;
  readonly seq: number;
  /** Id of the last alert that it was told of, or that was there when it began to wait for them. */
  readonly alert?: number | undefined;
};

export const cursorOf = ({ epoch, id, seq, alert }: Place): string =>
  `${epoch}.${id}.${seq}${alert === undefined ? '' : `.${alert}`}`;

/** The place that a cursor tells, undefined when it is none. */
export const placeOf = (cursor: string): Place | undefined => {
  const [, epoch, id, seq, alert] = /^([0-9a-z]+)\.([0-9a-z]+)\.(\d{1,15})(?:\.(\d{1,15}))?$/.exec(cursor) ?? [];
  if (epoch === undefined || id === undefined) return undefined;
  return { epoch, id, seq: Number(seq), alert: alert === undefined ? undefined : Number(alert) };
};
