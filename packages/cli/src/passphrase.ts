import { UsageError } from './errors.ts'
import { readInput } from './input-file.ts'
import { PassphraseMismatchError, PassphraseNeededError } from './keys/errors.ts'
import type { PassphraseFlags } from './options.ts'
import type { Run } from './run.ts'
import type { Terminal } from './terminal.ts'

/** Where a passphrase may come from, in this order. */
export interface PassphraseSources {
  /** Its first line is the passphrase. */
  readonly file: string | undefined
  /** The value of SIGNPOST_PASSPHRASE. */
  readonly variable: string | undefined
  readonly terminal: Terminal
}

/** Where a command finds the passphrase of a key. */
export function passphraseSources(run: Run<PassphraseFlags>): PassphraseSources {
  return { file: run.flags.passphraseFile, variable: run.env['SIGNPOST_PASSPHRASE'], terminal: run.terminal }
}

/** The passphrase of a key that has one. @throws PassphraseNeededError where nobody can be asked. */
export async function passphraseToOpen(sources: PassphraseSources, keyName: string): Promise<string> {
  const given = await givenPassphrase(sources)
  if (given !== undefined) return given
  if (!sources.terminal.interactive)
    throw new PassphraseNeededError(
      `the key "${keyName}" has a passphrase; give it with --passphrase-file FILE or SIGNPOST_PASSPHRASE`,
    )
  const passphrase = await sources.terminal.askSecret(`Passphrase of the key "${keyName}": `)
  sources.terminal.progress('opening the key …')
  return passphrase
}

/** The passphrase for a new key; undefined where the user wants none, or cannot be asked and gave none. */
export async function passphraseToCreate(
  sources: PassphraseSources,
  keyName: string,
): Promise<string | undefined> {
  const given = await givenPassphrase(sources)
  if (given !== undefined) return given
  if (!sources.terminal.interactive) return undefined
  const first = await sources.terminal.askSecret(`Passphrase for the key "${keyName}" (empty for none): `)
  if (first === '') return undefined
  const second = await sources.terminal.askSecret('The same passphrase again: ')
  if (first !== second) throw new PassphraseMismatchError()
  sources.terminal.progress('encrypting the key …')
  return first
}

async function givenPassphrase({ file, variable, terminal }: PassphraseSources): Promise<string | undefined> {
  if (file !== undefined)
    return passphraseIn(Buffer.from(await readInput(file, terminal.streams)).toString(), file)
  if (variable === '')
    throw new UsageError('SIGNPOST_PASSPHRASE is empty; unset it where no passphrase is meant')
  return variable
}

function passphraseIn(text: string, file: string): string {
  const line = text.split(/\r?\n/, 1)[0] as string
  if (line === '') throw new UsageError(`the first line of ${file} is empty; it should be the passphrase`)
  return line
}
