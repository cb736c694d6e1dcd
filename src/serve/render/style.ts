// Emphasis on a terminal, and nothing at all elsewhere.
import { styleText } from 'node:util';

export type Style = {
  readonly bold: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly good: (text: string) => string;
};

/** Whether a stream takes colours: https://no-color.org/ */
export const wantsColour = (
  stream: { readonly isTTY?: boolean },
  environment: NodeJS.ProcessEnv = process.env,
): boolean => stream.isTTY === true && !environment.NO_COLOR && environment.TERM !== 'dumb';

export const styleFor = (colour: boolean): Style => {
  const with_ = (format: 'bold' | 'dim' | 'red' | 'green') => (text: string) =>
    colour ? styleText(format, text, { validateStream: false }) : text;
  return { bold: with_('bold'), faint: with_('dim'), bad: with_('red'), good: with_('green') };
};
