// Where a reader of a subscription stands: program start, subscription, number of the last event read. A cursor of another
// time or subscription is recognised.

export type Place = { readonly epoch: string; readonly id: string; readonly seq: number };

export const cursorOf = ({ epoch, id, seq }: Place): string => `${epoch}.${id}.${seq}`;

/** The place that a cursor tells, undefined when it is none. */
export const placeOf = (cursor: string): Place | undefined => {
  const [, epoch, id, seq] = /^([0-9a-z]+)\.([0-9a-z]+)\.(\d{1,15})$/.exec(cursor) ?? [];
  return epoch === undefined || id === undefined ? undefined : { epoch, id, seq: Number(seq) };
};
