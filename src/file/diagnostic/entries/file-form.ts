/** GL100x and GL101x: a file as text, as YAML, and the form of what is written in it. */
import { type DiagnosticEntry, entry } from './entry.ts'

export const fileFormEntries = {
  GL1001: entry(
    'file cannot be read',
    'The network file, or a file that it imports, does not exist, is a directory, or may not be read.',
    'Paths on the command line are taken from the current directory. Paths in a network file are taken from the directory of that file.',
  ),
  GL1002: entry(
    'file too large',
    'Files of more than 16 MiB are refused before they are parsed. A network of 100,000 VMs needs 2.5 to 5 MB.',
  ),
  GL1003: entry(
    'not a text file',
    'Network files and service definitions are UTF-8 text. The file has bytes that are not, or control characters.',
    'Convert it, for instance with `iconv -f UTF-16 -t UTF-8`.',
  ),
  GL1004: entry(
    'YAML syntax',
    'The file is not YAML 1.2. Nothing else is checked before this is right.',
    'Most often: a bracket or quote that is not closed, a tab in the indentation, a missing space after a colon, or text with `: ` or ` #` in it that needs quotes.',
  ),
  GL1005: entry(
    'nested too deeply',
    'A network file has at most eight levels. Text that nests far deeper is refused before it is parsed, since parsing it could take very long.',
  ),
  GL1006: entry(
    'too many values',
    'The file holds more values than any network needs, so that reading it could take very long.',
    'YAML aliases (`*name`) repeat what an anchor (`&name`) marks. Expanded, they may hold a million values at most.',
  ),
  GL1007: entry(
    'key given twice',
    'A mapping has the same key twice. YAML readers differ in which one they take, so neither is taken.',
  ),
  GL1008: entry(
    'unknown key',
    'The key has no meaning at this place. It is not passed over, because a setting that is not read is worse than none.',
    'Editors that know `schema/network.schema.json` complete the keys; begin the file with `# yaml-language-server: $schema=` and its path.',
  ),
  GL1009: entry('missing key', 'The mapping lacks a key that has no standard value.'),
  GL1010: entry(
    'wrong type',
    'The value is not of the type that is wanted here: text, a whole number, a list, or a mapping.',
    "YAML takes `42` and `true` for a number and a truth value; in quotes they are text. `'443'` in quotes is text and not a port.",
  ),
  GL1011: entry('value out of range', 'The value is of the right type, but too small, too large, or empty.'),
  GL1012: entry(
    'malformed value',
    'The text does not have the form that is wanted here.',
    'Names are DNS labels in lower case: a letter, then letters, digits and hyphens, at most 63. Prefixes are an address and a length, with no bit set after the length. Addresses stand alone.',
  ),
  GL1013: entry('too many mistakes', 'The file has very many mistakes, of which only the first are shown.'),
} as const satisfies Record<string, DiagnosticEntry>
