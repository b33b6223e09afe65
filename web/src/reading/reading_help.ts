// The help for the page of a study: every key and button that does something there.
import { texts } from '../texts';
import { commands, type Controls, keyName } from './key_table';

const t = texts.reading;

export const readingHelp = ({ keys, middle, right }: Controls): [string, string][] => [
  [t.buttons.left, t.help.left],
  [t.buttons.right, t.drags[right]],
  [t.buttons.middle, t.drags[middle]],
  [t.buttons.wheel, t.help.wheel],
  ...t.help.fixed,
  ...commands.map((c): [string, string] => [keyName(keys[c]), t.commands[c]]),
];
